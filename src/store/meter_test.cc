#include "store/meter.h"

#include <gtest/gtest.h>

namespace orc::store {
namespace {

WallTime second(int n) { return WallTime{Seconds(1'700'000'000 + n)}; }

TEST(Meter, tells_what_was_written_since_a_moment) {
    Meter meter;
    const Error full{ErrorCode::refused, "disk is full", 13};
    meter.write_ended(second(1), Millis(1), Millis(2), nullptr);
    meter.write_ended(second(2), Millis(3), Millis(4), &full);
    meter.batch_ended(second(2), 7, Millis(900), Millis(5));
    EXPECT_EQ(meter.writes_since(second(0)).size(), 2U);
    const auto late = meter.writes_since(second(2));
    ASSERT_EQ(late.size(), 1U);
    EXPECT_EQ(late[0].took, Millis(4));
    EXPECT_EQ(late[0].error->message, "disk is full");
    ASSERT_EQ(meter.batches_since(second(0)).size(), 1U);
    EXPECT_EQ(meter.batches_since(second(0))[0].servers, 7U);
}

TEST(Meter, forgets_the_oldest) {
    Meter meter;
    for (std::size_t i = 0; i < Meter::samples_max + 10; ++i) {
        meter.write_ended(second(1), Millis(0), Millis(1), nullptr);
    }
    EXPECT_EQ(meter.writes_since(second(0)).size(), Meter::samples_max);
    meter.write_ended(second(1) + Meter::span + Seconds(1), Millis(0), Millis(1), nullptr);
    EXPECT_EQ(meter.writes_since(second(0)).size(), 1U);
}

}  // namespace
}  // namespace orc::store
