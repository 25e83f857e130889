#include "discovery/table/topology_table.h"

#include <gtest/gtest.h>

#include <ctime>
#include <iostream>

#include "discovery/testing/desk.h"

namespace orc::discovery {
namespace {

using testing::Desk;
using testing::ep;
using testing::gtids;
using testing::primary;
using testing::replica;
using testing::with_executed;

TEST(TopologyTable, groups_servers_by_their_root_in_whatever_order_they_are_read) {
    const std::vector<std::pair<std::string, std::string>> tree = {
        {"a", ""}, {"b", "a"}, {"c", "b"}, {"d", "a"}, {"x", ""}, {"y", "x"}
    };
    std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5};
    do {
        Desk desk;
        for (const auto i : order) {
            const auto& [name, source] = tree[i];
            desk.read(name, source.empty() ? primary(name) : replica(name, source));
        }
        ASSERT_EQ(desk.cluster_of("c"), "a:3306: a/0 b/1 c/2 d/1");
        ASSERT_EQ(desk.cluster_of("x"), "x:3306: x/0 y/1");
        ASSERT_EQ(desk.table.snapshot(desk.look())->clusters.size(), 2U);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(TopologyTable, names_a_cluster_by_a_source_that_is_not_known) {
    Desk desk;
    desk.read("b", replica("b", "a"));
    desk.read("c", replica("c", "a"));
    EXPECT_EQ(desk.cluster_of("b"), "a:3306: b/1 c/1");
    desk.table.expect(ep("a"), std::nullopt, desk.look());
    EXPECT_EQ(desk.cluster_of("a"), "a:3306: a/0 b/1 c/1");
    EXPECT_EQ(desk.server("a").facts, nullptr);
    desk.read("a", replica("a", "z"));
    EXPECT_EQ(desk.cluster_of("c"), "z:3306: a/1 b/2 c/2");
}

TEST(TopologyTable, places_a_server_by_what_was_known_before_until_it_is_read) {
    Desk desk;
    desk.table.expect(ep("b"), ep("a"), desk.look());
    desk.table.expect(ep("c"), ep("b"), desk.look());
    EXPECT_EQ(desk.cluster_of("c"), "a:3306: b/1 c/2");
    desk.read("b", primary("b"));
    EXPECT_EQ(desk.cluster_of("c"), "b:3306: b/0 c/1");
}

TEST(TopologyTable, follows_a_failover_server_by_server) {
    Desk desk;
    desk.read("a", primary("a"));
    for (const auto* name : {"b", "c", "d"}) {
        desk.read(name, replica(name, "a"));
    }
    desk.miss("a");
    EXPECT_EQ(desk.cluster_of("a"), "a:3306: a/0 b/1 c/1 d/1");
    EXPECT_EQ(desk.server("a").check.failures, 1U);
    auto changed = desk.read("b", primary("b"));
    EXPECT_EQ(changed.size(), 2U);
    EXPECT_EQ(desk.cluster_of("b"), "b:3306: b/0");
    desk.read("c", replica("c", "b"));
    desk.read("d", replica("d", "c"));
    EXPECT_EQ(desk.cluster_of("a"), "a:3306: a/0");
    EXPECT_EQ(desk.cluster_of("d"), "b:3306: b/0 c/1 d/2");
    // The old primary comes back as a replica: its cluster is no more, and its last value says so.
    changed = desk.read("a", replica("a", "b"));
    ASSERT_EQ(changed.size(), 2U);
    EXPECT_EQ(changed[0]->name.text(), "a:3306");
    EXPECT_TRUE(changed[0]->servers.empty());
    EXPECT_EQ(desk.table.snapshot(desk.look())->clusters.size(), 1U);
}

TEST(TopologyTable, names_a_ring_by_its_smaller_member) {
    Desk desk;
    desk.read("b", replica("b", "a"));
    desk.read("a", replica("a", "b"));
    desk.read("c", replica("c", "b"));
    EXPECT_EQ(desk.cluster_of("c"), "a:3306: a/0* b/1* c/2");
    desk.read("b", primary("b"));
    EXPECT_EQ(desk.cluster_of("a"), "b:3306: a/1 b/0 c/1");
}

TEST(TopologyTable, keeps_the_members_of_a_group_together) {
    const auto member = [](const std::string& name, const std::string& role) {
        auto facts = primary(name);
        model::GroupMembership group;
        group.group_name = "g";
        group.state = "ONLINE";
        group.role = role;
        group.members = {ep("m1"), ep("m2"), ep("m3")};
        group.primary = ep("m2");
        facts.group = group;
        return facts;
    };
    Desk desk;
    desk.read("m1", member("m1", "SECONDARY"));
    desk.read("m2", member("m2", "PRIMARY"));
    desk.read("m3", member("m3", "SECONDARY"));
    desk.read("r", replica("r", "m3"));
    EXPECT_EQ(desk.cluster_of("r"), "m2:3306: m1/1 m2/0 m3/1 r/2");
}

TEST(TopologyTable, removing_a_source_leaves_its_replicas_together) {
    Desk desk;
    desk.read("a", primary("a"));
    desk.read("b", replica("b", "a"));
    desk.read("c", replica("c", "a"));
    const auto changed = desk.table.remove(ep("a"), desk.look());
    ASSERT_FALSE(changed.empty());
    EXPECT_EQ(desk.cluster_of("c"), "a:3306: b/1 c/1");
    EXPECT_FALSE(desk.table.knows(ep("a")));
    EXPECT_EQ(desk.table.snapshot(desk.look())->find(ep("a")), nullptr);
    desk.table.remove(ep("b"), desk.look());
    desk.table.remove(ep("c"), desk.look());
    EXPECT_TRUE(desk.table.snapshot(desk.look())->clusters.empty());
}

TEST(TopologyTable, a_new_name_of_a_source_moves_what_refers_to_it) {
    Desk desk;
    desk.read("b", replica("b", "10.0.0.1"));
    desk.table.expect(ep("10.0.0.1"), std::nullopt, desk.look());
    desk.names[ep("10.0.0.1")] = ep("a");
    desk.read("a", primary("a"));
    desk.table.rename(ep("10.0.0.1"), ep("a"), desk.look());
    EXPECT_EQ(desk.cluster_of("b"), "a:3306: a/0 b/1");
    EXPECT_EQ(desk.server("b").source(), ep("a"));
    EXPECT_FALSE(desk.table.knows(ep("10.0.0.1")));
    desk.read("b", replica("b", "10.0.0.1"));
    EXPECT_EQ(desk.server("b").source(), ep("a"));
}

TEST(TopologyTable, counts_failures_and_forgives_them) {
    Desk desk;
    EXPECT_TRUE(desk.miss("a").empty());
    desk.read("a", primary("a"));
    EXPECT_TRUE(desk.server("a").check.is_valid());
    const Instant seen = *desk.server("a").check.seen;
    desk.miss("a");
    const Instant first = desk.now;
    desk.miss("a");
    const auto check = desk.server("a").check;
    EXPECT_EQ(check.failures, 2U);
    EXPECT_EQ(check.failing_since, first);
    EXPECT_EQ(check.seen, seen);
    EXPECT_EQ(check.error->message, "gone");
    EXPECT_FALSE(check.is_valid());
    desk.read("a", primary("a"));
    EXPECT_TRUE(desk.server("a").check.is_valid());
    EXPECT_FALSE(desk.server("a").check.failing_since);
}

TEST(TopologyTable, notes_when_a_stream_moves) {
    Desk desk;
    auto facts = replica("b", "a");
    facts.channels[0].heartbeats_received = 1;
    desk.read("b", facts);
    const Instant first = desk.now;
    EXPECT_EQ(desk.server("b").stream.moved, first) << "silence is counted from the first look on";
    EXPECT_EQ(desk.server("b").stream.looked, first);
    desk.read("b", facts);
    EXPECT_EQ(desk.server("b").stream.moved, first);
    EXPECT_GT(*desk.server("b").stream.looked, first);
    facts.channels[0].heartbeats_received = 2;
    desk.read("b", facts);
    const Instant moved = desk.now;
    EXPECT_EQ(desk.server("b").stream.moved, moved);
    desk.read("b", facts);
    EXPECT_EQ(desk.server("b").stream.moved, moved);
    facts.channels[0].receiver = model::ThreadState::other;
    desk.read("b", facts);
    EXPECT_LT(*desk.server("b").stream.looked, desk.now);
    facts.channels[0].receiver = model::ThreadState::running;
    desk.read("b", facts);
    EXPECT_EQ(desk.server("b").stream.moved, desk.now) << "a receiver that starts has heard from its source";
    facts.channels[0].received = gtids("u:1-5");
    desk.read("b", facts);
    EXPECT_EQ(desk.server("b").stream.moved, desk.now);
    desk.read("b", primary("b"));
    EXPECT_FALSE(desk.server("b").stream.moved);
}

TEST(TopologyTable, a_side_channel_makes_a_guest_of_a_server_and_moves_nobody) {
    Desk desk;
    auto both = replica("m", "a");
    both.channels.push_back(replica("m", "x").channels[0]);
    both.channels[1].name = "x";
    both.channels[1].receiver = model::ThreadState::stopped;
    desk.read("a", primary("a"));
    desk.read("x", primary("x"));
    desk.read("m", both);
    EXPECT_EQ(desk.cluster_of("m"), "a:3306: a/0 m/1");
    EXPECT_EQ(desk.cluster_of("x"), "x:3306: x/0");
    const auto guest = [&] {
        const auto& guests = desk.table.cluster_of(ep("x"))->guests;
        return guests.empty() ? nullptr : guests.front();
    };
    ASSERT_NE(guest(), nullptr);
    EXPECT_EQ(guest()->endpoint, ep("m"));
    EXPECT_TRUE(desk.table.cluster_of(ep("a"))->guests.empty()) << "it is a member there";
    EXPECT_TRUE(desk.table.cluster_of(ep("x"))->replicas_of(ep("x")).empty()) << "not one to be moved with the cluster";
    both.channels[1].receiver = model::ThreadState::running;
    EXPECT_EQ(desk.read("m", both).size(), 2U) << "both clusters are told";
    EXPECT_EQ(guest()->facts->channels[1].receiver, model::ThreadState::running);
    desk.miss("m");
    EXPECT_EQ(guest()->check.failures, 1U);
    desk.names[ep("x")] = ep("y");
    desk.read("y", primary("y"));
    desk.table.rename(ep("x"), ep("y"), desk.look());
    ASSERT_EQ(desk.table.cluster_of(ep("y"))->guests.size(), 1U);
    EXPECT_EQ(desk.server("m").facts->channels[1].source, ep("y"));
    both.channels.pop_back();
    desk.read("m", both);
    EXPECT_TRUE(desk.table.cluster_of(ep("y"))->guests.empty());
    desk.table.remove(ep("m"), desk.look());
    EXPECT_EQ(desk.cluster_of("a"), "a:3306: a/0");
}

TEST(TopologyTable, tells_each_servers_ancestry_from_the_top) {
    Desk desk;
    desk.read("a", primary("a"));
    desk.read("b", replica("b", "a"));
    desk.read("c", replica("c", "b"));
    EXPECT_EQ(desk.server("a").ancestry, "uuid-of-a");
    EXPECT_EQ(desk.server("c").ancestry, "uuid-of-a,uuid-of-b,uuid-of-c");
    desk.read("a", replica("a", "z"));
    desk.read("z", replica("z", "a"));
    desk.read("b", replica("b", "a"));
    EXPECT_EQ(desk.server("z").ancestry, "uuid-of-a,uuid-of-z");
    EXPECT_EQ(desk.server("b").ancestry, "uuid-of-z,uuid-of-a,uuid-of-b");
    auto member = primary("g");
    member.group = model::GroupMembership{"group", true, "ONLINE", "PRIMARY", {}, ep("g")};
    desk.read("g", member);
    EXPECT_EQ(desk.server("g").ancestry, "uuid-of-g,group");
}

TEST(TopologyTable, carries_what_people_decided) {
    Desk desk;
    desk.read("a", primary("a"));
    const WallTime wall{Seconds(100)};
    auto changed = desk.intend(model::PutDowntime{
        model::Downtime{ep("a"), wall, wall + Seconds(1), "me", std::string(model::lost_in_recovery)}
    });
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(desk.server("a").downtime->owner, "me");
    desk.intend(model::PutCandidate{model::Candidate{ep("a"), model::PromotionRule::must_not, wall}});
    EXPECT_EQ(desk.server("a").rule, model::PromotionRule::must_not);
    model::Maintenance maintenance;
    maintenance.endpoint = ep("a");
    desk.intend(model::PutMaintenance{maintenance});
    EXPECT_TRUE(desk.server("a").in_maintenance);
    desk.intend(model::PutTag{model::Tag{ep("a"), "role", "batch", wall}});
    desk.intend(model::PutPool{model::Pool{"reads", {ep("a"), ep("elsewhere")}, wall}});
    desk.intend(model::PutUnresolve{model::Unresolve{"a", "vip-a", wall}});
    EXPECT_EQ(desk.server("a").tags, (std::vector<std::pair<std::string, std::string>>{{"role", "batch"}}));
    EXPECT_EQ(desk.server("a").pools, std::vector<std::string>{"reads"});
    EXPECT_EQ(desk.server("a").unresolved_host, "vip-a");
    desk.read("a", primary("a"));
    EXPECT_EQ(desk.server("a").pools, std::vector<std::string>{"reads"}) << "also after the next reading";
    desk.intend(model::PutPool{model::Pool{"reads", {ep("elsewhere")}, wall}});
    desk.intend(model::DropTag{ep("a"), "role"});
    desk.intend(model::DropUnresolve{"a"});
    EXPECT_TRUE(desk.server("a").pools.empty() && desk.server("a").tags.empty());
    EXPECT_EQ(desk.server("a").unresolved_host, "");
    desk.now += Seconds(2);
    desk.read("a", primary("a"));
    EXPECT_FALSE(desk.server("a").downtime) << "it has run out";
    EXPECT_TRUE(desk.intend(model::PutKeyValue{"k", "v", wall}).empty());
}

TEST(TopologyTable, copies_a_snapshot_only_when_something_changed) {
    Desk desk;
    desk.read("a", primary("a"));
    const auto first = desk.table.snapshot(desk.look());
    EXPECT_EQ(desk.table.snapshot(desk.look()), first);
    desk.read("a", primary("a"));
    const auto second = desk.table.snapshot(desk.look());
    EXPECT_NE(second, first);
    EXPECT_GT(second->revision, first->revision);
    EXPECT_EQ(second->find(ep("a"))->endpoint, ep("a"));
}

TEST(TopologyTable, snapshots_share_who_belongs_where_until_that_changes) {
    Desk desk;
    desk.read("a", primary("a"));
    desk.read("b", replica("b", "a"));
    const auto first = desk.table.snapshot(desk.look());
    desk.read("b", replica("b", "a"));
    EXPECT_EQ(desk.table.snapshot(desk.look())->members, first->members);

    desk.read("b", primary("b"));
    const auto moved = desk.table.snapshot(desk.look());
    EXPECT_EQ(moved->cluster(ep("b"))->name, ClusterName("b:3306"));
    EXPECT_EQ(first->cluster(ep("b"))->name, ClusterName("a:3306")) << "what was published stays as it was";

    desk.read("c", replica("c", "a"));
    const auto grown = desk.table.snapshot(desk.look());
    EXPECT_EQ(grown->cluster(ep("c"))->name, ClusterName("a:3306"));

    desk.table.remove(ep("b"), desk.look());
    EXPECT_FALSE(desk.table.snapshot(desk.look())->knows(ep("b")));
}

// A lot of servers: correct, and cheap enough to notice if folding ever became linear in the fleet.
TEST(TopologyTable, folds_ten_thousand_servers) {
    Desk desk;
    const auto name = [](int i) { return "db" + std::to_string(i) + ".example.com"; };
    const auto facts = [&](int i) {
        const int head = i - i % 4;
        return with_executed(i == head ? primary(name(i)) : replica(name(i), name(head)), "uuid-1:1-1000,uuid-2:1-7");
    };
    for (int i = 0; i < 10'000; ++i) {
        desk.read(name(i), facts(i));
    }
    EXPECT_EQ(desk.table.snapshot(desk.look())->clusters.size(), 2'500U);
    std::vector<model::Facts> all;
    for (int i = 0; i < 10'000; ++i) {
        all.push_back(facts(i));
    }
    const std::clock_t begin = std::clock();
    for (int i = 0; i < 10'000; ++i) {
        const auto changed = desk.read(name(i), std::move(all[static_cast<std::size_t>(i)]));
        ASSERT_EQ(changed.size(), 1U);
        ASSERT_EQ(changed[0]->servers.size(), 4U);
    }
    const double each_us = 1e6 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / 10'000;
    std::cout << "one fold in a cluster of four: " << each_us << " us of CPU\n";
    EXPECT_LT(each_us, 1000);
}

}  // namespace
}  // namespace orc::discovery
