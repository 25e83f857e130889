// What a person who looks on finds written while a recovery or takeover is still under way.
#include "recovery/testing/bench_test.h"

namespace orc::recovery {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Notes : testing::TestWithParam<bool>, Bench {
    /// db1 dies while its only replica needs `span` more to apply what it has received.
    void die_with_a_replica_behind(Micros span) {
        star(2, GetParam());
        world.at("db2").apply_delay = span;
        start();
        write(20);
        run(Millis(500));
        world.at("db1").alive = false;
        for (int i = 0; i < 4000 && process->loop->running().empty(); ++i) {
            run(Millis(1));
        }
        ASSERT_THAT(process->loop->running(), Not(IsEmpty()));
    }
};

INSTANTIATE_TEST_SUITE_P(Flavours, Notes, testing::Bool(), [](const auto& i) {
    return i.param ? std::string("MariaDB") : std::string("MySQL");
});

TEST_P(Notes, say_within_a_second_how_much_the_successor_has_left_to_apply) {
    ASSERT_NO_FATAL_FAILURE(die_with_a_replica_behind(Seconds(20)));
    run(Seconds(1));
    EXPECT_THAT(world.writable(), IsEmpty());
    EXPECT_THAT(steps(), Contains(HasSubstr("20 transactions are left"))) << all_steps();
    EXPECT_THAT(steps(), Contains(HasSubstr("decide by"))) << "and what was done before\n" << all_steps();
    settle();
    EXPECT_THAT(world.writable(), testing::ElementsAre("db2")) << all_steps();
}

TEST_P(Notes, do_not_wait_for_a_slow_store_nor_does_the_recovery_for_them) {
    disk->faults.delay = Seconds(1);
    ASSERT_NO_FATAL_FAILURE(die_with_a_replica_behind(Seconds(10)));
    const Instant begun = clock.now();
    while (world.writable().empty() && clock.now() - begun < Seconds(30)) {
        run(Millis(10));
    }
    // Registering takes one write, applying its time, the decision one more.
    EXPECT_LT(clock.now() - begun, Seconds(13)) << all_steps();
}

TEST(NotesOfWhatTakesLong, become_rarer) {
    Bench one;
    one.settings.recovery_drain_timeout_seconds = 600;
    one.star(2);
    one.world.at("db2").apply_delay = Seconds(600);
    one.start();
    one.write(100);
    one.run(Millis(500));
    one.world.at("db1").alive = false;
    for (int applied = 1; applied <= 60; ++applied) {
        const auto sofar = gtid::GtidSet::parse(one.world.at("db1").uuid + ":1-" + std::to_string(applied));
        ASSERT_TRUE(sofar);
        one.world.at("db2").executed = *sofar;
        one.run(Seconds(1));
    }
    const auto all = one.steps();
    const auto lines = std::count_if(all.begin(), all.end(), [](const std::string& line) {
        return line.find("transactions are left") != std::string::npos;
    });
    EXPECT_GE(lines, 8) << one.all_steps();
    EXPECT_LE(lines, 14) << one.all_steps();
}

}  // namespace
}  // namespace orc::recovery
