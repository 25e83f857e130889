// Stories told by hand in which the manager itself dies, begins anew, or cannot write: each must end well all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telling.h"

namespace orc::simulation {
namespace {

TEST(Story, a_manager_that_dies_at_any_write_of_a_recovery_is_replaced_by_one_that_ends_it) {
    for (const bool is_mariadb : {false, true}) {
        for (int write = 1; write <= 14; ++write) {
            SCOPED_TRACE((is_mariadb ? "MariaDB, write " : "MySQL, write ") + std::to_string(write));
            Scenario story = plain_story(3, is_mariadb ? mariadb() : ServerOptions{});
            story.add(at(15), Kind::kill, 0);
            story.kill_manager_at_write = write;
            story.seed = std::uint64_t(write);
            EXPECT_NE(tell(story).primary, db1);
        }
    }
}

// The judge looks at the end who acknowledges.
TEST(Story, a_manager_that_dies_at_any_write_of_a_recovery_leaves_every_replica_acknowledging) {
    for (const bool is_mariadb : {false, true}) {
        for (int write = 1; write <= 14; ++write) {
            SCOPED_TRACE((is_mariadb ? "MariaDB, write " : "MySQL, write ") + std::to_string(write));
            ServerOptions options = semi_sync();
            options.is_mariadb = is_mariadb;
            Scenario story = plain_story(3, options);
            story.add(at(15), Kind::freeze, 0);
            story.add(at(25), Kind::thaw, 0);
            story.kill_manager_at_write = write;
            story.seed = std::uint64_t(write);
            tell(story);
        }
    }
}

TEST(Story, a_manager_that_dies_at_any_write_of_a_switchover_leaves_one_writable_primary) {
    for (const bool is_mariadb : {false, true}) {
        for (int write = 1; write <= 12; ++write) {
            SCOPED_TRACE((is_mariadb ? "MariaDB, write " : "MySQL, write ") + std::to_string(write));
            Scenario story = plain_story(3, is_mariadb ? mariadb() : ServerOptions{});
            story.add(at(15), Kind::switchover, -1);
            story.kill_manager_at_write = write;
            story.seed = std::uint64_t(write);
            tell(story);
        }
    }
}

TEST(Story, a_manager_that_starts_while_its_store_is_in_doubt_recovers_all_the_same) {
    for (const Kind trouble : {Kind::store_unknown, Kind::store_fail}) {
        Scenario story = plain_story(2);
        story.add(at(14.999), trouble, 0, 0, Wire::up, 3);
        story.add(at(15), Kind::kill_manager);
        story.add(at(25), Kind::kill, 0);
        EXPECT_EQ(tell(story).tally.promotions, 1);
    }
}

// Neither the decision nor the end can be written; whoever lives on finds a recovery without end and resumes it.
TEST(Story, a_store_that_cannot_be_written_at_the_end_of_a_recovery_makes_no_command_run_twice) {
    Scenario story = plain_story(1);
    story.write_every = Millis(20);
    story.add(at(13), Kind::apply_cost, 1, 0, Wire::up, 50'000);
    story.add(at(20), Kind::kill, 0);
    story.add(at(21), Kind::store_read_only, 0, 0, Wire::up, 1);
    story.add(at(45), Kind::store_read_only, 0, 0, Wire::up, 0);
    story.faults_end = at(50);
    tell(story);
}

TEST(Story, a_manager_that_dies_while_the_last_commands_run_leaves_nothing_open) {
    for (const bool is_planned : {false, true}) {
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            SCOPED_TRACE((is_planned ? "switchover, seed " : "failover, seed ") + std::to_string(seed));
            Scenario story = plain_story(2);
            story.seed = seed;
            story.hooks_take = Seconds(8);
            story.add(at(15), is_planned ? Kind::switchover : Kind::kill, is_planned ? -1 : 0);
            story.add(at(15.5), Kind::kill_manager);
            tell(story);
        }
    }
}

TEST(Story, a_primary_that_died_while_no_manager_ran_is_replaced_once_a_replica_testifies) {
    Scenario story = plain_story(2);
    story.profile = Profile::kill;
    story.add(at(15), Kind::kill_manager);
    story.add(at(15.1), Kind::kill, 0);
    EXPECT_EQ(tell(story).tally.promotions, 1);
    // While no replica can be read nothing is done.
    for (const int replica : {1, 2}) {
        story.add(at(15.1), Kind::cut, replica, manager_node, Wire::refusing);
    }
    story.faults_end = at(50);
    const Verdict late = tell(story);
    EXPECT_EQ(late.tally.promotions, 1);
    ASSERT_EQ(late.tally.outages.size(), 1u);
    EXPECT_GT(late.tally.outages[0], at(34));
}

// The others were cut off from the primary a little before it died.
Scenario only_one_has_all(bool is_mariadb, int newest) {
    Scenario story = plain_story(4, is_mariadb ? mariadb() : ServerOptions{});
    story.profile = Profile::kill;
    story.add(at(15), Kind::kill_manager);
    for (int replica = 1; replica <= 4; ++replica) {
        if (replica != newest) {
            story.add(at(15), Kind::cut, replica, 0, Wire::refusing);
        }
    }
    story.add(at(15.5), Kind::kill, 0);
    return story;
}

// Who answers first must not be taken for the only one.
TEST(Story, a_manager_that_starts_on_a_dead_primary_reads_every_replica_before_it_chooses) {
    for (const bool is_mariadb : {false, true}) {
        for (int newest = 1; newest <= 4; ++newest) {
            SCOPED_TRACE((is_mariadb ? "MariaDB, " : "MySQL, ") + std::to_string(newest));
            Scenario story = only_one_has_all(is_mariadb, newest);
            const Micros reborn = time_of(story, {"the manager starts, life 2"});
            story.add(reborn - Millis(1), Kind::freeze, newest);
            story.add(reborn + Millis(300), Kind::thaw, newest);
            const Verdict verdict = tell(story);
            EXPECT_EQ(verdict.tally.promotions, 1);
            EXPECT_EQ(verdict.tally.ends_with_lost, 0);
        }
    }
}

// A replica that no life of this manager has read is left behind, and people are told.
TEST(Story, a_manager_that_starts_on_a_dead_primary_accounts_for_a_replica_that_it_cannot_read) {
    for (const bool is_mariadb : {false, true}) {
        SCOPED_TRACE(is_mariadb ? "MariaDB" : "MySQL");
        Scenario story = plain_story(3, is_mariadb ? mariadb() : ServerOptions{});
        story.profile = Profile::kill;
        story.add(at(15), Kind::kill_manager);
        story.add(at(15.1), Kind::kill, 0);
        story.add(at(15.2), Kind::freeze, 2);
        story.add(at(40), Kind::thaw, 2);
        const Verdict verdict = tell(story);
        EXPECT_EQ(verdict.tally.promotions, 1);
        ASSERT_EQ(verdict.tally.outages.size(), 1u);
        EXPECT_LT(verdict.tally.outages[0], at(4));
    }
}

// The recovery's own record says that it was opened: its failure is another one, and whoever follows it is asked then.
TEST(Story, a_successor_that_freezes_before_its_recovery_is_finished_is_replaced_by_those_that_follow_it) {
    for (const bool is_mariadb : {false, true}) {
        SCOPED_TRACE(is_mariadb ? "MariaDB" : "MySQL");
        Scenario story = plain_story(3, is_mariadb ? mariadb() : ServerOptions{});
        story.profile = Profile::mixed;
        story.hooks_take = Seconds(3);
        story.add(at(12), Kind::vanish, 2);
        story.add(at(20), Kind::kill, 0);
        const Micros opened = time_of(story, {"  db2:3306: set read_only off", "  db4:3306: set read_only off"});
        story.add(opened + Seconds(1), Kind::kill_manager);
        story.add(opened + Millis(1100), Kind::start, 2);
        story.add(opened + Millis(1200), Kind::freeze, primary_now);
        story.add(opened + Seconds(12), Kind::thaw, 1);
        story.add(opened + Seconds(12), Kind::thaw, 3);
        story.faults_end = at(60);
        const Verdict verdict = tell(story);
        EXPECT_EQ(verdict.tally.promotions, 2);
        ASSERT_EQ(verdict.tally.outages.size(), 2u);
        EXPECT_LT(verdict.tally.outages[1], at(6));
    }
}

// Nothing that this life of the manager has read tells when the primary fell silent.
TEST(Story, a_manager_that_starts_while_a_primary_is_frozen_replaces_it_within_seconds) {
    for (const Micros heartbeat : {Micros(Seconds(1)), Micros(Seconds(30))}) {
        for (const bool is_mariadb : {false, true}) {
            SCOPED_TRACE(std::string(is_mariadb ? "MariaDB, " : "MySQL, ") + std::to_string(heartbeat.count()) + " us");
            ServerOptions options = is_mariadb ? mariadb() : ServerOptions{};
            options.heartbeat = heartbeat;
            options.net_timeout = Seconds(60);
            Scenario story = plain_story(2, options);
            story.profile = Profile::freeze;
            story.add(at(15), Kind::kill_manager);
            story.add(at(15.1), Kind::freeze, 0);
            story.add(at(40), Kind::thaw, 0);
            story.faults_end = at(50);
            const Micros reborn = time_of(story, {"the manager starts, life 2"});
            const Verdict verdict = tell(story);
            EXPECT_EQ(verdict.tally.promotions, 1);
            ASSERT_EQ(verdict.tally.outages.size(), 1u);
            EXPECT_LT(verdict.tally.outages[0], reborn - at(15.1) + Seconds(6));
        }
    }
}

TEST(Story, a_primary_that_a_new_manager_cannot_reach_stays_primary_while_replicas_receive_from_it) {
    Scenario story = plain_story(2);
    story.add(at(15), Kind::kill_manager);
    story.add(at(15.1), Kind::cut, 0, manager_node, Wire::refusing);
    story.faults_end = at(50);
    EXPECT_EQ(tell(story).tally.promotions, 0);
}

Scenario killed_twice(bool is_mariadb, int write) {
    Scenario story = plain_story(5, is_mariadb ? mariadb() : ServerOptions{});
    story.add(at(15), Kind::kill, 0);
    story.kill_manager_at_write = write;
    return story;
}

// What the second life has undone, and saw before that, is what the third one goes back to.
TEST(Story, a_manager_that_dies_twice_in_a_row_leaves_no_receiver_stopped) {
    for (const bool is_mariadb : {false, true}) {
        for (const int write : {4, 5}) {
            const Micros reborn = time_of(killed_twice(is_mariadb, write), {"the manager starts, life 2"});
            for (int delay = 20; delay < 100; delay += 2) {
                SCOPED_TRACE(
                    (is_mariadb ? "MariaDB, write " : "MySQL, write ") + std::to_string(write) + ", " +
                    std::to_string(delay) + " ms"
                );
                Scenario story = killed_twice(is_mariadb, write);
                story.add(reborn + Millis(delay), Kind::kill_manager);
                tell(story);
            }
        }
    }
}

}  // namespace
}  // namespace orc::simulation
