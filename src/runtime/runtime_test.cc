#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <vector>

#include "runtime/log.h"
#include "runtime/rng.h"
#include "runtime/simulated.h"
#include "runtime/task_group.h"

namespace orc::runtime {
namespace {

using std::chrono::hours;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Co<void> tick(Clock& clock, std::vector<int>& log, int id, Micros every, int times) {
    for (int i = 0; i < times; ++i) {
        co_await clock.sleep_for(every);
        log.push_back(id);
    }
}

TEST(SimulatedClock, wakes_sleepers_in_order_and_jumps_over_days) {
    asio::io_context io;
    SimulatedClock clock(io);
    TaskGroup group(io.get_executor());
    std::vector<int> log;
    group.spawn(tick(clock, log, 1, hours(3), 2));
    group.spawn(tick(clock, log, 2, hours(4), 2));
    clock.run_for(hours(48));
    EXPECT_EQ(log, (std::vector<int>{1, 2, 1, 2}));
    EXPECT_EQ(group.running(), 0U);
}

Co<void> stop_group(TaskGroup& group, bool& stopped) {
    co_await group.stop();
    stopped = true;
}

TEST(TaskGroup, stop_cancels_sleepers_and_waits_for_them) {
    asio::io_context io;
    SimulatedClock clock(io);
    TaskGroup group(io.get_executor());
    TaskGroup outer(io.get_executor());
    std::vector<int> log;
    group.spawn(tick(clock, log, 1, hours(1), 1));
    clock.run_ready();
    bool stopped = false;
    outer.spawn(stop_group(group, stopped));
    clock.run_ready();
    EXPECT_TRUE(stopped);
    EXPECT_FALSE(group.spawn(tick(clock, log, 3, hours(1), 1)));
    EXPECT_EQ(group.running(), 0U);
}

TEST(SystemClock, sleeping_takes_real_time_and_can_be_cancelled) {
    asio::io_context io;
    SystemClock clock;
    TaskGroup group(io.get_executor());
    TaskGroup outer(io.get_executor());
    std::vector<int> log;
    group.spawn(tick(clock, log, 1, Millis(1), 3));
    group.spawn(tick(clock, log, 2, hours(1), 1));
    bool stopped = false;
    const auto later = [](SystemClock& c, TaskGroup& g, bool& s) -> Co<void> {
        co_await c.sleep_for(Millis(20));
        co_await g.stop();
        s = true;
    };
    outer.spawn(later(clock, group, stopped));
    io.run();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(std::count(log.begin(), log.end(), 1), 3);
}

Task<void> succeed_or_fail(Clock& clock, bool ok, Micros after) {
    co_await clock.sleep_for(after);
    if (!ok) {
        co_return fail(ErrorCode::refused, "no");
    }
    co_return Result<void>{};
}

Co<void> run_all(Clock& clock, std::vector<Result<void>>& out) {
    std::vector<Task<void>> work;
    work.push_back(succeed_or_fail(clock, true, hours(2)));
    work.push_back(succeed_or_fail(clock, false, hours(1)));
    out = co_await all(std::move(work));
}

TEST(All, gives_results_in_the_order_of_the_work) {
    asio::io_context io;
    SimulatedClock clock(io);
    TaskGroup group(io.get_executor());
    std::vector<Result<void>> out;
    group.spawn(run_all(clock, out));
    clock.run_for(hours(3));
    ASSERT_EQ(out.size(), 2U);
    EXPECT_TRUE(out[0].has_value());
    EXPECT_EQ(out[1].error().message, "no");
}

TEST(All, cancelling_the_caller_cancels_the_members_first) {
    asio::io_context io;
    SimulatedClock clock(io);
    TaskGroup group(io.get_executor());
    TaskGroup outer(io.get_executor());
    std::vector<Result<void>> out;
    group.spawn(run_all(clock, out));
    clock.run_for(Millis(1));
    bool stopped = false;
    outer.spawn(stop_group(group, stopped));
    clock.run_ready();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(group.running(), 0U);
}

TEST(Log, tells_advice_at_any_level_unless_it_is_to_be_quiet) {
    const auto told = [](LogLevel least, bool is_quiet) {
        configure_log(least, LogFormat::text, is_quiet);
        testing::internal::CaptureStderr();
        advise("key.unknown", {{"key", "Debgu"}});
        LOG(warning, "disk.slow", {});
        configure_log(LogLevel::error, LogFormat::text);
        return testing::internal::GetCapturedStderr();
    };
    EXPECT_THAT(
        told(LogLevel::error, false), AllOf(HasSubstr(" WARNING key.unknown key=Debgu\n"), Not(HasSubstr("disk")))
    );
    EXPECT_THAT(told(LogLevel::debug, false), AllOf(HasSubstr("key.unknown"), HasSubstr("disk.slow")));
    EXPECT_EQ(told(LogLevel::error, true), "");
}

TEST(Rng, a_seed_replays_and_below_stays_below) {
    SeededRng a(7);
    SeededRng b(7);
    for (int i = 0; i < 1000; ++i) {
        const auto x = a.below(10);
        EXPECT_LT(x, 10U);
        EXPECT_EQ(x, b.below(10));
    }
    EXPECT_EQ(a.hex(4).size(), 8U);
}

}  // namespace
}  // namespace orc::runtime
