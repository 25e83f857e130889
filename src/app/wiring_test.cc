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

TEST(Wiring, the_classic_keys_of_tls_only_ever_make_it_stricter) {
    using mysql::TlsMode;
    struct Case {
        std::string_view mode;
        bool is_mutual;
        bool skips;
        TlsMode expected;
    };
    const Case cases[] = {
        {"prefer", false, false, TlsMode::prefer},
        {"prefer", true, false, TlsMode::verify_ca},
        {"prefer", true, true, TlsMode::require},
        {"off", true, false, TlsMode::verify_ca},
        {"off", true, true, TlsMode::require},
        {"require", true, false, TlsMode::verify_ca},
        {"verify-ca", true, false, TlsMode::verify_ca},
        {"verify-ca", true, true, TlsMode::verify_ca},
        {"verify-identity", false, true, TlsMode::verify_identity},
        {"verify-identity", true, false, TlsMode::verify_identity},
        {"verify-identity", true, true, TlsMode::verify_identity},
    };
    // Without a file of authorities, those of the system are asked.
    for (const std::string authorities : {"", "/etc/ca.pem"}) {
        for (const auto& c : cases) {
            SCOPED_TRACE(testing::Message() << c.mode << c.is_mutual << c.skips << authorities);
            config::Settings settings;
            settings.mysql_topology_tls_mode = c.mode;
            settings.mysql_topology_use_mutual_tls = c.is_mutual;
            settings.mysql_topology_ssl_skip_verify = c.skips;
            settings.mysql_topology_ssl_ca_file = authorities;
            EXPECT_EQ(gateway_options(settings).access.tls, c.expected);
        }
    }
}

TEST(Wiring, a_backend_over_tls_is_verified_unless_told_otherwise) {
    config::Settings settings;
    settings.mysql_orchestrator_host = "db";
    settings.mysql_orchestrator_database = "orc";
    settings.mysql_orchestrator_use_mutual_tls = true;
    EXPECT_EQ(backend_options(settings)->access.tls, mysql::TlsMode::verify_ca);
    settings.mysql_orchestrator_ssl_ca_file = "/etc/ca.pem";
    EXPECT_EQ(backend_options(settings)->access.tls, mysql::TlsMode::verify_ca);
    settings.mysql_orchestrator_ssl_skip_verify = true;
    EXPECT_EQ(backend_options(settings)->access.tls, mysql::TlsMode::require);
}

}  // namespace
}  // namespace orc::app
