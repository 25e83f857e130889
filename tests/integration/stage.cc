#include "stage.h"

namespace orc::integration {

std::unique_ptr<Stage> Stage::set_up(StageOptions options) {
    auto stage = std::make_unique<Stage>();
    sandbox::Options servers;
    servers.flavor = options.flavor;
    servers.servers = options.servers;
    servers.layout = options.layout;
    servers.semi_sync = options.semi_sync;
    auto started = sandbox::Sandbox::start(std::move(servers));
    if (!started) {
        ADD_FAILURE() << started.error().message;
        return nullptr;
    }
    stage->servers_ = *std::move(started);
    sandbox::ServiceProcessOptions service;
    service.program = ORC_PROGRAM;
    service.folder = stage->folder() / "orchestrator";
    std::filesystem::create_directories(service.folder);
    service.settings = std::move(options.settings);
    service.runner = std::move(options.runner);
    auto process = sandbox::ServiceProcess::start(std::move(service));
    if (!process) {
        ADD_FAILURE() << process.error().message;
        return nullptr;
    }
    stage->service_ = *std::move(process);
    const Endpoint seed = stage->servers_->endpoint(1);
    stage->get("/api/discover/" + seed.host + "/" + std::to_string(seed.port));
    const auto all = std::size_t(options.servers);
    if (!eventually(seconds(20), [&] { return stage->known_servers() == all; })) {
        ADD_FAILURE() << "only " << stage->known_servers() << " of " << all << " servers are known\n"
                      << sandbox::tail(stage->service_->log(), 30);
        return nullptr;
    }
    return stage;
}

std::filesystem::path Stage::folder() const { return servers_->folder(); }

boost::json::value Stage::get(const std::string& target) {
    const auto answer = service_->get(target, seconds(30));
    if (!answer) {
        ADD_FAILURE() << target << ": " << answer.error().message << "\n" << sandbox::tail(service_->log(), 20);
        return nullptr;
    }
    boost::system::error_code error;
    auto value = boost::json::parse(answer->body, error);
    if (error) {
        ADD_FAILURE() << target << ": no JSON: " << answer->body.substr(0, 300);
        return nullptr;
    }
    return value;
}

std::size_t Stage::known_servers() { return sandbox::known_servers(*service_); }

std::vector<std::string> Stage::analysis_codes() {
    std::vector<std::string> codes;
    const auto value = get("/api/replication-analysis");
    if (value.is_object() && value.at("Details").is_array()) {
        for (const auto& entry : value.at("Details").as_array()) {
            codes.emplace_back(entry.at("Analysis").as_string());
        }
    }
    return codes;
}

std::string Stage::story() {
    std::string text;
    for (const auto& step : newest_recovery_steps()) {
        text += "  " + step + "\n";
    }
    const auto analysis = get("/api/replication-analysis");
    return text + boost::json::serialize(analysis).substr(0, 6000) + "\n" + sandbox::tail(service_->log(), 30);
}

std::size_t Stage::count_recoveries() {
    const auto value = get("/api/audit-recovery");
    return value.is_array() ? value.as_array().size() : 0;
}

std::vector<std::string> Stage::newest_recovery_steps() {
    std::vector<std::string> out;
    for (auto& line : sandbox::newest_recovery(*service_)) {
        out.push_back(std::move(line.text));
    }
    return out;
}

std::vector<Endpoint> Stage::writable() { return sandbox::writable(*servers_); }

std::optional<std::string> Stage::what_is_not_whole() { return sandbox::what_is_not_whole(*servers_); }

bool Stage::wait_until_whole(milliseconds limit) {
    return eventually(limit, [&] { return !what_is_not_whole().has_value(); });
}

void Stage::start_writing() {
    writer_.start(servers_->endpoints());
    ASSERT_TRUE(writer_.wait_for_acks(50, seconds(10))) << "nothing could be written";
}

std::optional<milliseconds> Stage::gap_after(const Endpoint& old_primary, Clock::time_point since, milliseconds limit) {
    const auto first = writer_.wait_for_ack_not_on(old_primary, since, limit);
    const auto last = writer_.last_ack_on(old_primary);
    if (!first || !last) {
        return std::nullopt;
    }
    return std::chrono::duration_cast<milliseconds>(first->acked - last->acked);
}

std::size_t Stage::rows_lost_on(const Endpoint& server) {
    writer_.stop();
    auto client = sandbox::Client::connect(server, "bench", seconds(5));
    if (!client) {
        ADD_FAILURE() << client.error().message;
        return SIZE_MAX;
    }
    const auto lost = writer_.lost_rows(*client);
    if (!lost) {
        ADD_FAILURE() << lost.error().message;
        return SIZE_MAX;
    }
    return lost->size();
}

}  // namespace orc::integration
