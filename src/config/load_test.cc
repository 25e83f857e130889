#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/dump.h"
#include "config/keys.h"
#include "config/test_support.h"

namespace orc::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Load, gives_the_defaults_when_there_is_no_file) {
    const auto loaded = load_files_of({});
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.instance_poll_seconds, 5);
    EXPECT_EQ(loaded->settings.listen_address, ":3000");
    EXPECT_EQ(loaded->settings.power_auth_users, TextList{"*"});
    EXPECT_TRUE(loaded->notes.empty()) << loaded->notes.front().message;
}

TEST(Load, reads_every_kind_of_value) {
    const auto loaded = load_one(R"({"Debug": true, "ListenAddress": ":80", "InstancePollSeconds": 7,
        "DeadInstancePollSecondsMultiplyFactor": 1.5, "DiscoverySeeds": ["db1:3306", "db2"],
        "ClusterNameToAlias": {"^db1": "shop"}})");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_TRUE(loaded->settings.debug);
    EXPECT_EQ(loaded->settings.listen_address, ":80");
    EXPECT_EQ(loaded->settings.instance_poll_seconds, 7);
    EXPECT_EQ(loaded->settings.dead_instance_poll_seconds_multiply_factor, 1.5);
    EXPECT_THAT(loaded->settings.discovery_seeds, ElementsAre("db1:3306", "db2"));
    EXPECT_EQ(loaded->settings.cluster_name_to_alias, (TextMap{{"^db1", "shop"}}));
}

TEST(Load, accepts_what_old_files_hold) {
    struct Case {
        std::string_view name;
        std::string_view text;
    };
    const Case cases[] = {
        {"keys in any case", R"({"instancepollSECONDS": 9})"},
        {"comments", "{ // poll\n \"InstancePollSeconds\": /* s */ 9 }"},
        {"trailing comma", R"({"InstancePollSeconds": 9,})"},
        {"more after the object", R"({"InstancePollSeconds": 9} and then some)"},
        {"another object after it", R"({"InstancePollSeconds": 9} {"InstancePollSeconds": 10})"},
        {"a slash after it", R"({"InstancePollSeconds": 9} /)"},
        {"an open comment after it", R"({"InstancePollSeconds": 9} /* never closed)"},
        {"braces inside texts", R"({"WebMessage": "}{", "InstancePollSeconds": 9})"},
        {"null keeps", R"({"InstancePollSeconds": 9, "instancePollSeconds": null})"},
        {"the last of two wins", R"({"InstancePollSeconds": 8, "instancePollSeconds": 9})"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto loaded = load_one(c.text);
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_EQ(loaded->settings.instance_poll_seconds, 9);
    }
}

TEST(Load, says_where_a_file_is_not_valid) {
    struct Case {
        std::string_view name;
        std::string_view text;
        std::string_view message;
    };
    const Case cases[] = {
        {"empty", "", "a.json: line 1, column 1: not valid JSON: the file ends too early"},
        {"blank", " \n ", "a.json: line 2, column 2: not valid JSON: the file ends too early"},
        {"cut short", "{\"Debug\": true", "a.json: line 1, column 15: not valid JSON: the file ends too early"},
        {"misspelt", "{\n  \"Debug\": tru }", "a.json: line 2, column 12: not valid JSON: syntax error"},
        {"second value broken", "{\"ClusterNameToAlias\": {}, \n x}", "a.json: line 2, column 2: not valid JSON"},
        {"not UTF-8",
         "{\n  \"WebMessage\": \"caf\xe9\"}",
         "a.json: line 2, column 21: byte 0xE9 is not valid UTF-8; a configuration file must be saved as UTF-8"},
        {"cut in a character", "{\"WebMessage\": \"\xe2\x82", "a.json: line 1, column 17: byte 0xE2 is not valid UTF-8"
        },
        {"no character", "{\"WebMessage\": \"\xed\xa0\x80\"}", "column 17: byte 0xED is not valid UTF-8"},
        {"broken after one in a comment", "{ // \xe9t\xe9, summer\n x}", "a.json: line 2, column 2: not valid JSON"},
        {"a list", "[1]", "a.json: a configuration file must hold one JSON object"},
        {"a number", "1", "a.json: a configuration file must hold one JSON object"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto loaded = load_one(c.text);
        ASSERT_FALSE(loaded);
        EXPECT_EQ(loaded.error().code, ErrorCode::invalid);
        EXPECT_THAT(loaded.error().message, HasSubstr(c.message));
    }
}

TEST(Load, refuses_a_wrong_value_naming_file_key_value_and_what_is_allowed) {
    struct Case {
        std::string_view text;
        std::string_view message;
    };
    const Case cases[] = {
        {R"({"debug": "yes"})", R"(a.json: Debug: "yes" is not allowed; allowed: true or false)"},
        {R"({"ListenAddress": 3000})",
         R"(a.json: ListenAddress: 3000 is not allowed; allowed: a text (host:port or :port))"},
        {R"({"BackendDB": "postgres"})",
         R"(a.json: BackendDB: "postgres" is not allowed; allowed: mysql, empty (means mysql) or a text containing sqlite)"
        },
        {R"({"InstancePollSeconds": -5})",
         "a.json: InstancePollSeconds: -5 is not allowed; allowed: a whole number (seconds), from 1 to 3153600000"},
        {R"({"InstancePollSeconds": 0})", "a.json: InstancePollSeconds: 0 is not allowed"},
        {R"({"AuditPurgeDays": -1})", "a.json: AuditPurgeDays: -1 is not allowed"},
        {R"({"UnseenInstanceForgetHours": -1})", "a.json: UnseenInstanceForgetHours: -1 is not allowed"},
        {R"({"DefaultInstancePort": -1})", "a.json: DefaultInstancePort: -1 is not allowed"},
        {R"({"InstancePollSeconds": 1.5})", "a.json: InstancePollSeconds: 1.5 is not allowed"},
        {R"({"InstancePollSeconds": "5"})", R"(a.json: InstancePollSeconds: "5" is not allowed)"},
        {R"({"DiscoveryQueueCapacity": -1})",
         "a.json: DiscoveryQueueCapacity: -1 is not allowed; allowed: a whole number (entries), at least 0"},
        {R"({"DiscoveryQueueCapacity": 18446744073709551615})", "DiscoveryQueueCapacity: 18446744073709551615 is not"},
        {R"({"DefaultInstancePort": 70000})",
         "a.json: DefaultInstancePort: 70000 is not allowed; allowed: a whole number (port), from 0 to 65535"},
        {R"({"MySQLTopologyMaxAllowedPacket": -2})", "from -1 to 2147483647"},
        {R"({"DeadInstancePollSecondsMultiplyFactor": 0.5})",
         "a.json: DeadInstancePollSecondsMultiplyFactor: 0.5 is not allowed; allowed: a number (factor; 1 never slows "
         "down), "
         "at least 1"},
        {R"({"DeadInstancePollSecondsMultiplyFactor": true})",
         "DeadInstancePollSecondsMultiplyFactor: true is not allowed"},
        {R"({"DiscoverySeeds": "db1"})",
         R"(a.json: DiscoverySeeds: "db1" is not allowed; allowed: a list of texts (list of host[:port]))"},
        {R"({"DiscoverySeeds": ["db1", 2]})",
         "a.json: DiscoverySeeds: entry 2: 2 is not allowed; allowed: a list of texts"},
        {R"({"BackendDB": "SQLite"})", R"(a.json: BackendDB: "SQLite" is not allowed)"},
        {R"({"ClusterNameToAlias": ["x"]})",
         R"(a.json: ClusterNameToAlias: ["x"] is not allowed; allowed: an object of texts)"},
        {R"({"ClusterNameToAlias": {"x": 1}})", R"(a.json: ClusterNameToAlias: entry "x": 1 is not allowed)"},
        {R"({"AuthenticationMethod": "kerberos"})",
         R"(a.json: AuthenticationMethod: "kerberos" is not allowed; allowed: empty, basic, multi, proxy, token, oauth)"
        },
        {R"({"MySQLHostnameResolveMethod": "dns"})", R"(a.json: MySQLHostnameResolveMethod: "dns" is not allowed)"},
        {R"({"ConsulScheme": "ftp"})", R"(a.json: ConsulScheme: "ftp" is not allowed; allowed: http, https)"},
        {R"({"PrependMessagesWithOrcIdentity": "ip"})", R"(allowed: empty or none, FQDN, hostname, custom)"},
        {R"({"PrimaryFencingPolicy": "maybe"})",
         R"(PrimaryFencingPolicy: "maybe" is not allowed; allowed: require, try, skip)"},
        {R"({"MySQLTopologyTlsMode": "yes"})", "allowed: off, prefer, require, verify-ca, verify-identity"},
        {R"({"LogFormat": "xml"})", R"(a.json: LogFormat: "xml" is not allowed; allowed: text, json)"},
        {R"({"ProbeTimeoutMilliseconds": 0})", "allowed: a whole number (milliseconds), from 1 to"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.text);
        const auto loaded = load_one(c.text);
        ASSERT_FALSE(loaded);
        EXPECT_THAT(loaded.error().message, HasSubstr(c.message));
    }
}

TEST(Load, takes_the_nearest_number_it_can_obey_where_the_classic_program_took_any) {
    struct Case {
        std::string_view key;
        std::string_view written;
        std::string_view used;
    };
    const Case cases[] = {
        {"AuditPurgeDays", "99999", "36500"},
        {"UnseenInstanceForgetHours", "1000000", "876000"},
        {"InstancePoolExpiryMinutes", "99999999", "52560000"},
        {"InstancePollSeconds", "3153600001", "3153600000"},
        {"MySQLConnectTimeoutSeconds", "-1", "0"},
        {"MySQLOrchestratorReadTimeoutSeconds", "-1", "0"},
        {"MySQLDiscoveryReadTimeoutSeconds", "-1", "0"},
        {"MySQLTopologyReadTimeoutSeconds", "-1", "0"},
        {"MySQLConnectionLifetimeSeconds", "-1", "0"},
        {"InstanceFlushIntervalMilliseconds", "-1", "0"},
        {"DiscoveryQueueMaxStatisticsSize", "-1", "0"},
        {"ExpiryHostnameResolvesMinutes", "-1", "0"},
        {"ReasonableReplicationLagSeconds", "-1", "0"},
        {"ReasonableMaintenanceReplicationLagSeconds", "-1", "0"},
        {"FailureDetectionPeriodBlockMinutes", "-1", "0"},
        {"RecoveryPeriodBlockMinutes", "-1", "0"},
        {"SeedWaitSecondsBeforeSend", "-1", "0"},
        {"MaxConcurrentReplicaOperations", "0", "1"},
        {"BinlogEventsChunkSize", "0", "1"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.key);
        const auto loaded = load_one("{\"" + std::string(c.key) + "\": " + std::string(c.written) + "}");
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_THAT(dump(loaded->settings, false), HasSubstr("\"" + std::string(c.key) + "\":" + std::string(c.used)));
        const std::string told = "a.json: " + std::string(c.key) + ": " + std::string(c.written) + " is taken as " +
                                 std::string(c.used) + "; allowed: a whole number (";
        const auto warned = std::ranges::any_of(loaded->notes, [&](const Note& note) {
            return note.level == Note::Level::warning && note.message.starts_with(told);
        });
        EXPECT_TRUE(warned) << told;
    }
}

TEST(Load, leaves_out_what_is_null_in_a_list_or_an_object) {
    const auto loaded = load_one(R"({"DiscoverySeeds": ["db1", null, "db2"], "ClusterNameToAlias": {"x": null}})");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_THAT(loaded->settings.discovery_seeds, ElementsAre("db1", "db2"));
    EXPECT_TRUE(loaded->settings.cluster_name_to_alias.empty());
    ASSERT_EQ(loaded->notes.size(), 2U);
    EXPECT_EQ(loaded->notes[0].message, "a.json: DiscoverySeeds: entry 2 is null and left out");
    EXPECT_EQ(loaded->notes[1].message, "a.json: ClusterNameToAlias: entry \"x\" is null and left out");
}

TEST(Load, names_file_key_value_and_what_is_allowed_for_every_key) {
    for (const auto& key : keys()) {
        SCOPED_TRACE(key.name);
        const bool is_text = key.kind() == Kind::text;
        const auto loaded = load_one("{\"" + std::string(key.name) + "\": " + (is_text ? "12321" : "\"12321\"") + "}");
        ASSERT_FALSE(loaded);
        EXPECT_THAT(
            loaded.error().message,
            AllOf(
                HasSubstr("a.json: "), HasSubstr(std::string(key.name)), HasSubstr("; allowed: " + allowed_values(key))
            )
        );
        EXPECT_EQ(loaded.error().message.find("12321") == std::string::npos, key.is_secret()) << loaded.error().message;
    }
}

TEST(Load, reports_all_errors_of_all_files_together) {
    const auto loaded = load_files_of(
        {{"a.json", R"({"Debug": 1, "UseSSL": 2})"}, {"b.json", "{"}, {"c.json", R"({"RaftEnabled": true})"}}
    );
    ASSERT_FALSE(loaded);
    EXPECT_THAT(
        loaded.error().message,
        AllOf(
            HasSubstr("4 errors in the configuration: (1) a.json: Debug: 1 is"),
            HasSubstr("; (2) a.json: UseSSL: 2 is"),
            HasSubstr("; (3) b.json: line 1"),
            HasSubstr("; (4) default: RaftDataDir: ")
        )
    );
    EXPECT_THAT(loaded.error().message, Not(HasSubstr("\n")));
}

TEST(Load, never_shows_a_secret_in_an_error) {
    const auto loaded = load_one(R"({"MySQLTopologyPassword": ["sesame"]})");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, AllOf(Not(HasSubstr("sesame")), HasSubstr("a list (not shown)")));
}

TEST(Load, takes_the_mask_of_a_secret_for_none) {
    for (const auto& key : keys()) {
        if (!key.is_secret()) {
            continue;
        }
        SCOPED_TRACE(key.name);
        const auto loaded = load_one("{\"" + std::string(key.name) + "\": \"******\"}");
        ASSERT_FALSE(loaded);
        EXPECT_EQ(
            loaded.error().message,
            "a.json: " + std::string(key.name) +
                ": \"******\" is what dump-config shows in a secret's place; give the secret itself (dump-config "
                "-show-secrets prints it)"
        );
    }
    EXPECT_TRUE(load_one(R"({"WebMessage": "******"})"));
}

TEST(Load, cuts_a_long_value_between_characters) {
    const auto loaded = load_one("{\"Debug\": \"" + std::string(98, 'x') + "\xc3\xa4\xc3\xa4\"}");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, HasSubstr(std::string(98, 'x') + "... is not allowed"));
}

TEST(Load, lets_later_files_win_and_remembers_which) {
    const auto loaded = load_files_of({
        {"a.json",
         R"({"ListenAddress": ":1", "DiscoverySeeds": ["a", "b"], "ClusterNameToAlias": {"x": "1", "y": "2"}})"},
        {"b.json",
         R"({"ListenAddress": ":2", "DiscoverySeeds": ["c"], "ClusterNameToAlias": {"y": "3"}, "UseSSL": null})"},
    });
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.listen_address, ":2");
    EXPECT_THAT(loaded->settings.discovery_seeds, ElementsAre("c"));
    EXPECT_EQ(loaded->settings.cluster_name_to_alias, (TextMap{{"x", "1"}, {"y", "3"}}));
    EXPECT_EQ(loaded->origin.at("ListenAddress"), "b.json");
    EXPECT_FALSE(loaded->origin.contains("UseSSL"));
    EXPECT_FALSE(loaded->origin.contains("Debug"));
}

TEST(Load, lets_a_second_file_repair_what_the_first_lacks) {
    const auto loaded =
        load_files_of({{"a.json", R"({"BackendDB": "sqlite"})"}, {"b.json", R"({"SQLite3DataFile": "x"})"}});
    EXPECT_TRUE(loaded) << loaded.error().message;
}

TEST(Load, warns_about_an_unknown_key_naming_the_nearest) {
    struct Case {
        std::string_view key;
        std::string_view nearest;
    };
    const Case cases[] = {
        {"InstancePollSecond", "InstancePollSeconds"},
        {"instance_poll_seconds", "InstancePollSeconds"},
        {"MysqlTopologyUsr", "MySQLTopologyUser"},
        {"RaftNode", "RaftNodes"},
        {"UseTLS", "UseSSL"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.key);
        const auto loaded = load_one("{\"" + std::string(c.key) + "\": 1}");
        ASSERT_TRUE(loaded) << loaded.error().message;
        ASSERT_EQ(loaded->notes.size(), 1U);
        const auto& note = loaded->notes.front();
        EXPECT_EQ(note.level, Note::Level::warning);
        EXPECT_EQ(note.file, "a.json");
        EXPECT_EQ(note.key, c.key);
        EXPECT_EQ(
            note.message,
            "a.json: " + std::string(c.key) + ": unknown key, ignored; the nearest known key is " +
                std::string(c.nearest)
        );
    }
}

TEST(Load, keeps_the_spelling_of_the_table_for_choices) {
    const auto loaded = load_one(
        R"({"AuthenticationMethod": "Basic", "HTTPAuthUser": "u", "PrependMessagesWithOrcIdentity": "fqdn",
            "HostnameResolveMethod": "CNAME", "BackendDB": "MySQL"})"
    );
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.authentication_method, "basic");
    EXPECT_EQ(loaded->settings.prepend_messages_with_orc_identity, "FQDN");
    EXPECT_EQ(loaded->settings.hostname_resolve_method, "cname");
    EXPECT_EQ(loaded->settings.backend_db, "mysql");
    EXPECT_TRUE(loaded->notes.empty());
}

TEST(Load, warns_where_the_classic_program_silently_took_any_value) {
    const auto loaded = load_one(R"({"HostnameResolveMethod": "magic"})");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.hostname_resolve_method, "magic");
    ASSERT_EQ(loaded->notes.size(), 1U);
    EXPECT_EQ(
        loaded->notes.front().message,
        R"(a.json: HostnameResolveMethod: "magic" is not one of: default, none, cname, ip)"
    );
}

TEST(Load, notes_quietly_that_a_key_has_no_effect) {
    const auto loaded = load_one(R"({"TLSCacheTTLFactor": 100})");
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_EQ(loaded->notes.size(), 1U);
    EXPECT_EQ(loaded->notes.front().level, Note::Level::info);
    EXPECT_EQ(loaded->notes.front().message, "a.json: TLSCacheTTLFactor: this key is accepted but has no effect");
}

TEST(Load, starts_again_from_the_defaults_on_a_reload) {
    const auto first = load_one(R"({"ClusterNameToAlias": {"x": "1"}, "InstancePollSeconds": 9})");
    const auto second = load_one("{}");
    ASSERT_TRUE(first);
    ASSERT_TRUE(second);
    EXPECT_NE(first->settings, second->settings);
    EXPECT_TRUE(second->settings.cluster_name_to_alias.empty());
    EXPECT_EQ(second->settings.instance_poll_seconds, 5);
}

}  // namespace
}  // namespace orc::config
