#include "recovery/gates.h"

#include <algorithm>

namespace orc::recovery {
namespace {

using analysis::Code;
using analysis::Handling;

bool concerns(const model::RecoveryRecord& record, const analysis::Finding& finding) {
    return record.successor == finding.subject || record.cluster == finding.cluster || record.failed == finding.subject;
}

bool is_blocking(const model::RecoveryRecord& record, WallTime now, Seconds period) {
    const bool is_recent = !record.active_period_end && !record.acknowledged && record.start + period > now;
    return !record.ended || is_recent;
}

bool blocks(const model::RecoveryRecord& record, const analysis::Finding& finding, WallTime now, Seconds period) {
    return is_blocking(record, now, period) && block_class_of(record.code) == block_class_of(finding.handling);
}

void check_switches(
    const analysis::Finding& finding, const model::Intent& intent, const GateFacts& facts, std::vector<std::string>& out
) {
    if (facts.is_noop) {
        out.push_back("this process runs with --noop");
    }
    if (!facts.is_leader) {
        out.push_back("another node leads");
    }
    if (intent.recoveries_disabled) {
        out.push_back("recoveries are disabled everywhere");
    }
    if (finding.is_skippable_by_downtime) {
        out.push_back(
            finding.is_downtimed ? finding.subject.text() + " is in downtime" : "all its replicas are in downtime"
        );
    }
    const BlockClass block_class = block_class_of(finding.handling);
    if (block_class == BlockClass::primary && !finding.automated_primary_recovery) {
        out.push_back(
            "no configured filter asks for automated recovery of primaries in cluster " + finding.cluster_alias
        );
    }
    if (block_class == BlockClass::intermediate && !finding.automated_intermediate_recovery) {
        out.push_back(
            "no configured filter asks for automated recovery of intermediate primaries in cluster " +
            finding.cluster_alias
        );
    }
}

}  // namespace

bool is_recovery(Handling handling) { return handling != Handling::none && handling != Handling::detect; }

BlockClass block_class_of(Handling handling) {
    switch (handling) {
        case Handling::none:
        case Handling::detect:
        case Handling::recover_dead_primary:
        case Handling::recover_dead_co_primary:
            return BlockClass::primary;
        case Handling::recover_dead_intermediate:
        case Handling::recover_group_member:
            return BlockClass::intermediate;
        case Handling::recover_semi_sync:
            return BlockClass::semi_sync;
        case Handling::recover_not_writable:
            return BlockClass::not_writable;
    }
    return BlockClass::primary;
}

BlockClass block_class_of(std::string_view code) {
    const auto parsed = analysis::parse_code(code);
    if (!parsed) {
        return BlockClass::primary;
    }
    switch (*parsed) {
        case Code::dead_intermediate_primary:
        case Code::dead_intermediate_primary_and_some_replicas:
        case Code::dead_intermediate_primary_with_single_replica_failing_to_connect:
        case Code::all_intermediate_primary_replicas_failing_to_connect_or_dead:
        case Code::dead_group_member_with_replicas:
            return BlockClass::intermediate;
        case Code::locked_semi_sync_primary:
        case Code::primary_with_too_many_semi_sync_replicas:
            return BlockClass::semi_sync;
        case Code::no_writable_primary:
            return BlockClass::not_writable;
        default:
            return BlockClass::primary;
    }
}

Seconds block_period(const config::Settings& settings) {
    const Seconds seconds(settings.recovery_period_block_seconds);
    return seconds.count() > 0 ? seconds : Seconds(std::chrono::minutes(settings.recovery_period_block_minutes));
}

bool is_held(const model::ClusterLease& lease, const GateFacts& facts) {
    const bool may_act = lease.holder == facts.self || facts.others_may_act;
    return !lease.holder.empty() && lease.expires > facts.now && may_act;
}

std::vector<std::string> rules_against(
    const analysis::Finding& finding,
    const model::Intent& intent,
    const config::Settings& settings,
    const GateFacts& facts
) {
    std::vector<std::string> out;
    check_switches(finding, intent, facts, out);
    if (const auto lease = intent.leases.find(finding.cluster); lease != intent.leases.end()) {
        if (is_held(lease->second, facts)) {
            out.push_back("the cluster is being changed already: " + lease->second.purpose);
        }
    }
    const Seconds period = block_period(settings);
    for (const auto& [uid, record] : intent.recoveries) {
        if (!blocks(record, finding, facts.now, period)) {
            continue;
        }
        const std::string which = "recovery " + std::to_string(record.id) + " (" + uid.text() + ")";
        if (record.successor == finding.subject) {
            out.push_back(
                finding.subject.text() + " was promoted at " + rfc3339(record.start) + " by " + which +
                "; acknowledge it to allow the next one"
            );
        } else if (record.cluster == finding.cluster || record.failed == finding.subject) {
            out.push_back(
                (record.ended ? "cluster was recovered at " : "cluster is being recovered since ") +
                rfc3339(record.start) + " by " + which + (record.ended ? "; acknowledge it to allow the next one" : "")
            );
        }
    }
    return out;
}

std::optional<std::int64_t> blocking_recovery(
    const analysis::Finding& finding, const model::Intent& intent, const config::Settings& settings, WallTime now
) {
    std::optional<std::int64_t> out;
    for (const auto& [uid, record] : intent.recoveries) {
        if (concerns(record, finding) && blocks(record, finding, now, block_period(settings))) {
            out = std::max(out.value_or(0), record.id);
        }
    }
    return out;
}

bool still_blocks(
    const model::BlockedRecovery& blocked, const model::Intent& intent, const config::Settings& settings, WallTime now
) {
    return std::any_of(intent.recoveries.begin(), intent.recoveries.end(), [&](const auto& entry) {
        return entry.second.id == blocked.blocking_recovery && is_blocking(entry.second, now, block_period(settings));
    });
}

}  // namespace orc::recovery
