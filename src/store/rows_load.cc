// Rows of the tables as values of the model.
#include <algorithm>

#include "store/rows_columns.h"
#include "store/rows_fill.h"

namespace orc::store {
namespace {

using namespace model;

// One that blocks nobody and has neither an end nor progress was left so by another version: history.
constexpr std::string_view select_active_recoveries =
    "select recovery_id, uid, hostname, port, analysis, cluster_name, cluster_alias, slave_hosts, start_active_period,"
    " end_recovery, in_active_period, end_active_period_unixtime, is_successful, successor_hostname, successor_port,"
    " successor_alias, lost_slaves, participating_instances, all_errors, acknowledged, acknowledged_at,"
    " acknowledged_by, acknowledge_comment, last_detection_id, processing_node_hostname, processcing_node_token"
    " from topology_recovery where in_active_period = 1 or (end_recovery is null and exists"
    " (select 1 from orchestrator_recovery_progress p where p.recovery_uid = topology_recovery.uid))";
constexpr std::string_view select_active_detections =
    "select detection_id, hostname, port, analysis, cluster_name, cluster_alias, is_actionable, slave_hosts,"
    " start_active_period, in_active_period, end_active_period_unixtime, processing_node_hostname,"
    " processcing_node_token from topology_failure_detection where in_active_period = 1";
// A downtime without an end (possible in classic rows) never ends by itself.
constexpr auto far_future = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

// What to do with a row: keep it as a record under the record's own key.
template <typename Map, typename Record, typename Key>
auto keep_in(Map& map, Record (*record_of)(Columns), Key Record::* key) {
    return [&map, record_of, key](const Row& row) {
        Record record = record_of(Columns(row));
        map.insert_or_assign(record.*key, std::move(record));
    };
}

Downtime downtime_of(Columns from) {
    Downtime out;
    out.endpoint = from.endpoint();
    out.begin = from.time();
    out.end = from.time_if_any().value_or(far_future);
    out.owner = from.text();
    out.reason = from.text();
    return out;
}

Maintenance maintenance_of(Columns from) {
    Maintenance out;
    out.endpoint = from.endpoint();
    out.begin = from.time();
    out.end = from.time_if_any().value_or(far_future);
    out.owner = from.text();
    out.reason = from.text();
    out.node_host = from.text();
    out.node_token = NodeToken(from.text());
    out.id = from.number();
    out.explicitly_bounded = from.flag();
    return out;
}

Candidate candidate_of(Columns from) {
    Candidate out;
    out.endpoint = from.endpoint();
    out.rule = parse_promotion_rule(from.text()).value_or(PromotionRule::neutral);
    out.suggested = from.time();
    return out;
}

Result<void> read_locks(const Reader& reader, Intent& out) {
    TRY(reader(
        "select hostname, port, begin_timestamp, end_timestamp, owner, reason from database_instance_downtime"
        " where downtime_active = 1",
        {},
        keep_in(out.downtimes, downtime_of, &Downtime::endpoint)
    ));
    TRY(reader(
        "select hostname, port, begin_timestamp, end_timestamp, owner, reason, processing_node_hostname,"
        " processing_node_token, database_instance_maintenance_id, explicitly_bounded"
        " from database_instance_maintenance where maintenance_active = 1",
        {},
        keep_in(out.maintenance, maintenance_of, &Maintenance::endpoint)
    ));
    return reader(
        "select hostname, port, promotion_rule, last_suggested from candidate_database_instance",
        {},
        keep_in(out.candidates, candidate_of, &Candidate::endpoint)
    );
}

Tag tag_of(Columns from) {
    Tag out;
    out.endpoint = from.endpoint();
    out.name = from.text();
    out.value = from.text();
    out.updated = from.time();
    return out;
}

AccessToken access_token_of(Columns from) {
    AccessToken out;
    out.public_token = from.text();
    out.secret_token = from.text();
    out.generated = from.time();
    out.generated_by = from.text();
    out.is_acquired = from.flag();
    out.is_reentrant = from.flag();
    if (const std::string acquired = from.text(); acquired != never) {
        const auto when = parse_db_timestamp(acquired);
        out.acquired = when ? std::optional(*when) : std::nullopt;
    }
    return out;
}

Unresolve unresolve_of(Columns from) {
    Unresolve out;
    out.host = from.text();
    out.unresolved = from.text();
    out.registered = from.time();
    return out;
}

Result<void> read_labels(const Reader& reader, Intent& out) {
    TRY(reader(
        "select hostname, port, tag_name, tag_value, last_updated from database_instance_tags",
        {},
        [&](const Row& row) {
            auto record = tag_of(Columns(row));
            out.tags[record.endpoint][record.name] = std::move(record);
        }
    ));
    TRY(reader("select pool, hostname, port, registered_at from database_instance_pool", {}, [&](const Row& row) {
        Columns from(row);
        const std::string name = from.text();
        Pool& pool = out.pools[name];
        pool.name = name;
        pool.members.insert(from.endpoint());
        pool.registered = std::max(pool.registered, from.time());
    }));
    TRY(reader(
        "select hostname, unresolved_hostname, last_registered from hostname_unresolve",
        {},
        keep_in(out.unresolves, unresolve_of, &Unresolve::host)
    ));
    return reader(
        "select public_token, secret_token, generated_at, generated_by, is_acquired, is_reentrant, acquired_at"
        " from access_token",
        {},
        keep_in(out.access_tokens, access_token_of, &AccessToken::public_token)
    );
}

BlockedRecovery blocked_of(Columns from) {
    BlockedRecovery out;
    out.endpoint = from.endpoint();
    out.code = from.text();
    out.cluster = ClusterName(from.text());
    out.at = from.time();
    const std::int64_t blocking = from.number();
    if (blocking != 0) {
        out.blocking_recovery = blocking;
    }
    return out;
}

Result<void> read_incidents(const Reader& reader, Intent& out) {
    TRY(reader(select_active_detections, {}, keep_in(out.detections, detection_of, &Detection::id)));
    TRY(reader(select_active_recoveries, {}, keep_in(out.recoveries, recovery_of, &RecoveryRecord::uid)));
    TRY(reader(
        "select hostname, port, analysis, cluster_name, last_blocked_timestamp, blocking_recovery_id"
        " from blocked_topology_recovery",
        {},
        keep_in(out.blocked, blocked_of, &BlockedRecovery::endpoint)
    ));
    TRY(reader(
        "select max(database_instance_maintenance_id) from database_instance_maintenance",
        {},
        [&](const Row& row) { out.last_maintenance_id = Columns(row).number(); }
    ));
    TRY(reader("select max(detection_id) from topology_failure_detection", {}, [&](const Row& row) {
        out.last_detection_id = Columns(row).number();
    }));
    return reader("select max(recovery_id) from topology_recovery", {}, [&](const Row& row) {
        out.last_recovery_id = Columns(row).number();
    });
}

Result<void> read_names(const Reader& reader, Intent& out) {
    TRY(reader("select cluster_name, alias from cluster_alias", {}, [&](const Row& row) {
        Columns from(row);
        const ClusterName cluster(from.text());
        out.aliases[cluster] = from.text();
    }));
    TRY(reader("select cluster_name, alias from cluster_alias_override", {}, [&](const Row& row) {
        Columns from(row);
        const ClusterName cluster(from.text());
        out.alias_overrides[cluster] = from.text();
    }));
    TRY(reader("select hostname, attribute_name, attribute_value from host_attributes", {}, [&](const Row& row) {
        Columns from(row);
        std::string host = from.text();
        std::string attribute = from.text();
        out.attributes[{std::move(host), std::move(attribute)}] = from.text();
    }));
    TRY(reader("select store_key, store_value from kv_store", {}, [&](const Row& row) {
        Columns from(row);
        std::string key = from.text();
        out.key_values[std::move(key)] = from.text();
    }));
    return reader("select 1 from global_recovery_disable where disable_recovery = 1", {}, [&](const Row&) {
        out.recoveries_disabled = true;
    });
}

PrimaryTerm primary_term_of(Columns from) {
    PrimaryTerm out;
    out.member = from.endpoint();
    out.term = static_cast<std::uint64_t>(from.number());
    out.primary = from.endpoint();
    out.executed = from.text();
    out.since = from.unix_millis();
    return out;
}

ClusterLease lease_of(Columns from) {
    ClusterLease out;
    out.cluster = ClusterName(from.text());
    out.term = static_cast<std::uint64_t>(from.number());
    out.purpose = from.text();
    out.holder = NodeToken(from.text());
    out.expires = from.unix_millis();
    return out;
}

// Unlike a remark, a phase that we do not know must stop us: a newer version may have left a recovery half done.
Result<void> read_progress(const Reader& reader, Intent& out) {
    std::optional<Error> unknown;
    TRY(reader(
        "select recovery_uid, phase, plan, at_unix_ms from orchestrator_recovery_progress",
        {},
        [&](const Row& row) {
            Columns from(row);
            RecoveryProgress record;
            record.uid = RecoveryUid(from.text());
            const auto phase = parse_recovery_phase(from.text());
            record.plan = from.text();
            record.at = from.unix_millis();
            if (phase) {
                record.phase = *phase;
                out.progress[record.uid] = std::move(record);
            } else {
                unknown = with_context("orchestrator_recovery_progress " + record.uid.text(), phase.error());
            }
        }
    ));
    if (unknown) {
        return fail(ErrorCode::corrupt, unknown->message);
    }
    return {};
}

Result<void> read_own(const Reader& reader, Intent& out) {
    TRY(read_progress(reader, out));
    TRY(reader(
        "select cluster_name, term, purpose, holder_token, expires_unix_ms from orchestrator_cluster_lease",
        {},
        keep_in(out.leases, lease_of, &ClusterLease::cluster)
    ));
    return reader(
        "select hostname, port, term, primary_hostname, primary_port, executed, since_unix_ms"
        " from orchestrator_primary_term",
        {},
        keep_in(out.primary_terms, primary_term_of, &PrimaryTerm::member)
    );
}

}  // namespace

Result<Intent> read_intent(const Reader& reader) {
    Intent out;
    TRY(read_locks(reader, out));
    TRY(read_labels(reader, out));
    TRY(read_incidents(reader, out));
    TRY(read_names(reader, out));
    TRY(read_own(reader, out));
    return out;
}

}  // namespace orc::store
