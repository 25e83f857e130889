#include "runtime/side_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "runtime/task_group.h"

namespace orc::runtime {
namespace {

Co<void> keep_result(Co<bool> running, std::optional<bool>& out) { out = co_await std::move(running); }

TEST(SideThread, does_its_work_elsewhere_and_in_order) {
    asio::io_context io;
    SideThread side(io.get_executor());
    TaskGroup group(io.get_executor());
    std::vector<int> order;
    std::thread::id where;
    std::optional<bool> first;
    std::optional<bool> second;
    const auto work = [&](int number) {
        return [&, number] {
            where = std::this_thread::get_id();
            order.push_back(number);
        };
    };
    group.spawn(keep_result(side.run(work(1), Seconds(60)), first));
    group.spawn(keep_result(side.run(work(2), Seconds(60)), second));
    io.run();
    EXPECT_EQ(first, true);
    EXPECT_EQ(second, true);
    EXPECT_EQ(order, (std::vector{1, 2}));
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST(SideThread, is_not_waited_for_longer_than_the_caller_wants_nor_at_the_end) {
    std::promise<void> answer;
    std::promise<void> ended;
    {
        asio::io_context io;
        SideThread side(io.get_executor());
        TaskGroup group(io.get_executor());
        const auto hang = [hung = answer.get_future().share(), &ended] {
            hung.wait();
            ended.set_value();
        };
        std::optional<bool> hanging;
        std::optional<bool> behind_it;
        std::atomic<bool> was_done = false;
        group.spawn(keep_result(side.run(hang, Millis(20)), hanging));
        group.spawn(keep_result(side.run([&] { was_done = true; }, Millis(20)), behind_it));
        io.run();
        EXPECT_EQ(hanging, false);
        EXPECT_EQ(behind_it, false);
        EXPECT_FALSE(was_done);
    }
    answer.set_value();
    ended.get_future().wait();
}

TEST(SideThread, takes_no_more_than_it_can_keep) {
    std::promise<void> answer;
    asio::io_context io;
    SideThread side(io.get_executor());
    TaskGroup group(io.get_executor());
    std::vector<std::optional<bool>> ended(40);
    const auto hung = answer.get_future().share();
    for (auto& end : ended) {
        group.spawn(keep_result(side.run([hung] { hung.wait(); }, Seconds(60)), end));
    }
    while (ended.back() != false) {
        io.run_one();
    }
    answer.set_value();
    io.run();
    EXPECT_EQ(ended.front(), true);
}

}  // namespace
}  // namespace orc::runtime
