// The second try of a recovery rests on how servers stand then, not on what was read before the first.
#include "recovery/testing/bench_test.h"

namespace orc::recovery {
namespace {

struct SecondTry : testing::TestWithParam<bool>, Bench {
    /// db4 is five transactions behind, the primary dies, and db2 refuses to be promoted. All that the primary had.
    auto lose_the_primary_and_the_first_candidate() {
        star(4, GetParam());
        start();
        write(10);
        run(Millis(500));
        world.at("db4").receiver = false;
        write(5);
        run(Millis(500));
        world.at("db1").alive = false;
        const Error denied{ErrorCode::denied, "not allowed", 1227};
        world.at("db2").failures["reset_replication"] = {denied, true};
        return world.at("db1").executed;
    }
};

INSTANTIATE_TEST_SUITE_P(Flavours, SecondTry, testing::Bool(), [](const auto& i) {
    return i.param ? std::string("MariaDB") : std::string("MySQL");
});

TEST_P(SecondTry, knows_a_replica_that_was_silent_before_the_first_and_answers_now) {
    const auto everything = lose_the_primary_and_the_first_candidate();
    world.at("db3").hung = true;
    world.before_operation = [&](const std::string& operation, FakeServer& server) {
        if (operation == "reset_replication" && server.endpoint.host == "db2") {
            world.at("db3").hung = false;
        }
    };
    settle();
    EXPECT_THAT(world.writable(), testing::ElementsAre("db3")) << all_steps();
    EXPECT_TRUE(gtid::covers(world.at("db3").executed, everything)) << all_steps();
    EXPECT_THAT(world.violations, testing::IsEmpty());
}

TEST_P(SecondTry, does_not_forget_what_a_replica_had_that_is_silent_for_a_moment) {
    const auto everything = lose_the_primary_and_the_first_candidate();
    const auto wake = [](runtime::Clock& timer, FakeServer& server) -> Co<void> {
        co_await timer.sleep_for(Seconds(1));
        server.hung = false;
    };
    world.before_operation = [&](const std::string& operation, FakeServer& server) {
        if (operation == "reset_replication" && server.endpoint.host == "db2" && !world.at("db3").hung) {
            world.at("db3").hung = true;
            group.spawn(wake(clock, world.at("db3")));
        }
    };
    settle();
    EXPECT_THAT(world.writable(), testing::ElementsAre("db3")) << all_steps();
    EXPECT_TRUE(gtid::covers(world.at("db3").executed, everything)) << all_steps();
}

TEST_P(SecondTry, gets_what_it_lacks_from_the_first_that_failed) {
    const auto everything = lose_the_primary_and_the_first_candidate();
    world.at("db3").alive = false;
    settle();
    EXPECT_THAT(world.writable(), testing::ElementsAre("db4")) << all_steps();
    EXPECT_TRUE(gtid::covers(world.at("db4").executed, everything)) << all_steps();
    EXPECT_EQ(world.at("db2").source, World::name("db4")) << all_steps();
    EXPECT_THAT(world.violations, testing::IsEmpty());
}

TEST_P(SecondTry, goes_on_with_what_it_has_when_the_first_dies_while_it_hands_over) {
    lose_the_primary_and_the_first_candidate();
    world.at("db3").alive = false;
    world.before_operation = [&](const std::string& operation, FakeServer& server) {
        if (operation == "change_source" && server.endpoint.host == "db4") {
            world.at("db2").alive = false;
        }
    };
    settle(Seconds(60));
    EXPECT_THAT(world.writable(), testing::ElementsAre("db4")) << all_steps();
    EXPECT_THAT(records().front().lost, testing::Contains(World::name("db2"))) << all_steps();
    EXPECT_THAT(world.violations, testing::IsEmpty());
}

}  // namespace
}  // namespace orc::recovery
