// The recovery loop on a simulated clock with a real ledger, a store in memory and the fake world.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "ledger/single_node.h"
#include "recovery/recovery.h"
#include "recovery/testing/world_test.h"
#include "store/memory_store.h"

namespace orc::recovery {

/// Records every call; fails or takes its time as told.
class FakeHooks final : public Hooks {
public:
    explicit FakeHooks(runtime::Clock& clock) : clock_(clock) {}
    Task<HookResult> run(HookCall call, Deadline deadline) override;
    std::vector<HookCall> calls;
    std::map<std::string, int> exit_codes;  ///< by list
    std::map<std::string, Micros> takes;    ///< by list
    std::function<void(const HookCall&)> before;
    std::vector<std::string> lists() const;

private:
    runtime::Clock& clock_;
};

/// One process: everything that dies together.
struct Process {
    Process(class Bench& bench, std::string token);
    std::unique_ptr<store::Store> store;
    ledger::SingleNode ledger;
    std::unique_ptr<discovery::DiscoveryLoop> discovery;
    std::unique_ptr<RecoveryLoop> loop;
};

class Bench {
public:
    Bench();
    ~Bench();
    /// Starts a process; the servers have been seen before.
    void start();
    /// The process is gone at once; what it had asked servers to do may still happen.
    void kill();
    void run(Micros span) { clock.run_for(span); }
    /// Runs until nothing is under way, at most for `span`.
    void settle(Micros span = Seconds(30));
    const model::Intent& intent();
    /// The only writable server, after everything has calmed down.
    std::string primary() const;
    std::vector<model::RecoveryRecord> records() const;
    std::vector<std::string> steps() const;
    Result<Outcome> take_over(TakeoverRequest request, Micros span = Seconds(60));
    Result<Outcome> recover(RecoverRequest request, Micros span = Seconds(60));
    std::string all_steps() const;
    /// db1 with replicas db2..dbN.
    void star(int servers, bool mariadb = false);
    void write(int times);

    asio::io_context io;
    runtime::SimulatedClock clock;
    runtime::SeededRng rng;
    World world;
    FakeHooks hooks;
    config::Settings settings;
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    std::vector<Event> events;
    std::function<void(const Event&)> on_event;
    std::unique_ptr<Process> process;
    int started = 0;
    std::vector<std::unique_ptr<Process>> corpses;
    runtime::TaskGroup group;  // last: it goes first
};

}  // namespace orc::recovery
