#include "recovery/attempt.h"

#include <algorithm>

#include "planning/plan_text.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

using operations::Journey;

constexpr Micros looking_limit = Seconds(1);

}  // namespace

RecoveryUid new_recovery_uid(WallTime now, runtime::Rng& rng) {
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch());
    return RecoveryUid(std::to_string(nanoseconds.count()) + ":" + rng.hex(32));
}

Attempt::Attempt(Workshop& shop, planning::FailoverRequest request, analysis::Finding finding, std::string actor)
    : shop_(shop),
      request_(std::move(request)),
      finding_(std::move(finding)),
      actor_(std::move(actor)),
      started_(shop.clock.wall()) {
    record_.uid = new_recovery_uid(started_, shop.rng);
}

Running Attempt::running() const {
    Running out;
    out.record = record_;
    out.plan = plan_;
    out.steps = reports_;
    out.started = started_;
    return out;
}

bool Attempt::touches(const Endpoint& server) const {
    return std::any_of(plan_.before.begin(), plan_.before.end(), [&](const auto& b) { return b.server == server; });
}

operations::PlanRunner::Means Attempt::means() {
    const auto moves = std::max<std::int64_t>(1, shop_.settings.max_concurrent_replica_operations);
    return {shop_.gateway, shop_.clock, *this, static_cast<std::size_t>(moves)};
}

Task<Outcome> Attempt::run(planning::Plan plan) {
    const auto self = shared_from_this();
    plan_ = plan;
    epoch_ = shop_.leadership.view().epoch;
    shop_.running_changed();
    operations::PlanRunner runner(means());
    const auto ended = co_await runner.run(std::move(plan));
    is_over_ = true;
    is_urgent_ = false;
    write_notes_soon();
    if (ended.cancelled) {
        co_return fail(
            ErrorCode::cancelled, "this process stops; recovery " + record_.uid.text() + " is resumed later"
        );
    }
    if (!ended.succeeded || plan_.kind == planning::PlanKind::graceful_takeover) {
        co_await look_at_all();
    }
    if (!is_registered_) {
        co_return fail(ErrorCode::conflict, ended.why.empty() ? std::string("asked to stop") : ended.why);
    }
    if (!ended.succeeded) {
        co_return fail(ErrorCode::refused, ended.why + " (recovery " + record_.uid.text() + ")");
    }
    Outcome out;
    out.record = record_;
    out.finding = finding_;
    out.successor_coordinates = ended.successor_coordinates;
    out.messages = messages_;
    co_return out;
}

Co<void> Attempt::resume(model::RecoveryRecord record, std::optional<model::RecoveryProgress> progress) {
    const auto self = shared_from_this();
    record_ = std::move(record);
    epoch_ = shop_.leadership.view().epoch;
    is_registered_ = true;
    Result<planning::Plan> plan = fail(ErrorCode::not_found, "no plan was recorded");
    if (progress) {
        plan = planning::plan_from_json(progress->plan);
    }
    if (!plan && record_.ended) {
        co_await free_the_cluster();
        co_return;
    }
    if (!plan) {
        const auto resolved = co_await resolve_without_plan("its process died: " + plan.error().message);
        if (!resolved) {
            LOG(error, "recovery.not_resolved", {{"uid", record_.uid}, {"why", resolved.error().message}});
        }
        co_return;
    }
    plan_ = *plan;
    shop_.running_changed();
    if (record_.ended) {
        co_await finish_the_end();
        co_return;
    }
    const auto leased = co_await take_lease_over(shop_.clock.deadline_in(commit_limit));
    if (!leased) {
        LOG(warning, "recovery.not_resumed", {{"uid", record_.uid}, {"why", leased.error().message}});
        co_return;
    }
    operations::PlanRunner runner(means());
    if (progress->phase == model::RecoveryPhase::promoted) {
        note("The process that had begun this died after the promotion: finishing it");
        co_await runner.finish_promoted(*plan);
    } else if (progress->phase == model::RecoveryPhase::promoting) {
        note("The process that had begun this died after its decision: finishing it");
        co_await runner.finish(*plan);
    } else {
        const bool was_undoing = progress->phase == model::RecoveryPhase::undoing;
        const std::string when = was_undoing ? "while it was undoing it" : "before its decision";
        note("The process that had begun this died " + when + ": undoing it");
        co_await runner.abandon(*plan, "its process died " + when, was_undoing);
    }
    is_over_ = true;
    is_urgent_ = false;
    write_notes_soon();
    co_await look_at_all();
}

Task<std::string> Attempt::perform(planning::Step step, const Journey& journey, Deadline deadline) {
    using namespace planning;
    const Action& action = step.action;
    if (std::holds_alternative<AcquireLease>(action)) {
        return register_it(journey, deadline);
    }
    if (const auto* a = std::get_if<ConfirmFailure>(&action)) {
        return confirm(*a, deadline);
    }
    if (const auto* a = std::get_if<RunHooks>(&action)) {
        return run_list(a->list, journey);
    }
    if (std::holds_alternative<RecordDecision>(action)) {
        return record_decision(journey, deadline);
    }
    if (const auto* a = std::get_if<PublishPrimary>(&action)) {
        return publish(*a, journey, deadline);
    }
    if (const auto* a = std::get_if<Account>(&action)) {
        return account(*a, journey, deadline);
    }
    if (std::holds_alternative<Resolve>(action)) {
        return resolve(journey);
    }
    return release();
}

planning::Plan Attempt::replan(const Journey& journey) {
    const auto cluster = shop_.eyes.cluster_now(request_.subject);
    const auto intent = shop_.ledger.intent();
    planning::Plan plan = journey.plan;
    if (!cluster) {
        plan.refusal = planning::Refusal{request_.subject.text() + " is not known any more", {}};
        return plan;
    }
    const planning::Basis basis{*cluster, *intent, shop_.planning};
    // A cluster is found by any member; its name may have changed since the lease was taken.
    const ClusterName name = plan.cluster;
    plan = planning::replan(std::move(plan), basis, request_, journey.news);
    plan.cluster = name;
    plan_ = plan;
    shop_.running_changed();
    return plan;
}

namespace {

/// The action gives the server another place or another role.
bool changes_place(const planning::Action& action) {
    using namespace planning;
    return std::holds_alternative<MoveReplica>(action) || std::holds_alternative<DetachReplica>(action) ||
           std::holds_alternative<DemoteOldPrimary>(action) || std::holds_alternative<OpenForWrites>(action);
}

}  // namespace

// The next attempt must be planned on how the servers stand after undoing, not on what was seen on the way: should it
// be undone as well, that is what it goes back to. Until then the cluster counts as being changed. And whoever is told
// that a switch is done may ask for the way back in the same breath.
Co<void> Attempt::look_at_all() {
    std::vector<Endpoint> servers;
    servers.reserve(plan_.before.size());
    for (const auto& before : plan_.before) {
        servers.push_back(before.server);
    }
    if (has_touched_) {
        co_await shop_.eyes.refresh(std::move(servers), shop_.clock.deadline_in(looking_limit));
    }
}

// What was seen of a changed server is no longer true: should the new primary fail next, its replicas must be known.
void Attempt::look_again(const Journey& journey, const planning::StepReport& report) {
    if (report.state != planning::StepState::done && report.state != planning::StepState::failed) {
        return;
    }
    for (const auto& step : journey.plan.steps) {
        if (step.id == report.step && changes_place(step.action)) {
            shop_.eyes.suspect(*planning::server_of(step.action), "a recovery has changed it");
        }
    }
}

void Attempt::keep_fencing(Endpoint server) {
    note("Go on trying to make " + server.text() + " read-only, until it is");
    shop_.keep_fencing(server);
}

}  // namespace orc::recovery
