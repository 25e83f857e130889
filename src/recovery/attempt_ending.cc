// How an attempt ends: every replica accounted for, the record resolved, and the end of one whose process died.
#include <algorithm>

#include "recovery/attempt.h"
#include "recovery/gates.h"

namespace orc::recovery {
namespace {

using operations::Journey;
using planning::Fate;

bool has_move_of(const planning::Plan& plan, const Endpoint& replica) {
    return std::any_of(plan.steps.begin(), plan.steps.end(), [&](const planning::Step& step) {
        const auto* move = std::get_if<planning::MoveReplica>(&step.action);
        return move != nullptr && move->replica == replica;
    });
}

}  // namespace

std::vector<Endpoint> Attempt::lost_in(const Journey& journey) const {
    std::vector<Endpoint> out;
    for (const auto& fate : journey.plan.replicas) {
        // One that could not be read may have been moved all the same.
        const bool was_tried = fate.fate == Fate::unreachable && has_move_of(journey.plan, fate.endpoint);
        if (fate.fate == Fate::lost || fate.fate == Fate::diverged || (fate.fate == Fate::unreachable && !was_tried)) {
            out.push_back(fate.endpoint);
        }
    }
    const auto add = [&out](const Endpoint& server) {
        if (std::find(out.begin(), out.end(), server) == out.end()) {
            out.push_back(server);
        }
    };
    for (const auto& server : journey.failed_moves) {
        add(server);
    }
    // One that was tried in vain may have lost its source on the way: then the last plan does not know it.
    for (const auto& [server, why] : journey.news.ruled_out) {
        const auto& fates = journey.plan.replicas;
        const bool is_planned_for = std::ranges::find(fates, server, &planning::ReplicaFate::endpoint) != fates.end();
        if (!is_planned_for && server != journey.promoted) {
            add(server);
        }
    }
    return out;
}

/// Nobody acts on it before a person has looked, or it is well again.
model::Change Attempt::put_aside(const Endpoint& server) const {
    model::PutDowntime put;
    put.record.endpoint = server;
    put.record.begin = shop_.clock.wall();
    put.record.end = put.record.begin + lost_for;
    put.record.owner = shop_.node.host;
    put.record.reason = std::string(model::lost_in_recovery);
    return put;
}

Task<std::string> Attempt::account(planning::Account action, const Journey& journey, Deadline deadline) {
    std::vector<model::Change> changes;
    std::vector<Endpoint> left = lost_in(journey);
    record_.lost = left;
    const bool follows = journey.demoted && request_.pick;
    if (action.old_primary && !follows) {
        left.push_back(*action.old_primary);
    }
    changes.reserve(left.size());
    for (const auto& server : left) {
        changes.push_back(put_aside(server));
    }
    owed_ = changes;
    for (auto& change : take_notes()) {
        changes.push_back(std::move(change));
    }
    if (!changes.empty()) {
        CO_TRY(co_await commit(shop_, std::move(changes), deadline));
    }
    owed_.clear();
    std::size_t moved = 0;
    for (const auto& fate : journey.plan.replicas) {
        const bool failed = std::find(record_.lost.begin(), record_.lost.end(), fate.endpoint) != record_.lost.end();
        const bool was_to_move = fate.fate != Fate::winner && has_move_of(journey.plan, fate.endpoint);
        moved += was_to_move && !failed ? 1 : 0;
    }
    co_return std::to_string(moved) + " replicas moved, " + std::to_string(record_.lost.size()) + " left behind" +
        (record_.lost.empty() ? std::string() : " (" + joined(record_.lost) + ")");
}

// Who was primary last, and what it had: a server that comes back without that must not be promoted.
void Attempt::add_terms(const Journey& journey, std::vector<model::Change>& changes) const {
    const auto intent = shop_.ledger.intent();
    std::uint64_t term = 0;
    for (const auto& before : journey.plan.before) {
        const auto known = intent->primary_terms.find(before.server);
        if (known != intent->primary_terms.end()) {
            term = std::max(term, known->second.term);
        }
    }
    std::string executed;
    if (const auto latest = journey.latest.find(*journey.promoted); latest != journey.latest.end()) {
        executed = gtid::text(latest->second.executed);
    }
    for (const auto& before : journey.plan.before) {
        model::PutPrimaryTerm put;
        put.record.member = before.server;
        put.record.term = term + 1;
        put.record.primary = *journey.promoted;
        put.record.executed = executed;
        put.record.since = shop_.clock.wall();
        changes.emplace_back(std::move(put));
    }
}

void Attempt::settle_record(const Journey& journey) {
    const WallTime now = shop_.clock.wall();
    const auto intent = shop_.ledger.intent();
    if (const auto known = intent->recoveries.find(record_.uid); known != intent->recoveries.end()) {
        // Somebody may have acknowledged it meanwhile.
        record_.acknowledged = known->second.acknowledged;
        record_.acknowledged_at = known->second.acknowledged_at;
        record_.acknowledged_by = known->second.acknowledged_by;
        record_.acknowledge_comment = known->second.acknowledge_comment;
        record_.active_period_end = known->second.active_period_end;
    }
    record_.ended = now;
    record_.is_successful = journey.succeeded;
    record_.successor = journey.promoted;
    if (journey.promoted) {
        record_.successor_alias = hook_facts(journey).successor_alias;
        record_.lost = lost_in(journey);
    }
    record_.participants.clear();
    for (const auto& [server, position] : journey.news.positions) {
        if (position.answered) {
            record_.participants.push_back(server);
        }
    }
    record_.errors = journey.errors;
    // Why nobody was promoted comes first, not what else did not work on the way.
    const auto told = std::find(record_.errors.begin(), record_.errors.end(), journey.why);
    if (!journey.succeeded && !journey.why.empty() && told == record_.errors.end()) {
        record_.errors.insert(record_.errors.begin(), journey.why);
    }
    const bool is_planned = request_.kind == planning::PlanKind::graceful_takeover;
    if (journey.succeeded && is_planned && shop_.settings.auto_acknowledge_graceful_takeover && !record_.acknowledged) {
        record_.acknowledged = true;
        record_.acknowledged_at = now;
        record_.acknowledged_by = shop_.node.host;
        record_.acknowledge_comment = "a planned takeover needs no answer";
    }
    // What changed nothing must not keep the next attempt from being made; the loop paces them itself.
    const bool does_not_block = record_.acknowledged || !journey.succeeded;
    if (does_not_block) {
        record_.active_period_end = record_.active_period_end.value_or(now);
    }
}

Task<std::string> Attempt::resolve(const Journey& journey) {
    settle_record(journey);
    const auto intent = shop_.ledger.intent();
    const WallTime now = shop_.clock.wall();
    std::vector<model::Change> changes = owed_;
    changes.emplace_back(model::PutRecovery{record_});
    if (!journey.promoted) {
        for (const auto& server : journey.without_source) {
            changes.push_back(put_aside(server));
        }
    }
    const bool is_new_primary =
        block_class_of(record_.code) == BlockClass::primary && request_.kind != planning::PlanKind::not_writable;
    if (journey.promoted && is_new_primary) {
        add_terms(journey, changes);
    }
    if (journey.promoted) {
        model::EndDowntime ended;
        ended.endpoint = *journey.promoted;
        changes.emplace_back(ended);
        for (const auto& [id, detection] : intent->detections) {
            if (detection.endpoint == record_.failed) {
                model::PutDetection over;
                over.record = detection;
                over.record.ended = now;
                changes.emplace_back(std::move(over));
            }
        }
    }
    model::AppendAudit audit;
    audit.record.at = now;
    audit.record.type = std::string(audit_type(request_.kind));
    audit.record.endpoint = record_.failed;
    audit.record.cluster = record_.cluster.text();
    audit.record.message =
        journey.promoted ? "promoted " + journey.promoted->text() : "nobody promoted: " + journey.why;
    changes.emplace_back(std::move(audit));
    for (auto& change : take_notes()) {
        changes.push_back(std::move(change));
    }
    Event event;
    event.at = now;
    event.kind = "recovery_ended";
    event.cluster = record_.cluster;
    event.text = journey.promoted ? journey.promoted->text() + " is the primary now" : "not recovered: " + journey.why;
    event.uid = record_.uid;
    const auto committed = co_await commit(shop_, std::move(changes), shop_.clock.deadline_in(commit_limit));
    shop_.tell(event);
    CO_TRY(committed);
    is_urgent_ = false;
    co_return journey.succeeded ? std::string("it succeeded") : std::string("it did not succeed");
}

// The record was resolved, then the process died: the commands for afterwards may not have run. Twice is better than
// never.
Co<void> Attempt::finish_the_end() {
    Journey journey;
    journey.plan = plan_;
    journey.succeeded = record_.is_successful;
    journey.promoted = record_.successor;
    journey.failed_moves = record_.lost;
    if (record_.node_token != shop_.node.token) {
        note("The process that had done this died before its end: running what belongs there");
    }
    for (const auto& step : plan_.steps) {
        const auto* hooks = std::get_if<planning::RunHooks>(&step.action);
        if (hooks != nullptr && step.always) {
            const auto ran = co_await run_list(hooks->list, journey);
            note(ran ? *ran : ran.error().message);
        }
    }
    if (is_deposed()) {
        co_return;
    }
    co_await free_the_cluster();
}

Task<void> Attempt::resolve_without_plan(std::string why) {
    const WallTime now = shop_.clock.wall();
    record_.ended = now;
    record_.active_period_end = record_.active_period_end.value_or(now);
    record_.is_successful = false;
    record_.errors.push_back(why);
    if (!record_.acknowledged) {
        record_.acknowledged = true;
        record_.acknowledged_at = now;
        record_.acknowledged_by = "orchestrator";
        record_.acknowledge_comment = "detected crashed recovery";
    }
    note("Resolved as unsuccessful: " + why);
    std::vector<model::Change> changes = take_notes();
    changes.emplace_back(model::PutRecovery{record_});
    model::DropRecoveryProgress forget;
    forget.uid = record_.uid;
    changes.emplace_back(std::move(forget));
    co_return co_await commit(shop_, std::move(changes), shop_.clock.deadline_in(commit_limit));
}

}  // namespace orc::recovery
