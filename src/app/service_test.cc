// The service between its seams, in simulated time: what it does by the clock.
#include "app/service.h"

#include <gtest/gtest.h>

#include "discovery/testing/builders.h"
#include "discovery/testing/fake_gateway.h"
#include "recovery/testing/no_hooks.h"
#include "runtime/simulated.h"
#include "store/memory_store.h"

namespace orc::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// A node on a disk in memory that watches a primary and its replica.
struct House {
    explicit House(std::int64_t snapshot_hours, std::shared_ptr<store::MemoryDisk> given)
        : disk(std::move(given)), store(store::make_memory_store(disk, clock)) {
        gateway.servers[Endpoint{"db1", 3306}] = std::make_shared<discovery::testing::FakeServer>();
        gateway.at(Endpoint{"db1", 3306}).facts = discovery::testing::primary("db1:3306");
        gateway.servers[Endpoint{"db2", 3306}] = std::make_shared<discovery::testing::FakeServer>();
        gateway.at(Endpoint{"db2", 3306}).facts = discovery::testing::replica("db2:3306", "db1:3306");
        ServiceOptions options;
        options.settings.backend_db = "sqlite";
        options.settings.snapshot_topologies_interval_hours = snapshot_hours;
        options.settings.discovery_seeds = {"db1:3306", "db2:3306"};
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
    static Co<void> commit(Service& service, std::vector<model::Change> changes, bool& out) {
        const auto done = co_await service.use_cases().commit(std::move(changes));
        out = done.has_value();
    }
    void commit(std::vector<model::Change> changes) {
        bool done = false;
        group.spawn(commit(*service, std::move(changes), done));
        clock.run_for(Millis(100));
        EXPECT_TRUE(done);
    }

    asio::io_context io;
    runtime::SimulatedClock clock{io};
    runtime::SeededRng rng{7};
    discovery::testing::FakeGateway gateway{clock};
    recovery::testing::NoHooks hooks;
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
        ASSERT_EQ(disk->snapshots.front().places.size(), 2U);
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

TEST(Downtimes, end_in_time_and_those_of_lost_servers_when_they_are_back) {
    const auto disk = std::make_shared<store::MemoryDisk>();
    House house(0, disk);
    const WallTime now = house.clock.wall();
    const Endpoint db1{"db1", 3306};
    const Endpoint db2{"db2", 3306};
    const Endpoint gone{"db9", 3306};
    const std::string lost(model::lost_in_recovery);
    std::vector<model::Change> changes;
    changes.emplace_back(model::PutDowntime{{db1, now, now + Seconds(30), "ann", "short"}});
    changes.emplace_back(model::PutDowntime{{db2, now, now + hours(1), "orc", lost}});
    changes.emplace_back(model::PutDowntime{{gone, now, now + hours(1), "orc", lost}});
    house.commit(std::move(changes));
    const auto has = [&](const Endpoint& server) { return disk->intent.downtimes.contains(server); };
    house.clock.run_for(Seconds(20));
    EXPECT_TRUE(has(db1));
    EXPECT_GT(disk->intent.downtimes.at(gone).end, now + hours(24 * 364)) << "kept up for a year";
    house.clock.run_for(Seconds(20));
    EXPECT_FALSE(has(db1)) << "its time is over";
    EXPECT_TRUE(has(db2)) << "it replicates, but has not been lost for a minute";
    house.clock.run_for(Seconds(30));
    EXPECT_FALSE(has(db2)) << "it is back";
    house.clock.run_for(hours(2));
    EXPECT_TRUE(has(gone)) << "it was never seen again";
    std::vector<std::string> audited;
    for (const auto& entry : disk->audit) {
        if (entry.type == "expire-downtime") {
            audited.push_back(entry.endpoint->host + " " + entry.message);
        }
    }
    const std::vector<std::string> expected = {"db1 reason: short", "db2 reason: " + lost};
    EXPECT_EQ(audited, expected);
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
