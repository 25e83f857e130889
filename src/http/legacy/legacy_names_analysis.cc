#include "http/legacy/legacy_names.h"

namespace orc::http::legacy {
namespace {

using analysis::Finding;

/// The finding and, where it is known, the server it is about.
struct Analyzed {
    const View& view;
    const Finding& finding;
    const model::Server* server;
    const model::Facts& facts;
    std::string_view active_since;
};

void cluster_details(JsonWriter& json, const Analyzed& it) {
    const Finding& finding = it.finding;
    const std::string& name = finding.cluster.text();
    // What is read back from the store has no domain, and it alone does not fall back to the name.
    const bool is_past = it.view.topology == nullptr;
    json.key("ClusterDetails").begin_object();
    json.field("ClusterName", name);
    json.field("ClusterAlias", finding.cluster_alias.empty() ? name : finding.cluster_alias);
    json.field("ClusterDomain", finding.cluster_domain.empty() && !is_past ? name : finding.cluster_domain);
    json.field("CountInstances", 0).field("HeuristicLag", 0);
    json.field("HasAutomatedMasterRecovery", finding.automated_primary_recovery);
    json.field("HasAutomatedIntermediateMasterRecovery", finding.automated_intermediate_recovery);
    json.end_object();
}

void identity(JsonWriter& json, const Analyzed& it) {
    json.key("AnalyzedInstanceKey");
    write(json, it.finding.subject);
    json.key("AnalyzedInstanceMasterKey");
    write(json, it.finding.source.value_or(Endpoint{}));
    cluster_details(json, it);
    json.field("AnalyzedInstanceDataCenter", it.facts.data_center);
    json.field("AnalyzedInstanceRegion", it.facts.region);
    json.field("AnalyzedInstancePhysicalEnvironment", it.facts.environment);
    json.key("AnalyzedInstanceBinlogCoordinates");
    write(json, it.facts.self, false);
    json.field("IsMaster", it.finding.is_primary).field("IsReplicationGroupMember", it.finding.is_group_member);
    json.field("IsCoMaster", it.finding.is_co_primary).field("LastCheckValid", it.finding.last_check_valid);
    json.field("LastCheckPartialSuccess", it.finding.last_check_partial);
}

void replicas(JsonWriter& json, const Analyzed& it) {
    const analysis::Counts& counts = it.finding.counts;
    json.field("CountReplicas", counts.replicas).field("CountValidReplicas", counts.valid);
    json.field("CountValidReplicatingReplicas", counts.valid_replicating);
    json.field("CountReplicasFailingToConnectToMaster", counts.failing_to_connect);
    json.field("CountDowntimedReplicas", counts.downtimed).field("ReplicationDepth", it.finding.depth);
    json.key("Replicas");
    write(json, it.finding.replicas);
    json.key("SlaveHosts");
    write(json, it.finding.replicas);
    json.field("IsFailingToConnectToMaster", it.finding.is_failing_to_connect);
}

void verdict(JsonWriter& json, const Analyzed& it) {
    json.field("Analysis", analysis::name(it.finding.code));
    const bool is_quiet = it.finding.code == analysis::Code::no_problem;
    json.field("Description", is_quiet ? "" : it.finding.description).key("StructureAnalysis");
    if (it.finding.structure.empty()) {
        json.null();
    } else {
        json.begin_array();
        for (const auto code : it.finding.structure) {
            json.text(analysis::name(code));
        }
        json.end_array();
    }
    const auto* downtime = it.server != nullptr && it.server->downtime ? &*it.server->downtime : nullptr;
    const Millis left = downtime == nullptr ? Millis(0) : downtime->end - it.view.wall;
    json.field("IsDowntimed", it.finding.is_downtimed);
    json.field("IsReplicasDowntimed", it.finding.are_replicas_downtimed);
    json.field("DowntimeEndTimestamp", downtime == nullptr ? "" : db_timestamp(downtime->end));
    json.field("DowntimeRemainingSeconds", std::max<std::int64_t>(0, std::chrono::floor<Seconds>(left).count()));
}

void topology(JsonWriter& json, const Analyzed& it) {
    const analysis::Counts& counts = it.finding.counts;
    const model::SemiSync& semi = it.facts.semi_sync;
    json.field("IsBinlogServer", it.facts.version.flavor == model::Flavor::maxscale);
    json.field("PseudoGTIDImmediateTopology", false);
    json.field("OracleGTIDImmediateTopology", counts.all_auto_position());
    json.field("MariaDBGTIDImmediateTopology", counts.all_mariadb_gtid());
    json.field("BinlogServerImmediateTopology", counts.all_binlog_servers());
    json.field("SemiSyncMasterEnabled", semi.source_enabled).field("SemiSyncMasterStatus", semi.source_active);
    json.field("SemiSyncMasterWaitForReplicaCount", semi.acks_wanted).field("SemiSyncMasterClients", semi.clients);
    json.field("CountSemiSyncReplicasEnabled", counts.semi_sync_enabled);
    json.field("CountLoggingReplicas", counts.logging);
    json.field("CountStatementBasedLoggingReplicas", counts.statement_logging);
    json.field("CountMixedBasedLoggingReplicas", counts.mixed_logging);
    json.field("CountRowBasedLoggingReplicas", counts.row_logging);
    json.field("CountDistinctMajorVersionsLoggingReplicas", counts.major_versions_logging);
    json.field("CountDelayedReplicas", counts.delayed).field("CountLaggingReplicas", counts.lagging);
}

void processing(JsonWriter& json, const Analyzed& it) {
    json.field("IsActionableRecovery", it.finding.is_actionable);
    json.field("ProcessingNodeHostname", it.view.node.host);
    json.field("ProcessingNodeToken", it.view.node.token.text()).field("CountAdditionalAgreeingNodes", 0);
    json.field("StartActivePeriod", it.active_since)
        .field("SkippableDueToDowntime", it.finding.is_skippable_by_downtime);
    json.field("GTIDMode", it.facts.gtid_mode).field("MinReplicaGTIDMode", it.finding.min_replica_gtid_mode);
    json.field("MaxReplicaGTIDMode", it.finding.max_replica_gtid_mode);
    json.field("MaxReplicaGTIDErrant", it.finding.max_replica_errant).field("CommandHint", "");
    json.field("IsReadOnly", it.facts.read_only);
}

void evidence(JsonWriter& json, const Analyzed& it) {
    json.key("Witnesses").begin_array();
    for (const auto& witness : it.finding.witnesses) {
        json.begin_object()
            .field("Who", witness.who)
            .field("Says", analysis::name(witness.says))
            .field("Why", witness.why);
        json.key("SecondsAgo");
        if (witness.at) {
            json.number(double((it.view.now - *witness.at) / Millis(1)) / 1000);
        } else {
            json.null();
        }
        json.end_object();
    }
    json.end_array().field("Hesitation", it.finding.hesitation);
}

}  // namespace

void write_analysis(JsonWriter& json, const View& view, const Finding& finding, std::string_view active_since) {
    static const model::Facts unread;
    const model::Server* server = view.topology == nullptr ? nullptr : view.topology->find(finding.subject);
    const bool is_read = server != nullptr && server->facts != nullptr;
    const Analyzed it{view, finding, server, is_read ? *server->facts : unread, active_since};
    json.begin_object();
    identity(json, it);
    replicas(json, it);
    verdict(json, it);
    topology(json, it);
    processing(json, it);
    evidence(json, it);
    json.end_object();
}

std::string analyses(const View& view, const std::vector<Finding>& findings) {
    JsonWriter json;
    json.begin_array();
    for (const auto& finding : findings) {
        write_analysis(json, view, finding);
    }
    json.end_array();
    return std::move(json).str();
}

}  // namespace orc::http::legacy
