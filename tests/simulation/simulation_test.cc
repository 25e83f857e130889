// Many stories, and those that once went wrong, by name.
//
// ORC_SIM_SEEDS says how many stories this run tells (default 250 a shard), ORC_SIM_FIRST_SEED where they begin
// (default: the shard's own thousand), ORC_SIM_FRESH how many new ones are added (default 5). A failing story prints
// its seed; `simulate --seed N --trace` shows it again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "runtime/log.h"
#include "world.h"

namespace orc::simulation {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void quiet() { runtime::configure_log(runtime::LogLevel::error, runtime::LogFormat::text); }

std::string tail(const Verdict& verdict) {
    constexpr std::size_t lines_max = 150;
    std::string out;
    const auto& lines = verdict.trace;
    for (std::size_t i = lines.size() > lines_max ? lines.size() - lines_max : 0; i < lines.size(); ++i) {
        out += lines[i] + "\n";
    }
    return out;
}

Verdict tell(std::uint64_t seed, Tally& sum) {
    const Scenario scenario = draw(seed);
    Verdict verdict = run_story(scenario);
    sum.add(verdict.tally);
    EXPECT_TRUE(verdict.is_clean()) << scenario.text() << "\n" << verdict.text() << "\n" << tail(verdict);
    return verdict;
}

TEST(Simulation, a_killed_primary_is_replaced) {
    quiet();
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Scenario scenario = draw(seed, Profile::kill);
        const Verdict verdict = run_story(scenario);
        EXPECT_TRUE(verdict.is_clean()) << scenario.text() << "\n" << verdict.text() << "\n" << tail(verdict);
        EXPECT_EQ(verdict.tally.promotions, 1) << scenario.text();
    }
}

TEST(Simulation, the_same_seed_tells_the_same_story) {
    quiet();
    for (const std::uint64_t seed : {3u, 14u, 159u}) {
        WorldOptions options;
        options.is_traced = true;
        const Verdict once = World(draw(seed), options).run();
        const Verdict again = World(draw(seed), options).run();
        EXPECT_EQ(once.events, again.events) << seed;
        EXPECT_EQ(once.trace, again.trace) << seed;
    }
}

TEST(Simulation, what_once_went_wrong_stays_right) {
    quiet();
    Tally sum;
    for (const std::uint64_t seed :
         {700800u,
          710654u,
          902157u,
          909101u,
          1101715u,
          1103882u,
          1110842u,
          1306988u,
          1309312u,
          1312442u,
          1502444u,
          1508456u,
          1511341u,
          1708017u}) {
        tell(seed, sum);
    }
}

TEST(Simulation, every_rule_holds_in_every_story) {
    quiet();
    const std::uint64_t count = number_from("ORC_SIM_SEEDS", 250);
    const std::uint64_t first = number_from("ORC_SIM_FIRST_SEED", number_from("ORC_SIM_SHARD_FIRST_SEED", 1));
    Tally sum;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        tell(seed, sum);
    }
    const std::uint64_t fresh = number_from("ORC_SIM_FRESH", 5);
    runtime::SystemRng chance;
    for (std::uint64_t i = 0; i < fresh; ++i) {
        const std::uint64_t seed = 1'000'000 + chance.below(1'000'000'000);
        std::cout << "fresh seed " << seed << std::endl;
        tell(seed, sum);
    }
    std::cout << count + fresh << " stories: " << sum.text() << std::endl;
}

}  // namespace
}  // namespace orc::simulation
