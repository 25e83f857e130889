// Changes of intended state as statements on the classic tables.
#include <algorithm>

#include "store/rows.h"
#include "store/rows_fill.h"

namespace orc::store {
namespace {

using namespace model;

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
        add("delete from database_instance_maintenance where maintenance_active = 1 and hostname = ? and port = ?",
            {r.endpoint.host, port_of(r.endpoint)});
        add("insert into database_instance_maintenance"
            " (database_instance_maintenance_id, hostname, port, maintenance_active, begin_timestamp, end_timestamp,"
            " owner, reason, processing_node_hostname, processing_node_token, explicitly_bounded)"
            " values (nullif(?, 0), ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)",
            {r.id,
             r.endpoint.host,
             port_of(r.endpoint),
             db_timestamp(r.begin),
             db_timestamp(r.end),
             r.owner,
             r.reason,
             r.node_host,
             r.node_token.text(),
             flag(r.explicitly_bounded)});
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
    void operator()(const PutTag& c) const {
        const Tag& r = c.record;
        add("insert or replace into database_instance_tags (hostname, port, tag_name, tag_value, last_updated)"
            " values (?, ?, ?, ?, ?)",
            {r.endpoint.host, port_of(r.endpoint), r.name, r.value, db_timestamp(r.updated)});
    }
    void operator()(const DropTag& c) const {
        add("delete from database_instance_tags where hostname = ? and port = ? and tag_name = ?",
            {c.endpoint.host, port_of(c.endpoint), c.name});
    }
    void operator()(const PutPool& c) const {
        add("delete from database_instance_pool where pool = ?", {c.record.name});
        for (const auto& member : c.record.members) {
            add("insert into database_instance_pool (hostname, port, pool, registered_at) values (?, ?, ?, ?)",
                {member.host, port_of(member), c.record.name, db_timestamp(c.record.registered)});
        }
    }
    void operator()(const PutUnresolve& c) const {
        const Unresolve& r = c.record;
        add("insert or replace into hostname_unresolve (hostname, unresolved_hostname, last_registered)"
            " values (?, ?, ?)",
            {r.host, r.unresolved, db_timestamp(r.registered)});
        add("insert or replace into hostname_unresolve_history (unresolved_hostname, hostname, last_registered)"
            " values (?, ?, ?)",
            {r.unresolved, r.host, db_timestamp(r.registered)});
    }
    void operator()(const DropUnresolve& c) const {
        add("delete from hostname_unresolve where hostname = ?", {c.host});
    }
    void operator()(const PutAccessToken& c) const {
        const AccessToken& r = c.record;
        add("insert into access_token (public_token, secret_token, generated_at, generated_by, is_acquired,"
            " is_reentrant, acquired_at) values (?, ?, ?, ?, ?, ?, ?) on conflict (public_token) do update set"
            " secret_token = excluded.secret_token, generated_at = excluded.generated_at,"
            " generated_by = excluded.generated_by, is_acquired = excluded.is_acquired,"
            " is_reentrant = excluded.is_reentrant, acquired_at = excluded.acquired_at",
            {r.public_token,
             r.secret_token,
             db_timestamp(r.generated),
             r.generated_by,
             flag(r.is_acquired),
             flag(r.is_reentrant),
             r.acquired ? db_timestamp(*r.acquired) : std::string(never)});
    }
    void operator()(const DropAccessToken& c) const {
        add("delete from access_token where public_token = ?", {c.public_token});
    }
    void operator()(const AppendSnapshot& c) const {
        for (const auto& place : c.record.places) {
            const Endpoint source = place.source.value_or(Endpoint{});
            add("insert or ignore into database_instance_topology_history (snapshot_unix_timestamp, hostname, port,"
                " master_host, master_port, cluster_name, version) values (?, ?, ?, ?, ?, ?, ?)",
                {unix_seconds(c.record.at),
                 place.endpoint.host,
                 port_of(place.endpoint),
                 source.host,
                 port_of(source),
                 place.cluster.text(),
                 place.version});
        }
    }
    void operator()(const PutDetection& c) const { write_change(c, out); }
    void operator()(const PutRecovery& c) const { write_change(c, out); }
    void operator()(const PutBlockedRecovery& c) const { write_change(c, out); }
    void operator()(const DropBlockedRecovery& c) const { write_change(c, out); }
    void operator()(const AppendRecoveryStep& c) const { write_change(c, out); }
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
    void operator()(const DropClusterAlias& c) const {
        add("delete from cluster_alias where cluster_name = ?", {c.cluster.text()});
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
    void operator()(PutTag& c) const { cut(c.record.updated); }
    void operator()(PutPool& c) const { cut(c.record.registered); }
    void operator()(PutUnresolve& c) const { cut(c.record.registered); }
    void operator()(PutAccessToken& c) const {
        cut(c.record.generated);
        cut(c.record.acquired);
    }
    void operator()(PutBlockedRecovery& c) const { cut(c.record.at); }
    void operator()(AppendSnapshot& c) const { cut(c.record.at); }
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
