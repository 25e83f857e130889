// Whole programs on one database, and real servers that they watch.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "flavors.h"
#include "store_backend.h"

namespace orc::integration {

using sandbox::ServiceProcess;

// The others' patience is five seconds by a clock that counts whole ones, and they look each second.
inline constexpr milliseconds takes_over_within = seconds(10);

inline std::string token_of(const ServiceProcess& node) {
    const auto health = ask(node, "/api/health");
    return health.is_object() ? std::string(health.at("Details").at("Token").as_string()) : "";
}

class Nodes : public OnEachFlavor {
protected:
    void set_up(int servers) {
        database_ = SharedDatabase::set_up(GetParam());
        ASSERT_NE(database_, nullptr);
        sandbox::Options options;
        options.flavor = GetParam();
        options.servers = servers;
        auto started = sandbox::Sandbox::start(std::move(options));
        ASSERT_TRUE(started) << started.error().message;
        servers_ = *std::move(started);
    }
    std::unique_ptr<ServiceProcess> start(
        const std::string& name, bool must_lead, const std::map<std::string, std::string>& more = {}
    ) {
        auto settings = database_->settings();
        for (const auto& [key, value] : more) {
            settings[key] = value;
        }
        return start_node(servers_->folder(), name, std::move(settings), must_lead);
    }
    void discover(const ServiceProcess& node) {
        const Endpoint first = servers_->endpoint(1);
        ask(node, "/api/discover/" + first.host + "/" + std::to_string(first.port));
        ASSERT_TRUE(eventually(seconds(20), [&] {
            return sandbox::known_servers(node) == std::size_t(servers_->size());
        })) << sandbox::tail(node.log(), 20);
    }
    /// The node reads its configuration again, in which each first text stands as the second from now on.
    void reload_with(const ServiceProcess& node, const std::map<std::string, std::string>& changes) {
        std::ifstream before(node.configuration());
        std::string text((std::istreambuf_iterator<char>(before)), std::istreambuf_iterator<char>());
        for (const auto& [from, to] : changes) {
            const auto at = text.find(from);
            ASSERT_NE(at, std::string::npos) << from << " is not in " << text;
            text.replace(at, from.size(), to);
        }
        std::ofstream(node.configuration()) << text;
        ASSERT_EQ(kill(node.pid(), SIGHUP), 0);
    }
    std::string downtime_path(const std::string& reason) {
        const Endpoint first = servers_->endpoint(1);
        return "/api/begin-downtime/" + first.host + "/" + std::to_string(first.port) + "/ann/" + reason + "/1h";
    }
    std::string downtime_reason(const ServiceProcess& node) {
        const auto all = ask(node, "/api/all-instances");
        if (all.is_array()) {
            for (const auto& server : all.as_array()) {
                if (server.at("IsDowntimed").as_bool()) {
                    return std::string(server.at("DowntimeReason").as_string());
                }
            }
        }
        return "";
    }

    std::unique_ptr<SharedDatabase> database_;
    std::unique_ptr<sandbox::Sandbox> servers_;
};

}  // namespace orc::integration
