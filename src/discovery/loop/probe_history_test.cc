#include "discovery/loop/probe_history.h"

#include <gtest/gtest.h>

namespace orc::discovery {
namespace {

const Endpoint db1{"db1", 3306};
WallTime second(int n) { return WallTime{Seconds(1'700'000'000 + n)}; }

TEST(ProbeHistory, tells_the_probes_since_a_moment_oldest_first) {
    ProbeHistory history;
    const Error refused{ErrorCode::denied, "no", 1045};
    history.add(db1, second(1), Millis(3), Millis(2), nullptr);
    history.add(Endpoint{"db2", 3306}, second(2), Millis(4), Millis(4), &refused);
    EXPECT_EQ(history.since(second(0)).size(), 2U);
    const auto late = history.since(second(2));
    ASSERT_EQ(late.size(), 1U);
    EXPECT_EQ(late[0].server->host, "db2");
    EXPECT_EQ(late[0].error->number, 1045);
    EXPECT_TRUE(history.since(second(3)).empty());
}

TEST(ProbeHistory, forgets_what_is_older_than_its_span) {
    ProbeHistory history;
    history.set_limits(Seconds(10), 120);
    history.add(db1, second(0), Millis(1), Millis(1), nullptr);
    history.add(db1, second(11), Millis(1), Millis(1), nullptr);
    EXPECT_EQ(history.since(second(0)).size(), 1U);
}

TEST(ProbeHistory, is_bounded_however_many_servers_there_are) {
    ProbeHistory history;
    for (std::size_t i = 0; i < ProbeHistory::probes_max + 5'000; ++i) {
        history.add(Endpoint{"db" + std::to_string(i % 10'000), 3306}, second(1), Millis(1), Millis(1), nullptr);
    }
    EXPECT_EQ(history.since(second(0)).size(), ProbeHistory::probes_max);
}

TEST(ProbeHistory, keeps_one_sample_of_the_queues_a_second_and_no_more_than_it_may) {
    ProbeHistory history;
    history.set_limits(Seconds(120), 3);
    const Instant start{};
    EXPECT_TRUE(history.wants_queue_sample(start));
    EXPECT_FALSE(history.wants_queue_sample(start + Millis(999)));
    EXPECT_TRUE(history.wants_queue_sample(start + Seconds(1)));
    for (std::size_t i = 1; i <= 5; ++i) {
        history.add(Crowd::answering, {i, 10 * i});
    }
    const auto samples = history.last(Crowd::answering, 2);
    ASSERT_EQ(samples.size(), 2U);
    EXPECT_EQ(samples[0].active, 4U);
    EXPECT_EQ(samples[1].waiting, 50U);
    EXPECT_EQ(history.last(Crowd::answering, 100).size(), 3U);
    EXPECT_TRUE(history.last(Crowd::silent, 100).empty());
}

}  // namespace
}  // namespace orc::discovery
