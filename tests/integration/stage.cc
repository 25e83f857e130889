#include "stage.h"

#include <thread>

namespace orc::integration {

bool eventually(milliseconds limit, const std::function<bool()>& done) {
    const auto end = Clock::now() + limit;
    while (!done()) {
        if (Clock::now() >= end) {
            return false;
        }
        std::this_thread::sleep_for(milliseconds(10));
    }
    return true;
}

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

std::size_t Stage::known_servers() {
    const auto value = get("/api/all-instances");
    if (!value.is_array()) {
        return 0;
    }
    std::size_t valid = 0;
    for (const auto& instance : value.as_array()) {
        valid += instance.at("IsLastCheckValid").as_bool() ? 1U : 0U;
    }
    return valid;
}

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

std::size_t Stage::count_recoveries() {
    const auto value = get("/api/audit-recovery");
    return value.is_array() ? value.as_array().size() : 0;
}

std::vector<std::string> Stage::newest_recovery_steps() {
    std::vector<std::string> out;
    const auto recoveries = get("/api/audit-recovery");
    if (!recoveries.is_array() || recoveries.as_array().empty()) {
        return out;
    }
    const std::string uid(recoveries.as_array().front().at("UID").as_string());
    const auto steps = get("/api/audit-recovery-steps/" + uid);
    if (steps.is_array()) {
        for (const auto& step : steps.as_array()) {
            out.emplace_back(step.at("Message").as_string());
        }
    }
    return out;
}

std::vector<Endpoint> Stage::writable() {
    std::vector<Endpoint> out;
    for (const auto& server : servers_->status()) {
        if (server.running && server.answers && !server.read_only) {
            out.push_back(server.endpoint);
        }
    }
    return out;
}

std::optional<std::string> Stage::what_is_not_whole() {
    const auto primaries = writable();
    if (primaries.size() != 1) {
        std::string text = std::to_string(primaries.size()) + " writable servers:";
        for (const auto& primary : primaries) {
            text += " " + primary.text();
        }
        return text;
    }
    for (const auto& server : servers_->status()) {
        if (server.running && server.endpoint != primaries.front() &&
            !(server.source == primaries.front() && server.io && server.sql)) {
            return server.endpoint.text() + " does not replicate from " + primaries.front().text() + " (source " +
                   (server.source ? server.source->text() : "none") + ", " + server.error + ")";
        }
    }
    return std::nullopt;
}

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
