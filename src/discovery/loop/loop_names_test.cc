#include <gtest/gtest.h>

#include "discovery/names/host_names.h"
#include "discovery/testing/bench.h"
#include "discovery/testing/scripted_names.h"

namespace orc::discovery {
namespace {

using testing::Bench;
using testing::ep;
using testing::Mood;
using testing::primary;
using testing::replica;
using testing::ScriptedNames;

model::Facts calling_itself(const std::string& hostname, model::Facts facts) {
    facts.hostname = hostname;
    return facts;
}

/// One server that is reached by two addresses.
void alias(Bench& bench, const std::string& name, const std::string& other) {
    bench.gateway.servers[ep(other)] = bench.gateway.servers.at(ep(name));
}

TEST(Names, a_server_that_is_reached_by_its_own_name_goes_by_it) {
    Bench bench;
    bench.settings.discovery_seeds = {"10.0.0.1"};
    bench.add("10.0.0.1", calling_itself("DB1", primary("a")));
    bench.add("10.0.0.2", calling_itself("db2", replica("b", "10.0.0.1")));
    bench.registers("10.0.0.1", {"10.0.0.2"});
    alias(bench, "10.0.0.1", "db1");
    alias(bench, "10.0.0.2", "db2");
    bench.start();
    bench.clock.run_for(Millis(100));
    EXPECT_EQ(bench.cluster("db2"), "db1:3306: db1/0 db2/1");
    EXPECT_EQ(bench.loop->topology()->members->size(), 2U) << "and not by the other one too";
    EXPECT_TRUE(bench.gateway.forgotten.contains(ep("10.0.0.1"))) << "its session is closed";
    EXPECT_EQ(bench.loop->cluster_now(ep("10.0.0.2"))->name.text(), "db1:3306");
    bench.clock.run_for(Seconds(30));
    EXPECT_EQ(bench.loop->topology()->members->size(), 2U);
    EXPECT_EQ(bench.fake("db1").in_flight_most, 1U);
    ASSERT_TRUE(bench.loop->forget(ep("10.0.0.2")));
    EXPECT_EQ(bench.server("db2"), nullptr);
}

TEST(Names, servers_of_one_machine_that_share_a_name_keep_their_addresses) {
    Bench bench;
    bench.settings.discovery_seeds = {"127.0.0.1"};
    bench.add("127.0.0.1", calling_itself("box", primary("a")));
    bench.add("127.0.0.2", calling_itself("box", replica("b", "127.0.0.1")));
    bench.add("127.0.0.3", calling_itself("box", replica("c", "127.0.0.1")));
    bench.registers("127.0.0.1", {"127.0.0.2", "127.0.0.3"});
    for (const bool one_is_reached_by_it : {false, true}) {
        SCOPED_TRACE(one_is_reached_by_it);
        Bench other(bench.settings);
        other.gateway.servers = bench.gateway.servers;
        if (one_is_reached_by_it) {
            alias(other, "127.0.0.1", "box");
        }
        other.start();
        other.clock.run_for(Millis(500));
        const std::string first = one_is_reached_by_it ? "box" : "127.0.0.1";
        const auto cluster = other.loop->topology()->cluster(ep("127.0.0.2"));
        ASSERT_NE(cluster, nullptr);
        EXPECT_EQ(cluster->name.text(), first + ":3306");
        EXPECT_EQ(cluster->servers.size(), 3U);
        const auto probes = other.fake("127.0.0.2").probes;
        other.clock.run_for(Seconds(20));
        EXPECT_EQ(other.loop->topology()->cluster(ep("127.0.0.3"))->servers.size(), 3U);
        EXPECT_LE(other.fake("127.0.0.2").probes, probes + 5) << "decided once";
    }
}

TEST(Names, a_name_that_leads_nowhere_does_not_hold_up_discovery) {
    Bench bench;
    bench.settings.discovery_seeds = {"10.0.0.1"};
    bench.add("10.0.0.1", calling_itself("inside", primary("a")));
    bench.add("10.0.0.2", calling_itself("inside2", replica("b", "10.0.0.1")));
    bench.registers("10.0.0.1", {"10.0.0.2"});
    for (const auto* dead_end : {"inside", "inside2"}) {
        bench.add(dead_end, primary("x"));
        bench.fake(dead_end).mood = Mood::silent;
    }
    bench.start();
    bench.clock.run_for(Millis(500));
    EXPECT_EQ(bench.cluster("10.0.0.2"), "10.0.0.1:3306: 10.0.0.1/0 10.0.0.2/1");
}

TEST(Names, report_host_and_none) {
    struct Case {
        std::string_view method;
        std::string_view name;
    };
    const Case cases[] = {{"none", "10.0.0.1"}, {"", "10.0.0.1"}, {"@@report_host", "shown"}, {"default", "db1"}};
    for (const auto& c : cases) {
        SCOPED_TRACE(c.method);
        Bench bench;
        bench.settings.discovery_seeds = {"10.0.0.1"};
        bench.settings.mysql_hostname_resolve_method = c.method;
        auto facts = calling_itself("db1", primary("a"));
        facts.report_host = "shown";
        bench.add("10.0.0.1", facts);
        alias(bench, "10.0.0.1", "db1");
        alias(bench, "10.0.0.1", "shown");
        bench.start();
        bench.clock.run_for(Millis(100));
        EXPECT_NE(bench.server(std::string(c.name)), nullptr);
        EXPECT_EQ(bench.loop->topology()->members->size(), 1U);
    }
}

TEST(Names, asks_the_name_service_for_every_name_once_in_a_while) {
    ScriptedNames names;
    names.canonical_names = {{"vip", "a"}, {"b-alias", "b"}};
    Bench bench;
    bench.settings.discovery_seeds = {"b"};
    bench.settings.mysql_hostname_resolve_method = "none";
    bench.settings.hostname_resolve_method = "cname";
    bench.host_names = &names;
    bench.add("a", primary("a"));
    bench.add("b", replica("b", "vip"));
    bench.registers("a", {"b-alias", "c"});
    bench.add("c", replica("c", "vip"));
    bench.start();
    bench.clock.run_for(Millis(100));
    EXPECT_EQ(bench.cluster("b"), "a:3306: a/0 b/1 c/1");
    bench.clock.run_for(Seconds(50));
    EXPECT_LE(names.asked, 5U) << "vip, b-alias, a, b, c";
}

TEST(Names, a_restarted_service_moves_a_server_to_its_own_name) {
    Bench bench;
    bench.add("10.0.0.1", calling_itself("db1", primary("a")));
    alias(bench, "10.0.0.1", "db1");
    bench.disk->servers[ep("10.0.0.1")] =
        store::KnownServer{ep("10.0.0.1"), std::nullopt, ClusterName("10.0.0.1:3306")};
    bench.start();
    bench.clock.run_for(Millis(100));
    EXPECT_EQ(bench.cluster("db1"), "db1:3306: db1/0");
    EXPECT_EQ(bench.server("10.0.0.1"), nullptr);
    EXPECT_EQ(bench.stored(), (std::vector<std::string>{"db1"}));
}

}  // namespace
}  // namespace orc::discovery
