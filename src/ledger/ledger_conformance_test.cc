// What every ledger promises, asked of the single node (on both stores) and of the twin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/single_node.h"
#include "ledger/twin.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"
#include "store/testing.h"

namespace orc::ledger {
namespace {

using namespace model;
using store::testing::run;
using ::testing::ElementsAre;

const WallTime noon{Seconds(1'700'000'000)};
const Endpoint db1{"db1", 3306};

// Makes the ledger under test and a later generation of it, which fences the former.
class Subject {
public:
    virtual ~Subject() = default;
    virtual Ledger& ledger() = 0;
    virtual Leadership& leadership() = 0;
    virtual void begin_next_epoch(asio::io_context& io) = 0;
};

class OnStore final : public Subject {
public:
    OnStore(asio::io_context& io, std::unique_ptr<store::Store> store)
        : io_(io), store_(std::move(store)), node_(*store_, clock_, NodeToken("token"), "orc1", io.get_executor()) {
        EXPECT_FALSE(node_.view().is_leader);
        EXPECT_TRUE(run(io, node_.start()));
    }
    ~OnStore() override { run(io_, node_.stop()); }
    Ledger& ledger() override { return node_; }
    Leadership& leadership() override { return node_; }
    void begin_next_epoch(asio::io_context& io) override { ASSERT_TRUE(run(io, node_.lead())); }

private:
    asio::io_context& io_;
    runtime::SystemClock clock_;
    std::unique_ptr<store::Store> store_;
    SingleNode node_;
};

class InGroup final : public Subject {
public:
    InGroup() { group_.elect("orc1"); }
    Ledger& ledger() override { return twin_; }
    Leadership& leadership() override { return twin_; }
    void begin_next_epoch(asio::io_context&) override { group_.elect("orc1"); }

private:
    runtime::SystemClock clock_;
    runtime::SeededRng rng_{7};
    TwinGroup group_;
    Twin twin_{"orc1", group_, clock_, rng_};
};

using MakeSubject = std::unique_ptr<Subject> (*)(asio::io_context& io);

std::unique_ptr<Subject> on_memory(asio::io_context& io) {
    static runtime::SystemClock clock;
    return std::make_unique<OnStore>(io, store::make_memory_store(std::make_shared<store::MemoryDisk>(), clock));
}

std::unique_ptr<Subject> on_sqlite(asio::io_context& io) {
    static const runtime::SystemClock clock;
    return std::make_unique<OnStore>(io, store::make_sqlite_store(":memory:", clock));
}

std::unique_ptr<Subject> in_group(asio::io_context&) { return std::make_unique<InGroup>(); }

class AnyLedger : public ::testing::TestWithParam<MakeSubject> {
protected:
    Commit commit_of(std::string id, std::string reason) {
        Commit out;
        out.id = std::move(id);
        out.epoch = subject_->leadership().view().epoch;
        out.changes.emplace_back(PutDowntime{{db1, noon, noon + Seconds(60), "ann", std::move(reason)}});
        return out;
    }
    CommitOutcome commit(Commit commit) { return run(io_, wrap(subject_->ledger().commit(std::move(commit)))); }
    Deadline soon() { return runtime::SystemClock().deadline_in(Seconds(5)); }
    std::string reason() { return subject_->ledger().intent()->downtimes.at(db1).reason; }

    static Co<CommitOutcome> wrap(Co<CommitOutcome> work) { co_return co_await std::move(work); }

    asio::io_context io_;
    std::unique_ptr<Subject> subject_ = GetParam()(io_);
};

TEST_P(AnyLedger, leads_in_a_positive_epoch) {
    const LeadershipView view = subject_->leadership().view();
    EXPECT_TRUE(view.is_leader);
    EXPECT_GT(view.epoch, 0U);
    EXPECT_EQ(view.leader, "orc1");
    EXPECT_TRUE(run(io_, subject_->leadership().confirm(view.epoch, soon())));
}

TEST_P(AnyLedger, a_commit_is_in_the_intent_when_it_is_answered_and_listeners_heard_of_it) {
    std::vector<std::size_t> heard;
    subject_->ledger().on_change([&](const std::vector<Change>& changes) { heard.push_back(changes.size()); });
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
    const auto confirmed = run(io_, subject_->leadership().confirm(old, soon()));
    ASSERT_FALSE(confirmed);
    EXPECT_EQ(confirmed.error().code, ErrorCode::not_leader);
    late.epoch = 0;
    EXPECT_EQ(commit(late), CommitOutcome::fenced);
}

TEST_P(AnyLedger, the_epoch_itself_is_no_lease_that_others_see) {
    EXPECT_TRUE(run(io_, subject_->leadership().confirm(subject_->leadership().view().epoch, soon())));
    EXPECT_TRUE(subject_->ledger().intent()->leases.empty());
}

INSTANTIATE_TEST_SUITE_P(Ledgers, AnyLedger, ::testing::Values(on_memory, on_sqlite, in_group), [](const auto& chosen) {
    return std::string(chosen.index == 0 ? "memory" : chosen.index == 1 ? "sqlite" : "twin");
});

}  // namespace
}  // namespace orc::ledger
