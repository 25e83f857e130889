// Stories that people suffered elsewhere, and those that went wrong here once, told by hand: each must end well, and in
// the way that is written here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telling.h"

namespace orc::simulation {
namespace {

TEST(Story, mariadb_relay_logs_are_applied_before_a_promotion) {
    Scenario story = plain_story(2, mariadb());
    for (const int replica : {1, 2}) {
        story.add(at(20), Kind::apply_cost, replica, 0, Wire::up, 50'000);
    }
    story.write_every = Millis(20);
    story.add(at(30), Kind::kill, 0);
    const Verdict verdict = tell(story);
    EXPECT_EQ(verdict.tally.promotions, 1);
    EXPECT_EQ(verdict.tally.lost_unavoidably, 0u);
}

TEST(Story, stopped_appliers_and_a_cut_manager_are_no_dead_primary) {
    for (const Wire wire : {Wire::silent, Wire::refusing}) {
        Scenario story = plain_story(2);
        story.add(at(15), Kind::stop_applier, 1);
        story.add(at(15), Kind::stop_applier, 2);
        story.add(at(16), Kind::cut, 0, manager_node, wire);
        story.add(at(50), Kind::start_applier, 1);
        story.add(at(50), Kind::start_applier, 2);
        EXPECT_EQ(tell(story).tally.promotions, 0) << name(wire);
    }
}

TEST(Story, a_replica_whose_applier_broke_is_not_promoted_alone) {
    Scenario story = plain_story(1);
    story.add(at(15), Kind::break_applier, 1);
    story.add(at(20), Kind::kill, 0);
    const Verdict verdict = tell(story);
    // Until somebody repaired it, and the primary came back.
    EXPECT_EQ(verdict.primary, db1);
    EXPECT_EQ(verdict.tally.promotions, 0);
    EXPECT_THAT(verdict.last_reason, testing::HasSubstr("applier"));
}

TEST(Story, a_replica_that_is_far_behind_but_has_everything_is_waited_for) {
    Scenario story = plain_story(1);
    story.add(at(15), Kind::apply_cost, 1, 0, Wire::up, 200'000);
    story.add(at(40), Kind::kill, 0);
    const Verdict verdict = tell(story);
    EXPECT_EQ(verdict.primary, db2);
    EXPECT_EQ(verdict.tally.lost_unavoidably, 0u);
}

TEST(Story, a_hook_that_takes_long_does_not_let_a_second_recovery_in) {
    Scenario story = plain_story(3);
    story.settings.pre_failover_processes = {"before"};
    story.settings.hook_timeout_seconds = 60;
    story.hooks_take = Seconds(40);
    story.add(at(15), Kind::kill, 0);
    story.profile = Profile::kill;
    story.faults_end = Seconds(120);
    EXPECT_EQ(tell(story).tally.promotions, 1);
}

TEST(Story, a_switchover_with_two_acknowledgements_wanted_blocks_nobody) {
    ServerOptions options = semi_sync();
    options.acks_wanted = 2;
    options.semi_sync_timeout = Seconds(1000);
    Scenario story = plain_story(3, options);
    story.add(at(20), Kind::switchover, some_replica, 0, Wire::up, 1);
    const Verdict verdict = tell(story);
    EXPECT_EQ(verdict.tally.switchovers_done, 1);
    EXPECT_EQ(verdict.primary, db2);
}

TEST(Story, a_frozen_primary_that_thaws_is_closed) {
    Scenario story = plain_story(2, semi_sync());
    story.servers[0].starts_read_only = false;
    story.add(at(15), Kind::freeze, 0);
    story.add(at(25), Kind::thaw, 0);
    const Verdict verdict = tell(story);
    EXPECT_EQ(verdict.tally.promotions, 1);
    EXPECT_NE(verdict.primary, db1);
}

TEST(Story, a_primary_that_comes_back_writable_is_closed) {
    Scenario story = plain_story(2);
    story.servers[0].starts_read_only = false;
    story.add(at(15), Kind::kill, 0);
    story.add(at(40), Kind::start, 0);
    const Verdict verdict = tell(story);
    EXPECT_EQ(verdict.tally.promotions, 1);
    EXPECT_NE(verdict.primary, db1);
}

TEST(Story, of_two_outages_in_a_row_the_older_node_is_not_taken_for_the_newest) {
    Scenario story = plain_story(1);
    story.profile = Profile::kill;
    story.servers[0].starts_read_only = false;
    story.add(at(15), Kind::kill, 0);
    story.add(at(30), Kind::kill, 1);
    story.add(at(40), Kind::start, 0);
    story.add(at(55), Kind::start, 1);
    story.servers[1].starts_read_only = false;
    const Verdict verdict = tell(story);
    EXPECT_EQ(verdict.primary, db2);
    EXPECT_EQ(verdict.tally.promotions, 1);
}

TEST(Story, the_replica_that_kept_its_relay_log_is_preferred) {
    Scenario story = plain_story(2, semi_sync());
    story.write_every = Millis(20);
    for (const int replica : {1, 2}) {
        story.add(at(15), Kind::stop_applier, replica);
    }
    story.add(at(19.9), Kind::cut, 0, 1, Wire::silent);
    story.add(at(19.9), Kind::kill, 1);
    story.add(at(20), Kind::start, 1);
    story.add(at(20.05), Kind::kill, 0);
    story.add(at(40), Kind::start_applier, 1);
    story.add(at(40), Kind::start_applier, 2);
    const Verdict verdict = tell(story);
    EXPECT_EQ(verdict.primary, db3);
    EXPECT_EQ(verdict.tally.lost_unavoidably, 0u);
}

TEST(Story, a_new_primary_that_dies_at_once_is_replaced_with_all_its_replicas) {
    Scenario story = plain_story(3);
    story.add(at(20), Kind::switchover, some_replica, 0, Wire::up, 1);
    story.add(at(20.5), Kind::kill, 1);
    const Verdict verdict = tell(story);
    EXPECT_EQ(verdict.tally.promotions, 2);
    EXPECT_NE(verdict.primary, db2);
}

TEST(Story, a_mariadb_replica_that_its_new_source_cannot_serve_any_more_is_reported) {
    Scenario story = plain_story(3, mariadb());
    story.servers[3].apply_cost = Micros(100);
    story.add(at(15), Kind::apply_cost, 3, 0, Wire::up, 300'000);
    story.add(at(29), Kind::purge, 1);
    story.add(at(29), Kind::purge, 2);
    story.add(at(30), Kind::kill, 0);
    const Verdict verdict = tell(story);
    EXPECT_EQ(verdict.tally.ends_with_lost, 1);
}

TEST(Story, a_primary_that_is_back_before_its_successor_is_ready_stays_primary) {
    for (const bool is_mariadb : {false, true}) {
        Scenario story = plain_story(2, is_mariadb ? mariadb() : ServerOptions{});
        story.servers[0].starts_read_only = false;
        story.write_every = Millis(40);
        for (const int replica : {1, 2}) {
            story.add(at(15), Kind::apply_cost, replica, 0, Wire::up, 80'000);
        }
        story.add(at(30), Kind::kill, 0);
        story.add(at(34), Kind::start, 0);
        const Verdict verdict = tell(story);
        EXPECT_EQ(verdict.primary, db1) << is_mariadb;
        EXPECT_FALSE(verdict.last_reason.empty()) << is_mariadb;
    }
}

TEST(Story, one_hung_replica_of_many_does_not_hold_a_promotion_up) {
    Scenario story = plain_story(5);
    story.add(at(15), Kind::freeze, 5);
    story.add(at(15), Kind::kill, 0);
    const Verdict verdict = tell(story);
    ASSERT_EQ(verdict.tally.outages.size(), 1u);
    EXPECT_LT(verdict.tally.outages[0], at(1));
}

TEST(Story, a_killed_primary_is_replaced_within_a_second) {
    for (const bool is_mariadb : {false, true}) {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            Scenario story = plain_story(3, is_mariadb ? mariadb() : ServerOptions{});
            story.seed = seed;
            story.add(at(15) + Micros(static_cast<std::int64_t>(seed * 49'999)), Kind::kill, 0);
            const Verdict verdict = tell(story);
            ASSERT_EQ(verdict.tally.outages.size(), 1u);
            EXPECT_LT(verdict.tally.outages[0], Micros(Seconds(1))) << seed;
        }
    }
}

TEST(Story, a_frozen_primary_is_replaced_within_four_seconds) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Scenario story = plain_story(3);
        story.seed = seed;
        story.add(at(15) + Micros(static_cast<std::int64_t>(seed * 49'999)), Kind::freeze, 0);
        const Verdict verdict = tell(story);
        ASSERT_EQ(verdict.tally.outages.size(), 1u);
        EXPECT_LT(verdict.tally.outages[0], Micros(Seconds(4))) << seed;
    }
}

TEST(Story, a_recovery_that_finds_nobody_to_promote_says_why) {
    int refused = 0;
    for (int delay = 0; delay < 40; ++delay) {
        SCOPED_TRACE("frozen " + std::to_string(delay * 5) + " ms after the primary's death");
        Scenario story = plain_story(1);
        story.servers[0].starts_read_only = false;
        story.add(at(15), Kind::kill, 0);
        story.add(at(15) + Micros(delay * 5'000), Kind::freeze, 1);
        story.faults_end = at(30);
        const Verdict verdict = tell(story);
        if (verdict.tally.recoveries_failed > 0) {
            ++refused;
            EXPECT_FALSE(verdict.last_reason.empty());
        }
    }
    EXPECT_GT(refused, 0);
}

// The last write reaches one replica while others are read, stopped, or moved.
TEST(Story, a_primary_whose_wire_is_back_at_any_moment_of_its_recovery_costs_nothing) {
    int promoted = 0;
    for (int delay = 0; delay < 120; ++delay) {
        SCOPED_TRACE("mended after " + std::to_string(delay * 2) + " ms");
        Scenario story = plain_story(2, semi_sync());
        story.write_every = Millis(5);
        for (const int other : {1, 2, int(manager_node)}) {
            story.add(at(15), Kind::cut, 0, other, Wire::refusing);
            story.add(at(15) + Micros(delay * 2'000), Kind::mend, 0, other);
        }
        story.faults_end = at(30);
        promoted += tell(story).tally.promotions;
    }
    EXPECT_GT(promoted, 0);
}

/// The primary is silent to everybody from 15 s on, and back after `silence`.
Scenario silent_for(bool is_mariadb, Micros silence) {
    ServerOptions options = semi_sync();
    options.is_mariadb = is_mariadb;
    Scenario story = plain_story(2, options);
    story.write_every = Millis(5);
    for (const int other : {1, 2, int(manager_node), int(clients_node)}) {
        story.add(at(15), Kind::cut, 0, other, Wire::silent);
        story.add(at(15) + silence, Kind::mend, 0, other);
    }
    story.faults_end = at(40);
    return story;
}

Scenario switched_over(bool is_mariadb) {
    Scenario story = plain_story(1, is_mariadb ? mariadb() : ServerOptions{});
    story.profile = Profile::second_blow;
    story.add(at(15), Kind::switchover, 1);
    return story;
}

// Nobody hears whether it was opened, the old primary is opened again, and what was written to it stays with it: it is
// no replica of that one any more, and people are told.
TEST(Story, a_successor_that_took_writes_before_it_was_given_up_is_not_put_below_the_old_primary) {
    for (const bool is_mariadb : {false, true}) {
        SCOPED_TRACE(is_mariadb ? "MariaDB" : "MySQL");
        Scenario story = switched_over(is_mariadb);
        const Micros opened = time_of(story, {"  db2:3306: set read_only off"});
        for (const int other : {0, manager_node}) {
            story.add(opened + Micros(10), Kind::cut, 1, other, Wire::silent);
            story.add(opened + Seconds(11), Kind::mend, 1, other);
        }
        story.faults_end = at(50);
        const Verdict verdict = tell(story);
        EXPECT_EQ(verdict.primary, db1);
        EXPECT_THAT(verdict.last_reason, testing::HasSubstr("transactions that db1:3306 lacks"));
    }
}

// The next life of the manager knows no more than that the undoing had begun.
TEST(Story, a_manager_that_dies_while_it_undoes_a_switch_opens_nobody_beside_a_successor_that_has_led) {
    for (const bool is_mariadb : {false, true}) {
        Scenario story = switched_over(is_mariadb);
        const Micros opened = time_of(story, {"  db2:3306: set read_only off"});
        story.add(opened + Micros(10), Kind::cut, 1, manager_node, Wire::silent);
        story.add(opened + Micros(10), Kind::freeze, 0);
        story.add(opened + at(6.5), Kind::kill_manager);
        story.add(opened + Seconds(7), Kind::mend, 1, manager_node);
        story.add(opened + Seconds(9), Kind::thaw, 0);
        story.faults_end = at(50);
        SCOPED_TRACE(is_mariadb ? "MariaDB" : "MySQL");
        EXPECT_EQ(tell(story).primary, db2);
    }
}

// It has led already: the way back would lose what was written to it, or leave two that take writes.
TEST(Story, a_successor_that_took_writes_and_is_heard_again_in_time_stays_the_primary) {
    for (const bool is_mariadb : {false, true}) {
        for (const bool is_old_primary_frozen : {false, true}) {
            SCOPED_TRACE(std::string(is_mariadb ? "MariaDB" : "MySQL") + (is_old_primary_frozen ? ", frozen" : ""));
            Scenario story = switched_over(is_mariadb);
            const Micros opened = time_of(story, {"  db2:3306: set read_only off"});
            story.add(opened + Micros(10), Kind::cut, 1, manager_node, Wire::silent);
            story.add(opened + at(is_old_primary_frozen ? 6.5 : 4.2), Kind::mend, 1, manager_node);
            if (is_old_primary_frozen) {
                story.add(opened + Micros(10), Kind::freeze, 0);
                story.add(opened + Seconds(12), Kind::thaw, 0);
            }
            story.faults_end = at(50);
            const Verdict verdict = tell(story);
            EXPECT_EQ(verdict.primary, db2);
            EXPECT_EQ(verdict.tally.switchovers_done, 1);
        }
    }
}

// A sibling that still receives would acknowledge one more write, which its new source lacks.
TEST(Story, a_silent_primary_that_is_back_at_any_moment_of_its_recovery_costs_nothing) {
    for (const bool is_mariadb : {false, true}) {
        const Micros replaced =
            time_of(
                silent_for(is_mariadb, Seconds(20)), {"  db2:3306: set read_only off", "  db3:3306: set read_only off"}
            ) -
            at(15);
        int promoted = 0;
        const int stories = 48;
        for (int i = 0; i < stories; ++i) {
            const Micros silence = replaced - Millis(182) + Millis(4) * i;
            SCOPED_TRACE((is_mariadb ? "MariaDB, " : "MySQL, ") + std::to_string(silence.count()) + " us");
            promoted += tell(silent_for(is_mariadb, silence)).tally.promotions;
        }
        EXPECT_GT(promoted, 0) << is_mariadb;
        EXPECT_LT(promoted, stories) << is_mariadb;
    }
}

ServerOptions with_rare_heartbeats(bool is_mariadb) {
    ServerOptions out = is_mariadb ? mariadb() : ServerOptions{};
    out.net_timeout = Seconds(60);
    out.heartbeat = Seconds(30);
    return out;
}

TEST(Story, a_frozen_primary_is_replaced_within_seconds_although_heartbeats_are_rare) {
    for (const bool is_mariadb : {false, true}) {
        SCOPED_TRACE(is_mariadb ? "MariaDB" : "MySQL");
        Scenario story = plain_story(3, with_rare_heartbeats(is_mariadb));
        story.add(at(45), Kind::freeze, 0);
        const Verdict verdict = tell(story);
        EXPECT_NE(verdict.primary, db1);
        ASSERT_EQ(verdict.tally.outages.size(), 1u);
        EXPECT_LT(verdict.tally.outages[0], Micros(Seconds(6)));
    }
}

TEST(Story, a_primary_that_only_the_manager_cannot_reach_stays_primary_although_heartbeats_are_rare) {
    for (const Wire wire : {Wire::silent, Wire::refusing}) {
        for (const bool is_mariadb : {false, true}) {
            SCOPED_TRACE(std::string(name(wire)) + (is_mariadb ? ", MariaDB" : ", MySQL"));
            Scenario story = plain_story(2, with_rare_heartbeats(is_mariadb));
            // Nobody writes, so nothing but a test can tell.
            story.write_every = Seconds(1000);
            story.add(at(45), Kind::cut, 0, manager_node, wire);
            story.faults_end = at(80);
            EXPECT_EQ(tell(story).tally.promotions, 0);
        }
    }
}

}  // namespace
}  // namespace orc::simulation
