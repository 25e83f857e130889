#include "discovery/loop/schedule.h"

#include <gtest/gtest.h>

#include <set>

#include "discovery/testing/builders.h"

namespace orc::discovery {
namespace {

using testing::ep;

Endpoint server(int i) { return Endpoint{"s" + std::to_string(i), 3306}; }

config::Settings settings(int poll = 5, int concurrency = 300) {
    config::Settings out;
    out.instance_poll_seconds = poll;
    out.discovery_max_concurrency = concurrency;
    return out;
}

struct Diary {
    runtime::SeededRng rng{42};
    Schedule schedule;
    Instant now{Seconds(1000)};
    explicit Diary(const config::Settings& s = settings()) : schedule(Pace(s), rng) {}
    std::vector<Schedule::Start> take_all() {
        std::vector<Schedule::Start> out;
        while (auto start = schedule.take(now)) {
            out.push_back(*start);
        }
        return out;
    }
};

TEST(Schedule, starts_a_new_server_at_once_and_again_after_the_interval_give_or_take_a_tenth) {
    Diary diary;
    diary.schedule.add(ep("a"), Lane::normal, diary.now);
    Micros least = Seconds(100);
    Micros most{0};
    for (int i = 0; i < 1000; ++i) {
        const auto start = diary.schedule.take(diary.now);
        ASSERT_TRUE(start);
        EXPECT_FALSE(diary.schedule.take(diary.now + Seconds(100))) << "one in flight per server";
        diary.schedule.finished(*start, true, diary.now);
        const Instant next = *diary.schedule.next(diary.now);
        least = std::min<Micros>(least, next - diary.now);
        most = std::max<Micros>(most, next - diary.now);
        EXPECT_FALSE(diary.schedule.take(next - Micros(1)));
        diary.now = next;
    }
    EXPECT_GE(least, Millis(4500));
    EXPECT_LE(most, Millis(5500));
    EXPECT_LT(least, Millis(4600));
    EXPECT_GT(most, Millis(5400));
}

TEST(Schedule, repeats_once_what_was_requested_while_in_flight) {
    Diary diary;
    diary.schedule.add(ep("a"), Lane::normal, diary.now);
    auto start = diary.schedule.take(diary.now);
    EXPECT_TRUE(diary.schedule.request(ep("a"), diary.now));
    EXPECT_TRUE(diary.schedule.request(ep("a"), diary.now));
    EXPECT_FALSE(diary.schedule.take(diary.now));
    diary.schedule.finished(*start, true, diary.now);
    start = diary.schedule.take(diary.now);
    ASSERT_TRUE(start);
    EXPECT_EQ(start->lane, Lane::urgent);
    diary.schedule.finished(*start, true, diary.now);
    EXPECT_FALSE(diary.schedule.take(diary.now + Seconds(4)));
    EXPECT_FALSE(diary.schedule.request(ep("b"), diary.now));
}

TEST(Schedule, servers_that_do_not_answer_have_a_lane_and_a_growing_wait_of_their_own) {
    auto s = settings();
    s.dead_instance_poll_seconds_multiply_factor = 2;
    s.dead_instance_poll_seconds_max = 30;
    Diary diary(s);
    diary.schedule.add(ep("a"), Lane::normal, diary.now);
    const std::vector<int> waits = {5, 10, 20, 30, 30};
    for (const int wait : waits) {
        const auto start = diary.schedule.take(diary.now);
        ASSERT_TRUE(start);
        diary.schedule.finished(*start, false, diary.now);
        EXPECT_EQ(diary.schedule.slow_lane_size(), 1U);
        const Instant next = *diary.schedule.next(diary.now);
        EXPECT_NEAR(static_cast<double>((next - diary.now).count()), wait * 1e6, wait * 1e5);
        diary.now = next;
    }
    // Suspicion does not wait for it.
    diary.now -= Seconds(20);
    diary.schedule.request(ep("a"), diary.now);
    const auto start = diary.schedule.take(diary.now);
    ASSERT_TRUE(start);
    diary.schedule.finished(*start, true, diary.now);
    EXPECT_EQ(diary.schedule.slow_lane_size(), 0U);
    EXPECT_LE(*diary.schedule.next(diary.now) - diary.now, Micros(Millis(5500)));
}

TEST(Schedule, one_missed_probe_does_not_make_a_server_dead) {
    Diary diary;
    diary.schedule.add(ep("a"), Lane::normal, diary.now);
    diary.schedule.finished(*diary.schedule.take(diary.now), true, diary.now);
    diary.now += Seconds(6);
    diary.schedule.finished(*diary.schedule.take(diary.now), false, diary.now);
    EXPECT_EQ(diary.schedule.slow_lane_size(), 0U);
    diary.now += Seconds(6);
    const auto start = diary.schedule.take(diary.now);
    EXPECT_EQ(start->lane, Lane::normal);
    EXPECT_FALSE(start->is_answering);
    diary.schedule.finished(*start, false, diary.now);
    EXPECT_EQ(diary.schedule.slow_lane_size(), 1U);
}

TEST(Schedule, a_full_lane_frees_itself_of_those_that_only_wait) {
    Diary diary(settings(5, 10));
    for (int i = 0; i < 40; ++i) {
        diary.schedule.add(server(i), Lane::normal, diary.now);
    }
    EXPECT_EQ(diary.take_all().size(), 10U);
    EXPECT_EQ(*diary.schedule.next(diary.now), diary.now + Millis(50));
    diary.now += Millis(50);
    EXPECT_EQ(diary.take_all().size(), 10U);
    EXPECT_EQ(diary.schedule.in_flight(), 20U);
}

TEST(Schedule, the_slow_lane_stays_within_its_limit) {
    Diary diary(settings(5, 100));
    for (int i = 0; i < 100; ++i) {
        diary.schedule.add(server(i), Lane::normal, diary.now);
    }
    for (const auto& start : diary.take_all()) {
        diary.schedule.finished(start, false, diary.now);
    }
    diary.now += Seconds(10);
    EXPECT_EQ(diary.take_all().size(), 25U);
    diary.now += Seconds(10);
    EXPECT_EQ(diary.take_all().size(), 0U);
    diary.schedule.add(ep("alive"), Lane::normal, diary.now);
    EXPECT_EQ(diary.take_all().size(), 1U);
}

TEST(Schedule, a_server_removed_in_flight_is_gone_and_may_come_back) {
    Diary diary;
    diary.schedule.add(ep("a"), Lane::normal, diary.now);
    const auto old = diary.schedule.take(diary.now);
    diary.schedule.remove(ep("a"));
    EXPECT_EQ(diary.schedule.in_flight(), 0U);
    diary.schedule.add(ep("a"), Lane::normal, diary.now);
    const auto start = diary.schedule.take(diary.now);
    EXPECT_FALSE(diary.schedule.is_current(*old));
    diary.schedule.finished(*old, false, diary.now);
    EXPECT_TRUE(diary.schedule.is_in_flight(ep("a"))) << "the old one's end is not the new one's";
    diary.schedule.finished(*start, true, diary.now);
    EXPECT_EQ(diary.schedule.slow_lane_size(), 0U);
}

TEST(Schedule, keeps_its_promises_in_a_random_history) {
    const std::uint64_t seed = 20240607;
    SCOPED_TRACE(seed);
    runtime::SeededRng chance(seed);
    Diary diary(settings(5, 20));
    std::vector<Schedule::Start> running;
    for (int step = 0; step < 20'000; ++step) {
        const Endpoint who = server(static_cast<int>(chance.below(200)));
        switch (chance.below(6)) {
            case 0:
                diary.schedule.add(who, chance.one_in(2) ? Lane::normal : Lane::urgent, diary.now);
                break;
            case 1:
                diary.schedule.request(who, diary.now);
                break;
            case 2:
                if (chance.one_in(5)) {
                    diary.schedule.remove(who);
                }
                break;
            case 3:
                diary.now += Millis(static_cast<std::int64_t>(chance.below(200)));
                break;
            case 4:
                for (auto& start : diary.take_all()) {
                    running.push_back(start);
                }
                break;
            default:
                if (!running.empty()) {
                    const auto at = running.begin() + static_cast<std::ptrdiff_t>(chance.below(running.size()));
                    diary.schedule.finished(*at, chance.one_in(2), diary.now);
                    running.erase(at);
                }
        }
        if (step % 10 != 0) {
            continue;
        }
        std::set<Endpoint> current;
        for (const auto& start : running) {
            if (diary.schedule.is_current(start)) {
                ASSERT_TRUE(current.insert(start.server).second) << "two in flight";
            }
        }
        ASSERT_EQ(current.size(), diary.schedule.in_flight());
        ASSERT_LE(diary.schedule.slow_lane_size(), diary.schedule.size());
    }
    for (const auto& start : running) {
        diary.schedule.finished(start, true, diary.now);
    }
    EXPECT_EQ(diary.schedule.in_flight(), 0U);
    diary.now += Seconds(1000);
    while (auto start = diary.schedule.take(diary.now)) {
        diary.schedule.finished(*start, true, diary.now);
        ASSERT_GT(*diary.schedule.next(diary.now), diary.now - Micros(1));
    }
}

}  // namespace
}  // namespace orc::discovery
