// What happens every second: periods that end, and downtimes that are kept up.
#include <algorithm>

#include "recovery/loop_state.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

constexpr Micros tick = Seconds(1);
constexpr auto renew_before = std::chrono::hours(24 * 364);

}  // namespace

Co<void> RecoveryLoop::State::upkeep() {
    const auto self = shared_from_this();
    while (!group.is_stopping()) {
        co_await shop.clock.sleep_for(tick);
        if (group.is_stopping()) {
            co_return;
        }
        co_await one_upkeep();
    }
}

Co<void> RecoveryLoop::State::one_upkeep() {
    forget_vanished_clusters();
    if (!leads() || shop.noop) {
        co_return;
    }
    resume_the_dead();
    auto changes = expiries();
    add_unblocked(changes);
    if (!changes.empty()) {
        const auto result = co_await commit(shop, std::move(changes), shop.clock.deadline_in(commit_limit));
        if (!result) {
            LOG(warning, "upkeep.not_written", {{"why", result.error().message}});
        }
    }
    // A block may have ended since the cluster last changed.
    for (const auto& subject : findings.subjects()) {
        react(eyes->cluster_now(subject));
    }
}

void RecoveryLoop::State::forget_vanished_clusters() {
    findings.keep_only_those_of(*eyes->topology());
    const auto intent = shop.ledger.intent();
    std::erase_if(told, [&](const auto& entry) {
        return std::none_of(
                   intent->detections.begin(),
                   intent->detections.end(),
                   [&](const auto& detection) { return detection.second.endpoint == entry.first; }
               ) &&
               !making_known.contains(entry.first);
    });
}

bool RecoveryLoop::State::is_back(const Endpoint& server) const {
    const auto cluster = eyes->cluster_now(server);
    const model::Server* found = cluster ? cluster->find(server) : nullptr;
    if (found == nullptr || !found->check.is_valid()) {
        return false;
    }
    if (found->is_replicating()) {
        return true;
    }
    if (found->depth != 0 || !found->facts || found->facts->cluster_alias.empty()) {
        return false;
    }
    const auto topology = eyes->topology();
    for (const auto& [name, other] : topology->clusters) {
        for (const auto& rival : other->servers) {
            const bool claims = rival->endpoint != server && rival->depth == 0 && rival->facts &&
                                rival->facts->cluster_alias == found->facts->cluster_alias;
            if (claims) {
                return false;
            }
        }
    }
    return true;
}

void RecoveryLoop::State::add_downtime_changes(std::vector<model::Change>& changes, WallTime now) const {
    const auto intent = shop.ledger.intent();
    for (const auto& [endpoint, downtime] : intent->downtimes) {
        const bool is_lost = downtime.reason == model::lost_in_recovery;
        const bool is_old = now - downtime.begin >= Seconds(60);
        if (downtime.end <= now || (is_lost && is_old && is_back(endpoint))) {
            model::EndDowntime ended;
            ended.endpoint = endpoint;
            changes.emplace_back(std::move(ended));
            const auto cluster = eyes->cluster_now(endpoint);
            model::AuditEntry entry;
            entry.at = now;
            entry.type = "expire-downtime";
            entry.endpoint = endpoint;
            entry.cluster = cluster ? cluster->name.text() : "";
            entry.message = "reason: " + downtime.reason;
            changes.emplace_back(model::AppendAudit{std::move(entry)});
        } else if (is_lost && downtime.end < now + renew_before) {
            model::PutDowntime renewed;
            renewed.record = downtime;
            renewed.record.end = now + lost_for;
            changes.emplace_back(std::move(renewed));
        }
    }
}

std::vector<model::Change> RecoveryLoop::State::expiries() const {
    const auto intent = shop.ledger.intent();
    const WallTime now = shop.clock.wall();
    std::vector<model::Change> out;
    add_downtime_changes(out, now);
    for (const auto& [endpoint, maintenance] : intent->maintenance) {
        if (maintenance.end <= now) {
            model::EndMaintenance ended;
            ended.endpoint = endpoint;
            ended.at = now;
            out.emplace_back(std::move(ended));
        }
    }
    const std::chrono::minutes candidate_life(shop.settings.candidate_instance_expire_minutes);
    for (const auto& [endpoint, candidate] : intent->candidates) {
        if (candidate_life.count() > 0 && candidate.suggested + candidate_life < now) {
            model::DropCandidate dropped;
            dropped.endpoint = endpoint;
            out.emplace_back(std::move(dropped));
        }
    }
    const std::chrono::minutes detection_life(shop.settings.failure_detection_period_block_minutes);
    for (const auto& [id, detection] : intent->detections) {
        if (detection.start + detection_life < now) {
            model::PutDetection over;
            over.record = detection;
            over.record.ended = now;
            out.emplace_back(std::move(over));
        }
    }
    const Seconds period = block_period(shop.settings);
    for (const auto& [uid, record] : intent->recoveries) {
        // A recovery under way never stops blocking, however long it takes.
        if (record.ended && !record.active_period_end && record.start + period < now) {
            model::PutRecovery over;
            over.record = record;
            over.record.active_period_end = now;
            out.emplace_back(std::move(over));
        }
    }
    return out;
}

}  // namespace orc::recovery
