#include "discovery/loop/tell_limit.h"

#include <gtest/gtest.h>

namespace orc::discovery {
namespace {

TEST(TellLimit, lets_a_few_lines_through_a_minute_of_each_server) {
    TellLimit limit;
    const Endpoint flapping{"db1", 3306};
    const Instant start{};
    unsigned told = 0;
    for (int second = 0; second < 59; ++second) {
        told += limit.may_tell(flapping, start + Seconds(second)) ? 1U : 0U;
    }
    EXPECT_EQ(told, TellLimit::lines_max);
    EXPECT_TRUE(limit.may_tell(Endpoint{"db2", 3306}, start + Seconds(59)));
    EXPECT_TRUE(limit.may_tell(flapping, start + Seconds(60)));
}

TEST(TellLimit, remembers_only_what_still_counts) {
    TellLimit limit;
    limit.may_tell(Endpoint{"db1", 3306}, Instant{});
    limit.may_tell(Endpoint{"db2", 3306}, Instant{} + Seconds(30));
    limit.tidy_up(Instant{} + Seconds(60));
    EXPECT_EQ(limit.size(), 1U);
}

}  // namespace
}  // namespace orc::discovery
