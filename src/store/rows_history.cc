// What people read of the past.
#include "store/rows_columns.h"

namespace orc::store {

using namespace model;

RecoveryRecord recovery_of(Columns from) {
    RecoveryRecord out;
    out.id = from.number();
    out.uid = RecoveryUid(from.text());
    out.failed = from.endpoint();
    out.code = from.text();
    out.cluster = ClusterName(from.text());
    out.cluster_alias = from.text();
    out.replicas = from.endpoints();
    out.start = from.time();
    out.ended = from.time_if_any();
    const bool is_active = from.flag();
    const auto active_end = WallTime(Seconds(from.number()));
    if (!is_active) {
        out.active_period_end = active_end;
    }
    out.is_successful = from.flag();
    out.successor = from.endpoint_if_valid();
    out.successor_alias = from.text();
    out.lost = from.endpoints();
    out.participants = from.endpoints();
    out.errors = from.lines();
    out.acknowledged = from.flag();
    out.acknowledged_at = from.time_if_any();
    out.acknowledged_by = from.text();
    out.acknowledge_comment = from.text();
    out.last_detection_id = from.number();
    out.node_host = from.text();
    out.node_token = NodeToken(from.text());
    // A classic row may lack a uid (its earliest versions had none): its number names it.
    if (out.uid.empty()) {
        out.uid = RecoveryUid(std::to_string(out.id));
    }
    return out;
}

Detection detection_of(Columns from) {
    Detection out;
    out.id = from.number();
    out.endpoint = from.endpoint();
    out.code = from.text();
    out.cluster = ClusterName(from.text());
    out.cluster_alias = from.text();
    out.is_actionable = from.flag();
    out.replicas = from.endpoints();
    out.start = from.time();
    const bool is_active = from.flag();
    const auto end = WallTime(Seconds(from.number()));
    if (!is_active) {
        out.ended = end;
    }
    out.node_host = from.text();
    out.node_token = NodeToken(from.text());
    return out;
}

namespace {

// The selectors are alternatives: NULL means "not asked for".
constexpr std::string_view select_recoveries =
    "select recovery_id, uid, hostname, port, analysis, cluster_name, cluster_alias, slave_hosts, start_active_period,"
    " end_recovery, in_active_period, end_active_period_unixtime, is_successful, successor_hostname, successor_port,"
    " successor_alias, lost_slaves, participating_instances, all_errors, acknowledged, acknowledged_at,"
    " acknowledged_by, acknowledge_comment, last_detection_id, processing_node_hostname, processcing_node_token"
    " from topology_recovery where (?1 is null or recovery_id = ?1) and (?2 is null or uid = ?2)"
    " and (?3 is null or cluster_name = ?3) and (?4 is null or cluster_alias = ?4)"
    " and (?5 = 0 or acknowledged = 0) order by recovery_id desc limit ?6 offset ?7";

constexpr std::string_view select_detections =
    "select coalesce((select max(recovery_id) from topology_recovery where last_detection_id = detection_id), 0),"
    " detection_id, hostname, port, analysis, cluster_name, cluster_alias, is_actionable, slave_hosts,"
    " start_active_period, in_active_period, end_active_period_unixtime, processing_node_hostname,"
    " processcing_node_token from topology_failure_detection where (?1 is null or detection_id = ?1)"
    " and (?2 is null or cluster_alias = ?2) order by detection_id desc limit ?3 offset ?4";

Detection past_detection_of(Columns from) {
    const std::int64_t related_recovery = from.number();
    Detection out = detection_of(from);
    out.related_recovery = related_recovery;
    return out;
}

RecoveryStep step_of(Columns from) {
    RecoveryStep out;
    out.uid = RecoveryUid(from.text());
    out.at = from.time();
    out.message = from.text();
    out.id = from.number();
    return out;
}

AuditEntry audit_of(Columns from) {
    AuditEntry out;
    out.at = from.time();
    out.type = from.text();
    out.endpoint = from.endpoint_if_valid();
    out.cluster = from.text();
    out.message = from.text();
    out.id = from.number();
    return out;
}

AnalysisChange analysis_change_of(Columns from) {
    AnalysisChange out;
    out.endpoint = from.endpoint();
    out.at = from.time();
    out.code = from.text();
    return out;
}

ResolvedName resolved_name_of(Columns from) {
    ResolvedName out;
    out.host = from.text();
    out.resolved = from.text();
    out.at = from.time();
    return out;
}

TlsRequirement tls_requirement_of(Columns from) {
    TlsRequirement out;
    out.endpoint = from.endpoint();
    out.is_required = from.flag();
    return out;
}

ClusterDomain cluster_domain_of(Columns from) {
    ClusterDomain out;
    out.cluster = ClusterName(from.text());
    out.domain = from.text();
    out.at = from.time();
    return out;
}

WallTime snapshot_time_of(Columns from) { return WallTime(Seconds(from.number())); }

SnapshotPlace snapshot_place_of(Columns from) {
    SnapshotPlace out;
    out.endpoint = from.endpoint();
    out.source = from.endpoint_if_valid();
    out.cluster = ClusterName(from.text());
    out.version = from.text();
    return out;
}

std::int64_t limit_of(const Page& page) { return static_cast<std::int64_t>(page.size); }

}  // namespace

Result<std::vector<RecoveryRecord>> read_recoveries(const Reader& reader, const RecoveryQuery& query) {
    Row values(4);
    if (query.id) {
        values[0] = *query.id;
    } else if (query.uid) {
        values[1] = query.uid->text();
    } else if (query.cluster) {
        values[2] = query.cluster->text();
    } else if (query.alias) {
        values[3] = *query.alias;
    }
    values.emplace_back(static_cast<std::int64_t>(query.unacknowledged_only ? 1 : 0));
    values.emplace_back(limit_of(query.page));
    values.emplace_back(query.page.offset());
    return read_all<RecoveryRecord>(reader, select_recoveries, values, recovery_of);
}

Result<std::vector<RecoveryStep>> read_steps(const Reader& reader, const RecoveryUid& uid) {
    return read_all<RecoveryStep>(
        reader,
        "select recovery_uid, audit_at, message, recovery_step_id from topology_recovery_steps where recovery_uid = ?"
        " order by recovery_step_id",
        {uid.text()},
        step_of
    );
}

Result<std::vector<Detection>> read_detections(const Reader& reader, const DetectionQuery& query) {
    Row values(2);
    if (query.id) {
        values[0] = *query.id;
    } else if (query.alias) {
        values[1] = *query.alias;
    }
    values.emplace_back(limit_of(query.page));
    values.emplace_back(query.page.offset());
    return read_all<Detection>(reader, select_detections, values, past_detection_of);
}

Result<std::vector<AuditEntry>> read_audit(const Reader& reader, const std::optional<Endpoint>& endpoint, Page page) {
    Row values(2);
    if (endpoint) {
        values[0] = endpoint->host;
        values[1] = static_cast<std::int64_t>(endpoint->port);
    }
    values.emplace_back(limit_of(page));
    values.emplace_back(page.offset());
    return read_all<AuditEntry>(
        reader,
        "select audit_timestamp, audit_type, hostname, port, cluster_name, message, audit_id from audit"
        " where ?1 is null or (hostname = ?1 and port = ?2) order by audit_id desc limit ?3 offset ?4",
        values,
        audit_of
    );
}

Result<std::vector<AnalysisChange>> read_analysis_changes(const Reader& reader) {
    return read_all<AnalysisChange>(
        reader,
        "select hostname, port, analysis_timestamp, analysis from database_instance_analysis_changelog"
        " order by hostname, port, changelog_id",
        {},
        analysis_change_of
    );
}

Result<std::vector<ResolvedName>> read_resolved_names(const Reader& reader) {
    return read_all<ResolvedName>(
        reader,
        "select hostname, resolved_hostname, resolved_timestamp from hostname_resolve order by hostname",
        {},
        resolved_name_of
    );
}

Result<std::vector<ResolvedName>> read_former_names(const Reader& reader) {
    return read_all<ResolvedName>(
        reader,
        "select hostname, resolved_hostname, resolved_timestamp from hostname_resolve_history order by "
        "resolved_hostname",
        {},
        resolved_name_of
    );
}

Result<std::vector<TlsRequirement>> read_tls_requirements(const Reader& reader) {
    return read_all<TlsRequirement>(
        reader,
        "select hostname, port, required from database_instance_tls order by hostname, port",
        {},
        tls_requirement_of
    );
}

Result<std::vector<ClusterDomain>> read_cluster_domains(const Reader& reader) {
    return read_all<ClusterDomain>(
        reader,
        "select cluster_name, domain_name, last_registered from cluster_domain_name order by cluster_name",
        {},
        cluster_domain_of
    );
}

Result<std::vector<WallTime>> read_snapshot_times(const Reader& reader) {
    return read_all<WallTime>(
        reader,
        "select distinct snapshot_unix_timestamp from database_instance_topology_history"
        " order by snapshot_unix_timestamp",
        {},
        snapshot_time_of
    );
}

Result<std::vector<SnapshotPlace>> read_snapshot(const Reader& reader, WallTime at) {
    return read_all<SnapshotPlace>(
        reader,
        "select hostname, port, master_host, master_port, cluster_name, version"
        " from database_instance_topology_history where snapshot_unix_timestamp = ? order by hostname, port",
        {std::chrono::floor<Seconds>(at).time_since_epoch().count()},
        snapshot_place_of
    );
}

}  // namespace orc::store
