#include "config/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "config/dump.h"
#include "config/test_support.h"

namespace orc::config {
namespace {

TEST(Keys, are_the_classic_ones_and_ours) {
    std::map<Origin, int> count;
    for (const auto& key : keys()) {
        ++count[key.origin];
    }
    EXPECT_EQ(count[Origin::classic] + count[Origin::fork], 201);
    EXPECT_EQ(count[Origin::fork], 11);
    EXPECT_EQ(count[Origin::ours], 17);
}

TEST(Keys, differ_by_more_than_case) {
    std::set<std::string> names;
    for (const auto& key : keys()) {
        EXPECT_TRUE(names.insert(to_lower(key.name)).second) << key.name;
        EXPECT_FALSE(is_retired_key(key.name)) << key.name;
    }
}

TEST(Keys, explain_themselves) {
    for (const auto& key : keys()) {
        SCOPED_TRACE(key.name);
        EXPECT_FALSE(key.meaning.empty());
        EXPECT_TRUE(key.meaning.ends_with('.'));
        EXPECT_FALSE(key.unit.empty());
        EXPECT_FALSE(key.subsystem.empty());
        EXPECT_EQ(key.status == Status::no_op, key.takes_effect == TakesEffect::never);
    }
}

TEST(Keys, accept_their_own_defaults) {
    for (const auto& key : keys()) {
        SCOPED_TRACE(key.name);
        const auto loaded = load_one("{\"" + std::string(key.name) + "\": " + default_value(key) + "}");
        EXPECT_TRUE(loaded) << loaded.error().message;
    }
}

TEST(Keys, have_the_members_their_names_promise) {
    struct Case {
        std::string_view key;
        std::string_view value;
        bool (*is_set)(const Settings&);
    };
    const Case cases[] = {
        {"MySQLTopologyUser", "\"x\"", [](const Settings& s) { return s.mysql_topology_user == "x"; }},
        {"HTTPAdvertise", "\"http://x:1\"", [](const Settings& s) { return s.http_advertise == "http://x:1"; }},
        {"UseSSL", "true", [](const Settings& s) { return s.use_ssl; }},
        {"SQLite3DataFile", "\"x\"", [](const Settings& s) { return s.sqlite3_data_file == "x"; }},
        {"FailMasterPromotionIfSQLThreadNotUpToDate",
         "true",
         [](const Settings& s) { return s.fail_master_promotion_if_sql_thread_not_up_to_date; }},
        {"RecoveryPeriodBlockSeconds", "7", [](const Settings& s) { return s.recovery_period_block_seconds == 7; }},
        {"KVClusterMasterPrefix", "\"x\"", [](const Settings& s) { return s.kv_cluster_master_prefix == "x/"; }},
        {"SSLCAFile", "\"x\"", [](const Settings& s) { return s.ssl_ca_file == "x"; }},
        {"SSLValidOUs", "[\"x\"]", [](const Settings& s) { return s.ssl_valid_ous == TextList{"x"}; }},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.key);
        const auto loaded = load_one("{\"" + std::string(c.key) + "\": " + std::string(c.value) + "}");
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_TRUE(c.is_set(loaded->settings));
    }
}

TEST(Keys, of_ours_have_their_defaults) {
    const Settings s;
    EXPECT_EQ(s.probe_timeout_milliseconds, 1000);
    EXPECT_EQ(s.pulse_milliseconds, 500);
    EXPECT_EQ(s.primary_fencing_policy, "try");
    EXPECT_EQ(s.primary_fencing_timeout_milliseconds, 100);
    EXPECT_EQ(s.hook_timeout_seconds, 60);
    EXPECT_EQ(s.recovery_drain_timeout_seconds, 60);
    EXPECT_EQ(s.graceful_takeover_freeze_milliseconds, 5000);
    EXPECT_EQ(s.mysql_topology_tls_mode, "prefer");
    EXPECT_TRUE(s.mysql_topology_get_public_key);
    EXPECT_EQ(s.cluster_recovery_lease_seconds, 30);
    EXPECT_TRUE(s.auto_acknowledge_graceful_takeover);
    EXPECT_FALSE(s.promote_with_unapplied_events);
    EXPECT_FALSE(s.errant_candidate_allowed);
    EXPECT_FALSE(s.cross_site_changes_allowed);
    EXPECT_TRUE(s.prometheus_enabled);
    EXPECT_EQ(s.log_format, "text");
}

TEST(Keys, survive_a_dump_and_a_load) {
    const auto first = load_one(R"({"ClusterNameToAlias": {"x\"": "1"}, "InstancePollSeconds": 9, "WebMessage": "ä<\n>",
        "DeadInstancePollSecondsMultiplyFactor": 1.1, "AutoPseudoGTID": true, "MySQLTopologyPassword": "p",
        "DetachLostSlavesAfterMasterFailover": false, "PostFailoverProcesses": ["a", "b"]})");
    ASSERT_TRUE(first) << first.error().message;
    const auto second = load_one(dump(first->settings, true));
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(first->settings, second->settings);
}

TEST(Keys, unknown_have_a_nearest_one_whatever_they_are) {
    EXPECT_EQ(nearest_key("DiscoverBySlaveHosts"), "DiscoverByShowSlaveHosts");
    EXPECT_EQ(find_key("nothing"), nullptr);
    EXPECT_FALSE(nearest_key("").empty());
    EXPECT_FALSE(nearest_key(std::string(1000000, 'x')).empty());
}

TEST(Backend, is_sqlite_when_the_text_says_so) {
    struct Case {
        std::string_view text;
        BackendKind kind;
    };
    const Case cases[] = {
        {"", BackendKind::mysql},
        {"mysql", BackendKind::mysql},
        {"sqlite", BackendKind::sqlite},
        {"sqlite3", BackendKind::sqlite},
        {"my-sqlite-file", BackendKind::sqlite},
    };
    for (const auto& c : cases) {
        Settings settings;
        settings.backend_db = c.text;
        EXPECT_EQ(backend_kind(settings), c.kind) << c.text;
    }
}

}  // namespace
}  // namespace orc::config
