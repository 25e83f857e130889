// A table fed by hand, for tests only.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "discovery/table/topology_table.h"
#include "discovery/testing/builders.h"

namespace orc::discovery::testing {

/// A table and a clock that moves one millisecond with every look.
struct Desk {
    std::shared_ptr<model::Intent> intent = std::make_shared<model::Intent>();
    std::map<Endpoint, Endpoint> names;
    config::Settings settings;
    TopologyTable table;
    Instant now{Seconds(100)};

    explicit Desk(config::Settings s = {})
        : settings(std::move(s)),
          table(settings, [this](const Endpoint& e) { return names.contains(e) ? names.at(e) : e; }, intent) {}

    Reading look() {
        const Instant began = now;
        now += Millis(1);
        return {began, now, WallTime{std::chrono::duration_cast<Millis>(now.time_since_epoch())}};
    }
    ChangedClusters read(const std::string& name, model::Facts facts) {
        return table.fold(ep(name), std::move(facts), look());
    }
    ChangedClusters miss(const std::string& name) {
        return table.fold(ep(name), Error{ErrorCode::unreachable, "gone", 0}, look());
    }
    ChangedClusters intend(const model::Change& change) {
        intent = std::make_shared<model::Intent>(*intent);
        intent->apply(change);
        return table.intend(intent, {change}, look());
    }
    /// "cluster: server/depth* ..." with * for co-primaries.
    std::string cluster_of(const std::string& name) {
        const auto cluster = table.cluster_of(ep(name));
        if (cluster == nullptr) {
            return "none";
        }
        std::string out = cluster->name.text() + ":";
        for (const auto& server : cluster->servers) {
            out += " " + server->endpoint.host + "/" + std::to_string(server->depth);
            out += server->is_co_primary ? "*" : "";
            EXPECT_EQ(server->cluster, cluster->name);
        }
        return out;
    }
    const model::Server& server(const std::string& name) { return *table.find(ep(name)); }
};

}  // namespace orc::discovery::testing
