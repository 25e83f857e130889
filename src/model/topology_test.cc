#include "model/topology.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace orc::model {
namespace {

using std::chrono::seconds;

Endpoint at(std::string host) { return {std::move(host), 3306}; }
Instant instant(int second) { return Instant(seconds(second)); }

Channel from(std::string source, std::string channel_name = "") {
    Channel out;
    out.name = std::move(channel_name);
    out.source = at(std::move(source));
    out.receiver = out.applier = ThreadState::running;
    return out;
}

ServerPtr server(std::string host, std::vector<Channel> channels = {}, bool read_only = false) {
    auto facts = std::make_shared<Facts>();
    facts->channels = std::move(channels);
    facts->read_only = read_only;
    auto out = std::make_shared<Server>();
    out->endpoint = at(std::move(host));
    out->facts = std::move(facts);
    return out;
}

ServerPtr unread(std::string host) {
    auto out = std::make_shared<Server>();
    out->endpoint = at(std::move(host));
    return out;
}

Cluster cluster(std::vector<ServerPtr> servers) {
    Cluster out;
    out.servers = std::move(servers);
    std::sort(out.servers.begin(), out.servers.end(), [](const ServerPtr& a, const ServerPtr& b) {
        return a->endpoint < b->endpoint;
    });
    return out;
}

std::string hosts(const std::vector<const Server*>& servers) {
    std::string out;
    for (const Server* s : servers) {
        out += (out.empty() ? "" : " ") + s->endpoint.host;
    }
    return out;
}

TEST(Check, is_valid_only_after_a_success_without_a_failure_since) {
    Check check;
    EXPECT_FALSE(check.is_valid()) << "never seen";
    check.seen = instant(1);
    EXPECT_TRUE(check.is_valid());
    check.failures = 1;
    EXPECT_FALSE(check.is_valid());
}

TEST(Server, replicates_only_from_a_usable_address) {
    EXPECT_EQ(server("db2", {from("db1")})->source(), at("db1"));
    EXPECT_TRUE(server("db2", {from("db1")})->is_replica());
    for (const std::string host : {"", "_", "//db1"}) {
        EXPECT_FALSE(server("db2", {from(host)})->source()) << host;
    }
    Channel no_port = from("db1");
    no_port.source.port = 0;
    EXPECT_FALSE(server("db2", {no_port})->is_replica());
    EXPECT_FALSE(server("db2", {})->is_replica());
    EXPECT_FALSE(unread("db2")->is_replica());
}

TEST(Server, is_a_primary_when_it_follows_nobody_and_is_no_secondary_of_a_group) {
    EXPECT_TRUE(server("db1", {})->is_primary());
    EXPECT_TRUE(server("db1", {from("//db9")})->is_primary()) << "detached";
    EXPECT_FALSE(server("db1", {from("db2")})->is_primary());
    EXPECT_FALSE(unread("db1")->is_primary()) << "unknown is not yes";

    const auto in_group = [](std::string group, std::string role) {
        auto facts = std::make_shared<Facts>();
        facts->group = GroupMembership{};
        facts->group->group_name = std::move(group);
        facts->group->role = std::move(role);
        Server out;
        out.facts = facts;
        return out.is_primary();
    };
    EXPECT_TRUE(in_group("g", "PRIMARY"));
    EXPECT_FALSE(in_group("g", "SECONDARY"));
    EXPECT_TRUE(in_group("", "SECONDARY")) << "in no group";
}

TEST(Server, replicates_when_both_threads_run) {
    const auto with = [](ThreadState receiver, ThreadState applier) {
        Channel channel = from("db1");
        channel.receiver = receiver;
        channel.applier = applier;
        return server("db2", {channel})->is_replicating();
    };
    using enum ThreadState;
    EXPECT_TRUE(with(running, running));
    EXPECT_FALSE(with(other, running));
    EXPECT_FALSE(with(running, stopped));
    EXPECT_FALSE(server("db1", {})->is_replicating());
    EXPECT_FALSE(unread("db1")->is_replicating());
}

TEST(Server, lags_as_the_query_says_before_what_the_channel_says) {
    Server out;
    EXPECT_EQ(out.lag(), std::nullopt);
    auto facts = std::make_shared<Facts>();
    out.facts = facts;
    EXPECT_EQ(out.lag(), std::nullopt);
    facts->channels = {from("db1")};
    EXPECT_EQ(out.lag(), std::nullopt) << "not reported is not zero";
    facts->channels[0].lag = Seconds(7);
    EXPECT_EQ(out.lag(), Seconds(7));
    facts->queried_lag = Seconds(0);
    EXPECT_EQ(out.lag(), Seconds(0));
}

TEST(Cluster, finds_a_server_by_host_and_port) {
    const Cluster c = cluster({server("db3"), server("db1"), server("db2")});
    for (const std::string host : {"db1", "db2", "db3"}) {
        ASSERT_NE(c.find(at(host)), nullptr) << host;
        EXPECT_EQ(c.find(at(host))->endpoint, at(host));
    }
    EXPECT_EQ(c.find(Endpoint{"db2", 3307}), nullptr);
    EXPECT_EQ(c.find(at("db0")), nullptr);
    EXPECT_EQ(c.find(at("db9")), nullptr);
    EXPECT_EQ(Cluster{}.find(at("db1")), nullptr);
}

TEST(Cluster, lists_replicas_by_any_channel) {
    const Cluster c = cluster({
        server("db1"),
        server("db4", {from("db1")}),
        server("db2", {from("db9"), from("db1", "second")}),
        server("db3", {from("db2")}),
        server("db5", {from("//db1")}),
        unread("db6"),
    });
    EXPECT_EQ(hosts(c.replicas_of(at("db1"))), "db2 db4");
    EXPECT_EQ(hosts(c.replicas_of(at("db2"))), "db3");
    EXPECT_EQ(hosts(c.replicas_of(at("db3"))), "");
    EXPECT_EQ(hosts(c.replicas_of(at("db9"))), "db2") << "a source that is not in the cluster";
}

TEST(Cluster, lists_primaries_writable_ones_first) {
    auto co_primary = std::make_shared<Server>(*server("db4", {from("db5")}));
    co_primary->is_co_primary = true;
    const Cluster c = cluster({
        server("db1", {}, true),
        server("db2", {}, false),
        server("db3", {from("db2")}),
        co_primary,
        unread("db0"),
    });
    EXPECT_EQ(hosts(c.primaries()), "db2 db4 db1");
}

TEST(Topology, finds_servers_and_clusters_by_any_of_their_names) {
    auto shop = std::make_shared<Cluster>(cluster({server("db1"), server("db2")}));
    shop->name = ClusterName("db1:3306");
    shop->alias = "shop";
    auto bank = std::make_shared<Cluster>(cluster({server("db7")}));
    bank->name = ClusterName("db7:3306");
    bank->alias = "db1:3306";  // an alias that is another's name
    Topology topology;
    for (const ClusterPtr& c : {ClusterPtr(shop), ClusterPtr(bank)}) {
        topology.add(c);
    }
    ASSERT_NE(topology.find(at("db2")), nullptr);
    EXPECT_EQ(topology.find(at("db2"))->endpoint, at("db2"));
    EXPECT_EQ(topology.find(at("db3")), nullptr);
    EXPECT_EQ(topology.cluster(at("db7")), bank);
    EXPECT_EQ(topology.cluster(at("db3")), nullptr);
    EXPECT_EQ(topology.cluster_named("shop"), shop);
    EXPECT_EQ(topology.cluster_named("db1:3306"), shop) << "a name goes before an alias";
    EXPECT_EQ(topology.cluster_named("nothing"), nullptr);
}

TEST(AckWait, lasts_as_long_as_acknowledgements_lack_and_nothing_is_written) {
    auto stuck = std::make_shared<Facts>();
    stuck->semi_sync.source_enabled = stuck->semi_sync.source_active = true;
    stuck->semi_sync.acks_wanted = 1;
    stuck->self = {"binlog.000001", 100};
    EXPECT_EQ(ack_wait(nullptr, *stuck, instant(5)), instant(5)) << "begins when first seen";

    Server before;
    before.facts = stuck;
    before.waiting_for_acks_since = instant(5);
    EXPECT_EQ(ack_wait(&before, *stuck, instant(9)), instant(5)) << "goes on";

    Facts moved = *stuck;
    moved.self.position = 101;
    EXPECT_EQ(ack_wait(&before, moved, instant(9)), instant(9)) << "something was written: begins anew";

    Facts acked = *stuck;
    acked.semi_sync.clients = 1;
    EXPECT_EQ(ack_wait(&before, acked, instant(9)), std::nullopt);
    Facts asynchronous = *stuck;
    asynchronous.semi_sync.source_active = false;
    EXPECT_EQ(ack_wait(&before, asynchronous, instant(9)), std::nullopt);
    Facts off = *stuck;
    off.semi_sync.source_enabled = false;
    EXPECT_EQ(ack_wait(&before, off, instant(9)), std::nullopt);

    before.waiting_for_acks_since.reset();
    EXPECT_EQ(ack_wait(&before, *stuck, instant(9)), instant(9)) << "it stood still before, but did not wait";
}

}  // namespace
}  // namespace orc::model
