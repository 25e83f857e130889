#include "config/keys_rules.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <charconv>

#include "base/text.h"
#include "config/filters.h"
#include "config/keys.h"

namespace orc::config {
namespace {

std::string quoted(const std::string& value) { return boost::json::serialize(boost::json::string(value)); }

std::string derived_from(std::string_view key) { return "derived from " + std::string(key); }

std::string_view without(std::string_view text, char leading_or_trailing) {
    while (text.starts_with(leading_or_trailing)) {
        text.remove_prefix(1);
    }
    while (text.ends_with(leading_or_trailing)) {
        text.remove_suffix(1);
    }
    return text;
}

void former_names(Draft& draft) {
    for (const auto& key : keys()) {
        if (key.status == Status::synonym && draft.is_given(key.name)) {
            draft.note(
                Note::Level::info, draft.source_of(key.name), key.name, "a former key: " + std::string(key.meaning)
            );
        }
    }
}

void lag_query(Draft& draft) {
    auto& s = draft.settings();
    if (!s.slave_lag_query.empty() && !s.replication_lag_query.empty() &&
        s.slave_lag_query != s.replication_lag_query) {
        draft.reject(
            "SlaveLagQuery",
            quoted(s.slave_lag_query) + " differs from ReplicationLagQuery " + quoted(s.replication_lag_query) +
                "; allowed: only one of them, or both the same"
        );
        return;
    }
    if (s.replication_lag_query.empty() && !s.slave_lag_query.empty()) {
        s.replication_lag_query = s.slave_lag_query;
        draft.came_from("ReplicationLagQuery", derived_from("SlaveLagQuery"));
    }
    s.slave_lag_query.clear();
}

/// The former key true turns the present one on.
void forced_by(
    Draft& draft, std::string_view key, bool Settings::* member, std::string_view former, bool former_value
) {
    auto& value = draft.settings().*member;
    if (!former_value || value) {
        return;
    }
    if (draft.is_given(key)) {
        draft.warn_about(
            key,
            "false has no effect while " + std::string(former) + " is true (" + draft.source_of(former) +
                "); set both to false to turn it off"
        );
    }
    value = true;
    draft.came_from(key, derived_from(former));
}

void recovery_period(Draft& draft) {
    auto& s = draft.settings();
    if (s.recovery_period_block_seconds == 0 && s.recovery_period_block_minutes > 0) {
        s.recovery_period_block_seconds = s.recovery_period_block_minutes * 60;
        draft.came_from("RecoveryPeriodBlockSeconds", derived_from("RecoveryPeriodBlockMinutes"));
    }
    if (s.recovery_period_block_seconds < 0) {
        // Zero alone would bring the minutes in, an hour unless told otherwise: the contrary of what is meant.
        draft.warn_about(
            "RecoveryPeriodBlockSeconds",
            std::to_string(s.recovery_period_block_seconds) +
                " is taken as 0, and RecoveryPeriodBlockMinutes as well: no recovery blocks another"
        );
        s.recovery_period_block_seconds = 0;
        s.recovery_period_block_minutes = 0;
        draft.came_from("RecoveryPeriodBlockMinutes", derived_from("RecoveryPeriodBlockSeconds"));
    }
}

void recovery_synonyms(Draft& draft) {
    auto& s = draft.settings();
    forced_by(
        draft,
        "DetachLostReplicasAfterMasterFailover",
        &Settings::detach_lost_replicas_after_master_failover,
        "DetachLostSlavesAfterMasterFailover",
        s.detach_lost_slaves_after_master_failover
    );
    forced_by(
        draft,
        "MasterFailoverDetachReplicaMasterHost",
        &Settings::master_failover_detach_replica_master_host,
        "MasterFailoverDetachSlaveMasterHost",
        s.master_failover_detach_slave_master_host
    );
    const auto former = s.postpone_slave_recovery_on_lag_minutes;
    auto& present = s.postpone_replica_recovery_on_lag_minutes;
    if (former != 0 && present != 0 && former != present) {
        draft.reject(
            "PostponeSlaveRecoveryOnLagMinutes",
            std::to_string(former) + " differs from PostponeReplicaRecoveryOnLagMinutes " + std::to_string(present) +
                "; allowed: only one of them, or both the same"
        );
    } else if (former != 0 && present == 0) {
        present = former;
        draft.came_from("PostponeReplicaRecoveryOnLagMinutes", derived_from("PostponeSlaveRecoveryOnLagMinutes"));
    }
}

void promotion(Draft& draft) {
    const auto& s = draft.settings();
    if (s.fail_master_promotion_if_sql_thread_not_up_to_date && s.delay_master_promotion_if_sql_thread_not_up_to_date) {
        draft.reject(
            "FailMasterPromotionIfSQLThreadNotUpToDate",
            "true is not allowed together with DelayMasterPromotionIfSQLThreadNotUpToDate; allowed: one of them true"
        );
    }
    if (s.fail_master_promotion_on_lag_minutes > 0 && s.replication_lag_query.empty()) {
        draft.reject(
            "FailMasterPromotionOnLagMinutes",
            std::to_string(s.fail_master_promotion_on_lag_minutes) +
                " needs ReplicationLagQuery, which is empty; allowed: 0, or any number with ReplicationLagQuery set"
        );
    }
}

void backend(Draft& draft) {
    const auto& s = draft.settings();
    if (backend_kind(s) == BackendKind::sqlite && s.sqlite3_data_file.empty()) {
        draft.reject(
            "SQLite3DataFile",
            "\"\" is not allowed with BackendDB " + quoted(s.backend_db) + "; allowed: the path of a file"
        );
    }
}

void group(Draft& draft) {
    auto& s = draft.settings();
    if (s.raft_enabled && s.raft_data_dir.empty()) {
        draft.reject("RaftDataDir", "\"\" is not allowed with RaftEnabled; allowed: the path of a directory");
    }
    if (s.raft_enabled && s.raft_bind.empty()) {
        draft.reject(
            "RaftBind", "\"\" is not allowed with RaftEnabled; allowed: a host or address, with or without :port"
        );
    }
    if (s.raft_advertise.empty() && !s.raft_bind.empty()) {
        s.raft_advertise = s.raft_bind;
        draft.came_from("RaftAdvertise", derived_from("RaftBind"));
    }
}

void web(Draft& draft) {
    auto& s = draft.settings();
    if (!s.url_prefix.empty()) {
        // "/" alone is the root, which is what no prefix means as well.
        const std::string inner(without(s.url_prefix, '/'));
        s.url_prefix = inner.empty() ? "" : "/" + inner;
    }
    if (!s.http_advertise.empty() && !is_advertisable(s.http_advertise)) {
        draft.reject(
            "HTTPAdvertise",
            quoted(s.http_advertise) +
                " is not allowed; allowed: scheme://host:port with nothing after the port, or empty"
        );
    }
    if (s.http_auth_user.empty() && (s.authentication_method == "basic" || s.authentication_method == "multi")) {
        draft.warn_about(
            "AuthenticationMethod",
            quoted(s.authentication_method) + " needs HTTPAuthUser, which is empty: nobody can be authenticated"
        );
    }
}

void publishing(Draft& draft) {
    auto& s = draft.settings();
    if (s.kv_cluster_master_prefix != "/") {
        while (s.kv_cluster_master_prefix.ends_with('/')) {
            s.kv_cluster_master_prefix.pop_back();
        }
        s.kv_cluster_master_prefix += '/';
    }
    if (s.consul_scheme.empty()) {
        s.consul_scheme = "http";
    }
    const auto written = s.consul_max_kvs_per_transaction;
    s.consul_max_kvs_per_transaction = std::clamp<std::int64_t>(written, 5, 64);
    if (s.consul_max_kvs_per_transaction != written) {
        draft.warn_about(
            "ConsulMaxKVsPerTransaction",
            std::to_string(written) + " is taken as " + std::to_string(s.consul_max_kvs_per_transaction) +
                "; allowed: from 5 to 64"
        );
    }
}

void pseudo_gtid(Draft& draft) {
    auto& s = draft.settings();
    if (!s.auto_pseudo_gtid) {
        return;
    }
    s.pseudo_gtid_pattern = "drop view if exists `_pseudo_gtid_`";
    s.pseudo_gtid_pattern_is_fixed_substring = true;
    s.pseudo_gtid_monotonic_hint = "asc:";
    s.detect_pseudo_gtid_query = "select 1";
    for (const auto* key :
         {"PseudoGTIDPattern", "PseudoGTIDPatternIsFixedSubstring", "PseudoGTIDMonotonicHint", "DetectPseudoGTIDQuery"
         }) {
        draft.came_from(key, derived_from("AutoPseudoGTID"));
    }
}

void discovery(Draft& draft) {
    auto& s = draft.settings();
    if (s.instance_write_buffer_size <= 0 && s.buffer_instance_writes) {
        s.buffer_instance_writes = false;
        draft.came_from("BufferInstanceWrites", derived_from("InstanceWriteBufferSize"));
    }
    if (s.reasonable_locked_semi_sync_master_seconds == 0) {
        s.reasonable_locked_semi_sync_master_seconds = s.reasonable_replication_lag_seconds;
        draft.came_from("ReasonableLockedSemiSyncMasterSeconds", derived_from("ReasonableReplicationLagSeconds"));
    }
    if (s.dead_instance_poll_seconds_max >= s.instance_poll_seconds) {
        return;
    }
    if (!draft.is_given("DeadInstancePollSecondsMax")) {
        // A slow poll from a file that does not know this key is no mistake.
        s.dead_instance_poll_seconds_max = s.instance_poll_seconds;
        draft.came_from("DeadInstancePollSecondsMax", derived_from("InstancePollSeconds"));
        return;
    }
    draft.reject(
        "DeadInstancePollSecondsMax",
        std::to_string(s.dead_instance_poll_seconds_max) +
            " is not allowed; allowed: seconds, at least InstancePollSeconds (" +
            std::to_string(s.instance_poll_seconds) + ")"
    );
}

}  // namespace

bool is_advertisable(std::string_view url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == url.npos || scheme_end == 0) {
        return false;
    }
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto scheme = url.substr(0, scheme_end);
    if (!is_letter(scheme.front()) || !std::ranges::all_of(scheme, [&](char c) {
            return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        })) {
        return false;
    }
    const auto rest = url.substr(scheme_end + 3);
    if (rest.find_first_of("/?#@ \t\r\n") != rest.npos) {
        return false;
    }
    const auto colon = rest.rfind(':');
    if (colon == rest.npos || colon == 0) {
        return false;
    }
    const auto host = rest.substr(0, colon);
    const bool is_bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
    if (!is_bracketed && host.find_first_of(":[]") != host.npos) {
        return false;
    }
    const auto port = rest.substr(colon + 1);
    int value = 0;
    const auto [end, trouble] = std::from_chars(port.data(), port.data() + port.size(), value);
    return trouble == std::errc{} && end == port.data() + port.size() && value > 0 && value <= 65535;
}

void apply_rules(Draft& draft) {
    warn_about_pending(draft);  // before other keys are derived from those a file gives
    former_names(draft);
    lag_query(draft);
    recovery_period(draft);
    recovery_synonyms(draft);
    promotion(draft);
    backend(draft);
    group(draft);
    web(draft);
    publishing(draft);
    pseudo_gtid(draft);
    discovery(draft);
    warn_about_patterns(draft);
}

}  // namespace orc::config
