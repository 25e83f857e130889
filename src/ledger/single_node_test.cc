#include "ledger/single_node.h"

#include <gtest/gtest.h>

#include "runtime/simulated.h"
#include "store/memory_store.h"
#include "store/testing.h"

namespace orc::ledger {
namespace {

using namespace model;
using std::chrono::hours;

const Endpoint db1{"db1", 3306};

// A node on a disk in memory, in simulated time.
struct House {
    House() { restart(); }

    ~House() { stop(); }

    static Co<void> stop(SingleNode& node) { co_await node.stop(); }
    void stop() {
        if (node != nullptr) {
            group.spawn(stop(*node));
            clock.run_for(Seconds(60));
        }
        node.reset();
    }

    void restart() {
        stop();
        store = store::make_memory_store(disk, clock);
        node = std::make_unique<SingleNode>(*store, clock, NodeToken("t"), "orc1", io.get_executor());
        bool started = false;
        group.spawn(start(*node, started));
        clock.run_for(Seconds(60));
        ASSERT_TRUE(started);
    }

    static Co<void> start(SingleNode& node, bool& started) {
        const auto done = co_await node.start();
        started = done.has_value();
    }

    Commit commit_of(const std::string& id, const std::string& value) const {
        Commit out;
        out.id = id;
        out.epoch = node->view().epoch;
        out.changes.emplace_back(PutKeyValue{"key", value, WallTime{}});
        return out;
    }

    static Co<void> commit(House& house, Commit commit, std::vector<std::pair<std::string, CommitOutcome>>& out) {
        const std::string id = commit.id;
        const CommitOutcome outcome = co_await house.node->commit(std::move(commit));
        out.emplace_back(id, outcome);
    }

    CommitOutcome commit(Commit what) {
        std::vector<std::pair<std::string, CommitOutcome>> out;
        group.spawn(commit(*this, std::move(what), out));
        clock.run_for(Seconds(60));
        return out.at(0).second;
    }

    static Co<void> surely(House& house, Commit commit, Deadline deadline, Result<void>& out) {
        out = co_await commit_surely(*house.node, house.clock, std::move(commit), deadline);
    }

    Result<void> commit_surely_within(Commit what, Micros span) {
        Result<void> out = fail(ErrorCode::cancelled, "not ended");
        group.spawn(surely(*this, std::move(what), clock.deadline_in(span), out));
        clock.run_for(hours(1));
        return out;
    }

    std::string value() const { return node->intent()->key_values.at("key"); }

    asio::io_context io;
    runtime::SimulatedClock clock{io};
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    std::unique_ptr<store::Store> store;
    std::unique_ptr<SingleNode> node;
    runtime::TaskGroup group{io.get_executor()};
};

TEST(SingleNode, each_start_is_a_new_epoch) {
    House house;
    const Epoch first = house.node->view().epoch;
    house.restart();
    EXPECT_EQ(house.node->view().epoch, first + 1);
    house.restart();
    EXPECT_EQ(house.node->view().epoch, first + 2);
    EXPECT_TRUE(house.node->intent()->leases.empty());
}

TEST(SingleNode, commits_made_at_once_are_answered_in_order) {
    House house;
    house.disk->faults.delay = Millis(5);
    std::vector<std::pair<std::string, CommitOutcome>> out;
    house.group.spawn(House::commit(house, house.commit_of("1", "a"), out));
    house.group.spawn(House::commit(house, house.commit_of("2", "b"), out));
    house.clock.run_ready();
    house.disk->faults.delay = Millis(0);
    house.group.spawn(House::commit(house, house.commit_of("3", "c"), out));
    house.clock.run_ready();
    EXPECT_TRUE(out.empty());
    EXPECT_TRUE(house.node->intent()->key_values.empty()) << "seen before it was durable";
    house.clock.run_for(Millis(6));
    ASSERT_EQ(out.size(), 3U);
    EXPECT_EQ(out[0].first, "1");
    EXPECT_EQ(out[2].first, "3");
    EXPECT_EQ(house.value(), "c");
    EXPECT_EQ(house.disk->intent.key_values.at("key"), "c");
}

TEST(SingleNode, a_failed_commit_changes_nothing_in_memory) {
    House house;
    house.disk->faults.fail_next = 1;
    EXPECT_EQ(house.commit(house.commit_of("1", "a")), CommitOutcome::no_quorum);
    EXPECT_TRUE(house.node->intent()->key_values.empty());
    house.disk->faults.read_only = true;
    EXPECT_EQ(house.commit(house.commit_of("2", "a")), CommitOutcome::no_quorum);
    house.disk->faults.read_only = false;
    EXPECT_EQ(house.commit(house.commit_of("3", "a")), CommitOutcome::committed);
    EXPECT_EQ(house.value(), "a");
}

TEST(SingleNode, memory_equals_the_disk_after_an_unknown_commit_was_overtaken_and_retried) {
    House house;
    house.disk->faults.unknown_next = 1;
    EXPECT_EQ(house.commit(house.commit_of("1", "early")), CommitOutcome::unknown);
    EXPECT_EQ(house.commit(house.commit_of("2", "late")), CommitOutcome::committed);
    EXPECT_EQ(house.commit(house.commit_of("1", "early")), CommitOutcome::committed);
    EXPECT_EQ(house.disk->intent.key_values.at("key"), "late");
    EXPECT_EQ(house.value(), "late");
    EXPECT_TRUE(house.node->intent()->leases.empty());
}

TEST(SingleNode, a_cancelled_caller_leaves_memory_equal_to_the_disk) {
    House house;
    house.disk->faults.delay = Seconds(1);
    runtime::TaskGroup doomed(house.io.get_executor());
    std::vector<std::pair<std::string, CommitOutcome>> out;
    doomed.spawn(House::commit(house, house.commit_of("1", "a"), out));
    house.clock.run_ready();
    doomed.cancel();
    house.clock.run_for(Seconds(5));
    EXPECT_EQ(doomed.running(), 0U);
    EXPECT_EQ(house.disk->intent.key_values.at("key"), "a");
    EXPECT_EQ(house.value(), "a");
    house.disk->faults.delay = Micros(0);
    EXPECT_EQ(house.commit(house.commit_of("2", "b")), CommitOutcome::committed) << "later commits wait for ever";
}

TEST(SingleNode, a_database_that_cannot_be_written_gives_a_node_that_watches_until_it_can) {
    House house;
    ASSERT_EQ(house.commit(house.commit_of("1", "a")), CommitOutcome::committed);
    house.disk->faults.read_only = true;
    house.restart();
    EXPECT_FALSE(house.node->view().is_leader);
    EXPECT_EQ(house.value(), "a");
    EXPECT_EQ(house.commit(house.commit_of("2", "b")), CommitOutcome::fenced);
    house.disk->faults.read_only = false;
    bool led = false;
    const auto lead = [](SingleNode& node, bool& out) -> Co<void> {
        const auto done = co_await node.lead();
        out = done.has_value();
    };
    house.group.spawn(lead(*house.node, led));
    house.clock.run_for(Seconds(1));
    EXPECT_TRUE(led);
    EXPECT_TRUE(house.node->view().is_leader);
    EXPECT_EQ(house.commit(house.commit_of("3", "b")), CommitOutcome::committed);
}

TEST(SingleNode, leads_by_itself_as_soon_as_the_database_can_be_written) {
    House house;
    for (const bool is_in_doubt : {false, true}) {
        SCOPED_TRACE(is_in_doubt);
        house.disk->faults.read_only = !is_in_doubt;
        house.disk->faults.unknown_next = is_in_doubt ? 1 : 0;
        house.stop();
        house.store = store::make_memory_store(house.disk, house.clock);
        house.node =
            std::make_unique<SingleNode>(*house.store, house.clock, NodeToken("t"), "orc1", house.io.get_executor());
        bool started = false;
        house.group.spawn(House::start(*house.node, started));
        house.clock.run_for(Millis(500));
        EXPECT_TRUE(started);
        EXPECT_FALSE(house.node->view().is_leader);
        house.disk->faults.read_only = false;
        house.clock.run_for(Seconds(2));
        EXPECT_TRUE(house.node->view().is_leader);
        EXPECT_EQ(house.commit(house.commit_of(is_in_doubt ? "2" : "1", "b")), CommitOutcome::committed);
    }
}

TEST(SingleNode, confirming_fails_when_the_disk_does_or_when_it_is_too_late) {
    struct Case {
        const char* name;
        void (*spoil)(store::MemoryFaults&);
        ErrorCode code;
    };
    const Case cases[] = {
        {"read-only disk", [](store::MemoryFaults& f) { f.read_only = true; }, ErrorCode::denied},
        {"failing disk", [](store::MemoryFaults& f) { f.fail_next = 1; }, ErrorCode::unreachable},
        {"lost answer", [](store::MemoryFaults& f) { f.unknown_next = 1; }, ErrorCode::timed_out},
        {"slow disk", [](store::MemoryFaults& f) { f.delay = Seconds(3); }, ErrorCode::timed_out},
    };
    const auto confirm = [](House& house, Deadline deadline, Result<void>& out) -> Co<void> {
        out = co_await house.node->confirm(house.node->view().epoch, deadline);
    };
    for (const auto& c : cases) {
        House house;
        c.spoil(house.disk->faults);
        Result<void> out;
        house.group.spawn(confirm(house, house.clock.deadline_in(Seconds(2)), out));
        house.clock.run_for(Seconds(10));
        ASSERT_FALSE(out) << c.name;
        EXPECT_EQ(out.error().code, c.code) << c.name;
    }
}

TEST(SingleNode, a_disk_that_hangs_costs_the_leadership_and_gives_it_back) {
    House house;
    house.disk->faults.delay = Seconds(20);
    std::vector<std::pair<std::string, CommitOutcome>> out;
    house.group.spawn(House::commit(house, house.commit_of("1", "a"), out));
    house.clock.run_for(Seconds(4));
    EXPECT_TRUE(out.empty());
    EXPECT_TRUE(house.node->view().is_leader);
    house.clock.run_for(Seconds(1));
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].second, CommitOutcome::unknown);
    EXPECT_FALSE(house.node->view().is_leader);
    EXPECT_TRUE(house.node->intent()->key_values.empty());
    house.clock.run_for(Seconds(16));
    EXPECT_TRUE(house.node->view().is_leader);
    EXPECT_EQ(house.value(), "a") << "it happened after all";
    house.disk->faults.delay = Micros(0);
    EXPECT_EQ(house.commit(house.commit_of("1", "a")), CommitOutcome::committed);
    EXPECT_EQ(house.value(), "a");
}

TEST(SingleNode, stopping_finishes_what_the_disk_has_and_fences_the_rest) {
    House house;
    house.disk->faults.delay = Seconds(1);
    std::vector<std::pair<std::string, CommitOutcome>> out;
    house.group.spawn(House::commit(house, house.commit_of("1", "a"), out));
    house.clock.run_ready();
    Commit late = house.commit_of("2", "b");
    bool stopped = false;
    const auto stop = [](SingleNode& node, bool& done) -> Co<void> {
        co_await node.stop();
        done = true;
    };
    house.group.spawn(stop(*house.node, stopped));
    house.clock.run_for(Seconds(5));
    EXPECT_TRUE(stopped);
    EXPECT_EQ(house.disk->intent.key_values.at("key"), house.value());
    EXPECT_EQ(house.commit(late), CommitOutcome::fenced);
    EXPECT_FALSE(house.node->view().is_leader);
}

TEST(CommitSurely, retries_the_unknown_and_nothing_else) {
    House house;
    house.disk->faults.unknown_next = 3;
    EXPECT_TRUE(house.commit_surely_within(house.commit_of("1", "a"), Seconds(10)));
    EXPECT_EQ(house.value(), "a");
    house.disk->faults.fail_next = 1;
    const auto failed = house.commit_surely_within(house.commit_of("2", "b"), Seconds(10));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::unreachable);
    EXPECT_EQ(house.value(), "a");
    Commit foreign = house.commit_of("3", "b");
    ++foreign.epoch;
    const auto fenced = house.commit_surely_within(foreign, Seconds(10));
    ASSERT_FALSE(fenced);
    EXPECT_EQ(fenced.error().code, ErrorCode::not_leader);
}

TEST(CommitSurely, what_may_have_happened_stays_in_doubt_while_the_disk_is_away) {
    House house;
    Result<void> out = fail(ErrorCode::cancelled, "not ended");
    const auto begin = [&](const std::string& id) {
        house.disk->faults.unknown_next = 1;
        house.group.spawn(House::surely(house, house.commit_of(id, id), house.clock.deadline_in(Seconds(10)), out));
        house.clock.run_ready();
        house.disk->faults.read_only = true;
    };
    begin("1");
    house.clock.run_for(Seconds(5));
    house.disk->faults.read_only = false;
    house.clock.run_for(Seconds(10));
    EXPECT_TRUE(out) << out.error().message;
    EXPECT_EQ(house.value(), "1");
    begin("2");
    house.clock.run_for(Seconds(20));
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, ErrorCode::timed_out) << out.error().message;
    EXPECT_EQ(house.disk->intent.key_values.at("key"), "2") << "it has happened";
}

TEST(CommitSurely, gives_up_at_the_deadline) {
    House house;
    house.disk->faults.unknown_next = 1'000'000;
    const auto late = house.commit_surely_within(house.commit_of("1", "a"), Seconds(10));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::timed_out);
    EXPECT_LT(house.disk->faults.unknown_next, 1'000'000U - 5U) << "not retried";
    EXPECT_GT(house.disk->faults.unknown_next, 1'000'000U - 100U) << "retried without a pause";
}

/// Its store cannot keep what it is given.
class Refusing final : public Ledger {
public:
    Co<CommitOutcome> commit(Commit /*commit*/) override { co_return CommitOutcome::too_large; }
    std::shared_ptr<const model::Intent> intent() const override { return std::make_shared<model::Intent>(); }
    std::string why() const override { return "too long for column 'tag_name'"; }
    void on_change(std::function<void(const std::vector<model::Change>&)> /*listener*/) override {}
};

Co<void> commit_surely_to(Ledger& ledger, runtime::Clock& clock, Result<void>& out) {
    Commit commit;
    commit.id = "id-of-it";
    out = co_await commit_surely(ledger, clock, std::move(commit), clock.deadline_in(Seconds(1)));
}

TEST(CommitSurely, tells_what_was_refused_and_why) {
    House house;
    Refusing refusing;
    Result<void> done;
    house.group.spawn(commit_surely_to(refusing, house.clock, done));
    house.clock.run_for(Seconds(2));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::invalid);
    EXPECT_EQ(done.error().message, "cannot be kept: too long for column 'tag_name'");
}

}  // namespace
}  // namespace orc::ledger
