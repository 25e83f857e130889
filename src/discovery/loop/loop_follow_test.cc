// A node that does not probe shows what another one wrote down, and asks the servers nothing.
#include <gtest/gtest.h>

#include "discovery/testing/bench.h"

namespace orc::discovery {
namespace {

using testing::Bench;
using testing::ep;
using testing::FakeGateway;
using testing::FakeServer;
using testing::Mood;
using testing::seeded;

/// A second loop on the bench's disk and clock, with sessions of its own to the same servers.
class Second {
public:
    explicit Second(Bench& bench)
        : gateway(bench.clock), bench_(bench), store_(store::make_memory_store(bench.disk, bench.clock)) {
        for (const auto& [endpoint, server] : bench.gateway.servers) {
            gateway.servers[endpoint] = std::make_shared<FakeServer>(*server);
            gateway.at(endpoint).probes = 0;
        }
        loop.emplace(
            Seams{gateway, *store_, bench.ledger, bench.clock, bench.rng, bench.io.get_executor(), &bench.ledger},
            bench.settings
        );
    }
    ~Second() { bench_.run(loop->stop()); }
    void start() { bench_.run(start_it(*loop)); }
    unsigned probes() const {
        unsigned out = 0;
        for (const auto& [endpoint, server] : gateway.servers) {
            out += server->probes + server->pulses;
        }
        return out;
    }
    /// The first node's store writes what it was told, and time passes.
    void let_pass(Seconds span) {
        for (Seconds passed{0}; passed < span; ++passed) {
            static_cast<void>(bench_.stored());
        }
    }
    /// Starts it as a node that stands by, and lets it read what is there.
    void stand_by() {
        loop->follow();
        start();
        let_pass(Seconds(3));
    }
    std::string hosts() const {
        std::string out;
        const auto topology = loop->topology();
        for (const auto& [name, cluster] : topology->clusters) {
            out += name.text() + ":";
            for (const auto& server : cluster->servers) {
                out += " " + server->endpoint.host + "/" + std::to_string(server->depth);
            }
        }
        return out;
    }

    FakeGateway gateway;
    std::optional<DiscoveryLoop> loop;

private:
    static Co<void> start_it(DiscoveryLoop& it) {
        const auto started = co_await it.start();
        ENSURE(started.has_value(), "the store in memory opens");
    }

    Bench& bench_;
    std::unique_ptr<store::Store> store_;
};

Co<void> commit(Bench& bench, model::Change change) {
    ledger::Commit wish;
    wish.id = "wish";
    wish.epoch = bench.ledger.view().epoch;
    wish.changes.push_back(std::move(change));
    const auto outcome = co_await bench.ledger.commit(std::move(wish));
    EXPECT_EQ(outcome, ledger::CommitOutcome::committed);
}

Co<void> follow(DiscoveryLoop& loop) {
    loop.follow();
    co_return;
}

TEST(Following, shows_what_was_written_and_asks_nothing) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    Second second(bench);
    second.stand_by();
    EXPECT_EQ(second.hosts(), "a:3306: a/0 b/1 c/1 d/2");
    EXPECT_EQ(second.loop->counters().servers, 4U);
    EXPECT_EQ(second.probes(), 0U);
    const auto d = second.loop->topology()->find(ep("d"));
    ASSERT_NE(d, nullptr);
    EXPECT_EQ(d->source(), ep("c"));
    EXPECT_TRUE(d->check.is_valid());
    EXPECT_EQ(second.loop->cluster_now(ep("d"))->name, ClusterName("a:3306"));

    bench.fake("b").mood = Mood::refusing;
    ASSERT_TRUE(bench.loop->forget(ep("d")));
    second.let_pass(Seconds(10));
    EXPECT_EQ(second.hosts(), "a:3306: a/0 b/1 c/1");
    EXPECT_FALSE(second.loop->topology()->find(ep("b"))->check.is_valid());
    EXPECT_EQ(second.probes(), 0U);
}

TEST(Following, shows_who_reads_from_several_clusters) {
    Bench bench(seeded());
    bench.add_four();
    bench.add("x", testing::primary("x"));
    model::Channel side = bench.fake("d").facts.channels.front();
    side.name = "side";
    side.source = ep("x");
    bench.fake("d").facts.channels.push_back(side);
    bench.start();
    Second second(bench);
    second.stand_by();
    EXPECT_EQ(second.hosts(), "a:3306: a/0 b/1 c/1 d/2x:3306: x/0");
    const auto there = second.loop->cluster_now(ep("x"));
    ASSERT_EQ(there->guests.size(), 1U);
    EXPECT_EQ(there->guests.front()->endpoint, ep("d"));
    EXPECT_TRUE(second.loop->cluster_now(ep("a"))->guests.empty());
}

TEST(Following, what_people_decide_shows_at_once) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    Second second(bench);
    second.stand_by();
    model::PutDowntime put;
    put.record = {ep("b"), bench.clock.wall(), bench.clock.wall() + Seconds(60), "ann", "disk"};
    bench.run(commit(bench, std::move(put)));
    ASSERT_TRUE(second.loop->topology()->find(ep("b"))->downtime);
    EXPECT_EQ(second.loop->topology()->find(ep("b"))->downtime->reason, "disk");
}

TEST(Following, ends_with_every_server_read_at_once_and_begins_with_letting_go) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    Second second(bench);
    second.stand_by();

    bench.run(second.loop->lead(), Millis(20));
    for (const auto& [endpoint, server] : second.gateway.servers) {
        EXPECT_GE(server->probes, 1U) << endpoint.text();
    }
    bench.clock.run_for(Millis(50));  // until the next snapshot
    EXPECT_EQ(second.hosts(), "a:3306: a/0 b/1 c/1 d/2");
    for (const auto& [endpoint, server] : second.gateway.servers) {
        EXPECT_NE(second.loop->topology()->find(endpoint)->facts, nullptr);
    }

    bench.loop->follow();
    EXPECT_EQ(bench.gateway.forgotten.size(), 4U);
    const auto probes_of_first = [&] {
        unsigned out = 0;
        for (const auto& [endpoint, server] : bench.gateway.servers) {
            out += server->probes + server->pulses;
        }
        return out;
    };
    const unsigned before = probes_of_first();
    bench.clock.run_for(Seconds(20));
    EXPECT_EQ(probes_of_first(), before);
    EXPECT_EQ(bench.cluster("d"), "a:3306: a/0 b/1 c/1 d/2") << "it goes on showing them";

    // And back again.
    bench.run(bench.loop->lead(), Millis(20));
    EXPECT_GE(probes_of_first(), before + 4);
}

TEST(Following, a_change_of_mind_while_the_store_is_asked_leaves_no_one_half_leading) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    Second second(bench);
    second.stand_by();
    bench.tasks.spawn(second.loop->lead());
    bench.tasks.spawn(follow(*second.loop));  // runs while the store is being asked
    bench.clock.run_for(Seconds(20));
    EXPECT_EQ(second.probes(), 0U);
    const auto forgotten = second.loop->forget(ep("a"));
    ASSERT_FALSE(forgotten);
    EXPECT_EQ(forgotten.error().code, ErrorCode::not_leader);
}

}  // namespace
}  // namespace orc::discovery
