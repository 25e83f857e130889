#include "recovery/testing/bench_test.h"

namespace orc::recovery {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct DeadPrimary : testing::TestWithParam<bool>, Bench {};

INSTANTIATE_TEST_SUITE_P(Flavours, DeadPrimary, testing::Bool(), [](const auto& i) {
    return i.param ? std::string("MariaDB") : std::string("MySQL");
});

TEST_P(DeadPrimary, is_replaced_by_a_replica_and_all_others_follow) {
    star(4, GetParam());
    write(10);
    start();
    world.at("db1").alive = false;
    settle();
    const std::string winner = primary();
    EXPECT_THAT(winner, testing::AnyOf("db2", "db3", "db4")) << all_steps();
    for (const std::string host : {"db2", "db3", "db4"}) {
        if (host != winner) {
            EXPECT_EQ(world.at(host).source, World::name(winner)) << host << "\n" << all_steps();
            EXPECT_TRUE(world.at(host).receiver && world.at(host).applier);
        }
    }
    ASSERT_EQ(records().size(), 1U);
    EXPECT_TRUE(records().front().is_successful);
    EXPECT_TRUE(records().front().ended.has_value());
    EXPECT_EQ(records().front().successor, World::name(winner));
    EXPECT_THAT(records().front().lost, IsEmpty());
    EXPECT_THAT(world.violations, IsEmpty());
    EXPECT_TRUE(intent().downtimes.contains(World::name("db1")));
    EXPECT_TRUE(intent().progress.empty());
}

TEST_P(DeadPrimary, leaves_its_address_with_the_promoted_one_in_the_detached_form_if_so_configured) {
    settings.master_failover_detach_replica_master_host = true;
    star(3, GetParam());
    write(5);
    start();
    world.at("db1").alive = false;
    settle();
    const std::string winner = primary();
    ASSERT_THAT(winner, testing::AnyOf("db2", "db3")) << all_steps();
    EXPECT_EQ(world.at(winner).source, Endpoint("//db1", 3306)) << all_steps();
    EXPECT_FALSE(world.at(winner).receiver || world.at(winner).applier);
    ASSERT_EQ(records().size(), 1U);
    EXPECT_TRUE(records().front().is_successful);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST_P(DeadPrimary, is_forgotten_when_its_address_cannot_be_kept) {
    settings.master_failover_detach_replica_master_host = true;
    star(2, GetParam());
    start();
    world.at("db2").failures["change_source"] = {Error{ErrorCode::refused, "host name not allowed", 0}, true};
    world.at("db1").alive = false;
    settle();
    EXPECT_EQ(primary(), "db2") << all_steps();
    EXPECT_EQ(world.at("db2").source, std::nullopt) << all_steps();
}

TEST_P(DeadPrimary, may_be_one_that_was_promoted_and_kept_its_source_detached) {
    settings.master_failover_detach_replica_master_host = true;
    settings.recovery_period_block_seconds = 1;
    star(4, GetParam());
    write(5);
    start();
    world.at("db1").alive = false;
    settle();
    const std::string first = primary();
    ASSERT_THAT(first, testing::AnyOf("db2", "db3", "db4")) << all_steps();
    run(Seconds(5));
    world.at(first).alive = false;
    settle();
    EXPECT_NE(primary(), first) << all_steps();
    EXPECT_THAT(primary(), testing::AnyOf("db2", "db3", "db4")) << all_steps();
    ASSERT_EQ(records().size(), 2U) << all_steps();
}

TEST_P(DeadPrimary, is_replaced_within_a_tenth_of_a_second_after_the_verdict) {
    star(4, GetParam());
    write(10);
    start();
    world.at("db1").alive = false;
    Instant begun{};
    Instant opened{};
    on_event = [&](const Event& event) {
        if (event.kind == "recovery_started") {
            begun = clock.now();
        }
        if (event.text.find("writable: done") != std::string::npos) {
            opened = clock.now();
        }
    };
    settle();
    ASSERT_NE(opened, Instant{}) << all_steps();
    EXPECT_LT(opened - begun, Millis(100)) << all_steps();
}

TEST_P(DeadPrimary, leaves_nothing_behind_that_any_replica_received) {
    star(3, GetParam());
    world.at("db2").apply_delay = Seconds(3);
    world.at("db3").apply_delay = Seconds(3);
    start();
    write(20);
    run(Millis(500));
    // db3 stops receiving, so db2 owns more, although neither has applied anything.
    world.at("db3").receiver = false;
    write(5);
    const auto everything = world.at("db1").executed;
    world.at("db1").alive = false;
    settle();
    EXPECT_EQ(primary(), "db2") << all_steps();
    EXPECT_TRUE(gtid::covers(world.at("db2").executed, everything)) << all_steps();
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST_P(DeadPrimary, with_one_hung_replica_is_replaced_as_fast_as_without) {
    star(6, GetParam());
    write(3);
    start();
    world.at("db1").alive = false;
    world.at("db4").hung = true;
    Instant begun{};
    Instant opened{};
    on_event = [&](const Event& event) {
        if (event.kind == "recovery_started") {
            begun = clock.now();
        }
        if (event.text.find("writable: done") != std::string::npos) {
            opened = clock.now();
        }
    };
    settle();
    ASSERT_NE(opened, Instant{}) << all_steps();
    EXPECT_LT(opened - begun, Millis(250)) << all_steps();
    EXPECT_THAT(records().front().lost, ElementsAre(World::name("db4")));
    EXPECT_TRUE(intent().downtimes.contains(World::name("db4")));
}

TEST_P(DeadPrimary, is_acknowledged_nothing_more_once_positions_are_read) {
    star(4, GetParam());
    world.at("db4").apply_delay = Seconds(1000);
    write(3);
    start();
    world.at("db4").applier = false;  // holds events that a MariaDB receiver would throw away when it starts again
    std::map<std::string, bool> received;
    world.before_operation = [&](const std::string& operation, FakeServer&) {
        if (operation == "reset_replication") {
            for (const std::string host : {"db2", "db3", "db4"}) {
                received[host] = world.at(host).receiver;
            }
        }
    };
    world.at("db1").alive = false;
    settle();
    EXPECT_FALSE(received.at("db2") || received.at("db3")) << all_steps();
    EXPECT_EQ(received.at("db4"), GetParam()) << all_steps();
    EXPECT_THAT(world.violations, IsEmpty());
    const auto steps = all_steps();
    EXPECT_EQ(steps.find("db4:3306 goes on receiving: its applier does not run") != std::string::npos, GetParam());
}

TEST_P(DeadPrimary, costs_no_relay_log_when_an_applier_ends_and_nobody_is_promoted) {
    star(2, GetParam());
    write(3);
    start();
    world.at("db2").apply_delay = Seconds(5);
    write(2);
    const auto received = world.at("db2").received;
    world.before_operation = [&](const std::string& operation, FakeServer& server) {
        if (operation == "stop_receiver") {
            server.applier_error = "duplicate entry";
        }
    };
    world.at("db1").alive = false;
    settle();
    EXPECT_TRUE(world.at("db2").read_only) << all_steps();
    EXPECT_EQ(world.at("db2").received, received);
    EXPECT_EQ(world.at("db2").receiver, !GetParam()) << all_steps();
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST_P(DeadPrimary, passes_over_a_replica_with_errant_transactions) {
    star(3, GetParam());
    write(3);
    world.write_errant("db2");
    start();
    run(Seconds(2));
    world.at("db1").alive = false;
    settle();
    EXPECT_EQ(primary(), "db3") << all_steps();
}

TEST_P(DeadPrimary, goes_on_with_the_next_candidate_when_the_first_cannot_apply) {
    star(3, GetParam());
    write(3);
    start();
    world.at("db2").apply_delay = Seconds(1);
    world.at("db3").apply_delay = Seconds(1);
    world.at("db3").receiver = false;
    write(2);
    world.at("db2").applier_error = "duplicate entry";
    world.at("db1").alive = false;
    settle(Seconds(60));
    EXPECT_EQ(primary(), "db3") << all_steps();
    EXPECT_THAT(records().front().lost, Contains(World::name("db2"))) << all_steps();
}

TEST_P(DeadPrimary, goes_on_with_the_rest_when_the_winner_dies_while_it_is_promoted) {
    star(4, GetParam());
    write(3);
    start();
    std::string victim;
    world.before_operation = [&](const std::string& operation, FakeServer& server) {
        if (victim.empty() && operation == "open") {
            victim = server.endpoint.host;
            server.alive = false;
        }
    };
    world.at("db1").alive = false;
    settle(Seconds(60));
    EXPECT_NE(victim, "");
    EXPECT_NE(primary(), victim);
    EXPECT_NE(primary(), "nobody or several") << all_steps();
    EXPECT_THAT(world.violations, IsEmpty());
    EXPECT_EQ(records().size(), 1U);
}

TEST_P(DeadPrimary, is_not_replaced_when_nobody_may_be_promoted_and_everything_stands_as_before) {
    star(3, GetParam());
    world.at("db2").rule = model::PromotionRule::must_not;
    world.at("db3").rule = model::PromotionRule::must_not;
    settings.post_unsuccessful_failover_processes = {"tell"};
    settings.post_failover_processes = {"tell"};
    write(3);
    start();
    world.at("db1").alive = false;
    settle();
    EXPECT_THAT(world.writable(), IsEmpty());
    for (const std::string host : {"db2", "db3"}) {
        EXPECT_EQ(world.at(host).source, World::name("db1"));
        EXPECT_TRUE(world.at(host).receiver) << all_steps();
        EXPECT_TRUE(world.at(host).applier);
    }
    ASSERT_FALSE(records().empty());
    EXPECT_FALSE(records().front().is_successful);
    EXPECT_TRUE(records().front().ended.has_value());
    EXPECT_THAT(hooks.lists(), ElementsAre("PostUnsuccessfulFailoverProcesses"));
    EXPECT_TRUE(intent().downtimes.empty());
    EXPECT_THAT(all_steps(), HasSubstr("must_not"));
}

TEST_P(DeadPrimary, that_thaws_is_made_read_only_at_once) {
    star(3, GetParam());
    write(3);
    start();
    run(Seconds(3));
    world.at("db1").hung = true;
    run(Seconds(30));
    RecoverRequest wish;
    wish.failed = World::name("db1");
    wish.force_dead_primary = true;
    wish.actor = "somebody";
    // Its replicas still hold their streams, so automation does not act by itself.
    ASSERT_TRUE(recover(wish)) << all_steps();
    ASSERT_EQ(world.writable().size(), 2U);
    world.at("db1").hung = false;
    run(Millis(2600));
    EXPECT_TRUE(world.at("db1").read_only) << all_steps();
    EXPECT_EQ(world.writable().size(), 1U);
}

// A receiver that is started anew as a test may be cut short in between: it ran before we came.
TEST_P(DeadPrimary, whose_streams_are_tested_in_vain_leaves_no_receiver_stopped) {
    star(3, GetParam());
    write(3);
    start();
    run(Seconds(3));
    int restarts = 0;
    world.before_operation = [&](const std::string& operation, FakeServer& server) {
        if (operation == "stop_receiver") {
            ++restarts;
            server.failures["start_receiver"] = {Error{ErrorCode::timed_out, "no answer in time", 0}, false};
        }
    };
    world.at("db1").hung = true;
    run(Seconds(30));
    EXPECT_GT(restarts, 0);
    for (const char* host : {"db2", "db3"}) {
        EXPECT_TRUE(world.at(host).receiver) << host;
    }
}

TEST_P(DeadPrimary, runs_its_hooks_in_order_with_true_values) {
    star(3, GetParam());
    settings.on_failure_detection_processes = {"detected {failureType} on {failureCluster}"};
    settings.pre_failover_processes = {"pre {failedHost}:{failedPort} {successorHost}"};
    settings.post_master_failover_processes = {"primary {successorHost}"};
    settings.post_failover_processes = {"post {successorHost} {isSuccessful} {lostReplicas}"};
    settings.post_unsuccessful_failover_processes = {"never"};
    write(3);
    start();
    world.at("db1").alive = false;
    settle();
    EXPECT_THAT(
        hooks.lists(),
        ElementsAre(
            "OnFailureDetectionProcesses",
            "PreFailoverProcesses",
            "PostMasterFailoverProcesses",
            "PostFailoverProcesses"
        )
    ) << all_steps();
    EXPECT_EQ(hooks.calls[0].command, "detected DeadMaster on db1:3306");
    EXPECT_EQ(hooks.calls[1].command, "pre db1:3306 {successorHost}");
    EXPECT_EQ(hooks.calls[3].command, "post " + primary() + " true ");
    EXPECT_EQ(hooks.calls[3].environment.at("ORC_SUCCESSOR_HOST"), primary());
    EXPECT_EQ(hooks.calls[3].environment.at("ORC_RECOVERY_UID"), records().front().uid.text());
    // The classic form: nanoseconds and 64 hex digits.
    EXPECT_THAT(records().front().uid.text(), ::testing::MatchesRegex("1[0-9]{18}:[0-9a-f]{64}"));
    EXPECT_FALSE(hooks.calls[1].environment.contains("ORC_SUCCESSOR_HOST"));
}

TEST_P(DeadPrimary, is_not_touched_when_a_hook_before_it_says_no) {
    star(3, GetParam());
    settings.pre_failover_processes = {"no"};
    settings.post_unsuccessful_failover_processes = {"told"};
    hooks.exit_codes["PreFailoverProcesses"] = 1;
    write(3);
    start();
    world.at("db1").alive = false;
    settle();
    EXPECT_THAT(world.writable(), IsEmpty());
    EXPECT_EQ(world.at("db2").source, World::name("db1"));
    EXPECT_THAT(world.at("db2").log, IsEmpty());
    ASSERT_FALSE(records().empty());
    EXPECT_TRUE(records().front().ended.has_value());
    EXPECT_THAT(hooks.lists(), Contains("PostUnsuccessfulFailoverProcesses"));
}

TEST_P(DeadPrimary, is_not_what_a_replica_is_that_is_well) {
    star(3, GetParam());
    start();
    run(Seconds(3));
    RecoverRequest wish;
    wish.failed = World::name("db2");
    const auto done = recover(wish);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ErrorCode::not_found);
    EXPECT_EQ(
        done.error().message, "nothing to recover or to take over: no server is known to replicate from db2:3306"
    );
}

}  // namespace
}  // namespace orc::recovery
