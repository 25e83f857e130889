// Recoveries whose process has died: finished or undone here, or brought to their end.
#include <algorithm>

#include "planning/plan_text.h"
#include "recovery/loop_state.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

constexpr Seconds node_lives_within{5};

planning::FailoverRequest request_of(const model::RecoveryRecord& record, const model::RecoveryProgress* progress) {
    planning::FailoverRequest out;
    out.subject = record.failed;
    out.code = record.code;
    out.is_new_detection = false;
    const auto plan = planning::plan_from_json(progress != nullptr ? progress->plan : std::string());
    if (plan) {
        out.kind = plan->kind;
        out.command = plan->command;
        out.demanded = plan->demanded;
        for (const auto& step : plan->steps) {
            const auto* demote = std::get_if<planning::DemoteOldPrimary>(&step.action);
            out.pick = out.pick || (demote != nullptr && demote->start);
        }
    }
    return out;
}

analysis::Finding finding_of(const model::RecoveryRecord& record) {
    analysis::Finding out;
    out.subject = record.failed;
    out.cluster = record.cluster;
    out.cluster_alias = record.cluster_alias;
    out.replicas = record.replicas;
    out.is_primary = true;
    return out;
}

// One without progress was begun by a program that records none. What blocks nobody any more is left as it is.
bool is_unfinished(const model::RecoveryRecord& record) { return !record.ended && !record.active_period_end; }

}  // namespace

void RecoveryLoop::State::resume_the_dead() {
    if (!leads() || shop.noop) {
        return;
    }
    const auto intent = shop.ledger.intent();
    for (const auto& [uid, record] : intent->recoveries) {
        if (attempts.contains(uid)) {
            continue;
        }
        if (intent->progress.contains(uid)) {
            resume(record);
        } else if (is_unfinished(record) && remembering.insert(uid).second && !group.spawn(resume_if_crashed(uid))) {
            remembering.erase(uid);
        }
    }
    // One that has ended and blocks nobody is history, and only its progress is left.
    for (const auto& [uid, progress] : intent->progress) {
        const bool is_left = !intent->recoveries.contains(uid) && !attempts.contains(uid);
        if (is_left && remembering.insert(uid).second && !group.spawn(resume_from_history(uid))) {
            remembering.erase(uid);
        }
    }
}

void RecoveryLoop::State::resume(const model::RecoveryRecord& record) {
    const auto intent = shop.ledger.intent();
    const WallTime now = shop.clock.wall();
    const auto lease = intent->leases.find(record.cluster);
    const bool is_held_by_another = lease != intent->leases.end() && lease->second.holder != shop.node.token &&
                                    is_held(lease->second, gate_facts(shop));
    // Another node's process may still be on its way to noticing that it no longer leads.
    const bool was_elsewhere = record.node_host != shop.node.host;
    const Seconds life(shop.settings.cluster_recovery_lease_seconds);
    if (is_held_by_another && was_elsewhere && lease->second.expires - life + patience_with_others > now) {
        return;
    }
    std::optional<model::RecoveryProgress> progress;
    if (const auto found = intent->progress.find(record.uid); found != intent->progress.end()) {
        progress = found->second;
    }
    LOG(warning, "recovery.resumed", {{"uid", record.uid}, {"failed", record.failed}, {"was_at", record.node_host}});
    const auto attempt = std::make_shared<Attempt>(
        shop, request_of(record, progress ? &*progress : nullptr), finding_of(record), std::string()
    );
    attempts[record.uid] = attempt;
    if (!group.spawn(run_resumed(attempt, record, std::move(progress)))) {
        attempts.erase(record.uid);
    }
}

Co<void> RecoveryLoop::State::resume_if_crashed(RecoveryUid uid) {
    const auto self = shared_from_this();
    const auto nodes = co_await shop.store.live_nodes(node_lives_within);
    remembering.erase(uid);
    const auto intent = shop.ledger.intent();
    const auto found = intent->recoveries.find(uid);
    if (!nodes || !leads() || found == intent->recoveries.end() || attempts.contains(uid)) {
        co_return;  // asked again with the next upkeep
    }
    const model::RecoveryRecord& record = found->second;
    const bool is_alive = std::any_of(nodes->begin(), nodes->end(), [&](const store::NodeRecord& node) {
        return node.host == record.node_host && node.token == record.node_token;
    });
    if (!is_alive && is_unfinished(record)) {
        resume(record);
    }
}

Co<void> RecoveryLoop::State::resume_from_history(RecoveryUid uid) {
    const auto self = shared_from_this();
    store::RecoveryQuery query;
    query.uid = uid;
    const auto found = co_await shop.store.recoveries(std::move(query));
    remembering.erase(uid);
    const auto intent = shop.ledger.intent();
    if (!found || !intent->progress.contains(uid) || attempts.contains(uid)) {
        co_return;  // asked again with the next upkeep
    }
    model::RecoveryRecord record;
    record.uid = uid;
    record.ended = shop.clock.wall();
    resume(found->empty() ? record : found->front());
}

}  // namespace orc::recovery
