// The service between its seams, in simulated time: what it does by the clock.
#include "app/service.h"

#include <gtest/gtest.h>

#include "discovery/testing/builders.h"
#include "discovery/testing/fake_gateway.h"
#include "runtime/simulated.h"
#include "store/memory_store.h"

namespace orc::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class NoHooks final : public recovery::Hooks {
public:
    Task<recovery::HookResult> run(recovery::HookCall /*call*/, Deadline /*deadline*/) override {
        co_return recovery::HookResult{};
    }
};

/// A node on a disk in memory that watches one server.
struct House {
    explicit House(std::int64_t snapshot_hours, std::shared_ptr<store::MemoryDisk> given)
        : disk(std::move(given)), store(store::make_memory_store(disk, clock)) {
        gateway.servers[Endpoint{"db1", 3306}] = std::make_shared<discovery::testing::FakeServer>();
        gateway.at(Endpoint{"db1", 3306}).facts = discovery::testing::primary("db1:3306");
        ServiceOptions options;
        options.settings.backend_db = "sqlite";
        options.settings.snapshot_topologies_interval_hours = snapshot_hours;
        options.settings.discovery_seeds = {"db1:3306"};
        options.node = {"orc1", NodeToken("token")};
        service = std::make_unique<Service>(
            Outside{gateway, *store, hooks, clock, rng, io.get_executor()}, std::move(options)
        );
        bool started = false;
        group.spawn(start(*service, started));
        clock.run_for(Seconds(1));
        EXPECT_TRUE(started);
    }
    ~House() {
        group.spawn(stop(*service));
        clock.run_for(Seconds(60));
        service.reset();
    }
    static Co<void> start(Service& service, bool& out) {
        const auto done = co_await service.start();
        out = done.has_value();
    }
    static Co<void> stop(Service& service) { co_await service.stop(); }

    asio::io_context io;
    runtime::SimulatedClock clock{io};
    runtime::SeededRng rng{7};
    discovery::testing::FakeGateway gateway{clock};
    NoHooks hooks;
    std::shared_ptr<store::MemoryDisk> disk;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<Service> service;
    runtime::TaskGroup group{io.get_executor()};
};

TEST(Snapshots, are_taken_as_often_as_told_counted_over_restarts) {
    const auto disk = std::make_shared<store::MemoryDisk>();
    {
        House house(2, disk);
        house.clock.run_for(minutes(3));
        ASSERT_EQ(disk->snapshots.size(), 1U);
        ASSERT_EQ(disk->snapshots.front().places.size(), 1U);
        EXPECT_EQ(disk->snapshots.front().places.front().endpoint.text(), "db1:3306");
        house.clock.run_for(hours(1));
        EXPECT_EQ(disk->snapshots.size(), 1U);
        house.clock.run_for(hours(1));
        EXPECT_EQ(disk->snapshots.size(), 2U);
    }
    disk->snapshots.back().at = disk->snapshots.front().at;  // the next life's clock begins at the same time
    House next(2, disk);
    next.clock.run_for(minutes(3));
    EXPECT_EQ(disk->snapshots.size(), 2U) << "the last one is not old yet";
}

TEST(Snapshots, are_not_taken_unless_told) {
    const auto disk = std::make_shared<store::MemoryDisk>();
    House house(0, disk);
    house.clock.run_for(hours(2));
    EXPECT_TRUE(disk->snapshots.empty());
    EXPECT_TRUE(disk->active.has_value()) << "the node says that it is active";
    EXPECT_FALSE(disk->nodes.empty()) << "and that it lives";
}

}  // namespace
}  // namespace orc::app
