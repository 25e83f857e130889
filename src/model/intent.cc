#include "model/intent.h"

#include <algorithm>
#include <array>

namespace orc::model {
namespace {

template <typename Enum, std::size_t N>
Result<Enum> parse_name(
    std::string_view text, std::string_view what, const std::array<Enum, N>& values, std::string_view allowed
) {
    for (const Enum value : values) {
        if (name(value) == text) {
            return value;
        }
    }
    return fail(
        ErrorCode::invalid,
        std::string(what) + " '" + std::string(text) + "' is unknown; allowed: " + std::string(allowed)
    );
}

}  // namespace

std::string_view name(PromotionRule rule) {
    switch (rule) {
        case PromotionRule::must:
            return "must";
        case PromotionRule::prefer:
            return "prefer";
        case PromotionRule::neutral:
            return "neutral";
        case PromotionRule::prefer_not:
            return "prefer_not";
        case PromotionRule::must_not:
            return "must_not";
    }
    return "neutral";
}

Result<PromotionRule> parse_promotion_rule(std::string_view text) {
    static constexpr std::array values = {
        PromotionRule::must,
        PromotionRule::prefer,
        PromotionRule::neutral,
        PromotionRule::prefer_not,
        PromotionRule::must_not
    };
    return parse_name(text, "promotion rule", values, "prefer, neutral, prefer_not, must_not");
}

std::string_view name(RecoveryPhase phase) {
    switch (phase) {
        case RecoveryPhase::preparing:
            return "preparing";
        case RecoveryPhase::positions_known:
            return "positions_known";
        case RecoveryPhase::promoting:
            return "promoting";
        case RecoveryPhase::promoted:
            return "promoted";
        case RecoveryPhase::undoing:
            return "undoing";
    }
    return "preparing";
}

Result<RecoveryPhase> parse_recovery_phase(std::string_view text) {
    static constexpr std::array values = {
        RecoveryPhase::preparing,
        RecoveryPhase::positions_known,
        RecoveryPhase::promoting,
        RecoveryPhase::promoted,
        RecoveryPhase::undoing
    };
    return parse_name(text, "recovery phase", values, "preparing, positions_known, promoting, promoted, undoing");
}

namespace {

// One overload for each kind of change; history-only kinds leave the value alone.
struct Folder {
    Intent& intent;

    void operator()(const PutDowntime& c) const { intent.downtimes[c.record.endpoint] = c.record; }
    void operator()(const EndDowntime& c) const { intent.downtimes.erase(c.endpoint); }
    void operator()(const PutMaintenance& c) const {
        intent.last_maintenance_id = std::max(intent.last_maintenance_id, c.record.id);
        intent.maintenance[c.record.endpoint] = c.record;
    }
    void operator()(const EndMaintenance& c) const { intent.maintenance.erase(c.endpoint); }
    void operator()(const PutCandidate& c) const { intent.candidates[c.record.endpoint] = c.record; }
    void operator()(const DropCandidate& c) const { intent.candidates.erase(c.endpoint); }
    void operator()(const PutTag& c) const { intent.tags[c.record.endpoint][c.record.name] = c.record; }
    void operator()(const DropTag& c) const {
        const auto found = intent.tags.find(c.endpoint);
        if (found != intent.tags.end() && found->second.erase(c.name) > 0 && found->second.empty()) {
            intent.tags.erase(found);
        }
    }
    void operator()(const PutPool& c) const {
        if (c.record.members.empty()) {
            intent.pools.erase(c.record.name);
        } else {
            intent.pools[c.record.name] = c.record;
        }
    }
    void operator()(const PutUnresolve& c) const { intent.unresolves[c.record.host] = c.record; }
    void operator()(const DropUnresolve& c) const { intent.unresolves.erase(c.host); }
    void operator()(const PutAccessToken& c) const { intent.access_tokens[c.record.public_token] = c.record; }
    void operator()(const DropAccessToken& c) const { intent.access_tokens.erase(c.public_token); }
    void operator()(const PutBlockedRecovery& c) const { intent.blocked[c.record.endpoint] = c.record; }
    void operator()(const DropBlockedRecovery& c) const { intent.blocked.erase(c.endpoint); }
    void operator()(const AppendSnapshot&) const {}
    void operator()(const PutDetection& c) const {
        intent.last_detection_id = std::max(intent.last_detection_id, c.record.id);
        if (c.record.ended) {
            intent.detections.erase(c.record.id);
            return;
        }
        // The classic table has room for one active row of an instance and kind: the newest.
        std::erase_if(intent.detections, [&](const auto& entry) {
            return entry.second.endpoint == c.record.endpoint && entry.second.is_actionable == c.record.is_actionable;
        });
        intent.detections[c.record.id] = c.record;
    }
    void operator()(const PutRecovery& c) const {
        intent.last_recovery_id = std::max(intent.last_recovery_id, c.record.id);
        if (!c.record.active_period_end) {
            end_active_periods_before(c.record);
        }
        if (c.record.ended && c.record.active_period_end) {
            intent.recoveries.erase(c.record.uid);
        } else {
            intent.recoveries[c.record.uid] = c.record;
        }
    }
    void operator()(const AppendRecoveryStep&) const {}
    void operator()(const PutRecoveryProgress& c) const { intent.progress[c.record.uid] = c.record; }
    void operator()(const DropRecoveryProgress& c) const { intent.progress.erase(c.uid); }
    void operator()(const PutLease& c) const { intent.leases[c.record.cluster] = c.record; }
    void operator()(const DropLease& c) const {
        const auto found = intent.leases.find(c.cluster);
        if (found != intent.leases.end()) {
            found->second.holder = NodeToken{};
            found->second.purpose.clear();
        }
    }
    void operator()(const PutPrimaryTerm& c) const { intent.primary_terms[c.record.member] = c.record; }
    void operator()(const SetRecoveriesDisabled& c) const { intent.recoveries_disabled = c.disabled; }
    void operator()(const PutClusterAlias& c) const {
        // An alias belongs to one cluster: the last that claims it.
        std::erase_if(intent.aliases, [&](const auto& entry) { return entry.second == c.alias; });
        intent.aliases[c.cluster] = c.alias;
    }
    void operator()(const DropClusterAlias& c) const { intent.aliases.erase(c.cluster); }
    void operator()(const PutAliasOverride& c) const { intent.alias_overrides[c.cluster] = c.alias; }
    void operator()(const DropAliasOverride& c) const { intent.alias_overrides.erase(c.cluster); }
    void operator()(const PutAttribute& c) const { intent.attributes[{c.host, c.name}] = c.value; }
    void operator()(const PutKeyValue& c) const { intent.key_values[c.key] = c.value; }
    void operator()(const AppendAudit&) const {}

    // The classic table has room for one active recovery of an instance: the newest goes on blocking.
    void end_active_periods_before(const RecoveryRecord& record) const {
        for (auto at = intent.recoveries.begin(); at != intent.recoveries.end();) {
            RecoveryRecord& other = at->second;
            if (other.failed == record.failed && other.uid != record.uid && !other.active_period_end) {
                other.active_period_end = record.start;
            }
            at = other.ended && other.active_period_end ? intent.recoveries.erase(at) : std::next(at);
        }
    }
};

}  // namespace

void Intent::apply(const Change& change) { std::visit(Folder{*this}, change); }

const Downtime* Intent::downtime_of(const Endpoint& endpoint, WallTime now) const {
    const auto found = downtimes.find(endpoint);
    return found != downtimes.end() && found->second.end > now ? &found->second : nullptr;
}

PromotionRule Intent::rule_of(const Endpoint& endpoint) const {
    const auto found = candidates.find(endpoint);
    return found == candidates.end() ? PromotionRule::neutral : found->second.rule;
}

const std::string& Intent::unresolved(const std::string& host) const {
    const auto found = unresolves.find(host);
    return found == unresolves.end() ? host : found->second.unresolved;
}

}  // namespace orc::model
