#include "discovery/schedule.h"

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

struct Desk {
    runtime::SeededRng rng{42};
    Schedule schedule;
    Instant now{Seconds(1000)};
    explicit Desk(const config::Settings& s = settings()) : schedule(Pace(s), rng) {}
    std::vector<Schedule::Start> take_all() {
        std::vector<Schedule::Start> out;
        while (auto start = schedule.take(now)) {
            out.push_back(*start);
        }
        return out;
    }
};

TEST(Schedule, starts_a_new_server_at_once_and_again_after_the_interval_give_or_take_a_tenth) {
    Desk desk;
    desk.schedule.add(ep("a"), Lane::normal, desk.now);
    Micros least = Seconds(100);
    Micros most{0};
    for (int i = 0; i < 1000; ++i) {
        const auto start = desk.schedule.take(desk.now);
        ASSERT_TRUE(start);
        EXPECT_FALSE(desk.schedule.take(desk.now + Seconds(100))) << "one in flight per server";
        desk.schedule.finished(*start, true, desk.now);
        const Instant next = *desk.schedule.next(desk.now);
        least = std::min<Micros>(least, next - desk.now);
        most = std::max<Micros>(most, next - desk.now);
        EXPECT_FALSE(desk.schedule.take(next - Micros(1)));
        desk.now = next;
    }
    EXPECT_GE(least, Millis(4500));
    EXPECT_LE(most, Millis(5500));
    EXPECT_LT(least, Millis(4600));
    EXPECT_GT(most, Millis(5400));
}

TEST(Schedule, repeats_once_what_was_requested_while_in_flight) {
    Desk desk;
    desk.schedule.add(ep("a"), Lane::normal, desk.now);
    auto start = desk.schedule.take(desk.now);
    EXPECT_TRUE(desk.schedule.request(ep("a"), desk.now));
    EXPECT_TRUE(desk.schedule.request(ep("a"), desk.now));
    EXPECT_FALSE(desk.schedule.take(desk.now));
    desk.schedule.finished(*start, true, desk.now);
    start = desk.schedule.take(desk.now);
    ASSERT_TRUE(start);
    EXPECT_EQ(start->lane, Lane::urgent);
    desk.schedule.finished(*start, true, desk.now);
    EXPECT_FALSE(desk.schedule.take(desk.now + Seconds(4)));
    EXPECT_FALSE(desk.schedule.request(ep("b"), desk.now));
}

TEST(Schedule, servers_that_do_not_answer_have_a_lane_and_a_growing_wait_of_their_own) {
    auto s = settings();
    s.dead_instance_poll_seconds_multiply_factor = 2;
    s.dead_instance_poll_seconds_max = 30;
    Desk desk(s);
    desk.schedule.add(ep("a"), Lane::normal, desk.now);
    const std::vector<int> waits = {5, 10, 20, 30, 30};
    for (const int wait : waits) {
        const auto start = desk.schedule.take(desk.now);
        ASSERT_TRUE(start);
        desk.schedule.finished(*start, false, desk.now);
        EXPECT_EQ(desk.schedule.slow_lane_size(), 1U);
        const Instant next = *desk.schedule.next(desk.now);
        EXPECT_NEAR(static_cast<double>((next - desk.now).count()), wait * 1e6, wait * 1e5);
        desk.now = next;
    }
    // Suspicion does not wait for it.
    desk.now -= Seconds(20);
    desk.schedule.request(ep("a"), desk.now);
    const auto start = desk.schedule.take(desk.now);
    ASSERT_TRUE(start);
    desk.schedule.finished(*start, true, desk.now);
    EXPECT_EQ(desk.schedule.slow_lane_size(), 0U);
    EXPECT_LE(*desk.schedule.next(desk.now) - desk.now, Micros(Millis(5500)));
}

TEST(Schedule, one_missed_probe_does_not_make_a_server_dead) {
    Desk desk;
    desk.schedule.add(ep("a"), Lane::normal, desk.now);
    desk.schedule.finished(*desk.schedule.take(desk.now), true, desk.now);
    desk.now += Seconds(6);
    desk.schedule.finished(*desk.schedule.take(desk.now), false, desk.now);
    EXPECT_EQ(desk.schedule.slow_lane_size(), 0U);
    desk.now += Seconds(6);
    const auto start = desk.schedule.take(desk.now);
    EXPECT_EQ(start->lane, Lane::normal);
    EXPECT_FALSE(start->is_answering);
    desk.schedule.finished(*start, false, desk.now);
    EXPECT_EQ(desk.schedule.slow_lane_size(), 1U);
}

TEST(Schedule, a_full_lane_frees_itself_of_those_that_only_wait) {
    Desk desk(settings(5, 10));
    for (int i = 0; i < 40; ++i) {
        desk.schedule.add(server(i), Lane::normal, desk.now);
    }
    EXPECT_EQ(desk.take_all().size(), 10U);
    EXPECT_EQ(*desk.schedule.next(desk.now), desk.now + Millis(50));
    desk.now += Millis(50);
    EXPECT_EQ(desk.take_all().size(), 10U);
    EXPECT_EQ(desk.schedule.in_flight(), 20U);
}

TEST(Schedule, the_slow_lane_stays_within_its_limit) {
    Desk desk(settings(5, 100));
    for (int i = 0; i < 100; ++i) {
        desk.schedule.add(server(i), Lane::normal, desk.now);
    }
    for (const auto& start : desk.take_all()) {
        desk.schedule.finished(start, false, desk.now);
    }
    desk.now += Seconds(10);
    EXPECT_EQ(desk.take_all().size(), 25U);
    desk.now += Seconds(10);
    EXPECT_EQ(desk.take_all().size(), 0U);
    desk.schedule.add(ep("alive"), Lane::normal, desk.now);
    EXPECT_EQ(desk.take_all().size(), 1U);
}

TEST(Schedule, a_server_removed_in_flight_is_gone_and_may_come_back) {
    Desk desk;
    desk.schedule.add(ep("a"), Lane::normal, desk.now);
    const auto old = desk.schedule.take(desk.now);
    desk.schedule.remove(ep("a"));
    EXPECT_EQ(desk.schedule.in_flight(), 0U);
    desk.schedule.add(ep("a"), Lane::normal, desk.now);
    const auto start = desk.schedule.take(desk.now);
    EXPECT_FALSE(desk.schedule.is_current(*old));
    desk.schedule.finished(*old, false, desk.now);
    EXPECT_TRUE(desk.schedule.is_in_flight(ep("a"))) << "the old one's end is not the new one's";
    desk.schedule.finished(*start, true, desk.now);
    EXPECT_EQ(desk.schedule.slow_lane_size(), 0U);
}

TEST(Schedule, keeps_its_promises_in_a_random_history) {
    const std::uint64_t seed = 20240607;
    SCOPED_TRACE(seed);
    runtime::SeededRng chance(seed);
    Desk desk(settings(5, 20));
    std::vector<Schedule::Start> running;
    for (int step = 0; step < 20'000; ++step) {
        const Endpoint who = server(static_cast<int>(chance.below(200)));
        switch (chance.below(6)) {
            case 0:
                desk.schedule.add(who, chance.one_in(2) ? Lane::normal : Lane::urgent, desk.now);
                break;
            case 1:
                desk.schedule.request(who, desk.now);
                break;
            case 2:
                if (chance.one_in(5)) {
                    desk.schedule.remove(who);
                }
                break;
            case 3:
                desk.now += Millis(static_cast<std::int64_t>(chance.below(200)));
                break;
            case 4:
                for (auto& start : desk.take_all()) {
                    running.push_back(start);
                }
                break;
            default:
                if (!running.empty()) {
                    const auto at = running.begin() + static_cast<std::ptrdiff_t>(chance.below(running.size()));
                    desk.schedule.finished(*at, chance.one_in(2), desk.now);
                    running.erase(at);
                }
        }
        if (step % 10 != 0) {
            continue;
        }
        std::set<Endpoint> current;
        for (const auto& start : running) {
            if (desk.schedule.is_current(start)) {
                ASSERT_TRUE(current.insert(start.server).second) << "two in flight";
            }
        }
        ASSERT_EQ(current.size(), desk.schedule.in_flight());
        ASSERT_LE(desk.schedule.slow_lane_size(), desk.schedule.size());
    }
    for (const auto& start : running) {
        desk.schedule.finished(start, true, desk.now);
    }
    EXPECT_EQ(desk.schedule.in_flight(), 0U);
    desk.now += Seconds(1000);
    while (auto start = desk.schedule.take(desk.now)) {
        desk.schedule.finished(*start, true, desk.now);
        ASSERT_GT(*desk.schedule.next(desk.now), desk.now - Micros(1));
    }
}

}  // namespace
}  // namespace orc::discovery
