#include "base/spread.h"

#include <gtest/gtest.h>

namespace orc {
namespace {

TEST(Spread, of_nothing_is_zero) {
    const Spread spread = spread_of({});
    EXPECT_EQ(spread.count, 0U);
    EXPECT_EQ(spread.min, 0);
    EXPECT_EQ(spread.max, 0);
    EXPECT_EQ(spread.p95, 0);
}

TEST(Spread, tells_the_middle_and_the_ends_in_any_order) {
    const Spread odd = spread_of({5, 1, 3});
    EXPECT_EQ(odd.count, 3U);
    EXPECT_EQ(odd.min, 1);
    EXPECT_EQ(odd.mean, 3);
    EXPECT_EQ(odd.median, 3);
    EXPECT_EQ(odd.p95, 5);
    EXPECT_EQ(odd.max, 5);
    EXPECT_EQ(spread_of({4, 1, 2, 3}).median, 2.5);
}

TEST(Spread, one_in_twenty_may_exceed_the_95th_percentile) {
    std::vector<double> values;
    for (int i = 1; i <= 100; ++i) {
        values.push_back(i);
    }
    EXPECT_EQ(spread_of(values).p95, 95);
    EXPECT_EQ(spread_of({7}).p95, 7);
}

}  // namespace
}  // namespace orc
