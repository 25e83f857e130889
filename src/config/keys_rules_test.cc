#include "config/keys_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/keys.h"
#include "config/test_support.h"

namespace orc::config {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;

struct Derived {
    std::string_view name;
    std::string_view text;
    std::string_view key;
    std::string_view value;  ///< as JSON
};

std::string value_of(const Settings& settings, std::string_view key) {
    const auto member = find_key(key)->member;
    return std::visit(
        [&](auto m) -> std::string {
            using T = std::decay_t<decltype(settings.*m)>;
            if constexpr (std::is_same_v<T, std::string>) {
                return settings.*m;
            } else if constexpr (std::is_same_v<T, bool>) {
                return settings.*m ? "true" : "false";
            } else if constexpr (std::is_arithmetic_v<T>) {
                return std::to_string(settings.*m);
            } else {
                return "?";
            }
        },
        member
    );
}

TEST(Rules, derive_values_from_others) {
    const Derived cases[] = {
        {"minutes do not matter", R"({"RecoveryPeriodBlockMinutes": 5})", "RecoveryPeriodBlockSeconds", "3600"},
        {"minutes where seconds are 0",
         R"({"RecoveryPeriodBlockMinutes": 5, "RecoveryPeriodBlockSeconds": 0})",
         "RecoveryPeriodBlockSeconds",
         "300"},
        {"both 0",
         R"({"RecoveryPeriodBlockMinutes": 0, "RecoveryPeriodBlockSeconds": 0})",
         "RecoveryPeriodBlockSeconds",
         "0"},
        {"a negative period is none", R"({"RecoveryPeriodBlockSeconds": -1})", "RecoveryPeriodBlockSeconds", "0"},
        {"nor one in minutes", R"({"RecoveryPeriodBlockSeconds": -1})", "RecoveryPeriodBlockMinutes", "0"},
        {"consul by its default scheme", R"({"ConsulScheme": ""})", "ConsulScheme", "http"},
        {"lag query by its former name", R"({"SlaveLagQuery": "q"})", "ReplicationLagQuery", "q"},
        {"former name cleared", R"({"SlaveLagQuery": "q"})", "SlaveLagQuery", ""},
        {"both names the same", R"({"SlaveLagQuery": "q", "ReplicationLagQuery": "q"})", "ReplicationLagQuery", "q"},
        {"detach by default", "{}", "DetachLostReplicasAfterMasterFailover", "true"},
        {"detach although off alone",
         R"({"DetachLostReplicasAfterMasterFailover": false})",
         "DetachLostReplicasAfterMasterFailover",
         "true"},
        {"detach off by both",
         R"({"DetachLostReplicasAfterMasterFailover": false, "DetachLostSlavesAfterMasterFailover": false})",
         "DetachLostReplicasAfterMasterFailover",
         "false"},
        {"detach on by present name",
         R"({"DetachLostReplicasAfterMasterFailover": true, "DetachLostSlavesAfterMasterFailover": false})",
         "DetachLostReplicasAfterMasterFailover",
         "true"},
        {"detach host by default", "{}", "MasterFailoverDetachReplicaMasterHost", "false"},
        {"detach host by former name",
         R"({"MasterFailoverDetachSlaveMasterHost": true})",
         "MasterFailoverDetachReplicaMasterHost",
         "true"},
        {"postpone by former name",
         R"({"PostponeSlaveRecoveryOnLagMinutes": 3})",
         "PostponeReplicaRecoveryOnLagMinutes",
         "3"},
        {"postpone by both names",
         R"({"PostponeSlaveRecoveryOnLagMinutes": 3, "PostponeReplicaRecoveryOnLagMinutes": 3})",
         "PostponeReplicaRecoveryOnLagMinutes",
         "3"},
        {"postpone by present name",
         R"({"PostponeReplicaRecoveryOnLagMinutes": 4})",
         "PostponeReplicaRecoveryOnLagMinutes",
         "4"},
        {"prefix gets a slash", R"({"URLPrefix": "orc"})", "URLPrefix", "/orc"},
        {"prefix loses slashes", R"({"URLPrefix": "//a/b//"})", "URLPrefix", "/a/b"},
        {"prefix of slashes is none", R"({"URLPrefix": "/"})", "URLPrefix", ""},
        {"no prefix", "{}", "URLPrefix", ""},
        {"advertise what is bound", R"({"RaftBind": "10.0.0.1"})", "RaftAdvertise", "10.0.0.1"},
        {"advertise what is told",
         R"({"RaftBind": "10.0.0.1", "RaftAdvertise": "10.0.0.2"})",
         "RaftAdvertise",
         "10.0.0.2"},
        {"key prefix gets a slash", "{}", "KVClusterMasterPrefix", "mysql/master/"},
        {"key prefix keeps one slash", R"({"KVClusterMasterPrefix": "a/b//"})", "KVClusterMasterPrefix", "a/b/"},
        {"key prefix at the root", R"({"KVClusterMasterPrefix": "/"})", "KVClusterMasterPrefix", "/"},
        {"no key prefix", R"({"KVClusterMasterPrefix": ""})", "KVClusterMasterPrefix", "/"},
        {"pseudo-gtid pattern",
         R"({"AutoPseudoGTID": true, "PseudoGTIDPattern": "x"})",
         "PseudoGTIDPattern",
         "drop view if exists `_pseudo_gtid_`"},
        {"pseudo-gtid fixed", R"({"AutoPseudoGTID": true})", "PseudoGTIDPatternIsFixedSubstring", "true"},
        {"pseudo-gtid hint", R"({"AutoPseudoGTID": true})", "PseudoGTIDMonotonicHint", "asc:"},
        {"pseudo-gtid query", R"({"AutoPseudoGTID": true})", "DetectPseudoGTIDQuery", "select 1"},
        {"pseudo-gtid by hand", R"({"PseudoGTIDPattern": "x"})", "PseudoGTIDPattern", "x"},
        {"buffer without room",
         R"({"BufferInstanceWrites": true, "InstanceWriteBufferSize": 0})",
         "BufferInstanceWrites",
         "false"},
        {"buffer with room", R"({"BufferInstanceWrites": true})", "BufferInstanceWrites", "true"},
        {"consul too few", R"({"ConsulMaxKVsPerTransaction": 1})", "ConsulMaxKVsPerTransaction", "5"},
        {"consul within", R"({"ConsulMaxKVsPerTransaction": 20})", "ConsulMaxKVsPerTransaction", "20"},
        {"consul too many", R"({"ConsulMaxKVsPerTransaction": 100})", "ConsulMaxKVsPerTransaction", "64"},
        {"locked as lagging",
         R"({"ReasonableReplicationLagSeconds": 33})",
         "ReasonableLockedSemiSyncMasterSeconds",
         "33"},
        {"locked as told",
         R"({"ReasonableLockedSemiSyncMasterSeconds": 4})",
         "ReasonableLockedSemiSyncMasterSeconds",
         "4"},
        {"slow poll alone raises the dead limit", R"({"InstancePollSeconds": 600})", "DeadInstancePollSecondsMax", "600"
        },
        {"advertised address", R"({"HTTPAdvertise": "http://a.b:80"})", "HTTPAdvertise", "http://a.b:80"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto loaded = load_one(c.text);
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_EQ(value_of(loaded->settings, c.key), c.value);
    }
}

TEST(Rules, remember_what_a_derived_value_came_from) {
    const auto loaded = load_one(R"({"SlaveLagQuery": "q", "AutoPseudoGTID": true})");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->origin.at("ReplicationLagQuery"), "derived from SlaveLagQuery");
    EXPECT_EQ(loaded->origin.at("DetectPseudoGTIDQuery"), "derived from AutoPseudoGTID");
    EXPECT_EQ(loaded->origin.at("RaftAdvertise"), "derived from RaftBind");
}

struct Refused {
    std::string_view text;
    std::string_view message;
};

TEST(Rules, refuse_combinations_that_make_no_sense) {
    const Refused cases[] = {
        {R"({"SlaveLagQuery": "q", "ReplicationLagQuery": "r"})",
         R"(a.json: SlaveLagQuery: "q" differs from ReplicationLagQuery "r"; allowed: only one of them, or both the same)"
        },
        {R"({"FailMasterPromotionIfSQLThreadNotUpToDate": true, "DelayMasterPromotionIfSQLThreadNotUpToDate": true})",
         "a.json: FailMasterPromotionIfSQLThreadNotUpToDate: true is not allowed together with "
         "DelayMasterPromotionIfSQLThreadNotUpToDate; allowed: one of them true"},
        {R"({"FailMasterPromotionOnLagMinutes": 2})",
         "a.json: FailMasterPromotionOnLagMinutes: 2 needs ReplicationLagQuery, which is empty; allowed: 0, or"},
        {R"({"PostponeSlaveRecoveryOnLagMinutes": 3, "PostponeReplicaRecoveryOnLagMinutes": 4})",
         "a.json: PostponeSlaveRecoveryOnLagMinutes: 3 differs from PostponeReplicaRecoveryOnLagMinutes 4; allowed: "},
        {R"({"BackendDB": "sqlite3"})",
         R"(default: SQLite3DataFile: "" is not allowed with BackendDB "sqlite3"; allowed: the path of a file)"},
        {R"({"RaftEnabled": true})",
         R"(default: RaftDataDir: "" is not allowed with RaftEnabled; allowed: the path of a dir)"},
        {R"({"RaftEnabled": true, "RaftDataDir": "d", "RaftBind": ""})",
         R"(a.json: RaftBind: "" is not allowed with RaftEnabled; allowed: a host or address)"},
        {R"({"HTTPAdvertise": "http://a.b"})",
         R"(a.json: HTTPAdvertise: "http://a.b" is not allowed; allowed: scheme://host:port with nothing after the port)"
        },
        {R"({"DeadInstancePollSecondsMultiplyFactor": 0})",
         "a.json: DeadInstancePollSecondsMultiplyFactor: 0 is not allowed"},
        {R"({"DeadInstancePollSecondsMax": 4})",
         "a.json: DeadInstancePollSecondsMax: 4 is not allowed; allowed: seconds, at least InstancePollSeconds (5)"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.text);
        const auto loaded = load_one(c.text);
        ASSERT_FALSE(loaded);
        EXPECT_THAT(loaded.error().message, HasSubstr(c.message));
    }
}

TEST(Rules, accept_the_lag_gate_with_the_query_under_its_former_name) {
    EXPECT_TRUE(load_one(R"({"FailMasterPromotionOnLagMinutes": 2, "SlaveLagQuery": "q"})"));
}

TEST(Rules, point_out_what_will_not_work_as_written) {
    struct Case {
        std::string_view text;
        Note::Level level;
        std::string_view message;
    };
    const Case cases[] = {
        {R"({"DetachLostReplicasAfterMasterFailover": false})",
         Note::Level::warning,
         "a.json: DetachLostReplicasAfterMasterFailover: false has no effect while DetachLostSlavesAfterMasterFailover "
         "is true "
         "(default); set both to false to turn it off"},
        {R"({"AuthenticationMethod": "multi"})",
         Note::Level::warning,
         R"(a.json: AuthenticationMethod: "multi" needs HTTPAuthUser, which is empty: nobody can be authenticated)"},
        {R"({"AuthenticationMethod": "basic"})",
         Note::Level::warning,
         R"(AuthenticationMethod: "basic" needs HTTPAuthUser)"},
        {R"({"RecoveryPeriodBlockSeconds": -1})",
         Note::Level::warning,
         "a.json: RecoveryPeriodBlockSeconds: -1 is taken as 0, and RecoveryPeriodBlockMinutes as well: no recovery "
         "blocks another"},
        {R"({"ServeAgentsHttp": true})",
         Note::Level::warning,
         "a.json: ServeAgentsHttp: not in effect in this build yet"},
        {R"({"ConsulMaxKVsPerTransaction": 100})",
         Note::Level::warning,
         "a.json: ConsulMaxKVsPerTransaction: 100 is taken as 64; allowed: from 5 to 64"},
        {R"({"SlaveLagQuery": "q"})", Note::Level::info, "a.json: SlaveLagQuery: a former key: Former name of Repl"},
        {R"({"BufferBinlogEvents": true})",
         Note::Level::info,
         "a.json: BufferBinlogEvents: this key is retired and ignored"},
        {R"({"slavestartpostwaitmilliseconds": 1})", Note::Level::info, "this key is retired and ignored"},
        {R"({"DataCenterPattern": "("})",
         Note::Level::warning,
         R"(a.json: DataCenterPattern: "(" is not a regular expression)"},
        {R"({"RegionPattern": "eu|us"})",
         Note::Level::warning,
         R"-(a.json: RegionPattern: "eu|us" has no group (...), so nothing is taken from a name)-"},
        {R"({"RecoverMasterClusterFilters": ["alias~=["]})",
         Note::Level::warning,
         R"(a.json: RecoverMasterClusterFilters: "[" is not a regular expression)"},
        {R"({"ClusterNameToAlias": {"(": "shop"}})", Note::Level::warning, R"(the alias "shop" is never given)"},
        {R"({"PromotionIgnoreHostnameFilters": [""]})",
         Note::Level::warning,
         "a.json: PromotionIgnoreHostnameFilters: an empty entry matches everything"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.text);
        const auto loaded = load_one(c.text);
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_THAT(
            loaded->notes, Contains(AllOf(Field(&Note::level, c.level), Field(&Note::message, HasSubstr(c.message))))
        );
    }
}

TEST(Rules, do_not_warn_about_filters_that_are_no_expressions) {
    const auto loaded = load_one(
        R"({"RecoverMasterClusterFilters": ["*", "alias=(", "alias~=^shop"], "DiscoveryIgnoreHostnameFilters": ["::1", "10.0.0.1"]})"
    );
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_TRUE(loaded->notes.empty()) << loaded->notes.front().message;
}

TEST(Advertised, address_needs_scheme_host_and_port_and_nothing_else) {
    for (const auto* good :
         {"http://a:1", "https://a.b:65535", "http://10.0.0.1:3000", "http://[::1]:3000", "h2+x://a:1"}) {
        EXPECT_TRUE(is_advertisable(good)) << good;
    }
    for (const auto* bad :
         {"",
          "a:1",
          "://a:1",
          "1x://a:1",
          "h t://a:1",
          "http://a",
          "http://:1",
          "http://a:",
          "http://a:0",
          "http://a:65536",
          "http://a:1x",
          "http://a:-1",
          "http://a:1/",
          "http://a:1/x",
          "http://a:1?q",
          "http://a:1#f",
          "http://u@a:1",
          "http://::1:1",
          "http://[]:1",
          "http://a b:1"}) {
        EXPECT_FALSE(is_advertisable(bad)) << bad;
    }
}

}  // namespace
}  // namespace orc::config
