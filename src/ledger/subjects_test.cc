// Whose promises are asked for in this room: single nodes on each store, pairs on a shared one, and the twin.
#include "ledger/any_ledger_test.h"
#include "ledger/twin.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"

namespace orc::ledger {
namespace {

using store::testing::run;

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

class InGroup final : public PairSubject {
public:
    InGroup() { group_.elect("orc1"); }
    Ledger& ledger() override { return twin_; }
    Leadership& leadership() override { return twin_; }
    Ledger& other() override { return other_; }
    Leadership& other_leadership() override { return other_; }
    void let_other_take_over() override { group_.elect("orc2"); }
    void follow() override {
        twin_.learn();
        other_.learn();
    }
    void begin_next_epoch(asio::io_context&) override { group_.elect("orc1"); }

private:
    runtime::SystemClock clock_;
    runtime::SeededRng rng_{7};
    TwinGroup group_;
    Twin twin_{"orc1", group_, clock_, rng_};
    Twin other_{"orc2", group_, clock_, rng_};
};

std::unique_ptr<Subject> on_memory(asio::io_context& io) {
    static runtime::SystemClock clock;
    return std::make_unique<OnStore>(io, store::make_memory_store(std::make_shared<store::MemoryDisk>(), clock));
}

std::unique_ptr<Subject> on_sqlite(asio::io_context& io) {
    static const runtime::SystemClock clock;
    return std::make_unique<OnStore>(io, store::make_sqlite_store(":memory:", clock));
}

std::unique_ptr<PairSubject> on_shared_memory(asio::io_context& io) {
    static runtime::SystemClock clock;
    const auto disk = std::make_shared<store::MemoryDisk>();
    disk->is_shared = true;
    auto first = store::make_memory_store(disk, clock);
    return std::make_unique<PairOnStores>(io, std::move(first), store::make_memory_store(disk, clock));
}

std::unique_ptr<PairSubject> in_group(asio::io_context&) { return std::make_unique<InGroup>(); }

constexpr const char* ledgers[] = {"memory", "sqlite", "shared_memory", "twin"};
constexpr const char* pairs[] = {"shared_memory", "twin"};

INSTANTIATE_TEST_SUITE_P(
    Ledgers,
    AnyLedger,
    ::testing::Values(on_memory, on_sqlite, one_of<on_shared_memory>, one_of<in_group>),
    [](const auto& chosen) { return ledgers[chosen.index]; }
);
INSTANTIATE_TEST_SUITE_P(Pairs, AnyPair, ::testing::Values(on_shared_memory, in_group), [](const auto& chosen) {
    return pairs[chosen.index];
});

}  // namespace
}  // namespace orc::ledger
