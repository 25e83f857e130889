#include "store_backend.h"

namespace orc::integration {

std::unique_ptr<SharedDatabase> SharedDatabase::set_up(sandbox::Flavor flavor, bool tls) {
    auto out = std::make_unique<SharedDatabase>();
    sandbox::Options options;
    options.flavor = flavor;
    options.servers = 1;
    options.tls = tls;
    auto started = sandbox::Sandbox::start(std::move(options));
    if (!started) {
        ADD_FAILURE() << started.error().message;
        return nullptr;
    }
    out->server_ = *std::move(started);
    for (const char* sql :
         {"create user 'keeper'@'%' identified by 'keep''er'", "grant all privileges on *.* to 'keeper'@'%'"}) {
        const auto done = out->server_->sql(1, sql);
        EXPECT_TRUE(done) << done.error().message;
    }
    return out;
}

std::string SharedDatabase::cell(const std::string& sql) {
    const auto rows = server_->sql(1, sql);
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? rows->scalar() : "";
}

std::map<std::string, std::string> SharedDatabase::settings() const {
    const Endpoint endpoint = server_->endpoint(1);
    return {
        {"BackendDB", quoted("mysql")},
        {"MySQLOrchestratorHost", quoted(endpoint.host)},
        {"MySQLOrchestratorPort", std::to_string(endpoint.port)},
        {"MySQLOrchestratorDatabase", quoted("orchestrator")},
        {"MySQLOrchestratorUser", quoted("keeper")},
        {"MySQLOrchestratorPassword", quoted("keep'er")},
        {"InstancePollSeconds", "1"},
    };
}

std::unique_ptr<sandbox::ServiceProcess> start_node(
    const std::filesystem::path& parent,
    const std::string& name,
    std::map<std::string, std::string> settings,
    bool must_lead,
    std::vector<std::string> flags
) {
    sandbox::ServiceProcessOptions options;
    options.program = ORC_PROGRAM;
    options.folder = parent / name;
    std::filesystem::create_directories(options.folder);
    options.settings = std::move(settings);
    options.must_lead = must_lead;
    options.flags = std::move(flags);
    auto started = sandbox::ServiceProcess::start(std::move(options));
    if (!started) {
        ADD_FAILURE() << name << ": " << started.error().message;
        return nullptr;
    }
    return *std::move(started);
}

boost::json::value ask(const sandbox::ServiceProcess& node, const std::string& target, milliseconds limit) {
    const auto answer = node.get(target, limit);
    if (!answer) {
        return nullptr;
    }
    boost::system::error_code error;
    auto value = boost::json::parse(answer->body, error);
    return error ? boost::json::value(answer->body) : value;
}

int status_of(const sandbox::ServiceProcess& node, const std::string& target) {
    const auto answer = node.get(target, milliseconds(3000));
    return answer ? int(answer->status) : 0;
}

std::string message_of(const boost::json::value& answer) {
    return answer.is_object() && answer.as_object().contains("Message") ? std::string(answer.at("Message").as_string())
                                                                        : boost::json::serialize(answer);
}

}  // namespace orc::integration
