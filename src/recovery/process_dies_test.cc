// The process dies at each step of a recovery; the next one finishes or undoes what it finds, and recovers.
#include "recovery/testing/bench_test.h"

namespace orc::recovery {
namespace {

using testing::IsEmpty;

struct ProcessDies : testing::TestWithParam<std::tuple<bool, const char*>>, Bench {};

INSTANTIATE_TEST_SUITE_P(
    AtEachStep,
    ProcessDies,
    testing::Combine(
        testing::Bool(),
        testing::Values(
            "take the lease",
            "confirm that",
            "read-only:",
            "positions of",
            "decide by",
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

TEST_P(ProcessDies, and_the_next_one_finishes_or_undoes_and_recovers) {
    star(4, std::get<0>(GetParam()));
    write(5);
    start();
    const std::string where = std::get<1>(GetParam());
    bool is_due = false;
    on_event = [&](const Event& event) { is_due = is_due || event.text.find(where) != std::string::npos; };
    world.at("db1").alive = false;
    for (int i = 0; i < 20000 && !is_due; ++i) {
        clock.run_for(Micros(200));
    }
    ASSERT_TRUE(is_due) << where << "\n" << all_steps();
    kill();
    on_event = nullptr;
    start();
    run(Seconds(90));
    EXPECT_EQ(world.writable().size(), 1U) << all_steps();
    EXPECT_THAT(world.violations, IsEmpty());
    for (const auto& record : records()) {
        EXPECT_TRUE(record.ended.has_value()) << all_steps();
    }
    const std::string winner = world.writable().empty() ? "" : world.writable().front();
    for (const std::string host : {"db2", "db3", "db4"}) {
        if (host != winner) {
            EXPECT_EQ(world.at(host).source, World::name(winner)) << host << "\n" << all_steps();
            EXPECT_TRUE(world.at(host).receiver && world.at(host).applier) << host << "\n" << all_steps();
        }
    }
    EXPECT_TRUE(intent().progress.empty());
}

}  // namespace
}  // namespace orc::recovery
