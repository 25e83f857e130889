// The simulated servers themselves: they replicate, wait, break and forget as real ones do.
#include "sim_fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients.h"

namespace orc::simulation {
namespace {

struct SimFleet : testing::Test {
    Agenda agenda;
    runtime::SeededRng rng{7};
    Network network{rng, Micros(500)};
    Trace trace{agenda};
    Fleet fleet{agenda, network, rng, trace};

    void SetUp() override {
        network.on_change([this](int a, int b, Wire wire) { fleet.wire_changed(a, b, wire); });
    }
    void run(Micros span) {
        const Instant until = agenda.now() + span;
        while (agenda.step(until)) {
        }
    }
    void follow(SimServer& replica, const SimServer& source) {
        mysql::SourceChange change;
        change.source = source.endpoint();
        change.gtid = replica.options().is_mariadb ? model::GtidUse::replica_position : model::GtidUse::auto_position;
        ASSERT_TRUE(fleet.change_source(replica, change));
        fleet.start_receiver(replica);
        fleet.start_applier(replica);
    }
    void build(ServerOptions options, int replicas = 2) {
        for (int i = 0; i <= replicas; ++i) {
            fleet.add(replicas + 1, options);
        }
        fleet.at(0).read_only = false;
        for (int i = 1; i <= replicas; ++i) {
            follow(fleet.at(i), fleet.at(0));
        }
        run(Millis(50));
    }
    WriteAnswer last_answer = WriteAnswer::lost;
    void write(SimServer& server, int count = 1) {
        for (int i = 0; i < count; ++i) {
            fleet.write(server, 1, [this](WriteAnswer answer) { last_answer = answer; });
        }
    }
};

ServerOptions mariadb() {
    ServerOptions out;
    out.is_mariadb = true;
    return out;
}

ServerOptions semi_sync() {
    ServerOptions out;
    out.has_semi_sync = true;
    out.semi_sync_source = true;
    out.semi_sync_replica = true;
    out.semi_sync_timeout = Seconds(2);
    return out;
}

TEST_F(SimFleet, what_is_written_to_the_primary_arrives_everywhere) {
    build({});
    write(fleet.at(0), 10);
    run(Seconds(1));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(fleet.at(i).executed(0), 10u) << i;
    }
    EXPECT_EQ(gtid::text(fleet.at(2).executed_progress()), SimServer::uuid_of(0) + ":1-10");
}

TEST_F(SimFleet, a_read_only_server_refuses_clients) {
    build({});
    write(fleet.at(1));
    EXPECT_EQ(last_answer, WriteAnswer::refused);
}

TEST_F(SimFleet, a_killed_source_shows_as_a_connection_error_at_once) {
    build({});
    fleet.kill(fleet.at(0), false);
    run(Millis(20));
    const auto facts = fleet.at(1).facts(fleet.source_of(fleet.at(1)), 0, {}, agenda.now());
    EXPECT_EQ(facts.channels[0].receiver, model::ThreadState::other);
    EXPECT_TRUE(facts.channels[0].is_failing_to_connect());
}

TEST_F(SimFleet, a_frozen_source_shows_only_when_patience_ends) {
    ServerOptions options;
    options.net_timeout = Seconds(5);
    build(options);
    run(Seconds(3));
    const auto beats = fleet.at(1).channel->heartbeats;
    EXPECT_GE(beats, 2u);
    fleet.freeze(fleet.at(0));
    run(Seconds(4));
    EXPECT_EQ(fleet.at(1).channel->link, SimChannel::Link::connected);
    EXPECT_LE(fleet.at(1).channel->heartbeats, beats + 1);
    run(Seconds(3));
    EXPECT_EQ(fleet.at(1).channel->link, SimChannel::Link::connecting);
}

TEST_F(SimFleet, a_mariadb_receiver_that_starts_again_throws_away_what_is_not_applied) {
    build(mariadb());
    fleet.stop_applier(fleet.at(1));
    write(fleet.at(0), 5);
    run(Seconds(1));
    EXPECT_EQ(fleet.at(1).channel->relay.size(), 5u);
    fleet.kill(fleet.at(0), false);
    run(Seconds(1));
    EXPECT_EQ(fleet.at(1).channel->relay.size(), 5u);
    fleet.stop_receiver(fleet.at(1));
    fleet.start_receiver(fleet.at(1));
    EXPECT_EQ(fleet.at(1).channel->relay.size(), 0u);
}

TEST_F(SimFleet, a_semi_sync_primary_waits_for_a_replica_and_not_for_ever) {
    build(semi_sync(), 1);
    write(fleet.at(0));
    EXPECT_EQ(last_answer, WriteAnswer::lost);
    run(Millis(50));
    EXPECT_EQ(last_answer, WriteAnswer::acknowledged);
    EXPECT_EQ(fleet.at(0).executed(0), 1u);

    network.set(0, 1, Wire::silent);
    last_answer = WriteAnswer::lost;
    write(fleet.at(0));
    run(Seconds(1));
    EXPECT_EQ(last_answer, WriteAnswer::lost);
    EXPECT_EQ(fleet.at(0).executed(0), 1u);
    run(Seconds(2));
    EXPECT_EQ(last_answer, WriteAnswer::acknowledged);
    EXPECT_FALSE(fleet.at(0).semi_sync_active);
    network.set(0, 1, Wire::up);
    run(Seconds(1));
    EXPECT_TRUE(fleet.at(0).semi_sync_active);
}

TEST_F(SimFleet, a_mysql_replica_with_more_than_its_source_is_turned_away) {
    build({});
    fleet.stop_receiver(fleet.at(2));
    write(fleet.at(0), 3);
    run(Seconds(1));
    follow(fleet.at(1), fleet.at(2));
    run(Seconds(1));
    EXPECT_EQ(fleet.at(1).channel->link, SimChannel::Link::connected) << "the extra GTIDs are not the source's own";
    follow(fleet.at(0), fleet.at(1));
    fleet.set_read_only(fleet.at(1), {false, false, false});
    write(fleet.at(1), 2);
    run(Seconds(1));
    EXPECT_EQ(fleet.at(0).executed(1), 2u);
}

TEST_F(SimFleet, a_mariadb_replica_ahead_of_its_source_is_turned_away) {
    build(mariadb());
    fleet.stop_receiver(fleet.at(2));
    write(fleet.at(0), 3);
    run(Seconds(1));
    follow(fleet.at(1), fleet.at(2));
    run(Seconds(1));
    EXPECT_EQ(fleet.at(1).channel->receiver_errno, 1236);
}

TEST_F(SimFleet, purged_logs_turn_a_replica_away_that_still_needs_them) {
    build({});
    fleet.stop_receiver(fleet.at(1));
    write(fleet.at(0), 3);
    run(Seconds(1));
    fleet.purge_logs(fleet.at(0));
    fleet.start_receiver(fleet.at(1));
    run(Seconds(1));
    EXPECT_EQ(fleet.at(1).channel->receiver_errno, 1236);
}

TEST_F(SimFleet, a_restart_keeps_replicating_and_may_lose_relay_logs) {
    ServerOptions options;
    build(options);
    fleet.stop_applier(fleet.at(1));
    write(fleet.at(0), 3);
    run(Seconds(1));
    fleet.kill(fleet.at(0), false);
    fleet.kill(fleet.at(1), false);
    fleet.start(fleet.at(1));
    EXPECT_EQ(fleet.at(1).owned(0), 0u);
    fleet.start(fleet.at(0));
    run(Seconds(10));
    EXPECT_TRUE(fleet.is_streaming(fleet.at(1)));
    EXPECT_EQ(fleet.at(1).owned(0), 3u);
}

TEST_F(SimFleet, clients_know_what_was_acknowledged) {
    build(semi_sync());
    Clients clients(fleet, rng, Millis(50));
    clients.start();
    run(Seconds(5));
    EXPECT_GT(clients.acknowledged().size(), 50u);
    for (const auto& write : clients.acknowledged()) {
        EXPECT_TRUE(write.was_semi_sync);
        EXPECT_TRUE(fleet.at(1).owns(write.transaction) || fleet.at(2).owns(write.transaction));
    }
}

}  // namespace
}  // namespace orc::simulation
