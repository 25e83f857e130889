// A file as sites have it: grown over years, with keys of several generations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/filters.h"
#include "config/test_support.h"

namespace orc::config {
namespace {

constexpr std::string_view sample = R"json(
{
  "Debug": true,
  "EnableSyslog": false,
  "ListenAddress": ":3000",
  "MySQLTopologyUser": "orc_client_user",
  "MySQLTopologyPassword": "${ORC_TOPOLOGY_PASSWORD}",
  "MySQLTopologyCredentialsConfigFile": "",
  "MySQLTopologySSLSkipVerify": true,
  "MySQLTopologyUseMutualTLS": false,
  "BackendDB": "sqlite",
  "SQLite3DataFile": "/var/lib/orchestrator/orchestrator.db",
  "MySQLOrchestratorHost": "127.0.0.1",
  "MySQLOrchestratorPort": 3306,
  "MySQLOrchestratorDatabase": "orchestrator",
  "MySQLConnectTimeoutSeconds": 1,
  "DefaultInstancePort": 3306,
  "DiscoverByShowSlaveHosts": true,
  "InstancePollSeconds": 5,
  "DiscoveryIgnoreReplicaHostnameFilters": [
    "a_host_i_want_to_ignore[.]example[.]com",
    ".*[.]ignore_all_hosts_from_this_domain[.]example[.]com",
    "a_host_with_extra_port_i_want_to_ignore[.]example[.]com:3307"
  ],
  "UnseenInstanceForgetHours": 240,
  "SnapshotTopologiesIntervalHours": 0,
  "InstanceBulkOperationsWaitTimeoutSeconds": 10,
  "HostnameResolveMethod": "default",
  "MySQLHostnameResolveMethod": "@@hostname",
  "SkipBinlogServerUnresolveCheck": true,
  "ExpiryHostnameResolvesMinutes": 60,
  "RejectHostnameResolvePattern": "",
  "ReasonableReplicationLagSeconds": 10,
  "ProblemIgnoreHostnameFilters": [],
  "VerifyReplicationFilters": false,
  "ReasonableMaintenanceReplicationLagSeconds": 20,
  "CandidateInstanceExpireMinutes": 60,
  "AuditLogFile": "",
  "AuditToSyslog": false,
  "RemoveTextFromHostnameDisplay": ".mydomain.com:3306",
  "ReadOnly": false,
  "AuthenticationMethod": "",
  "HTTPAuthUser": "",
  "HTTPAuthPassword": "",
  "AuthUserHeader": "",
  "PowerAuthUsers": ["*"],
  "ClusterNameToAlias": {"127.0.0.1": "test suite"},
  "ReplicationLagQuery": "select round(absolute_lag) from meta.heartbeat_view",
  "DetectClusterAliasQuery": "SELECT SUBSTRING_INDEX(@@hostname, '.', 1)",
  "DetectClusterDomainQuery": "",
  "DetectInstanceAliasQuery": "",
  "DetectPromotionRuleQuery": "",
  "DataCenterPattern": "[.]([^.]+)[.][^.]+[.]mydomain[.]com",
  "PhysicalEnvironmentPattern": "[.]([^.]+[.][^.]+)[.]mydomain[.]com",
  "PromotionIgnoreHostnameFilters": [],
  "DetectSemiSyncEnforcedQuery": "",
  "ServeAgentsHttp": false,
  "AgentsServerPort": ":3001",
  "AgentsUseSSL": false,
  "StatusEndpoint": "/api/status",
  "StatusSimpleHealth": true,
  "StatusOUVerify": false,
  "AgentPollMinutes": 60,
  "UnseenAgentForgetHours": 6,
  "StaleSeedFailMinutes": 60,
  "SeedAcceptableBytesDiff": 8192,
  "PseudoGTIDPattern": "",
  "PseudoGTIDPatternIsFixedSubstring": false,
  "PseudoGTIDMonotonicHint": "asc:",
  "DetectPseudoGTIDQuery": "",
  "BinlogEventsChunkSize": 10000,
  "BufferBinlogEvents": true,
  "SkipBinlogEventsContaining": [],
  "ReduceReplicationAnalysisCount": true,
  "FailureDetectionPeriodBlockMinutes": 60,
  "FailMasterPromotionOnLagMinutes": 5,
  "RecoveryPeriodBlockSeconds": 3600,
  "RecoveryIgnoreHostnameFilters": [],
  "RecoverMasterClusterFilters": ["*"],
  "RecoverIntermediateMasterClusterFilters": ["*"],
  "OnFailureDetectionProcesses": [
    "echo 'Detected {failureType} on {failureCluster}. Affected replicas: {countSlaves}' >> /tmp/recovery.log"
  ],
  "PreGracefulTakeoverProcesses": ["echo 'Planned takeover about to take place on {failureCluster}' >> /tmp/recovery.log"],
  "PreFailoverProcesses": ["echo 'Will recover from {failureType} on {failureCluster}' >> /tmp/recovery.log"],
  "PostFailoverProcesses": [
    "echo '(for all types) Recovered from {failureType}; Failed: {failedHost}:{failedPort}' >> /tmp/recovery.log"
  ],
  "PostUnsuccessfulFailoverProcesses": [],
  "PostMasterFailoverProcesses": ["echo 'Promoted: {successorHost}:{successorPort}' >> /tmp/recovery.log"],
  "PostIntermediateMasterFailoverProcesses": [],
  "PostGracefulTakeoverProcesses": ["echo 'Planned takeover complete' >> /tmp/recovery.log"],
  "CoMasterRecoveryMustPromoteOtherCoMaster": true,
  "DetachLostSlavesAfterMasterFailover": true,
  "ApplyMySQLPromotionAfterMasterFailover": true,
  "PreventCrossDataCenterMasterFailover": false,
  "MasterFailoverDetachSlaveMasterHost": false,
  "MasterFailoverLostInstancesDowntimeMinutes": 0,
  "PostponeSlaveRecoveryOnLagMinutes": 10,
  "OSCIgnoreHostnameFilters": [],
  "GraphiteAddr": "",
  "GraphitePath": "",
  "GraphiteConvertHostnameDotsToUnderscores": true,
  "ConsulAddress": "",
  "ConsulAclToken": "",
  "RaftEnabled": true,
  "RaftDataDir": "/var/lib/orchestrator",
  "RaftBind": "10.0.0.1",
  "DefaultRaftPort": 10008,
  "RaftNodes": ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
  "URLPrefix": "orchestrator/",
}
)json";

TEST(Sample, of_a_real_site_loads) {
    Environment env;
    env.variable = [](const std::string&) { return std::optional<std::string>("sesame"); };
    const auto loaded = load_files_of({{"sample.json", std::string(sample)}}, env);
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto& s = loaded->settings;
    EXPECT_EQ(s.mysql_topology_password, "sesame");
    EXPECT_EQ(s.raft_advertise, "10.0.0.1");
    EXPECT_EQ(s.url_prefix, "/orchestrator");
    EXPECT_EQ(s.postpone_replica_recovery_on_lag_minutes, 10);
    EXPECT_EQ(s.kv_cluster_master_prefix, "mysql/master/");
    EXPECT_TRUE(s.detach_lost_replicas_after_master_failover);
    EXPECT_EQ(s.on_failure_detection_processes.size(), 1U);
    EXPECT_TRUE(HostFilters(s.discovery_ignore_replica_hostname_filters)
                    .matches({"x.ignore_all_hosts_from_this_domain.example.com", 1}));
    EXPECT_TRUE(ClusterFilters(s.recover_master_cluster_filters).matches("10.0.0.9:3306", "any"));
}

TEST(Sample, gives_notes_and_warns_of_nothing_that_is_obeyed) {
    const auto loaded = load_files_of({{"sample.json", std::string(sample)}});
    ASSERT_TRUE(loaded) << loaded.error().message;
    std::vector<std::string> warnings;
    std::vector<std::string> notes;
    for (const auto& note : loaded->notes) {
        (note.level == Note::Level::warning ? warnings : notes).push_back(note.key);
    }
    EXPECT_THAT(
        warnings,
        testing::ElementsAre(
            "MySQLTopologyPassword",  // its variable is not set here
            "RaftBind",
            "RaftDataDir",
            "RaftNodes",
            "PseudoGTIDMonotonicHint"
        )
    );
    EXPECT_THAT(
        notes,
        testing::UnorderedElementsAre(
            "StatusSimpleHealth",
            "BufferBinlogEvents",
            "SeedAcceptableBytesDiff",
            "MasterFailoverLostInstancesDowntimeMinutes",
            "DetachLostSlavesAfterMasterFailover",
            "MasterFailoverDetachSlaveMasterHost",
            "PostponeSlaveRecoveryOnLagMinutes"
        )
    );
}

}  // namespace
}  // namespace orc::config
