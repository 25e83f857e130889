#include "recovery/testing/bench_test.h"

namespace orc::recovery {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Repair : testing::TestWithParam<bool>, Bench {};

INSTANTIATE_TEST_SUITE_P(Flavours, Repair, testing::Bool(), [](const auto& i) {
    return i.param ? std::string("MariaDB") : std::string("MySQL");
});

TEST_P(Repair, moves_replicas_of_a_dead_intermediate_primary_to_its_sibling) {
    settings.post_intermediate_master_failover_processes = {"told {successorHost}"};
    star(3, GetParam());
    world.add("db4", "db2", GetParam());
    world.add("db5", "db2", GetParam());
    write(5);
    start();
    run(Seconds(2));
    world.at("db2").alive = false;
    settle();
    EXPECT_TRUE(world.at("db4").source == World::name("db3")) << all_steps();
    EXPECT_TRUE(world.at("db5").source == World::name("db3")) << all_steps();
    EXPECT_TRUE(world.at("db4").receiver && world.at("db4").applier);
    EXPECT_THAT(world.writable(), ElementsAre("db1"));
    ASSERT_EQ(records().size(), 1U) << all_steps();
    EXPECT_TRUE(records().front().is_successful);
    ASSERT_EQ(hooks.calls.size(), 1U);
    EXPECT_EQ(hooks.calls.front().list, "PostIntermediateMasterFailoverProcesses");
    // It blocks only its own class: a dead primary is still replaced.
    run(Seconds(3));
    world.at("db1").alive = false;
    settle();
    EXPECT_EQ(world.writable().size(), 1U) << all_steps();
}

TEST_P(Repair, opens_a_read_only_primary_only_when_asked_to) {
    star(3, GetParam());
    world.at("db1").read_only = true;
    start();
    run(Seconds(5));
    EXPECT_THAT(world.writable(), IsEmpty());
    EXPECT_THAT(world.at("db1").log, IsEmpty());
}

TEST_P(Repair, opens_a_read_only_primary) {
    settings.recover_non_writeable_master = true;
    star(3, GetParam());
    world.at("db1").read_only = true;
    start();
    settle();
    EXPECT_THAT(world.writable(), ElementsAre("db1")) << all_steps();
    ASSERT_EQ(records().size(), 1U);
    EXPECT_TRUE(records().front().is_successful);
}

TEST_P(Repair, an_old_primary_that_comes_back_writable_is_closed_and_stays_closed) {
    settings.recover_non_writeable_master = true;
    star(3, GetParam());
    write(5);
    start();
    world.at("db1").alive = false;
    settle();
    const auto winner = world.writable();
    ASSERT_EQ(winner.size(), 1U);
    run(Seconds(100));
    FakeServer& old = world.at("db1");
    old.alive = true;  // as the machine starts it: writable
    run(Seconds(5));
    EXPECT_EQ(world.writable(), winner) << all_steps();
    // Somebody restarts it once more; nobody fences by memory now, the records do.
    old.read_only = false;
    run(Seconds(3));
    EXPECT_EQ(world.writable(), winner) << all_steps();
    // The new primary dies, and the stale one must not be taken for the newest.
    world.at(winner.front()).alive = false;
    for (const std::string host : {"db2", "db3"}) {
        world.at(host).alive = false;
    }
    run(Seconds(30));
    EXPECT_THAT(world.writable(), IsEmpty()) << all_steps();
}

TEST_P(Repair, does_nothing_to_servers_with_noop_or_while_recoveries_are_disabled) {
    star(3, GetParam());
    write(5);
    start();
    run(Seconds(2));
    const auto disable = [](Process& p) -> Co<void> {
        ledger::Commit commit;
        commit.id = "disable";
        commit.epoch = p.ledger.view().epoch;
        commit.changes.push_back(model::SetRecoveriesDisabled{true});
        EXPECT_EQ(co_await p.ledger.commit(std::move(commit)), ledger::CommitOutcome::committed);
    };
    group.spawn(disable(*process));
    run(Millis(10));
    world.at("db1").alive = false;
    run(Seconds(10));
    EXPECT_THAT(world.at("db2").log, IsEmpty());
    EXPECT_THAT(world.at("db3").log, IsEmpty());
    EXPECT_THAT(records(), IsEmpty());
    EXPECT_THAT(process->loop->findings()->front().hesitation, HasSubstr("disabled everywhere"));
    // A person may still act.
    RecoverRequest wish;
    wish.failed = World::name("db1");
    wish.actor = "somebody";
    EXPECT_TRUE(recover(wish)) << all_steps();
}

TEST_P(Repair, hands_over_to_the_preferred_server_before_it_is_promoted) {
    star(3, GetParam());
    start();
    write(5);
    run(Seconds(2));
    world.at("db3").receiver = false;
    write(5);
    world.at("db3").rule = model::PromotionRule::prefer;
    const auto everything = world.at("db1").executed;
    world.at("db1").alive = false;
    settle();
    EXPECT_THAT(world.writable(), ElementsAre("db3")) << all_steps();
    EXPECT_TRUE(gtid::covers(world.at("db3").executed, everything)) << all_steps();
    EXPECT_TRUE(world.at("db2").source == World::name("db3")) << all_steps();
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(SemiSyncRepair, switches_on_as_many_replicas_as_the_primary_waits_for) {
    Bench bench;
    bench.settings.recover_locked_semi_sync_master = true;
    bench.star(4);
    for (const std::string host : {"db2", "db3", "db4"}) {
        bench.world.at(host).semi_sync.available = true;
        bench.world.at(host).semi_sync_priority = host == "db3" ? 2 : 1;
    }
    auto& source = bench.world.at("db1").semi_sync;
    source.available = true;
    source.source_enabled = true;
    source.source_active = true;
    source.acks_wanted = 1;
    source.clients = 0;
    bench.settings.reasonable_locked_semi_sync_master_seconds = 2;
    bench.start();
    bench.settle(Seconds(30));
    bench.run(Seconds(10));
    bench.settle();
    EXPECT_TRUE(bench.world.at("db3").semi_sync.replica_enabled) << bench.all_steps();
    EXPECT_FALSE(bench.world.at("db2").semi_sync.replica_enabled);
}

TEST(SemiSyncRepair, registers_nothing_when_no_setting_asks_for_it) {
    Bench bench;
    bench.star(3);
    auto& source = bench.world.at("db1").semi_sync;
    source.available = true;
    source.source_enabled = true;
    source.source_active = true;
    source.acks_wanted = 1;
    bench.settings.reasonable_locked_semi_sync_master_seconds = 2;
    bench.start();
    bench.run(Seconds(20));
    EXPECT_THAT(bench.records(), IsEmpty());
    bench.world.at("db1").alive = false;
    bench.settle();
    EXPECT_EQ(bench.world.writable().size(), 1U) << bench.all_steps();
}

}  // namespace
}  // namespace orc::recovery
