// The promises of every ledger. Who is asked: subjects_test.cc here, and tests/integration for those on servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/any_ledger_test.h"

namespace orc::ledger {
namespace {

using ::testing::ElementsAre;

TEST_P(AnyLedger, leads_in_a_positive_epoch) {
    const LeadershipView view = subject_->leadership().view();
    EXPECT_TRUE(view.is_leader);
    EXPECT_GT(view.epoch, 0U);
    EXPECT_EQ(view.leader, "orc1");
    EXPECT_TRUE(confirm(subject_->leadership(), view.epoch));
}

TEST_P(AnyLedger, a_commit_is_in_the_intent_when_it_is_answered_and_listeners_heard_of_it) {
    std::vector<std::size_t> heard;
    subject_->ledger().on_change([&](const std::vector<model::Change>& changes) { heard.push_back(changes.size()); });
    const auto before = subject_->ledger().intent();
    EXPECT_EQ(commit(commit_of("1", "x")), CommitOutcome::committed);
    EXPECT_EQ(reason(), "x");
    EXPECT_TRUE(before->downtimes.empty()) << "an intent that was given out changed";
    EXPECT_THAT(heard, ElementsAre(1));
}

TEST_P(AnyLedger, a_retry_of_an_old_commit_changes_nothing) {
    EXPECT_EQ(commit(commit_of("1", "old")), CommitOutcome::committed);
    EXPECT_EQ(commit(commit_of("2", "new")), CommitOutcome::committed);
    EXPECT_EQ(commit(commit_of("1", "old")), CommitOutcome::committed);
    EXPECT_EQ(reason(), "new");
}

TEST_P(AnyLedger, what_was_decided_in_an_earlier_epoch_is_fenced) {
    Commit late = commit_of("1", "x");
    const Epoch old = late.epoch;
    subject_->begin_next_epoch(io_);
    EXPECT_GT(subject_->leadership().view().epoch, old);
    EXPECT_EQ(commit(late), CommitOutcome::fenced);
    EXPECT_TRUE(subject_->ledger().intent()->downtimes.empty());
    const auto confirmed = confirm(subject_->leadership(), old);
    ASSERT_FALSE(confirmed);
    EXPECT_EQ(confirmed.error().code, ErrorCode::not_leader);
    late.epoch = 0;
    EXPECT_EQ(commit(late), CommitOutcome::fenced);
}

TEST_P(AnyLedger, the_epoch_itself_is_no_lease_that_others_see) {
    EXPECT_TRUE(confirm(subject_->leadership(), subject_->leadership().view().epoch));
    EXPECT_TRUE(subject_->ledger().intent()->leases.empty());
}

TEST_P(AnyPair, a_leader_that_does_not_know_that_it_is_none_changes_nothing) {
    EXPECT_EQ(commit(commit_of("1", "mine")), CommitOutcome::committed);
    Commit late = commit_of("2", "too late");
    const Epoch old = late.epoch;
    subject_->let_other_take_over();
    EXPECT_EQ(reason(subject_->other()), "mine") << "the new leader must know what was decided before it";
    EXPECT_EQ(commit(late), CommitOutcome::fenced);
    EXPECT_EQ(reason(subject_->other()), "mine");
    EXPECT_FALSE(subject_->leadership().view().is_leader) << "now it knows";
    const auto confirmed = confirm(subject_->leadership(), old);
    ASSERT_FALSE(confirmed);
    EXPECT_EQ(confirmed.error().code, ErrorCode::not_leader);
    EXPECT_TRUE(subject_->other_leadership().view().is_leader);
    EXPECT_GT(subject_->other_leadership().view().epoch, old);
}

TEST_P(AnyPair, confirming_tells_a_leader_that_it_is_none) {
    const Epoch old = subject_->leadership().view().epoch;
    subject_->let_other_take_over();
    const auto confirmed = confirm(subject_->leadership(), old);
    ASSERT_FALSE(confirmed);
    EXPECT_EQ(confirmed.error().code, ErrorCode::not_leader);
    EXPECT_FALSE(subject_->leadership().view().is_leader);
}

TEST_P(AnyPair, who_does_not_lead_decides_nothing_and_learns_what_is_decided) {
    EXPECT_FALSE(subject_->other_leadership().view().is_leader);
    EXPECT_EQ(commit(subject_->other(), commit_of("1", "not mine to say")), CommitOutcome::fenced);
    EXPECT_EQ(commit(commit_of("2", "mine")), CommitOutcome::committed);
    subject_->follow();
    EXPECT_EQ(reason(subject_->other()), "mine");
    EXPECT_EQ(subject_->other_leadership().view().leader, "orc1");
    EXPECT_TRUE(subject_->other().intent()->leases.empty());
}

TEST_P(AnyPair, leadership_goes_to_and_fro_and_nothing_is_lost) {
    for (int round = 0; round < 3; ++round) {
        SCOPED_TRACE(round);
        const std::string number = std::to_string(round);
        EXPECT_EQ(commit(commit_of("first" + number, "first" + number)), CommitOutcome::committed);
        subject_->let_other_take_over();
        Commit theirs = commit_of("other" + number, "other" + number);
        theirs.epoch = subject_->other_leadership().view().epoch;
        EXPECT_EQ(reason(subject_->other()), "first" + number);
        EXPECT_EQ(commit(subject_->other(), theirs), CommitOutcome::committed);
        subject_->begin_next_epoch(io_);
        EXPECT_TRUE(subject_->leadership().view().is_leader);
        EXPECT_EQ(reason(), "other" + number);
    }
}

}  // namespace
}  // namespace orc::ledger
