// What of the settings reaches the store.
#include "app/wiring.h"

#include <gtest/gtest.h>

namespace orc::app {
namespace {

TEST(Wiring, the_write_buffer_is_as_big_and_as_patient_as_the_settings_say) {
    config::Settings settings;
    settings.backend_db = "sqlite";
    settings.sqlite3_data_file = ":memory:";
    settings.buffer_instance_writes = true;
    settings.instance_write_buffer_size = 7;
    settings.instance_flush_interval_milliseconds = 250;
    runtime::SystemClock clock;
    StoreControls controls;
    const auto store = make_store(settings, clock, controls);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->pace().most, 7U);
    EXPECT_EQ((*store)->pace().longest_wait_us, 250'000);

    settings.instance_write_buffer_size = 90;
    controls.adopt(settings);
    EXPECT_EQ((*store)->pace().most, 90U);

    // Without a buffer the pace is our own.
    settings.buffer_instance_writes = false;
    controls.adopt(settings);
    EXPECT_EQ((*store)->pace().most, store::observed_batch_max);
    EXPECT_EQ((*store)->pace().longest_wait_us, Micros(store::observed_batch_age).count());
}

}  // namespace
}  // namespace orc::app
