// What every ledger promises (ledger_conformance_test.cc), and those that are asked: single nodes, pairs on a shared
// database, the twin. tests/integration asks pairs on real servers.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "ledger/single_node.h"
#include "store/testing.h"

namespace orc::ledger {

/// A ledger that leads. When its epoch has ended, and how, the tests say.
class Subject {
public:
    virtual ~Subject() = default;
    virtual Ledger& ledger() = 0;
    virtual Leadership& leadership() = 0;
    /// It leads again, in a later epoch.
    virtual void begin_next_epoch(asio::io_context& io) = 0;
};

/// One with a second node beside it.
class PairSubject : public Subject {
public:
    virtual Ledger& other() = 0;
    virtual Leadership& other_leadership() = 0;
    /// The other one leads; nobody tells the first.
    virtual void let_other_take_over() = 0;
    /// A node that does not lead learns what was decided.
    virtual void follow() = 0;
};

/// Two nodes, each with a store of its own on one shared database.
class PairOnStores final : public PairSubject {
public:
    PairOnStores(asio::io_context& io, std::unique_ptr<store::Store> first, std::unique_ptr<store::Store> second)
        : io_(io), first_{io, std::move(first), clock_, "orc1"}, second_{io, std::move(second), clock_, "orc2"} {
        EXPECT_TRUE(run(first_.store->open()));
        EXPECT_TRUE(run(second_.store->open()));
        EXPECT_TRUE(run(first_.node.take_over()));
        follow();
    }
    ~PairOnStores() override {
        store::testing::run(io_, first_.node.stop());
        store::testing::run(io_, second_.node.stop());
    }
    Ledger& ledger() override { return first_.node; }
    Leadership& leadership() override { return first_.node; }
    Ledger& other() override { return second_.node; }
    Leadership& other_leadership() override { return second_.node; }
    void let_other_take_over() override { EXPECT_TRUE(run(second_.node.take_over())); }
    void follow() override {
        Node& follower = second_.node.view().is_leader ? first_ : second_;
        const std::string leader = second_.node.view().is_leader ? "orc2" : "orc1";
        EXPECT_TRUE(run(follower.node.follow(leader)));
    }
    void begin_next_epoch(asio::io_context&) override {
        let_other_take_over();
        follow();
        EXPECT_TRUE(run(first_.node.take_over()));
    }

private:
    struct Node {
        Node(asio::io_context& io, std::unique_ptr<store::Store> s, runtime::Clock& clock, const std::string& name)
            : store(std::move(s)), node(*store, clock, NodeToken("token-of-" + name), name, io.get_executor()) {}
        std::unique_ptr<store::Store> store;
        SingleNode node;
    };
    Result<void> run(Task<void> work) { return store::testing::run(io_, std::move(work)); }
    Result<model::Intent> run(Task<model::Intent> work) { return store::testing::run(io_, std::move(work)); }

    asio::io_context& io_;
    runtime::SystemClock clock_;
    Node first_;
    Node second_;
};

/// Null when what it needs is not installed.
template <typename Kind>
using MakeSubject = std::unique_ptr<Kind> (*)(asio::io_context& io);

template <typename Kind>
class LedgerTest : public ::testing::TestWithParam<MakeSubject<Kind>> {
protected:
    void SetUp() override {
        if (subject_ == nullptr) {
            ASSERT_EQ(std::getenv("CI"), nullptr) << "a CI run must test every ledger";
            GTEST_SKIP() << "not installed";
        }
    }
    Commit commit_of(std::string id, std::string reason) {
        Commit out;
        out.id = prefix_ + std::move(id);
        out.epoch = subject_->leadership().view().epoch;
        out.changes.emplace_back(model::PutDowntime{{db1, noon, noon + Seconds(60), "ann", std::move(reason)}});
        return out;
    }
    CommitOutcome commit(Ledger& ledger, Commit commit) {
        return store::testing::run(io_, wrap(ledger.commit(std::move(commit))));
    }
    CommitOutcome commit(Commit what) { return commit(subject_->ledger(), std::move(what)); }
    Result<void> confirm(Leadership& leadership, Epoch epoch) {
        return store::testing::run(io_, leadership.confirm(epoch, runtime::SystemClock().deadline_in(Seconds(5))));
    }
    static std::string reason(const Ledger& ledger) { return ledger.intent()->downtimes.at(db1).reason; }
    std::string reason() { return reason(subject_->ledger()); }

    static Co<CommitOutcome> wrap(Co<CommitOutcome> work) { co_return co_await std::move(work); }

    inline static const WallTime noon{Seconds(1'700'000'000)};
    inline static const Endpoint db1{"db1", 3306};
    const std::string prefix_ = ::testing::UnitTest::GetInstance()->current_test_info()->name() + std::string(":");
    asio::io_context io_;
    std::unique_ptr<Kind> subject_ = this->GetParam()(io_);
};

class AnyLedger : public LedgerTest<Subject> {};
class AnyPair : public LedgerTest<PairSubject> {};

/// Every pair is a ledger as well.
template <MakeSubject<PairSubject> make>
std::unique_ptr<Subject> one_of(asio::io_context& io) {
    return make(io);
}

}  // namespace orc::ledger
