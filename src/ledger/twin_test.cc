#include "ledger/twin.h"

#include <gtest/gtest.h>

#include "runtime/simulated.h"
#include "runtime/task_group.h"

namespace orc::ledger {
namespace {

using namespace model;
using std::chrono::hours;

struct Cast {
    explicit Cast(std::uint64_t seed) : rng(seed) { group.elect("a"); }

    static Co<void> commit(Ledger& ledger, Commit commit, std::vector<CommitOutcome>& out) {
        const CommitOutcome outcome = co_await ledger.commit(std::move(commit));
        out.push_back(outcome);
    }

    CommitOutcome commit(Twin& twin, const std::string& id, std::vector<Change> changes = {}) {
        Commit what;
        what.id = id;
        what.epoch = twin.view().epoch;
        what.changes = std::move(changes);
        std::vector<CommitOutcome> out;
        tasks.spawn(commit(twin, std::move(what), out));
        clock.run_for(hours(1));
        return out.at(0);
    }

    bool happened(const std::string& id) const {
        return std::count(group.history().begin(), group.history().end(), id) > 0;
    }

    asio::io_context io;
    runtime::SimulatedClock clock{io};
    runtime::SeededRng rng;
    TwinGroup group;
    Twin a{"a", group, clock, rng};
    Twin b{"b", group, clock, rng};
    runtime::TaskGroup tasks{io.get_executor()};
};

TEST(Twin, an_unknown_commit_did_or_did_not_happen_and_a_retry_settles_it) {
    Cast cast(3);
    cast.group.faults.unknown_one_in = 2;
    int unknown_done = 0;
    int unknown_lost = 0;
    for (int i = 0; i < 200; ++i) {
        const std::string id = std::to_string(i);
        CommitOutcome outcome = cast.commit(cast.a, id);
        if (outcome == CommitOutcome::unknown) {
            (cast.happened(id) ? unknown_done : unknown_lost) += 1;
        }
        while (outcome == CommitOutcome::unknown) {
            outcome = cast.commit(cast.a, id);
        }
        EXPECT_EQ(outcome, CommitOutcome::committed);
        EXPECT_TRUE(cast.happened(id));
    }
    EXPECT_EQ(cast.group.history().size(), 200U) << "a retry was applied again";
    EXPECT_GT(unknown_done, 20);
    EXPECT_GT(unknown_lost, 20);
}

TEST(Twin, a_former_leader_learns_by_being_fenced) {
    Cast cast(1);
    cast.group.elect("b");
    EXPECT_TRUE(cast.a.view().is_leader) << "it should not know yet";
    EXPECT_TRUE(cast.b.view().is_leader);
    EXPECT_EQ(cast.commit(cast.a, "late"), CommitOutcome::fenced);
    EXPECT_FALSE(cast.happened("late"));
    EXPECT_FALSE(cast.a.view().is_leader);
    EXPECT_EQ(cast.a.view().leader, "b");
    EXPECT_EQ(cast.commit(cast.b, "right"), CommitOutcome::committed);
}

TEST(Twin, an_election_during_a_pause_fences_what_is_on_its_way) {
    int fenced = 0;
    int committed = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Cast cast(seed);
        cast.group.faults.pause_longest = Seconds(2);
        std::vector<CommitOutcome> out;
        Commit what;
        what.id = "x";
        what.epoch = cast.a.view().epoch;
        cast.tasks.spawn(Cast::commit(cast.a, what, out));
        cast.clock.run_for(Seconds(1));
        const bool was_applied = cast.happened("x");
        cast.group.elect("b");
        cast.clock.run_for(Seconds(10));
        ASSERT_EQ(out.size(), 1U);
        EXPECT_EQ(out[0], was_applied ? CommitOutcome::committed : CommitOutcome::fenced);
        EXPECT_EQ(cast.happened("x"), was_applied);
        (was_applied ? committed : fenced) += 1;
    }
    EXPECT_GT(fenced, 5);
    EXPECT_GT(committed, 5);
}

TEST(Twin, limits_are_answered_and_nothing_happens) {
    Cast cast(1);
    cast.group.faults.no_quorum = true;
    EXPECT_EQ(cast.commit(cast.a, "1"), CommitOutcome::no_quorum);
    cast.group.faults.no_quorum = false;
    cast.group.faults.changes_most = 1;
    EXPECT_EQ(
        cast.commit(cast.a, "2", {SetRecoveriesDisabled{true}, SetRecoveriesDisabled{true}}), CommitOutcome::too_large
    );
    EXPECT_FALSE(cast.a.intent()->recoveries_disabled);
    EXPECT_EQ(cast.commit(cast.a, "3", {SetRecoveriesDisabled{true}}), CommitOutcome::committed);
    EXPECT_TRUE(cast.a.intent()->recoveries_disabled);
}

TEST(Twin, every_node_hears_of_each_commit_once) {
    Cast cast(1);
    std::vector<std::string> heard;
    cast.a.on_change([&](const std::vector<Change>&) { heard.push_back("a"); });
    cast.b.on_change([&](const std::vector<Change>&) { heard.push_back("b"); });
    cast.commit(cast.a, "1");
    cast.commit(cast.a, "1");
    EXPECT_EQ(heard, (std::vector<std::string>{"a", "b"}));
}

TEST(Twin, the_same_seed_gives_the_same_history) {
    const auto play = [](std::uint64_t seed) {
        Cast cast(seed);
        cast.group.faults.unknown_one_in = 3;
        cast.group.faults.pause_longest = Millis(50);
        for (int i = 0; i < 50; ++i) {
            cast.commit(cast.a, std::to_string(i));
        }
        return cast.group.history();
    };
    EXPECT_EQ(play(11), play(11));
    EXPECT_NE(play(11), play(12));
}

}  // namespace
}  // namespace orc::ledger
