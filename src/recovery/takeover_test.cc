#include "recovery/testing/bench_test.h"

namespace orc::recovery {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Takeover : testing::TestWithParam<bool>, Bench {
    TakeoverRequest to(const std::string& host, bool pick = false) {
        TakeoverRequest out;
        out.cluster = ClusterName("db1:3306");
        if (!host.empty()) {
            out.designated = World::name(host);
        }
        out.pick = pick;
        out.actor = "somebody";
        return out;
    }
    void expect_untouched() {
        EXPECT_THAT(world.writable(), ElementsAre("db1")) << all_steps();
        for (const std::string host : {"db2", "db3"}) {
            EXPECT_TRUE(world.at(host).source == World::name("db1")) << host << "\n" << all_steps();
            EXPECT_TRUE(world.at(host).receiver && world.at(host).applier) << host << "\n" << all_steps();
        }
        EXPECT_THAT(world.violations, IsEmpty());
        for (const auto& record : records()) {
            EXPECT_TRUE(record.ended.has_value());
            EXPECT_FALSE(record.is_successful);
        }
        EXPECT_TRUE(intent().progress.empty());
        EXPECT_TRUE(intent().downtimes.empty());
    }
};

INSTANTIATE_TEST_SUITE_P(Flavours, Takeover, testing::Bool(), [](const auto& i) {
    return i.param ? std::string("MariaDB") : std::string("MySQL");
});

TEST_P(Takeover, on_mariadb_is_refused_untouched_while_replications_account_is_not_to_be_had) {
    for (const std::string query : {"", "SELECT user, password FROM meta.replication_account"}) {
        SCOPED_TRACE(query);
        Bench one;
        one.settings.replication_credentials_query = query;
        one.world.credentials_known = false;
        one.star(3, GetParam());
        one.write(3);
        one.start();
        one.run(Seconds(2));
        const auto outcome = one.take_over(to("db2", true));
        ASSERT_EQ(outcome.has_value(), !GetParam()) << one.all_steps();
        if (GetParam()) {
            EXPECT_THAT(outcome.error().message, HasSubstr("ReplicationCredentialsQuery"));
            EXPECT_THAT(one.world.writable(), ElementsAre("db1"));
            EXPECT_EQ(one.world.at("db3").source, World::name("db1"));
        }
        EXPECT_THAT(one.world.violations, IsEmpty());
    }
}

TEST_P(Takeover, puts_the_designated_replica_on_top_and_the_old_primary_below_it) {
    star(4, GetParam());
    write(10);
    start();
    run(Seconds(2));
    const auto outcome = take_over(to("db3", true));
    ASSERT_TRUE(outcome) << outcome.error().message << "\n" << all_steps();
    EXPECT_THAT(world.writable(), ElementsAre("db3")) << all_steps();
    for (const std::string host : {"db1", "db2", "db4"}) {
        EXPECT_TRUE(world.at(host).source == World::name("db3")) << host << "\n" << all_steps();
        EXPECT_TRUE(world.at(host).receiver && world.at(host).applier) << host;
    }
    EXPECT_THAT(world.violations, IsEmpty());
    EXPECT_EQ(outcome->record.successor, World::name("db3"));
    EXPECT_TRUE(outcome->record.acknowledged);
    EXPECT_TRUE(intent().downtimes.empty());
    EXPECT_FALSE(outcome->successor_coordinates.empty());
}

TEST_P(Takeover, without_auto_leaves_the_old_primary_stopped_and_in_downtime) {
    star(2, GetParam());
    write(3);
    start();
    run(Seconds(2));
    const auto outcome = take_over(to(""));
    ASSERT_TRUE(outcome) << outcome.error().message << "\n" << all_steps();
    EXPECT_TRUE(world.at("db1").source == World::name("db2"));
    EXPECT_FALSE(world.at("db1").receiver);
    EXPECT_TRUE(intent().downtimes.contains(World::name("db1")));
}

TEST_P(Takeover, does_not_block_the_recovery_of_a_failure_that_follows) {
    star(4, GetParam());
    write(3);
    start();
    run(Seconds(2));
    ASSERT_TRUE(take_over(to("db2", true)));
    run(Seconds(3));
    world.at("db2").alive = false;
    settle();
    EXPECT_EQ(world.writable().size(), 1U) << all_steps();
    EXPECT_THAT(world.writable(), testing::Not(Contains("db2")));
}

TEST_P(Takeover, keeps_writes_waiting_for_less_than_three_tenths_of_a_second) {
    star(4, GetParam());
    world.round_trip = Millis(5);
    disk->faults.delay = Millis(10);
    write(3);
    start();
    run(Seconds(2));
    Instant closed{};
    Instant opened{};
    world.before_operation = [&](const std::string& operation, FakeServer& server) {
        if (operation == "close" && server.endpoint.host == "db1" && closed == Instant{}) {
            closed = clock.now();
        }
        if (operation == "open") {
            opened = clock.now();
        }
    };
    ASSERT_TRUE(take_over(to("db3", true)));
    EXPECT_LT(opened + world.round_trip - closed, Millis(300)) << all_steps();
}

TEST_P(Takeover, is_refused_with_every_rule_that_blocks_it) {
    star(4, GetParam());
    start();
    run(Seconds(2));
    const auto several = take_over(to(""));
    ASSERT_FALSE(several);
    EXPECT_EQ(several.error().code, ErrorCode::refused);
    EXPECT_THAT(several.error().message, HasSubstr("say which one"));

    world.at("db2").rule = model::PromotionRule::must_not;
    world.at("db3").alive = false;
    run(Seconds(2));
    const auto banned = take_over(to("db2"));
    ASSERT_FALSE(banned);
    EXPECT_THAT(banned.error().message, HasSubstr("must_not"));
    const auto behind = take_over(to("db4"));
    ASSERT_FALSE(behind);
    EXPECT_THAT(behind.error().message, HasSubstr("db3:3306 would be left behind"));
    EXPECT_THAT(records(), IsEmpty());
    EXPECT_THAT(world.at("db1").log, IsEmpty());
}

TEST_P(Takeover, runs_its_hooks_before_writes_stand_still) {
    star(3, GetParam());
    settings.pre_graceful_takeover_processes = {"a {successorHost}"};
    settings.on_failure_detection_processes = {"b"};
    settings.pre_failover_processes = {"c {command}"};
    settings.post_master_failover_processes = {"d"};
    settings.post_failover_processes = {"e {isSuccessful}"};
    settings.post_graceful_takeover_processes = {"f {successorHost}"};
    write(3);
    start();
    run(Seconds(2));
    std::vector<bool> was_open;
    hooks.before = [&](const HookCall&) { was_open.push_back(!world.at("db1").read_only); };
    ASSERT_TRUE(take_over(to("db2", true))) << all_steps();
    EXPECT_THAT(
        hooks.lists(),
        ElementsAre(
            "PreGracefulTakeoverProcesses",
            "OnFailureDetectionProcesses",
            "PreFailoverProcesses",
            "PostMasterFailoverProcesses",
            "PostFailoverProcesses",
            "PostGracefulTakeoverProcesses"
        )
    );
    EXPECT_THAT(was_open, ElementsAre(true, true, true, false, false, false));
    EXPECT_EQ(hooks.calls[0].command, "a db2");
    EXPECT_EQ(hooks.calls[2].command, "c graceful-master-takeover");
    EXPECT_EQ(hooks.calls[4].command, "e true");
    EXPECT_EQ(hooks.calls[5].command, "f db2");
}

TEST_P(Takeover, is_undone_when_the_replica_does_not_catch_up_within_the_freeze) {
    star(3, GetParam());
    settings.graceful_takeover_freeze_milliseconds = 500;
    settings.post_unsuccessful_failover_processes = {"told"};
    world.at("db2").apply_delay = Seconds(10);
    start();
    run(Seconds(2));
    write(3);
    Instant closed{};
    world.before_operation = [&](const std::string& operation, FakeServer& server) {
        if (operation == "close" && server.endpoint.host == "db1" && closed == Instant{}) {
            closed = clock.now();
        }
    };
    const auto outcome = take_over(to("db2"));
    ASSERT_FALSE(outcome);
    EXPECT_LT(clock.now() - closed, Millis(800)) << all_steps();
    EXPECT_THAT(hooks.lists(), ElementsAre("PostUnsuccessfulFailoverProcesses"));
    world.at("db2").apply_delay = Micros(0);
    expect_untouched();
}

TEST_P(Takeover, can_be_taken_back_as_soon_as_it_is_answered) {
    star(3, GetParam());
    world.round_trip = Millis(20);
    start();
    run(Seconds(2));
    write(3);
    for (const auto& [from, designated] : {std::pair{"db1", "db2"}, std::pair{"db2", "db1"}, std::pair{"db1", "db3"}}) {
        SCOPED_TRACE(std::string("from ") + from + " to " + designated);
        TakeoverRequest request = to(designated, true);
        request.cluster = ClusterName(World::name(from).text());
        const auto done = take_over(request);
        ASSERT_TRUE(done) << done.error().message << "\n" << all_steps();
        EXPECT_THAT(world.writable(), ElementsAre(designated));
    }
}

TEST_P(Takeover, that_follows_a_failed_one_at_once_goes_back_to_how_servers_stood_before_both) {
    star(3, GetParam());
    settings.graceful_takeover_freeze_milliseconds = 500;
    world.round_trip = Millis(20);
    world.at("db2").apply_delay = Seconds(60);
    start();
    run(Seconds(2));
    write(3);
    world.before_operation = [&](const std::string& operation, FakeServer&) {
        if (operation == "wait_until_applied") {
            world.suspect(World::name("db1"), "it is seen while it is closed");
        }
    };
    for (int i = 1; i <= 3; ++i) {
        SCOPED_TRACE("takeover " + std::to_string(i));
        ASSERT_FALSE(take_over(to("db2")));
        EXPECT_THAT(world.writable(), ElementsAre("db1")) << all_steps();
    }
}

TEST_P(Takeover, keeps_the_old_primary_closed_to_the_repair_of_read_only_primaries) {
    settings.recover_non_writeable_master = true;
    settings.graceful_takeover_freeze_milliseconds = 3000;
    star(3, GetParam());
    start();
    run(Seconds(2));
    world.at("db2").apply_delay = Seconds(2);
    write(3);
    world.before_operation = [&](const std::string& operation, FakeServer& server) {
        EXPECT_FALSE(operation == "open" && server.endpoint.host == "db1");
    };
    ASSERT_TRUE(take_over(to("db2", true))) << all_steps();
    EXPECT_THAT(world.writable(), ElementsAre("db2"));
    EXPECT_THAT(world.violations, IsEmpty());
}

// ---- every operation of the switch fails once ----

struct TakeoverFails : testing::TestWithParam<std::tuple<bool, std::pair<const char*, const char*>>>, Bench {};

INSTANTIATE_TEST_SUITE_P(
    AtEachOperation,
    TakeoverFails,
    testing::Combine(
        testing::Bool(),
        testing::Values(
            std::pair{"db1", "close"},
            std::pair{"db2", "wait_until_applied"},
            std::pair{"db2", "reset_replication"},
            std::pair{"db2", "open"}
        )
    )
);

TEST_P(TakeoverFails, and_everything_stands_as_before) {
    star(3, std::get<0>(GetParam()));
    write(5);
    start();
    run(Seconds(2));
    const auto [host, operation] = std::get<1>(GetParam());
    const Error denied{ErrorCode::denied, std::string(operation) + " is not allowed", 1227};
    world.at(host).failures[operation] = {denied, true};
    TakeoverRequest request;
    request.cluster = ClusterName("db1:3306");
    request.designated = World::name("db2");
    const auto outcome = take_over(request);
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message, HasSubstr("is not allowed"));
    EXPECT_THAT(world.writable(), ElementsAre("db1")) << all_steps();
    for (const std::string replica : {"db2", "db3"}) {
        EXPECT_TRUE(world.at(replica).source == World::name("db1")) << replica << "\n" << all_steps();
        EXPECT_TRUE(world.at(replica).receiver && world.at(replica).applier) << replica << "\n" << all_steps();
    }
    EXPECT_THAT(world.violations, IsEmpty());
    ASSERT_EQ(records().size(), 1U);
    EXPECT_TRUE(records().front().ended.has_value());
    EXPECT_FALSE(records().front().is_successful);
}

struct TakeoverDies : testing::TestWithParam<std::tuple<bool, const char*>>, Bench {};

INSTANTIATE_TEST_SUITE_P(
    AtEachStep,
    TakeoverDies,
    testing::Combine(
        testing::Bool(),
        testing::Values(
            "take the lease",
            "positions of",
            "decide by",
            "end its writers",
            "wait until",
            "once more",
            "write down",
            "forget the source",
            "writable:",
            "publish",
            "and start it",
            "account for",
            "resolve the"
        )
    )
);

TEST_P(TakeoverDies, and_the_next_process_finishes_or_undoes_it) {
    star(3, std::get<0>(GetParam()));
    write(5);
    start();
    run(Seconds(2));
    const std::string where = std::get<1>(GetParam());
    bool is_due = false;
    on_event = [&](const Event& event) { is_due = is_due || event.text.find(where) != std::string::npos; };
    TakeoverRequest request;
    request.cluster = ClusterName("db1:3306");
    request.designated = World::name("db2");
    request.pick = true;
    const auto ask = [](RecoveryLoop& loop, TakeoverRequest wish) -> Co<void> { (void)co_await loop.take_over(wish); };
    auto doomed = std::make_unique<runtime::TaskGroup>(io.get_executor());
    doomed->spawn(ask(*process->loop, request));
    for (int i = 0; i < 20000 && !is_due; ++i) {
        clock.run_for(Micros(200));
    }
    ASSERT_TRUE(is_due) << where << "\n" << all_steps();
    doomed->cancel();
    clock.run_ready();
    kill();
    on_event = nullptr;
    start();
    run(Seconds(30));
    const auto open = world.writable();
    ASSERT_EQ(open.size(), 1U) << all_steps();
    EXPECT_THAT(world.violations, IsEmpty());
    for (const std::string host : {"db1", "db2", "db3"}) {
        if (host != open.front()) {
            EXPECT_TRUE(world.at(host).source == World::name(open.front())) << host << "\n" << all_steps();
            EXPECT_TRUE(world.at(host).receiver && world.at(host).applier) << host << "\n" << all_steps();
        }
    }
    for (const auto& record : records()) {
        EXPECT_TRUE(record.ended.has_value()) << all_steps();
    }
    EXPECT_TRUE(intent().progress.empty()) << all_steps();
}

TEST_P(Takeover, by_force_fences_a_living_primary_first_and_loses_nothing) {
    star(3, GetParam());
    write(10);
    start();
    run(Seconds(2));
    const auto everything = world.at("db1").executed;
    RecoverRequest wish;
    wish.failed = World::name("db1");
    wish.candidate = World::name("db3");
    wish.force_dead_primary = true;
    wish.actor = "somebody";
    const auto outcome = recover(wish);
    ASSERT_TRUE(outcome) << outcome.error().message << "\n" << all_steps();
    EXPECT_THAT(world.writable(), ElementsAre("db3"));
    EXPECT_THAT(world.violations, IsEmpty());
    EXPECT_TRUE(gtid::covers(world.at("db3").executed, everything));
}

}  // namespace
}  // namespace orc::recovery
