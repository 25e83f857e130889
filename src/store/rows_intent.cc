// Changes of intended state as statements on the classic tables.
#include <algorithm>

#include "store/rows.h"

namespace orc::store {
namespace {

using namespace model;

constexpr std::int64_t flag(bool value) { return value ? 1 : 0; }

std::int64_t unix_seconds(WallTime when) { return std::chrono::floor<Seconds>(when).time_since_epoch().count(); }
std::int64_t unix_millis(WallTime when) { return when.time_since_epoch().count(); }
std::int64_t port_of(const Endpoint& endpoint) { return endpoint.port; }

Value timestamp_or_null(const std::optional<WallTime>& when) {
    return when ? Value(db_timestamp(*when)) : Value(std::monostate{});
}

std::string list_of(const std::vector<Endpoint>& endpoints) {
    std::string out;
    for (const auto& endpoint : endpoints) {
        if (!out.empty()) {
            out += ',';
        }
        out += endpoint.text();
    }
    return out;
}

std::string lines_of(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) {
        if (!out.empty()) {
            out += '\n';
        }
        out += line;
    }
    return out;
}

// Active rows end at 0; ended ones at a second of their own, because (instance, period, end) is unique and one instance
// may end two periods within one second.
constexpr std::string_view end_other_detections = R"sql(
    update topology_failure_detection set in_active_period = 0, end_active_period_unixtime = max(?5, 1 + coalesce(
        (select max(d.end_active_period_unixtime) from topology_failure_detection d
         where d.hostname = ?1 and d.port = ?2 and d.in_active_period = 0 and d.is_actionable = ?3), 0))
    where hostname = ?1 and port = ?2 and is_actionable = ?3 and in_active_period = 1 and detection_id <> ?4)sql";
constexpr std::string_view put_detection = R"sql(
    insert into topology_failure_detection (
        detection_id, hostname, port, in_active_period, start_active_period, end_active_period_unixtime,
        processing_node_hostname, processcing_node_token, analysis, cluster_name, cluster_alias,
        count_affected_slaves, slave_hosts, is_actionable)
    values (?1, ?2, ?3, ?4, ?5,
        case when exists (select 1 from topology_failure_detection d where d.hostname = ?2 and d.port = ?3
            and d.in_active_period = ?4 and d.is_actionable = ?14 and d.detection_id <> ?1
            and d.end_active_period_unixtime = ?6)
        then 1 + (select max(d.end_active_period_unixtime) from topology_failure_detection d
            where d.hostname = ?2 and d.port = ?3 and d.in_active_period = ?4 and d.is_actionable = ?14
            and d.detection_id <> ?1)
        else ?6 end,
        ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
    on conflict (detection_id) do update set
        hostname = excluded.hostname, port = excluded.port, in_active_period = excluded.in_active_period,
        start_active_period = excluded.start_active_period,
        end_active_period_unixtime = excluded.end_active_period_unixtime,
        processing_node_hostname = excluded.processing_node_hostname,
        processcing_node_token = excluded.processcing_node_token, analysis = excluded.analysis,
        cluster_name = excluded.cluster_name, cluster_alias = excluded.cluster_alias,
        count_affected_slaves = excluded.count_affected_slaves, slave_hosts = excluded.slave_hosts,
        is_actionable = excluded.is_actionable)sql";

constexpr std::string_view end_other_recoveries = R"sql(
    update topology_recovery set in_active_period = 0, end_active_period_unixtime = max(?4, 1 + coalesce(
        (select max(r.end_active_period_unixtime) from topology_recovery r
         where r.hostname = ?1 and r.port = ?2 and r.in_active_period = 0), 0))
    where hostname = ?1 and port = ?2 and in_active_period = 1 and uid <> ?3)sql";
constexpr std::string_view put_recovery = R"sql(
    insert into topology_recovery (
        recovery_id, uid, hostname, port, in_active_period, end_active_period_unixtime, start_active_period,
        end_recovery, processing_node_hostname, processcing_node_token, is_successful, successor_hostname,
        successor_port, successor_alias, analysis, cluster_name, cluster_alias, count_affected_slaves, slave_hosts,
        participating_instances, lost_slaves, all_errors, acknowledged, acknowledged_at, acknowledged_by,
        acknowledge_comment, last_detection_id)
    values (
        coalesce((select r.recovery_id from topology_recovery r where r.uid = ?2), nullif(?1, 0)), ?2, ?3, ?4, ?5,
        case when exists (select 1 from topology_recovery r where r.hostname = ?3 and r.port = ?4
            and r.in_active_period = ?5 and r.uid <> ?2 and r.end_active_period_unixtime = ?6)
        then 1 + (select max(r.end_active_period_unixtime) from topology_recovery r where r.hostname = ?3
            and r.port = ?4 and r.in_active_period = ?5 and r.uid <> ?2)
        else ?6 end,
        ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)
    on conflict (recovery_id) do update set
        uid = excluded.uid, hostname = excluded.hostname, port = excluded.port,
        in_active_period = excluded.in_active_period,
        end_active_period_unixtime = excluded.end_active_period_unixtime,
        start_active_period = excluded.start_active_period, end_recovery = excluded.end_recovery,
        processing_node_hostname = excluded.processing_node_hostname,
        processcing_node_token = excluded.processcing_node_token, is_successful = excluded.is_successful,
        successor_hostname = excluded.successor_hostname, successor_port = excluded.successor_port,
        successor_alias = excluded.successor_alias, analysis = excluded.analysis,
        cluster_name = excluded.cluster_name, cluster_alias = excluded.cluster_alias,
        count_affected_slaves = excluded.count_affected_slaves, slave_hosts = excluded.slave_hosts,
        participating_instances = excluded.participating_instances, lost_slaves = excluded.lost_slaves,
        all_errors = excluded.all_errors, acknowledged = excluded.acknowledged,
        acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by,
        acknowledge_comment = excluded.acknowledge_comment, last_detection_id = excluded.last_detection_id)sql";

struct Writer {
    std::vector<Write>& out;
    WallTime now;

    void add(std::string_view sql, Row values) const { out.push_back(Write{sql, std::move(values)}); }

    void operator()(const PutDowntime& c) const {
        const Downtime& r = c.record;
        add("insert or replace into database_instance_downtime"
            " (hostname, port, downtime_active, begin_timestamp, end_timestamp, owner, reason)"
            " values (?, ?, 1, ?, ?, ?, ?)",
            {r.endpoint.host, port_of(r.endpoint), db_timestamp(r.begin), db_timestamp(r.end), r.owner, r.reason});
    }
    void operator()(const EndDowntime& c) const {
        add("delete from database_instance_downtime where hostname = ? and port = ?",
            {c.endpoint.host, port_of(c.endpoint)});
    }
    void operator()(const PutMaintenance& c) const {
        const Maintenance& r = c.record;
        // A lock that names its process goes when the process goes; one without ends at its time only.
        add("insert into database_instance_maintenance"
            " (hostname, port, maintenance_active, begin_timestamp, end_timestamp, owner, reason,"
            " processing_node_hostname, processing_node_token, explicitly_bounded)"
            " values (?, ?, 1, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict (maintenance_active, hostname, port) do update set begin_timestamp = "
            "excluded.begin_timestamp,"
            " end_timestamp = excluded.end_timestamp, owner = excluded.owner, reason = excluded.reason,"
            " processing_node_hostname = excluded.processing_node_hostname,"
            " processing_node_token = excluded.processing_node_token,"
            " explicitly_bounded = excluded.explicitly_bounded",
            {r.endpoint.host,
             port_of(r.endpoint),
             db_timestamp(r.begin),
             db_timestamp(r.end),
             r.owner,
             r.reason,
             r.node_host,
             r.node_token.text(),
             flag(r.node_token.empty())});
    }
    void operator()(const EndMaintenance& c) const {
        add("update database_instance_maintenance set maintenance_active = null, end_timestamp = ?"
            " where maintenance_active = 1 and hostname = ? and port = ?",
            {db_timestamp(c.at), c.endpoint.host, port_of(c.endpoint)});
    }
    void operator()(const PutCandidate& c) const {
        const Candidate& r = c.record;
        add("insert into candidate_database_instance (hostname, port, last_suggested, promotion_rule)"
            " values (?, ?, ?, ?) on conflict (hostname, port) do update set"
            " last_suggested = excluded.last_suggested, promotion_rule = excluded.promotion_rule",
            {r.endpoint.host, port_of(r.endpoint), db_timestamp(r.suggested), std::string(name(r.rule))});
    }
    void operator()(const DropCandidate& c) const {
        add("delete from candidate_database_instance where hostname = ? and port = ?",
            {c.endpoint.host, port_of(c.endpoint)});
    }
    void operator()(const PutDetection& c) const {
        const Detection& r = c.record;
        if (!r.ended) {
            add(end_other_detections,
                {r.endpoint.host, port_of(r.endpoint), flag(r.is_actionable), r.id, unix_seconds(r.start)});
        }
        add(put_detection,
            {r.id,
             r.endpoint.host,
             port_of(r.endpoint),
             flag(!r.ended),
             db_timestamp(r.start),
             r.ended ? unix_seconds(*r.ended) : std::int64_t{0},
             r.node_host,
             r.node_token.text(),
             r.code,
             r.cluster.text(),
             r.cluster_alias,
             static_cast<std::int64_t>(r.replicas.size()),
             list_of(r.replicas),
             flag(r.is_actionable)});
    }
    void operator()(const PutRecovery& c) const {
        const RecoveryRecord& r = c.record;
        if (!r.active_period_end) {
            add(end_other_recoveries, {r.failed.host, port_of(r.failed), r.uid.text(), unix_seconds(r.start)});
        }
        const Value nothing = std::monostate{};
        add(put_recovery,
            {r.id,
             r.uid.text(),
             r.failed.host,
             port_of(r.failed),
             flag(!r.active_period_end),
             r.active_period_end ? unix_seconds(*r.active_period_end) : std::int64_t{0},
             db_timestamp(r.start),
             timestamp_or_null(r.ended),
             r.node_host,
             r.node_token.text(),
             flag(r.is_successful),
             r.successor ? Value(r.successor->host) : nothing,
             r.successor ? Value(port_of(*r.successor)) : nothing,
             r.successor ? Value(r.successor_alias) : nothing,
             r.code,
             r.cluster.text(),
             r.cluster_alias,
             static_cast<std::int64_t>(r.replicas.size()),
             list_of(r.replicas),
             list_of(r.participants),
             list_of(r.lost),
             lines_of(r.errors),
             flag(r.acknowledged),
             timestamp_or_null(r.acknowledged_at),
             r.acknowledged_by,
             r.acknowledge_comment,
             r.last_detection_id});
    }
    void operator()(const AppendRecoveryStep& c) const {
        add("insert into topology_recovery_steps (recovery_uid, audit_at, message) values (?, ?, ?)",
            {c.record.uid.text(), db_timestamp(c.record.at), c.record.message});
    }
    void operator()(const PutRecoveryProgress& c) const {
        const RecoveryProgress& r = c.record;
        add("insert or replace into orchestrator_recovery_progress (recovery_uid, phase, plan, at_unix_ms)"
            " values (?, ?, ?, ?)",
            {r.uid.text(), std::string(name(r.phase)), r.plan, unix_millis(r.at)});
    }
    void operator()(const DropRecoveryProgress& c) const {
        add("delete from orchestrator_recovery_progress where recovery_uid = ?", {c.uid.text()});
    }
    void operator()(const PutLease& c) const {
        const ClusterLease& r = c.record;
        add("insert or replace into orchestrator_cluster_lease"
            " (cluster_name, term, purpose, holder_token, expires_unix_ms) values (?, ?, ?, ?, ?)",
            {r.cluster.text(), static_cast<std::int64_t>(r.term), r.purpose, r.holder.text(), unix_millis(r.expires)});
    }
    void operator()(const DropLease& c) const {
        add("update orchestrator_cluster_lease set holder_token = '', purpose = '' where cluster_name = ?",
            {c.cluster.text()});
    }
    void operator()(const PutPrimaryTerm& c) const {
        const PrimaryTerm& r = c.record;
        add("insert or replace into orchestrator_primary_term"
            " (hostname, port, term, primary_hostname, primary_port, executed, since_unix_ms)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            {r.member.host,
             port_of(r.member),
             static_cast<std::int64_t>(r.term),
             r.primary.host,
             port_of(r.primary),
             r.executed,
             unix_millis(r.since)});
    }
    void operator()(const SetRecoveriesDisabled& c) const {
        if (c.disabled) {
            add("insert or replace into global_recovery_disable (disable_recovery) values (1)", {});
        } else {
            add("delete from global_recovery_disable", {});
        }
    }
    void operator()(const PutClusterAlias& c) const {
        // Unique on both columns: whoever held either of them loses it.
        add("insert or replace into cluster_alias (cluster_name, alias, last_registered) values (?, ?, ?)",
            {c.cluster.text(), c.alias, db_timestamp(now)});
    }
    void operator()(const PutAliasOverride& c) const {
        add("insert or replace into cluster_alias_override (cluster_name, alias) values (?, ?)",
            {c.cluster.text(), c.alias});
    }
    void operator()(const DropAliasOverride& c) const {
        add("delete from cluster_alias_override where cluster_name = ?", {c.cluster.text()});
    }
    void operator()(const PutAttribute& c) const {
        add("insert or replace into host_attributes"
            " (hostname, attribute_name, attribute_value, submit_timestamp, expire_timestamp)"
            " values (?, ?, ?, ?, null)",
            {c.host, c.name, c.value, db_timestamp(c.at)});
    }
    void operator()(const PutKeyValue& c) const {
        add("insert or replace into kv_store (store_key, store_value, last_updated) values (?, ?, ?)",
            {c.key, c.value, db_timestamp(c.at)});
    }
    void operator()(const AppendAudit& c) const {
        const AuditEntry& r = c.record;
        const Endpoint endpoint = r.endpoint.value_or(Endpoint{});
        add("insert into audit (audit_timestamp, audit_type, hostname, port, cluster_name, message)"
            " values (?, ?, ?, ?, ?, ?)",
            {db_timestamp(r.at), r.type, endpoint.host, port_of(endpoint), r.cluster, r.message});
    }
};

void cut(WallTime& when) { when = std::chrono::floor<Seconds>(when); }
void cut(std::optional<WallTime>& when) {
    if (when) {
        cut(*when);
    }
}

// Our own tables keep milliseconds, so their records pass unchanged.
struct Cutter {
    template <typename Other>
    void operator()(Other&) const {}
    void operator()(PutDowntime& c) const {
        cut(c.record.begin);
        cut(c.record.end);
    }
    void operator()(PutMaintenance& c) const {
        cut(c.record.begin);
        cut(c.record.end);
    }
    void operator()(PutCandidate& c) const { cut(c.record.suggested); }
    void operator()(PutDetection& c) const {
        cut(c.record.start);
        cut(c.record.ended);
    }
    void operator()(PutRecovery& c) const {
        cut(c.record.start);
        cut(c.record.ended);
        cut(c.record.active_period_end);
        cut(c.record.acknowledged_at);
    }
    void operator()(AppendRecoveryStep& c) const { cut(c.record.at); }
    void operator()(AppendAudit& c) const { cut(c.record.at); }
};

}  // namespace

std::vector<Write> writes_of(const Change& change, WallTime now) {
    std::vector<Write> out;
    std::visit(Writer{out, now}, change);
    return out;
}

Change as_kept(Change change) {
    std::visit(Cutter{}, change);
    return change;
}

}  // namespace orc::store
