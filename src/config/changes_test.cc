#include "config/changes.h"

#include <gtest/gtest.h>

#include "config/keys.h"
#include "config/test_support.h"

namespace orc::config {
namespace {

using Names = std::vector<std::string>;

TEST(Changes, of_live_keys_come_into_force_and_those_of_start_keys_wait) {
    Settings running;
    Settings loaded;
    loaded.listen_address = ":4000";
    loaded.recovery_period_block_seconds = 1;
    loaded.instance_poll_seconds = 7;
    loaded.http_auth_password = "other";
    const Changes changes = keep_start_values(running, loaded);
    EXPECT_EQ(changes.live, (Names{"InstancePollSeconds", "RecoveryPeriodBlockSeconds"}));
    EXPECT_EQ(changes.needs_restart, (Names{"ListenAddress", "HTTPAuthPassword"}));
    EXPECT_EQ(loaded.listen_address, running.listen_address);
    EXPECT_EQ(loaded.http_auth_password, running.http_auth_password);
    EXPECT_EQ(loaded.recovery_period_block_seconds, 1);
    EXPECT_EQ(loaded.instance_poll_seconds, 7);
}

TEST(Changes, that_wait_for_a_restart_are_named_by_every_reload) {
    const Settings running;
    Settings first;
    first.use_ssl = true;
    EXPECT_EQ(keep_start_values(running, first).needs_restart, Names{"UseSSL"});
    Settings again;
    again.use_ssl = true;
    EXPECT_EQ(keep_start_values(first, again).needs_restart, Names{"UseSSL"});
}

TEST(Changes, between_equals_are_none) {
    const Settings running;
    Settings loaded;
    EXPECT_EQ(keep_start_values(running, loaded), Changes{});
}

}  // namespace
}  // namespace orc::config
