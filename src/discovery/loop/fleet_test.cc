// Big fleets on simulated time: those that do not answer must cost the others nothing.
#include <gtest/gtest.h>

#include "discovery/testing/bench.h"

namespace orc::discovery {
namespace {

using testing::Bench;
using testing::ep;
using testing::Mood;
using testing::primary;
using testing::seeded;

TEST(Fleet, of_five_thousand_with_half_of_them_black_holed_the_rest_is_read_in_time_and_forgetting_works) {
    constexpr int count = 5000;
    auto settings = seeded("s0");
    settings.instance_poll_seconds = 1;
    settings.dead_instance_poll_seconds_multiply_factor = 1.5;
    settings.dead_instance_poll_seconds_max = 30;
    Bench bench(settings);
    const auto name = [](int i) { return "s" + std::to_string(i); };
    for (int i = 0; i < count; ++i) {
        bench.add(name(i), primary(name(i)));
        bench.disk->servers[ep(name(i))] =
            store::KnownServer{ep(name(i)), std::nullopt, ClusterName(ep(name(i)).text())};
    }
    bench.start();
    bench.clock.run_for(Seconds(3));
    for (int i = 1; i < count; i += 2) {
        bench.fake(name(i)).mood = Mood::silent;
    }
    bench.clock.run_for(Seconds(12));
    const auto counters = bench.loop->counters();
    EXPECT_EQ(counters.slow_lane, count / 2U);
    EXPECT_GT(counters.lateness.count(), 12U * count / 2);
    EXPECT_LE(counters.lateness.quantile(0.99), Millis(100)) << "a tenth of the interval";
    ASSERT_TRUE(bench.loop->forget(ep("s1")));
    const unsigned probes = bench.fake("s1").probes;
    bench.clock.run_for(Seconds(5));
    EXPECT_EQ(bench.fake("s1").probes, probes);
    EXPECT_EQ(bench.server("s1"), nullptr);
    EXPECT_EQ(bench.loop->counters().servers, count - 1U);
}

}  // namespace
}  // namespace orc::discovery
