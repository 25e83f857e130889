#include "base/histogram.h"

#include <gtest/gtest.h>

namespace orc {
namespace {

TEST(Histogram, counts_by_size) {
    Histogram h;
    for (const int ms : {1, 2, 2, 3, 70'000}) {
        h.add(Millis(ms));
    }
    EXPECT_EQ(h.count(), 5U);
    EXPECT_EQ(h.sum(), Millis(70'008));
    EXPECT_EQ(h.max(), Millis(70'000));
    EXPECT_EQ(h.count_within(0), 1U);
    EXPECT_EQ(h.count_within(1), 3U);
    EXPECT_EQ(h.count_within(2), 4U);
    EXPECT_EQ(h.count_within(Histogram::bounds.size() - 1), 4U) << "what is longer than every bound is in none";
}

TEST(Histogram, tells_quantiles_to_the_precision_of_its_bounds) {
    Histogram h;
    EXPECT_EQ(h.quantile(0.5), Micros(0)) << "of nothing";
    for (int ms = 1; ms <= 100; ++ms) {
        h.add(Millis(ms));
    }
    EXPECT_EQ(h.quantile(0.5), Millis(50));
    EXPECT_EQ(h.quantile(0.95), Millis(95));
    EXPECT_EQ(h.quantile(1), Millis(100));
    h.add(Seconds(100));
    EXPECT_EQ(h.quantile(1), Seconds(100));
    EXPECT_EQ(h.quantile(2), Seconds(100)) << "a share is at most all";
}

TEST(Histogram, never_tells_more_than_the_largest) {
    Histogram h;
    h.add(Millis(11));
    EXPECT_EQ(h.quantile(0.99), Micros(10'990));
    EXPECT_EQ(h.quantile(1), Millis(11));
}

}  // namespace
}  // namespace orc
