#include "api/problems.h"

#include <gtest/gtest.h>

#include "discovery/testing/builders.h"

namespace orc::api {
namespace {

TEST(Problems, list_servers_whose_own_lag_is_too_long_whatever_the_query_says) {
    struct Case {
        std::string_view name;
        std::optional<Seconds> channel;
        std::optional<Seconds> queried;
        bool is_listed;
    };
    const Case cases[] = {
        {"neither", Seconds(1), std::nullopt, false},
        {"the channel", Seconds(100), std::nullopt, true},
        {"the query", Seconds(1), Seconds(100), true},
        {"the channel, and the query knows better", Seconds(100), Seconds(0), true},
        {"the query, and the channel knows nothing", std::nullopt, Seconds(100), true},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        auto facts = std::make_shared<model::Facts>(discovery::testing::replica("db2", "db1"));
        facts->channels[0].lag = c.channel;
        facts->queried_lag = c.queried;
        auto server = std::make_shared<model::Server>();
        server->endpoint = Endpoint{"db2", 3306};
        server->cluster = ClusterName("db1:3306");
        server->facts = facts;
        server->check.seen = server->check.completed = Instant(Seconds(99));
        model::Cluster cluster;
        cluster.name = server->cluster;
        cluster.alias = cluster.name.text();
        cluster.servers = {server};
        model::Topology topology;
        topology.add(std::make_shared<const model::Cluster>(std::move(cluster)));
        const auto found = problems(topology, config::Settings{}, Instant(Seconds(100)), "");
        EXPECT_EQ(!found.empty(), c.is_listed);
    }
}

}  // namespace
}  // namespace orc::api
