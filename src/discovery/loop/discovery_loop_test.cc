#include <gtest/gtest.h>

#include "discovery/testing/bench.h"

namespace orc::discovery {
namespace {

using testing::Bench;
using testing::discover;
using testing::ep;
using testing::Mood;
using testing::primary;
using testing::refresh;
using testing::replica;
using testing::seeded;

TEST(DiscoveryLoop, knows_the_whole_topology_from_one_seed_within_half_a_second) {
    Bench bench(seeded("d"));
    bench.add_four();
    bench.start();
    bench.clock.run_for(Millis(100));
    EXPECT_EQ(bench.cluster("a"), "a:3306: a/0 b/1 c/1 d/2");
    EXPECT_EQ(bench.loop->counters().servers, 4U);
    EXPECT_EQ(bench.stored(), (std::vector<std::string>{"a", "b", "c", "d"}));
    std::size_t most = 0;
    for (const auto& cluster : bench.announced) {
        most = std::max(most, cluster->servers.size());
    }
    EXPECT_EQ(most, 4U) << "and says so";
}

TEST(DiscoveryLoop, probes_each_server_once_an_interval_and_never_twice_at_a_time) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(60));
    for (const auto* name : {"a", "b", "c", "d"}) {
        EXPECT_GE(bench.fake(name).probes, 11U);
        EXPECT_LE(bench.fake(name).probes, 16U);
        EXPECT_EQ(bench.fake(name).in_flight_most, 1U);
    }
    EXPECT_EQ(bench.loop->counters().probes_late, 0U);
    EXPECT_EQ(bench.loop->counters().probes_failed, 0U);
}

TEST(DiscoveryLoop, asks_primaries_for_signs_of_life_between_probes) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(60));
    EXPECT_GE(bench.fake("a").pulses, 90U);
    EXPECT_LE(bench.fake("a").pulses, 120U);
    EXPECT_EQ(bench.fake("c").pulses, 0U) << "only primaries";
    EXPECT_EQ(bench.fake("a").knocks, 0U);
}

TEST(DiscoveryLoop, notices_a_new_replica) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(1));
    bench.add("e", replica("e", "b"));
    bench.registers("b", {"e"});
    bench.clock.run_for(Seconds(6));
    EXPECT_EQ(bench.cluster("e"), "a:3306: a/0 b/1 c/1 d/2 e/2");
}

TEST(DiscoveryLoop, reads_server_and_replicas_at_once_when_a_session_breaks) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(2));
    bench.fake("a").mood = Mood::refusing;
    const auto before = bench.fake("b").probes;
    bench.gateway.break_session(ep("a"));
    bench.clock.run_for(Millis(5));
    EXPECT_GE(bench.loop->cluster_now(ep("a"))->find(ep("a"))->check.failures, 1U);
    EXPECT_GT(bench.fake("b").probes, before);
    EXPECT_GT(bench.fake("c").probes, 1U);
    ASSERT_FALSE(bench.announced.empty());
    bench.clock.run_for(Millis(100));
    EXPECT_GE(bench.server("a")->check.failures, 1U);
    EXPECT_LE(bench.fake("a").probes, 8U) << "suspicion does not become a storm";
}

TEST(DiscoveryLoop, a_frozen_primary_fails_within_two_seconds) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(7));
    bench.fake("a").mood = Mood::frozen;
    bench.clock.run_for(Millis(2050));
    EXPECT_GE(bench.server("a")->check.failures, 2U) << "the knock and the probe";
    EXPECT_GE(bench.fake("a").knocks, 1U);
    EXPECT_EQ(bench.server("b")->check.failures, 0U);
    bench.fake("a").mood = Mood::well;
    bench.clock.run_for(Seconds(6));
    EXPECT_TRUE(bench.server("a")->check.is_valid());
}

TEST(DiscoveryLoop, a_slow_moment_of_one_session_is_no_failure) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Millis(1200));
    bench.fake("a").latency = Millis(700);  // longer than a pulse may take, shorter than a probe
    bench.clock.run_for(Seconds(20));
    EXPECT_EQ(bench.server("a")->check.failures, 0U);
    EXPECT_GT(bench.fake("a").knocks, 0U);
    EXPECT_EQ(bench.loop->counters().probes_failed, 0U);
}

TEST(DiscoveryLoop, a_server_that_has_become_slow_is_given_the_time_it_needs) {
    Bench bench(seeded());
    bench.settings.pulse_milliseconds = 0;
    bench.add("a", primary("a"));
    bench.start();
    bench.clock.run_for(Seconds(1));
    bench.fake("a").latency = Millis(1500);
    bench.fake("a").facts.latency = Millis(1500);
    bench.clock.run_for(Seconds(15));
    EXPECT_TRUE(bench.server("a")->check.is_valid());
    EXPECT_GE(bench.loop->counters().probes_failed, 1U);
    EXPECT_LE(bench.loop->counters().probes_failed, 2U) << "and then no more";
    const auto failed = bench.loop->counters().probes_failed;
    bench.clock.run_for(Seconds(60));
    EXPECT_EQ(bench.loop->counters().probes_failed, failed);
}

TEST(DiscoveryLoop, a_replica_that_loses_its_source_has_the_source_read) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(4));
    bench.fake("d").facts.channels[0].receiver = model::ThreadState::other;
    bench.clock.run_for(Millis(10));
    const auto before = bench.fake("c").probes;
    bench.loop->suspect(ep("d"), "test");
    bench.clock.run_for(Millis(10));
    EXPECT_EQ(bench.fake("c").probes, before + 1);
}

TEST(DiscoveryLoop, news_of_a_server_that_is_back_come_from_its_replicas_and_go_to_them) {
    Bench bench(seeded());
    bench.settings.instance_poll_seconds = 60;
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(1));
    bench.fake("a").mood = Mood::refusing;
    for (const auto* name : {"b", "c"}) {
        bench.fake(name).facts.channels[0].receiver = model::ThreadState::other;
    }
    bench.gateway.break_session(ep("a"));
    bench.clock.run_for(Seconds(1));
    ASSERT_FALSE(bench.server("a")->check.is_valid());
    bench.fake("a").mood = Mood::well;
    for (const auto* name : {"b", "c"}) {
        bench.fake(name).facts.channels[0].receiver = model::ThreadState::running;
    }
    bench.loop->suspect(ep("b"), "test");
    bench.clock.run_for(Millis(100));
    EXPECT_TRUE(bench.server("a")->check.is_valid());
    EXPECT_TRUE(bench.server("c")->is_replicating());
}

TEST(DiscoveryLoop, dead_servers_do_not_delay_a_thousand_others) {
    auto settings = seeded("s0");
    settings.instance_poll_seconds = 1;
    settings.discovery_max_concurrency = 30;
    Bench bench(settings);
    for (int i = 0; i < 2000; ++i) {
        const auto name = "s" + std::to_string(i);
        bench.add(name, primary(name));
        bench.fake(name).mood = i < 1000 || i % 2 == 0 ? Mood::well : Mood::silent;
        bench.disk->servers[ep(name)] = store::KnownServer{ep(name), std::nullopt, ClusterName(name + ":3306")};
    }
    bench.start();
    bench.clock.run_for(Seconds(13));  // whoever has never answered gets ten seconds
    const auto counters = bench.loop->counters();
    EXPECT_EQ(counters.slow_lane, 500U);
    EXPECT_EQ(counters.probes_late, 0U) << counters.lateness.max().count() << " us";
    // And half of those that were well goes silent at once.
    for (int i = 0; i < 500; ++i) {
        bench.fake("s" + std::to_string(i)).mood = Mood::silent;
    }
    bench.clock.run_for(Seconds(10));
    for (int i = 500; i < 1000; ++i) {
        const auto& begun = bench.fake("s" + std::to_string(i)).begun;
        for (std::size_t k = begun.size() - 8; k + 1 < begun.size(); ++k) {
            ASSERT_LE((begun[k + 1] - begun[k]).count(), 1'250'000) << "server s" << i;
        }
    }
    EXPECT_EQ(bench.loop->counters().slow_lane, 1000U);
}

TEST(DiscoveryLoop, reclusters_after_a_failover) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(1));
    bench.fake("a").mood = Mood::refusing;
    bench.gateway.break_session(ep("a"));
    bench.clock.run_for(Millis(200));
    bench.fake("b").facts = primary("b");
    bench.fake("c").facts = replica("c", "b");
    bench.registers("b", {"c"});
    bench.registers("c", {"d"});
    std::optional<Instant> ended;
    const std::vector<Endpoint> servers = {ep("b"), ep("c")};
    bench.run(refresh(bench, servers, bench.clock.deadline_in(Seconds(1)), ended), Millis(10));
    EXPECT_EQ(bench.cluster("d"), "b:3306: b/0 c/1 d/2");
    EXPECT_EQ(bench.cluster("a"), "a:3306: a/0");
    const auto pulses = bench.fake("b").pulses;
    bench.clock.run_for(Seconds(3));
    EXPECT_GT(bench.fake("b").pulses, pulses) << "the new primary is watched";
}

TEST(DiscoveryLoop, a_dead_source_is_known_by_what_its_replicas_say) {
    Bench bench(seeded("b"));
    bench.add_four();
    bench.fake("a").mood = Mood::silent;
    bench.start();
    bench.clock.run_for(Seconds(12));
    EXPECT_EQ(bench.cluster("b"), "a:3306: a/0 b/1");
    EXPECT_EQ(bench.server("a")->facts, nullptr);
    EXPECT_GE(bench.server("a")->check.failures, 1U);
    bench.fake("b").facts = primary("b");
    bench.clock.run_for(Seconds(6));
    EXPECT_EQ(bench.server("a"), nullptr) << "nobody names it any more";
}

TEST(DiscoveryLoop, clients_in_a_process_list_do_not_become_servers) {
    Bench bench(seeded());
    bench.add("a", primary("a"));
    bench.registers("a", {"backup-tool"});
    bench.start();
    bench.clock.run_for(Seconds(20));
    EXPECT_EQ(bench.cluster("a"), "a:3306: a/0");
    EXPECT_EQ(bench.loop->counters().probes_failed, 1U) << "and are not tried all the time";
}

TEST(DiscoveryLoop, obeys_the_filters) {
    struct Case {
        std::string_view name;
        config::TextList config::Settings::* key;
        std::string_view cluster;
    };
    const Case cases[] = {
        {"hosts", &config::Settings::discovery_ignore_hostname_filters, "a:3306: a/0 b/1"},
        {"replicas", &config::Settings::discovery_ignore_replica_hostname_filters, "a:3306: a/0 b/1"},
        {"sources", &config::Settings::discovery_ignore_master_hostname_filters, "a:3306: a/0 b/1 c/1 d/2"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        auto settings = seeded();
        settings.*c.key = {"^c:"};
        Bench bench(settings);
        bench.add_four();
        bench.start();
        bench.clock.run_for(Seconds(1));
        EXPECT_EQ(bench.cluster("a"), c.cluster);
    }
    auto settings = seeded();
    settings.discovery_ignore_replication_username_filters = {"^cdc"};
    Bench bench(settings);
    bench.add_four();
    bench.fake("d").facts.channels[0].user = "cdc_reader";
    bench.start();
    bench.clock.run_for(Seconds(1));
    EXPECT_EQ(bench.cluster("a"), "a:3306: a/0 b/1 c/1");
}

TEST(DiscoveryLoop, a_server_that_is_left_out_by_its_user_is_no_error) {
    auto settings = seeded();
    settings.discovery_ignore_replication_username_filters = {"^cdc"};
    Bench bench(settings);
    bench.add_four();
    bench.fake("d").facts.channels[0].user = "cdc_reader";
    bench.start();
    Result<model::ServerPtr> out = fail(ErrorCode::corrupt, "");
    bench.run(discover(bench, "d", bench.clock.deadline_in(Seconds(5)), out), Seconds(1));
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(*out, nullptr);
    EXPECT_EQ(bench.server("d"), nullptr);
}

TEST(DiscoveryLoop, begins_with_the_servers_of_an_earlier_run) {
    Bench bench;
    bench.settings.mysql_hostname_resolve_method = "none";
    bench.add_four();
    bench.fake("c").mood = Mood::refusing;
    bench.disk->servers[ep("c")] = store::KnownServer{ep("c"), ep("a"), ClusterName("a:3306")};
    bench.disk->servers[ep("d")] = store::KnownServer{ep("d"), ep("c"), ClusterName("a:3306")};
    bench.start();
    EXPECT_EQ(bench.cluster("d"), "a:3306: c/1 d/2") << "before anybody was read";
    bench.clock.run_for(Millis(100));
    EXPECT_EQ(bench.cluster("d"), "a:3306: c/1 d/2");
    EXPECT_EQ(bench.server("c")->facts, nullptr);
    bench.fake("c").mood = Mood::well;
    bench.clock.run_for(Seconds(6));
    EXPECT_EQ(bench.cluster("d"), "a:3306: a/0 b/1 c/1 d/2");
}

/// What an earlier run has kept of a server.
void keep(Bench& bench, const std::string& name, model::Facts facts, const std::string& errant, Micros ago) {
    auto server = std::make_shared<model::Server>();
    server->endpoint = ep(name);
    server->cluster = ClusterName("a:3306");
    server->facts = std::make_shared<const model::Facts>(std::move(facts));
    server->errant = testing::gtids(errant);
    server->check.seen = bench.clock.now() - ago;
    server->check.seen_wall = bench.clock.wall() - std::chrono::duration_cast<Millis>(ago);
    bench.disk->servers[ep(name)] = store::KnownServer{ep(name), server->source(), server->cluster};
    bench.disk->observed[ep(name)] = server;
}

TEST(DiscoveryLoop, shows_who_does_not_answer_as_an_earlier_run_knew_it) {
    Bench bench(seeded());
    bench.add_four();
    bench.fake("a").facts.data_center = "north";
    bench.fake("b").facts = testing::with_executed(replica("b", "a"), "uuid-of-a:1-10,uuid-of-b:1");
    keep(bench, "a", bench.fake("a").facts, "", Seconds(7));
    keep(bench, "b", bench.fake("b").facts, "uuid-of-b:1", Seconds(7));
    keep(bench, "c", bench.fake("c").facts, "", Seconds(7));
    keep(bench, "d", bench.fake("d").facts, "", Seconds(7));
    bench.fake("a").mood = Mood::refusing;
    bench.fake("d").mood = Mood::refusing;
    const WallTime kept = bench.clock.wall() - Seconds(7);
    bench.start();
    bench.clock.run_for(Seconds(3));
    ASSERT_EQ(bench.server("a")->facts, nullptr) << "it is no evidence";
    EXPECT_EQ(bench.server("a")->last_known()->data_center, "north");
    EXPECT_EQ(bench.server("b")->errant, testing::gtids("uuid-of-b:1")) << "who could prove it is gone";

    const auto shown = model::as_shown(bench.loop->topology());
    const auto* a = shown->find(ep("a"));
    EXPECT_TRUE(a->is_primary());
    EXPECT_FALSE(a->check.is_valid());
    EXPECT_EQ(a->check.seen_wall, kept);
    EXPECT_EQ(a->facts->version.text, "8.4.5");
    EXPECT_EQ(shown->find(ep("d"))->source(), ep("c"));
    EXPECT_EQ(shown->find(ep("d"))->depth, 2U);

    bench.fake("a").mood = Mood::well;
    bench.clock.run_for(Seconds(10));
    EXPECT_EQ(bench.server("a")->remembered, nullptr);
    EXPECT_EQ(model::as_shown(bench.loop->topology())->find(ep("a")), bench.server("a"));
}

TEST(DiscoveryLoop, forgets_in_time_who_has_not_been_seen_since_an_earlier_run) {
    auto settings = seeded();
    settings.unseen_instance_forget_hours = 1;
    Bench bench(settings);
    bench.add_four();
    bench.registers("c", {});
    bench.fake("d").mood = Mood::refusing;
    keep(bench, "d", bench.fake("d").facts, "", std::chrono::minutes(58));
    bench.start();
    bench.clock.run_for(std::chrono::minutes(1));
    EXPECT_NE(bench.server("d"), nullptr);
    bench.clock.run_for(std::chrono::minutes(5));
    EXPECT_EQ(bench.server("d"), nullptr);
}

TEST(DiscoveryLoop, registers_the_rules_that_servers_tell) {
    Bench bench(seeded());
    bench.add_four();
    bench.fake("b").facts.promotion_rule = "prefer";
    bench.fake("c").facts.promotion_rule = "must";
    bench.fake("a").facts.cluster_alias = "shop";
    bench.start();
    bench.clock.run_for(Seconds(20));
    EXPECT_EQ(bench.server("b")->rule, model::PromotionRule::prefer);
    EXPECT_EQ(bench.server("c")->rule, model::PromotionRule::neutral) << "must is not for servers to say";
    EXPECT_EQ(bench.group.intent()->aliases.at(ClusterName("a:3306")), "shop");
    EXPECT_LE(bench.group.history().size(), 2U) << "said once, committed once";
    bench.clock.run_for(std::chrono::minutes(31));
    EXPECT_GE(bench.group.history().size(), 2U) << "renewed before it runs out";
    EXPECT_LE(bench.group.history().size(), 4U);
    bench.fake("b").facts.promotion_rule = "must_not";
    bench.clock.run_for(Seconds(7));
    EXPECT_EQ(bench.server("b")->rule, model::PromotionRule::must_not);
}

Co<void> commit_it(Bench& bench, ledger::Commit commit) {
    const auto outcome = co_await bench.ledger.commit(std::move(commit));
    EXPECT_EQ(outcome, ledger::CommitOutcome::committed);
}

TEST(DiscoveryLoop, an_alias_that_cannot_be_kept_costs_nothing_else) {
    Bench bench(seeded());
    bench.add_four();
    bench.add("z", primary("z"));
    bench.settings.discovery_seeds = {"a", "z"};
    bench.fake("b").facts.promotion_rule = "prefer";
    bench.fake("a").facts.cluster_alias = "too long";
    bench.fake("z").facts.cluster_alias = "shop";
    std::size_t tried = 0;
    bench.group.faults.does_not_fit = [&](const model::Change& change) {
        const auto* put = std::get_if<model::PutClusterAlias>(&change);
        const bool is_it = put != nullptr && put->alias == "too long";
        tried += is_it ? 1 : 0;
        return is_it;
    };
    bench.start();
    bench.clock.run_for(Seconds(20));
    const auto intent = bench.group.intent();
    EXPECT_EQ(intent->rule_of(ep("b")), model::PromotionRule::prefer);
    EXPECT_EQ(intent->aliases.at(ClusterName("z:3306")), "shop");
    EXPECT_FALSE(intent->aliases.contains(ClusterName("a:3306")));
    EXPECT_EQ(bench.loop->topology()->cluster(ep("a"))->alias, "too long") << "it is shown all the same";
    const std::size_t tried_at_first = tried;
    EXPECT_LE(tried_at_first, 5U);
    bench.clock.run_for(std::chrono::minutes(10));
    EXPECT_EQ(tried, tried_at_first) << "not with every probe";
    bench.fake("a").facts.cluster_alias = "short";
    bench.clock.run_for(Seconds(20));
    EXPECT_EQ(bench.group.intent()->aliases.at(ClusterName("a:3306")), "short");
}

TEST(DiscoveryLoop, an_alias_that_people_gave_is_gone_when_they_take_it_back) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    const ClusterName name("a:3306");
    const auto decide = [&](model::Change change) {
        ledger::Commit commit;
        commit.id = bench.rng.hex(16);
        commit.epoch = bench.ledger.view().epoch;
        commit.changes.push_back(std::move(change));
        bench.run(commit_it(bench, std::move(commit)));
        bench.clock.run_for(Seconds(10));
        return bench.loop->topology()->cluster(ep("a"))->alias;
    };
    EXPECT_EQ(decide(model::PutAliasOverride{name, "oops"}), "oops");
    EXPECT_FALSE(bench.group.intent()->aliases.contains(name));
    EXPECT_EQ(decide(model::DropAliasOverride{name}), "a:3306");
}

TEST(DiscoveryLoop, stops_in_the_middle_of_everything_and_leaves_nothing) {
    Bench bench(seeded());
    bench.add_four();
    bench.fake("b").mood = Mood::silent;
    bench.start();
    bench.clock.run_for(Millis(20));
    Result<model::ServerPtr> waiting = fail(ErrorCode::corrupt, "");
    bench.run(discover(bench, "b", bench.clock.deadline_in(Seconds(5)), waiting));
    bench.stop();
    EXPECT_EQ(waiting.error().code, ErrorCode::cancelled);
    EXPECT_EQ(bench.tasks.running(), 0U);
    const auto announced = bench.announced.size();
    bench.clock.run_for(Seconds(60));
    EXPECT_EQ(bench.announced.size(), announced);
    EXPECT_NE(bench.loop->topology(), nullptr);
}

}  // namespace
}  // namespace orc::discovery
