// Detections and recoveries as statements on the classic tables.
#include "store/rows_fill.h"

namespace orc::store {
namespace {

using namespace model;

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

// The tables that a statement changes are read through derived tables only: MySQL allows nothing else.
// Active rows end at 0; ended ones at a second of their own, because (instance, period, end) is unique and one instance
// may end two periods within one second.
constexpr std::string_view end_other_detections = R"sql(
    update topology_failure_detection set in_active_period = 0, end_active_period_unixtime =
        (select max(x.ending) from (select ?5 as ending union all
            select 1 + max(d.end_active_period_unixtime) from topology_failure_detection d
            where d.hostname = ?1 and d.port = ?2 and d.in_active_period = 0 and d.is_actionable = ?3) as x)
    where hostname = ?1 and port = ?2 and is_actionable = ?3 and in_active_period = 1 and detection_id <> ?4)sql";
constexpr std::string_view put_detection = R"sql(
    insert into topology_failure_detection (
        detection_id, hostname, port, in_active_period, start_active_period, end_active_period_unixtime,
        processing_node_hostname, processcing_node_token, analysis, cluster_name, cluster_alias,
        count_affected_slaves, slave_hosts, is_actionable)
    values (?1, ?2, ?3, ?4, ?5,
        coalesce((select x.ending from (select 1 + max(d.end_active_period_unixtime) as ending,
                max(case when d.end_active_period_unixtime = ?6 then 1 else 0 end) as is_taken
            from topology_failure_detection d where d.hostname = ?2 and d.port = ?3 and d.in_active_period = ?4
            and d.is_actionable = ?14 and d.detection_id <> ?1) as x where x.is_taken = 1), ?6),
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
    update topology_recovery set in_active_period = 0, end_active_period_unixtime =
        (select max(x.ending) from (select ?4 as ending union all
            select 1 + max(r.end_active_period_unixtime) from topology_recovery r
            where r.hostname = ?1 and r.port = ?2 and r.in_active_period = 0) as x)
    where hostname = ?1 and port = ?2 and in_active_period = 1 and uid <> ?3)sql";
constexpr std::string_view put_recovery = R"sql(
    insert into topology_recovery (
        recovery_id, uid, hostname, port, in_active_period, end_active_period_unixtime, start_active_period,
        end_recovery, processing_node_hostname, processcing_node_token, is_successful, successor_hostname,
        successor_port, successor_alias, analysis, cluster_name, cluster_alias, count_affected_slaves, slave_hosts,
        participating_instances, lost_slaves, all_errors, acknowledged, acknowledged_at, acknowledged_by,
        acknowledge_comment, last_detection_id)
    values (
        coalesce((select x.id from (select max(r.recovery_id) as id from topology_recovery r where r.uid = ?2) as x),
            nullif(?1, 0)),
        ?2, ?3, ?4, ?5,
        coalesce((select x.ending from (select 1 + max(r.end_active_period_unixtime) as ending,
                max(case when r.end_active_period_unixtime = ?6 then 1 else 0 end) as is_taken
            from topology_recovery r where r.hostname = ?3 and r.port = ?4 and r.in_active_period = ?5
            and r.uid <> ?2) as x where x.is_taken = 1), ?6),
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

void add(std::vector<Write>& out, std::string_view sql, Row values) { out.push_back(Write{sql, std::move(values)}); }

}  // namespace

void write_change(const PutBlockedRecovery& c, std::vector<Write>& out) {
    const BlockedRecovery& r = c.record;
    add(out,
        "insert or replace into blocked_topology_recovery"
        " (hostname, port, cluster_name, analysis, last_blocked_timestamp, blocking_recovery_id)"
        " values (?, ?, ?, ?, ?, ?)",
        {r.endpoint.host,
         port_of(r.endpoint),
         r.cluster.text(),
         r.code,
         db_timestamp(r.at),
         r.blocking_recovery ? Value(*r.blocking_recovery) : Value(std::monostate{})});
}

void write_change(const DropBlockedRecovery& c, std::vector<Write>& out) {
    add(out,
        "delete from blocked_topology_recovery where hostname = ? and port = ?",
        {c.endpoint.host, port_of(c.endpoint)});
}

void write_change(const PutDetection& c, std::vector<Write>& out) {
    const Detection& r = c.record;
    if (!r.ended) {
        add(out,
            end_other_detections,
            {r.endpoint.host, port_of(r.endpoint), flag(r.is_actionable), r.id, unix_seconds(r.start)});
    }
    add(out,
        put_detection,
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
void write_change(const PutRecovery& c, std::vector<Write>& out) {
    const RecoveryRecord& r = c.record;
    if (!r.active_period_end) {
        add(out, end_other_recoveries, {r.failed.host, port_of(r.failed), r.uid.text(), unix_seconds(r.start)});
    }
    const Value nothing = std::monostate{};
    add(out,
        put_recovery,
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
void write_change(const AppendRecoveryStep& c, std::vector<Write>& out) {
    add(out,
        "insert into topology_recovery_steps (recovery_uid, audit_at, message) values (?, ?, ?)",
        {c.record.uid.text(), db_timestamp(c.record.at), c.record.message});
}

}  // namespace orc::store
