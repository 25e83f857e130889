// What becomes durable on the way: the progress, the decision, the undoing, and who is primary now.
#include "planning/plan_text.h"
#include "recovery/attempt.h"

namespace orc::recovery {
namespace {

using operations::Journey;

constexpr Micros asking_limit = Millis(500);

}  // namespace

model::RecoveryProgress Attempt::progress_of(const Journey& journey, model::RecoveryPhase phase) const {
    model::RecoveryProgress out;
    out.uid = record_.uid;
    out.phase = phase;
    out.plan = planning::to_json(journey.plan);
    out.at = shop_.clock.wall();
    return out;
}

// Somebody declared it dead while it lived, and it was closed; a restart in the meantime has opened it again.
Co<bool> Attempt::has_forced_one_returned(Deadline deadline) {
    if (!request_.is_forced || request_.kind != planning::PlanKind::dead_primary) {
        co_return false;
    }
    const Deadline soon = earlier(deadline, shop_.clock.deadline_in(asking_limit));
    const auto now = co_await shop_.gateway.positions(request_.subject, soon);
    co_return now && !now->read_only;
}

Task<std::string> Attempt::record_decision(const Journey& journey, Deadline deadline) {
    if (is_subject_back() || co_await has_forced_one_returned(deadline)) {
        co_return fail(ErrorCode::conflict, request_.subject.text() + " answers again and takes writes");
    }
    std::vector<model::Change> changes = take_notes();
    changes.emplace_back(model::PutRecoveryProgress{progress_of(journey, model::RecoveryPhase::promoting)});
    CO_TRY(co_await commit(shop_, std::move(changes), deadline));
    proven_ = shop_.clock.now();
    if (journey.plan.successor) {
        shop_.stop_fencing(*journey.plan.successor);
    }
    co_return "the decision is durable";
}

Task<void> Attempt::note_undoing(Deadline deadline) {
    std::vector<model::Change> changes = take_notes();
    model::PutRecoveryProgress undoing;
    undoing.record.uid = record_.uid;
    undoing.record.phase = model::RecoveryPhase::undoing;
    undoing.record.plan = planning::to_json(plan_);
    undoing.record.at = shop_.clock.wall();
    changes.emplace_back(std::move(undoing));
    co_return co_await commit(shop_, std::move(changes), deadline);
}

// Whoever takes over must know that it is open: from here on its failure is another one, and nobody else is promoted in
// its place.
Task<std::string> Attempt::publish(planning::PublishPrimary action, const Journey& journey, Deadline deadline) {
    const auto intent = shop_.ledger.intent();
    const WallTime now = shop_.clock.wall();
    std::vector<model::Change> changes;
    const auto manual = intent->alias_overrides.find(action.old_cluster);
    if (manual != intent->alias_overrides.end()) {
        model::PutAliasOverride moved;
        moved.cluster = action.new_cluster;
        moved.alias = manual->second;
        model::DropAliasOverride dropped;
        dropped.cluster = action.old_cluster;
        changes.emplace_back(std::move(moved));
        changes.emplace_back(std::move(dropped));
    }
    if (!action.domain.empty()) {
        model::PutAttribute attribute;
        attribute.host = "*";
        attribute.name = action.domain;
        attribute.value = action.primary.text();
        attribute.at = now;
        changes.emplace_back(std::move(attribute));
    }
    for (const auto& pair : action.pairs) {
        model::PutKeyValue put;
        put.key = pair.key;
        put.value = pair.value;
        put.at = now;
        changes.emplace_back(std::move(put));
    }
    changes.emplace_back(model::PutRecoveryProgress{progress_of(journey, model::RecoveryPhase::promoted)});
    for (auto& change : take_notes()) {
        changes.push_back(std::move(change));
    }
    std::vector<model::Change> with_alias = changes;
    const bool has_alias = !action.alias.empty() && manual == intent->alias_overrides.end();
    if (has_alias) {
        model::PutClusterAlias alias;
        alias.cluster = action.new_cluster;
        alias.alias = action.alias;
        with_alias.emplace_back(std::move(alias));
    }
    auto done = co_await commit(shop_, std::move(with_alias), deadline);
    std::string told = action.primary.text() + " is published";
    if (!done && done.error().code == ErrorCode::invalid && has_alias) {
        // A text that a query gave, and no table takes, must not keep the promotion from being known.
        told += ", but not the alias of its cluster: " + done.error().message;
        done = co_await commit(shop_, std::move(changes), deadline);
    }
    CO_TRY(done);
    proven_ = shop_.clock.now();
    co_return told;
}

}  // namespace orc::recovery
