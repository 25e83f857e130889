// Rows of the tables as values of the model.
#include <charconv>

#include "base/text.h"
#include "store/rows.h"

namespace orc::store {
namespace {

using namespace model;

// Reads the columns of a row one after another. Tolerant where the original was: NULL and "" are "nothing", and a time
// that cannot be read is the epoch, because a damaged remark must not keep a service from starting.
class Columns {
public:
    explicit Columns(const Row& row) : row_(row) {}

    std::string text() {
        const Value& value = next();
        if (const auto* text = std::get_if<std::string>(&value)) {
            return *text;
        }
        const auto* number = std::get_if<std::int64_t>(&value);
        return number == nullptr ? std::string() : std::to_string(*number);
    }
    std::int64_t number() {
        const Value& value = next();
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            return *number;
        }
        std::int64_t out = 0;
        if (const auto* text = std::get_if<std::string>(&value)) {
            std::from_chars(text->data(), text->data() + text->size(), out);
        }
        return out;
    }
    bool flag() { return number() != 0; }
    Endpoint endpoint() {
        Endpoint out;
        out.host = text();
        out.port = static_cast<std::uint16_t>(number());
        return out;
    }
    std::optional<Endpoint> endpoint_if_valid() {
        Endpoint out = endpoint();
        return out.is_valid() ? std::optional(std::move(out)) : std::nullopt;
    }
    std::optional<WallTime> time_if_any() {
        const auto when = parse_db_timestamp(text());
        return when ? std::optional(*when) : std::nullopt;
    }
    WallTime time() { return time_if_any().value_or(WallTime{}); }
    WallTime unix_millis() { return WallTime(Millis(number())); }
    std::vector<Endpoint> endpoints() {
        const std::string all = text();
        std::vector<Endpoint> out;
        for (const auto& piece : split(all, ',')) {
            // The last colon, because IPv6 hosts stand here without brackets.
            const auto colon = piece.rfind(':');
            if (colon == std::string_view::npos) {
                continue;
            }
            Endpoint endpoint;
            endpoint.host = std::string(trim(piece.substr(0, colon)));
            const std::string_view port = trim(piece.substr(colon + 1));
            std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
            out.push_back(std::move(endpoint));
        }
        return out;
    }
    std::vector<std::string> lines() {
        const std::string all = text();
        std::vector<std::string> out;
        if (!all.empty()) {
            for (const auto& line : split(all, '\n')) {
                out.emplace_back(line);
            }
        }
        return out;
    }

private:
    const Value& next() { return row_.at(at_++); }
    const Row& row_;
    std::size_t at_ = 0;
};

// Runs a query whose rows each become one value of `out`.
template <typename T>
Result<std::vector<T>> read_all(const Reader& reader, std::string_view sql, const Row& values, T (*make)(Columns)) {
    std::vector<T> out;
    TRY(reader(sql, values, [&](const Row& row) { out.push_back(make(Columns(row))); }));
    return out;
}

constexpr std::string_view select_active_recoveries =
    "select recovery_id, uid, hostname, port, analysis, cluster_name, cluster_alias, slave_hosts, start_active_period,"
    " end_recovery, in_active_period, end_active_period_unixtime, is_successful, successor_hostname, successor_port,"
    " successor_alias, lost_slaves, participating_instances, all_errors, acknowledged, acknowledged_at,"
    " acknowledged_by, acknowledge_comment, last_detection_id, processing_node_hostname, processcing_node_token"
    " from topology_recovery where in_active_period = 1 or end_recovery is null";
// The selectors are alternatives: NULL means "not asked for".
constexpr std::string_view select_recoveries =
    "select recovery_id, uid, hostname, port, analysis, cluster_name, cluster_alias, slave_hosts, start_active_period,"
    " end_recovery, in_active_period, end_active_period_unixtime, is_successful, successor_hostname, successor_port,"
    " successor_alias, lost_slaves, participating_instances, all_errors, acknowledged, acknowledged_at,"
    " acknowledged_by, acknowledge_comment, last_detection_id, processing_node_hostname, processcing_node_token"
    " from topology_recovery where (?1 is null or recovery_id = ?1) and (?2 is null or uid = ?2)"
    " and (?3 is null or cluster_name = ?3) and (?4 is null or cluster_alias = ?4)"
    " and (?5 = 0 or acknowledged = 0) order by recovery_id desc limit ?6 offset ?7";

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

constexpr std::string_view select_active_detections =
    "select detection_id, hostname, port, analysis, cluster_name, cluster_alias, is_actionable, slave_hosts,"
    " start_active_period, in_active_period, end_active_period_unixtime, processing_node_hostname,"
    " processcing_node_token from topology_failure_detection where in_active_period = 1";
constexpr std::string_view select_detections =
    "select detection_id, hostname, port, analysis, cluster_name, cluster_alias, is_actionable, slave_hosts,"
    " start_active_period, in_active_period, end_active_period_unixtime, processing_node_hostname,"
    " processcing_node_token from topology_failure_detection order by detection_id desc limit ? offset ?";

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

// A downtime without an end (possible in classic rows) never ends by itself.
constexpr auto far_future = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

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
        [&](const Row& row) {
            auto record = downtime_of(Columns(row));
            out.downtimes[record.endpoint] = std::move(record);
        }
    ));
    TRY(reader(
        "select hostname, port, begin_timestamp, end_timestamp, owner, reason, processing_node_hostname,"
        " processing_node_token from database_instance_maintenance where maintenance_active = 1",
        {},
        [&](const Row& row) {
            auto record = maintenance_of(Columns(row));
            out.maintenance[record.endpoint] = std::move(record);
        }
    ));
    return reader(
        "select hostname, port, promotion_rule, last_suggested from candidate_database_instance",
        {},
        [&](const Row& row) {
            auto record = candidate_of(Columns(row));
            out.candidates[record.endpoint] = std::move(record);
        }
    );
}

Result<void> read_incidents(const Reader& reader, Intent& out) {
    TRY(reader(select_active_detections, {}, [&](const Row& row) {
        auto record = detection_of(Columns(row));
        out.detections[record.id] = std::move(record);
    }));
    TRY(reader(select_active_recoveries, {}, [&](const Row& row) {
        auto record = recovery_of(Columns(row));
        out.recoveries[record.uid] = std::move(record);
    }));
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
        [&](const Row& row) {
            auto record = lease_of(Columns(row));
            out.leases[record.cluster] = std::move(record);
        }
    ));
    return reader(
        "select hostname, port, term, primary_hostname, primary_port, executed, since_unix_ms"
        " from orchestrator_primary_term",
        {},
        [&](const Row& row) {
            auto record = primary_term_of(Columns(row));
            out.primary_terms[record.member] = std::move(record);
        }
    );
}

KnownServer known_server_of(Columns from) {
    KnownServer out;
    out.endpoint = from.endpoint();
    out.source = from.endpoint_if_valid();
    out.cluster = ClusterName(from.text());
    return out;
}

RecoveryStep step_of(Columns from) {
    RecoveryStep out;
    out.uid = RecoveryUid(from.text());
    out.at = from.time();
    out.message = from.text();
    return out;
}

AuditEntry audit_of(Columns from) {
    AuditEntry out;
    out.at = from.time();
    out.type = from.text();
    out.endpoint = from.endpoint_if_valid();
    out.cluster = from.text();
    out.message = from.text();
    return out;
}

std::int64_t limit_of(const Page& page) { return static_cast<std::int64_t>(page.size); }
std::int64_t offset_of(const Page& page) { return static_cast<std::int64_t>(page.size * page.number); }

}  // namespace

Result<Intent> read_intent(const Reader& reader) {
    Intent out;
    TRY(read_locks(reader, out));
    TRY(read_incidents(reader, out));
    TRY(read_names(reader, out));
    TRY(read_own(reader, out));
    return out;
}

Result<std::vector<KnownServer>> read_known_servers(const Reader& reader) {
    return read_all<KnownServer>(
        reader,
        "select hostname, port, master_host, master_port, cluster_name from database_instance order by hostname, port",
        {},
        known_server_of
    );
}

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
    values.emplace_back(offset_of(query.page));
    return read_all<RecoveryRecord>(reader, select_recoveries, values, recovery_of);
}

Result<std::vector<RecoveryStep>> read_steps(const Reader& reader, const RecoveryUid& uid) {
    return read_all<RecoveryStep>(
        reader,
        "select recovery_uid, audit_at, message from topology_recovery_steps where recovery_uid = ?"
        " order by recovery_step_id",
        {uid.text()},
        step_of
    );
}

Result<std::vector<Detection>> read_detections(const Reader& reader, Page page) {
    return read_all<Detection>(reader, select_detections, {limit_of(page), offset_of(page)}, detection_of);
}

Result<std::vector<AuditEntry>> read_audit(const Reader& reader, const std::optional<Endpoint>& endpoint, Page page) {
    Row values(2);
    if (endpoint) {
        values[0] = endpoint->host;
        values[1] = static_cast<std::int64_t>(endpoint->port);
    }
    values.emplace_back(limit_of(page));
    values.emplace_back(offset_of(page));
    return read_all<AuditEntry>(
        reader,
        "select audit_timestamp, audit_type, hostname, port, cluster_name, message from audit"
        " where ?1 is null or (hostname = ?1 and port = ?2) order by audit_id desc limit ?3 offset ?4",
        values,
        audit_of
    );
}

}  // namespace orc::store
