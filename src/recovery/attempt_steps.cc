// The steps of an attempt that are records, hooks and second looks.
#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "planning/plan_text.h"
#include "recovery/attempt.h"
#include "recovery/gates.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

using operations::Journey;
using planning::Fate;

constexpr Micros patience_least = Millis(50);
constexpr Micros commit_limit = Seconds(10);
constexpr auto lost_for = std::chrono::hours(24 * 365);

}  // namespace

model::RecoveryProgress Attempt::progress_of(const Journey& journey, model::RecoveryPhase phase) const {
    model::RecoveryProgress out;
    out.uid = record_.uid;
    out.phase = phase;
    out.plan = planning::to_json(journey.plan);
    out.at = shop_.clock.wall();
    return out;
}

Task<std::string> Attempt::register_it(const Journey& journey, Deadline deadline) {
    const auto intent = shop_.ledger.intent();
    const WallTime now = shop_.clock.wall();
    lease_.cluster = journey.plan.cluster;
    lease_.holder = shop_.node.token;
    lease_.purpose = "recovery " + record_.uid.text();
    lease_.expires = now + Seconds(shop_.settings.cluster_recovery_lease_seconds);
    lease_.term = 1;
    if (const auto held = intent->leases.find(lease_.cluster); held != intent->leases.end()) {
        if (!held->second.holder.empty() && held->second.expires > now) {
            co_return fail(
                ErrorCode::conflict,
                "cluster " + lease_.cluster.text() + " is being changed already: " + held->second.purpose
            );
        }
        lease_.term = held->second.term + 1;
    }
    std::vector<model::Change> changes;
    record_.id = shop_.next_recovery_id();
    record_.failed = request_.subject;
    record_.code = request_.code;
    record_.cluster = journey.plan.cluster;
    record_.cluster_alias = journey.plan.cluster_alias;
    record_.replicas = finding_.replicas;
    record_.start = now;
    record_.node_host = shop_.node.host;
    record_.node_token = shop_.node.token;
    if (request_.is_new_detection) {
        model::PutDetection detection;
        detection.record.id = shop_.next_detection_id();
        detection.record.endpoint = request_.subject;
        detection.record.code = request_.code;
        detection.record.cluster = record_.cluster;
        detection.record.cluster_alias = record_.cluster_alias;
        detection.record.is_actionable = true;
        detection.record.replicas = finding_.replicas;
        detection.record.start = now;
        detection.record.node_host = shop_.node.host;
        detection.record.node_token = shop_.node.token;
        record_.last_detection_id = detection.record.id;
        changes.emplace_back(std::move(detection));
    } else {
        for (const auto& [id, detection] : intent->detections) {
            if (detection.endpoint == request_.subject) {
                record_.last_detection_id = id;
            }
        }
    }
    for (const auto& [uid, other] : intent->recoveries) {
        const bool is_implied =
            request_.is_forced && other.failed == request_.subject && other.ended && !other.acknowledged;
        if (is_implied) {
            model::PutRecovery acknowledged;
            acknowledged.record = other;
            acknowledged.record.acknowledged = true;
            acknowledged.record.acknowledged_at = now;
            acknowledged.record.acknowledged_by = actor_.empty() ? shop_.node.host : actor_;
            acknowledged.record.acknowledge_comment = "implied by the request to act on " + request_.subject.text();
            acknowledged.record.active_period_end = other.active_period_end.value_or(now);
            changes.emplace_back(std::move(acknowledged));
        }
    }
    changes.emplace_back(model::PutLease{lease_});
    changes.emplace_back(model::PutRecovery{record_});
    changes.emplace_back(model::PutRecoveryProgress{progress_of(journey, model::RecoveryPhase::preparing)});
    for (auto& change : take_notes()) {
        changes.push_back(std::move(change));
    }
    CO_TRY(co_await commit(shop_, std::move(changes), deadline));
    proven_ = shop_.clock.now();
    is_registered_ = true;
    shop_.group->spawn(renew_lease());
    Event event;
    event.at = now;
    event.kind = "recovery_started";
    event.cluster = record_.cluster;
    event.text = std::string(audit_type(request_.kind)) + " of " + request_.subject.text();
    event.uid = record_.uid;
    shop_.tell(event);
    co_return "term " + std::to_string(lease_.term) + ", uid " + record_.uid.text();
}

Task<void> Attempt::take_lease_over(Deadline deadline) {
    const auto intent = shop_.ledger.intent();
    lease_.cluster = plan_.cluster;
    lease_.holder = shop_.node.token;
    lease_.purpose = "recovery " + record_.uid.text();
    lease_.expires = shop_.clock.wall() + Seconds(shop_.settings.cluster_recovery_lease_seconds);
    const auto held = intent->leases.find(lease_.cluster);
    lease_.term = held == intent->leases.end() ? 1 : held->second.term + 1;
    record_.node_host = shop_.node.host;
    record_.node_token = shop_.node.token;
    std::vector<model::Change> changes;
    changes.emplace_back(model::PutLease{lease_});
    changes.emplace_back(model::PutRecovery{record_});
    CO_TRY(co_await commit(shop_, std::move(changes), deadline));
    proven_ = shop_.clock.now();
    shop_.group->spawn(renew_lease());
    co_return Result<void>();
}

std::optional<std::string> Attempt::why_not_confirmed() const {
    const auto cluster = shop_.eyes.cluster_now(request_.subject);
    if (!cluster) {
        return request_.subject.text() + " is not known any more";
    }
    const auto findings = analysis::analyse(*cluster, shop_.analysis, shop_.clock.now(), true);
    const auto found = std::find_if(findings.begin(), findings.end(), [this](const analysis::Finding& f) {
        return f.subject == request_.subject;
    });
    if (found == findings.end()) {
        return request_.subject.text() + " is left out of the analysis now";
    }
    if (found->handling != finding_.handling) {
        return "the verdict on " + request_.subject.text() + " is " + std::string(analysis::name(found->code)) + " now";
    }
    // A person may act on less evidence than automation.
    if (!found->is_actionable && actor_.empty()) {
        return found->hesitation.empty() ? std::string("the evidence does not suffice any more") : found->hesitation;
    }
    return std::nullopt;
}

namespace {

Co<void> look(Eyes& eyes, Endpoint server, Deadline deadline, std::shared_ptr<std::size_t> answered) {
    std::vector<Endpoint> one;
    one.push_back(server);
    co_await eyes.refresh(std::move(one), deadline);
    ++*answered;
}

Co<void> wake_at(runtime::Clock& clock, Instant when) { co_await clock.sleep_until(when); }

}  // namespace

Task<std::string> Attempt::confirm(planning::ConfirmFailure action, Deadline deadline) {
    const Instant began = shop_.clock.now();
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::this_coro::throw_if_cancelled(false);
    auto answered = std::make_shared<std::size_t>(0);
    std::vector<Endpoint> servers = action.witnesses;
    servers.push_back(action.subject);
    runtime::TaskGroup group(executor);
    for (const auto& server : servers) {
        group.spawn(look(shop_.eyes, server, deadline, answered));
    }
    group.spawn(wake_at(shop_.clock, deadline.at));
    // The last one to answer may be the dead one itself, or one that hangs: nobody waits for it long.
    std::optional<Instant> patience_ends;
    bool is_cancelled = false;
    while (*answered < servers.size() && !is_cancelled) {
        const Instant now = shop_.clock.now();
        if (deadline.has_passed(now) || (patience_ends && now >= *patience_ends)) {
            break;
        }
        if (!patience_ends && *answered * 2 >= servers.size()) {
            patience_ends = now + std::max(patience_least, (now - began) * 3);
            group.spawn(wake_at(shop_.clock, *patience_ends));
        }
        co_await group.next_end();
        const auto state = co_await asio::this_coro::cancellation_state;
        is_cancelled = state.cancelled() != asio::cancellation_type::none;
    }
    co_await group.stop();
    co_await asio::this_coro::throw_if_cancelled(true);
    // Replicas notice a dead source a moment later than we do: look until the verdict stands or time is up.
    auto why_not = why_not_confirmed();
    while (why_not && !deadline.has_passed(shop_.clock.now()) && !is_cancelled) {
        const auto cluster = shop_.eyes.cluster_now(action.subject);
        const auto* subject = cluster ? cluster->find(action.subject) : nullptr;
        if (subject == nullptr || subject->check.is_valid()) {
            break;
        }
        co_await shop_.clock.sleep_for(Millis(20));
        why_not = why_not_confirmed();
    }
    if (why_not) {
        co_return fail(ErrorCode::conflict, *why_not);
    }
    co_return std::to_string(*answered) + " of " + std::to_string(servers.size()) +
        " were read again, the verdict stands";
}

namespace {

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
    for (const auto& server : journey.failed_moves) {
        if (std::find(out.begin(), out.end(), server) == out.end()) {
            out.push_back(server);
        }
    }
    return out;
}

HookFacts Attempt::hook_facts(const Journey& journey) const {
    HookFacts out = facts_of(finding_, shop_.node);
    out.failure_type = request_.code;
    out.command = request_.command;
    out.failed = request_.subject;
    out.recovery_uid = record_.uid.text();
    // A planned switch tells its hooks beforehand who will take over.
    const bool is_planned = request_.kind == planning::PlanKind::graceful_takeover;
    const auto successor = journey.promoted || !is_planned ? journey.promoted : journey.plan.successor;
    if (successor) {
        out.successor = successor;
        out.successor_coordinates = journey.successor_coordinates;
        out.is_successful = journey.promoted.has_value();
        if (const auto cluster = shop_.eyes.cluster_now(*successor)) {
            const model::Server* server = cluster->find(*successor);
            out.successor_alias = server != nullptr && server->facts ? server->facts->instance_alias : std::string();
        }
    }
    if (journey.promoted) {
        out.lost = lost_in(journey);
    }
    return out;
}

Task<std::string> Attempt::run_list(planning::HookList list, const Journey& journey) {
    using planning::HookList;
    if (list == HookList::post_failover && !journey.succeeded) {
        list = HookList::post_unsuccessful_failover;
    }
    if (list == HookList::post_graceful_takeover && !journey.succeeded) {
        co_return "the switch did not happen";
    }
    const auto self = shared_from_this();
    std::function<void(std::string)> noted = [self](std::string line) { self->note(std::move(line)); };
    co_return co_await run_hooks(shop_, list, hook_facts(journey), std::move(noted));
}

// Draining may take long, and a primary that was only restarting is back before it ends. If it can be written it is a
// primary still; one that was closed by then is replaced all the same.
bool Attempt::is_subject_back() const {
    const bool is_failure = request_.kind == planning::PlanKind::dead_primary && !request_.is_forced;
    const auto cluster = is_failure ? shop_.eyes.cluster_now(request_.subject) : nullptr;
    const model::Server* subject = cluster ? cluster->find(request_.subject) : nullptr;
    return subject != nullptr && subject->facts && subject->check.is_valid() && !subject->facts->read_only;
}

Task<std::string> Attempt::record_decision(const Journey& journey, Deadline deadline) {
    if (is_subject_back()) {
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

Task<std::string> Attempt::publish(planning::PublishPrimary action, Deadline deadline) {
    const auto intent = shop_.ledger.intent();
    const WallTime now = shop_.clock.wall();
    std::vector<model::Change> changes;
    if (!action.alias.empty()) {
        model::PutClusterAlias alias;
        alias.cluster = action.new_cluster;
        alias.alias = action.alias;
        changes.emplace_back(std::move(alias));
    }
    if (const auto manual = intent->alias_overrides.find(action.old_cluster); manual != intent->alias_overrides.end()) {
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
    for (auto& change : take_notes()) {
        changes.push_back(std::move(change));
    }
    CO_TRY(co_await commit(shop_, std::move(changes), deadline));
    proven_ = shop_.clock.now();
    co_return action.primary.text() + " is published";
}

Task<std::string> Attempt::account(planning::Account action, const Journey& journey, Deadline deadline) {
    const WallTime now = shop_.clock.wall();
    std::vector<model::Change> changes;
    std::vector<Endpoint> left = lost_in(journey);
    record_.lost = left;
    const bool follows = journey.demoted && request_.pick;
    if (action.old_primary && !follows) {
        left.push_back(*action.old_primary);
    }
    for (const auto& server : left) {
        model::PutDowntime put;
        put.record.endpoint = server;
        put.record.begin = now;
        put.record.end = now + lost_for;
        put.record.owner = shop_.node.host;
        put.record.reason = std::string(model::lost_in_recovery);
        changes.emplace_back(std::move(put));
    }
    for (auto& change : take_notes()) {
        changes.push_back(std::move(change));
    }
    if (!changes.empty()) {
        CO_TRY(co_await commit(shop_, std::move(changes), deadline));
    }
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
    if (!journey.succeeded) {
        // The next attempt must know how they stand after undoing, not what was seen on the way: should it be undone
        // as well, that is what it goes back to.
        for (const auto& before : journey.plan.before) {
            shop_.eyes.suspect(before.server, "a recovery has ended without success");
        }
    }
    settle_record(journey);
    const auto intent = shop_.ledger.intent();
    const WallTime now = shop_.clock.wall();
    std::vector<model::Change> changes;
    changes.emplace_back(model::PutRecovery{record_});
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

Task<std::string> Attempt::release() {
    is_over_ = true;
    std::vector<model::Change> changes = take_notes();
    if (holds_lease()) {
        model::DropLease drop;
        drop.cluster = lease_.cluster;
        changes.emplace_back(std::move(drop));
    }
    model::DropRecoveryProgress forget;
    forget.uid = record_.uid;
    changes.emplace_back(std::move(forget));
    CO_TRY(co_await commit(shop_, std::move(changes), shop_.clock.deadline_in(commit_limit)));
    co_return "the cluster is free";
}

// The record was resolved, then the process died: the commands for afterwards may not have run. Twice is better than
// never.
Co<void> Attempt::finish_the_end() {
    Journey journey;
    journey.plan = plan_;
    journey.succeeded = record_.is_successful;
    journey.promoted = record_.successor;
    journey.failed_moves = record_.lost;
    // Our own process has run them, and could only not write down that all was over.
    const bool is_ours = record_.node_token == shop_.node.token;
    if (!is_ours) {
        note("The process that had done this died before its end: running what belongs there");
    }
    for (const auto& step : plan_.steps) {
        const auto* hooks = std::get_if<planning::RunHooks>(&step.action);
        if (hooks != nullptr && step.always && !is_ours) {
            const auto ran = co_await run_list(hooks->list, journey);
            note(ran ? *ran : ran.error().message);
        }
    }
    co_await free_the_cluster();
}

Co<void> Attempt::free_the_cluster() {
    is_over_ = true;
    std::vector<model::Change> changes = take_notes();
    const auto intent = shop_.ledger.intent();
    const auto lease = intent->leases.find(record_.cluster);
    if (lease != intent->leases.end() && lease->second.purpose == "recovery " + record_.uid.text()) {
        changes.emplace_back(model::DropLease{record_.cluster});
    }
    changes.emplace_back(model::DropRecoveryProgress{record_.uid});
    const auto freed = co_await commit(shop_, std::move(changes), shop_.clock.deadline_in(commit_limit));
    if (!freed) {
        LOG(warning, "recovery.not_ended", {{"uid", record_.uid}, {"why", freed.error().message}});
    }
}

Task<void> Attempt::resolve_without_plan(std::string why) {
    const WallTime now = shop_.clock.wall();
    record_.ended = now;
    record_.active_period_end = record_.active_period_end.value_or(now);
    record_.is_successful = false;
    record_.errors.push_back(why);
    record_.acknowledged = true;
    record_.acknowledged_at = now;
    record_.acknowledged_by = shop_.node.host;
    record_.acknowledge_comment = "detected crashed recovery";
    note("Resolved as unsuccessful: " + why);
    std::vector<model::Change> changes = take_notes();
    changes.emplace_back(model::PutRecovery{record_});
    model::DropRecoveryProgress forget;
    forget.uid = record_.uid;
    changes.emplace_back(std::move(forget));
    co_return co_await commit(shop_, std::move(changes), shop_.clock.deadline_in(commit_limit));
}

}  // namespace orc::recovery
