#include "planning/failover.h"

#include <algorithm>

#include "planning/builder.h"

namespace orc::planning {
namespace {

/// For a successor that is only preferred: writes stand still meanwhile.
constexpr Millis detour_limit = Seconds(5);

const Step* find_step(const Plan& plan, bool (*matches)(const Action&)) {
    const auto found =
        std::find_if(plan.steps.begin(), plan.steps.end(), [&](const Step& s) { return matches(s.action); });
    return found == plan.steps.end() ? nullptr : &*found;
}

template <typename A>
bool is_a(const Action& action) {
    return std::holds_alternative<A>(action);
}

ChoiceRequest choice_request(const Basis& basis, const FailoverRequest& request) {
    ChoiceRequest out;
    out.demanded = request.demanded;
    out.is_planned = request.kind == PlanKind::graceful_takeover;
    if (request.kind != PlanKind::dead_co_primary || request.demanded) {
        return out;
    }
    // A writable co-primary is where writes go already; the setting asks for it in any case.
    for (const model::Server* replica : basis.cluster.replicas_of(request.subject)) {
        const bool is_writable = replica->facts && !replica->facts->read_only;
        if (replica->is_co_primary &&
            (is_writable || basis.policy.settings.co_master_recovery_must_promote_other_co_master)) {
            out.demanded = replica->endpoint;
        }
    }
    return out;
}

int add_preparation(Plan& plan, Builder& steps, const Basis& basis, const FailoverRequest& request) {
    AcquireLease lease;
    lease.cluster = plan.cluster;
    const StepOptions must{Seconds(5), OnFailure::abort, false, false};
    int last = steps.add(lease, {}, must, "one change of a cluster at a time");
    const auto add_hooks = [&](HookList list, const char* why) {
        if (!request.skip_hooks && basis.policy.hooks.contains(list)) {
            RunHooks hooks;
            hooks.list = list;
            last = steps.add(hooks, {last}, StepOptions{}, why);
        }
    };
    if (request.is_new_detection) {
        add_hooks(HookList::on_failure_detection, "told once per detection");
    }
    if (!request.is_forced) {
        ConfirmFailure confirm;
        confirm.subject = request.subject;
        for (const model::Server* replica : basis.cluster.replicas_of(request.subject)) {
            confirm.witnesses.push_back(replica->endpoint);
        }
        const StepOptions options{Millis(1000), OnFailure::abort, false, false};
        last = steps.add(confirm, {last}, options, "the verdict must hold on a fresh look");
    }
    add_hooks(HookList::pre_failover, "an error here stops the recovery");
    return last;
}

/// Whether the subject seems to be alive: then it is fenced first and its last writes are let through.
bool seems_alive(const Basis& basis, const FailoverRequest& request) {
    const model::Server* subject = basis.cluster.find(request.subject);
    return request.is_forced && subject != nullptr && subject->check.is_valid();
}

/// A MariaDB receiver that acknowledges logs in to its source once more when it ends: a silent one keeps it for a
/// second (mysql/hands.cc), on recent servers with no way to cut that short.
Millis farewell_to(const model::Server* subject, const model::Facts& replica) {
    const bool is_silent =
        subject != nullptr && subject->check.error && subject->check.error->code == ErrorCode::timed_out;
    const bool says_farewell = replica.version.is_mariadb() && replica.semi_sync.replica_active;
    return is_silent && says_farewell ? Millis(1200) : Millis(0);
}

std::vector<Reading> readings_of(const Basis& basis, const Endpoint& subject) {
    std::vector<Reading> out;
    for (const model::Server* replica : basis.cluster.replicas_of(subject)) {
        if (!replica->facts || replica->in_maintenance) {
            continue;
        }
        Reading reading;
        reading.server = replica->endpoint;
        const model::Channel* channel = channel_from(*replica, subject);
        reading.channel = channel != nullptr ? channel->name : std::string();
        reading.usual = std::chrono::ceil<Millis>(replica->facts->latency);
        reading.farewell = farewell_to(basis.cluster.find(subject), *replica->facts);
        // A receiver that runs may acknowledge one more write of a primary that is back, after the choice was made.
        reading.stop_receiver = true;
        reading.needs_applier = replica->facts->version.is_mariadb();
        out.push_back(std::move(reading));
    }
    return out;
}

void add_failover_head(Plan& plan, Builder& steps, const Basis& basis, const FailoverRequest& request) {
    const int prepared = add_preparation(plan, steps, basis, request);
    const bool is_alive = seems_alive(basis, request);
    std::vector<int> before_replan;
    std::vector<int> before_reading{prepared};
    if (basis.policy.fencing != FencingPolicy::skip || is_alive) {
        FencePrimary fence;
        fence.primary = request.subject;
        fence.policy = is_alive ? FencingPolicy::require : basis.policy.fencing;
        const bool is_required = fence.policy == FencingPolicy::require;
        const Millis limit = is_alive ? basis.policy.server_limit : basis.policy.fencing_limit;
        const StepOptions options{limit, is_required ? OnFailure::abort : OnFailure::record, false, false};
        const int fenced = steps.add(fence, {prepared}, options, "two writable primaries are worse than none");
        before_replan.push_back(fenced);
        if (is_alive) {
            before_reading = {fenced};
        }
    }
    ReadPositions read;
    read.readings = readings_of(basis, request.subject);
    Millis longest{0};
    for (const auto& one : read.readings) {
        longest = std::max(longest, one.farewell);
    }
    const StepOptions reading{basis.policy.reading_limit + longest, OnFailure::abort, false, false};
    before_replan.push_back(steps.add(read, before_reading, reading, "decide on what is, not on what was"));
    steps.add(Replan{}, before_replan, StepOptions{}, "the successor is chosen by true positions");
}

int add_feeding(Draft& draft, const Outcomes& outcomes, int last) {
    const auto& policy = draft.basis.policy;
    const auto& choice = draft.choice;
    const Standing& winner = draft.winner();
    const Standing& feeder = draft.field.standings[*choice.feeder];
    const Millis limit = choice.is_detour ? std::min(policy.drain_limit, detour_limit) : policy.drain_limit;
    const StepOptions options{limit, OnFailure::next_candidate, false, false};
    if (!feeder.is_drained()) {
        Drain first;
        first.winner = feeder.endpoint;
        first.channel = feeder.channel ? feeder.channel->name : std::string();
        first.target = feeder.owned;
        first.stall = policy.drain_stall;
        last = draft.steps.add(first, {last}, options, "it must have applied what it hands over");
    }
    MoveReplica feed{
        winner.endpoint,
        feeder.endpoint,
        winner.channel ? winner.channel->name : std::string(),
        winner.channel ? winner.channel->gtid_use : model::GtidUse::none
    };
    last = draft.steps.add(feed, {last}, options, "to receive what it lacks");
    Drain then;
    then.winner = winner.endpoint;
    then.channel = feed.channel;
    then.target = outcomes.target;
    then.stall = policy.drain_stall;
    then.feeder = feeder.endpoint;
    return draft.steps.add(then, {last}, options, "nothing that any replica owns may be lost");
}

}  // namespace

void add_failover_tail(Draft& draft, int ready) {
    const auto& policy = draft.basis.policy;
    Plan& plan = draft.plan;
    Builder& steps = draft.steps;
    const Outcomes outcomes = outcomes_of(draft.field, policy, draft.choice, false);
    note_choice(plan, draft.choice, outcomes);
    if (!draft.choice.winner) {
        add_end(plan, steps, draft.basis, draft.request, {ready});
        return;
    }
    const Standing& winner = draft.winner();
    const bool waives = policy.settings.promote_with_unapplied_events;
    int last = ready;
    if (draft.choice.feeder) {
        last = add_feeding(draft, outcomes, last);
    } else if (!waives && !winner.is_drained()) {
        Drain drain;
        drain.winner = winner.endpoint;
        drain.channel = winner.channel ? winner.channel->name : std::string();
        drain.target = winner.owned;
        drain.stall = policy.drain_stall;
        const StepOptions options{policy.drain_limit, OnFailure::next_candidate, false, false};
        last = steps.add(drain, {last}, options, "what it received may have been acknowledged to a client");
    }
    CheckGates gates;
    gates.winner = winner.endpoint;
    gates.channel = winner.channel ? winner.channel->name : std::string();
    gates.must_have = waives ? winner.executed : outcomes.target;
    gates.drained = !waives;
    const StepOptions gate_options{policy.server_limit, OnFailure::next_candidate, false, false};
    last = steps.add(gates, {last}, gate_options, "nothing has changed since it was chosen");
    RecordDecision record;
    record.winner = winner.endpoint;
    const StepOptions record_options{Seconds(5), OnFailure::abort, true, false};
    last = steps.add(record, {last}, record_options, "whoever takes over finishes it from here");
    std::vector<int> ends;
    if (policy.settings.apply_mysql_promotion_after_master_failover) {
        last = add_promotion(draft, last, OnFailure::next_candidate);
    } else if (policy.settings.master_failover_detach_replica_master_host) {
        DetachReplica detach{winner.endpoint, winner.channel ? winner.channel->name : std::string()};
        const StepOptions options{policy.server_limit, OnFailure::record, false, false};
        ends.push_back(steps.add(detach, {last}, options, "it must not follow the old primary by accident"));
    }
    const auto rest = add_aftermath(draft, last);
    ends.insert(ends.end(), rest.begin(), rest.end());
    add_end(plan, steps, draft.basis, draft.request, std::move(ends));
}

Plan plan_failover(const Basis& basis, const FailoverRequest& request) {
    Plan plan = blank_plan(basis, request);
    const model::Server* subject = basis.cluster.find(request.subject);
    if (subject == nullptr) {
        plan.refusal = Refusal{request.subject.text() + " is not in cluster " + basis.cluster.name.text(), {}};
        return plan;
    }
    Builder steps(plan);
    add_failover_head(plan, steps, basis, request);
    const int ready = plan.steps.back().id;
    const Field field = field_of(basis, *subject, nullptr);
    Draft draft{plan, basis, request, field, choose(field, basis.policy, choice_request(basis, request))};
    add_failover_tail(draft, ready);
    return plan;
}

Plan replan(Plan plan, const Basis& basis, const FailoverRequest& request, const News& news) {
    const model::Server* subject = basis.cluster.find(request.subject);
    const Step* pivot = find_step(plan, is_a<Replan>);
    if (subject == nullptr || pivot == nullptr) {
        plan.refusal = Refusal{request.subject.text() + " is not known any more", {}};
        return plan;
    }
    const int ready = pivot->id;
    int last_id = 0;
    for (const auto& step : plan.steps) {
        last_id = std::max(last_id, step.id);
    }
    const auto is_tail = [ready](const Step& step) { return step.id > ready; };
    plan.steps.erase(std::remove_if(plan.steps.begin(), plan.steps.end(), is_tail), plan.steps.end());
    plan.is_decided = true;
    plan.refusal.reset();
    const Field field = field_of(basis, *subject, &news);
    ChoiceRequest wanted = choice_request(basis, request);
    wanted.ruled_out = news.ruled_out;
    wanted.fed_in_vain = news.fed_in_vain;
    Draft draft{plan, basis, request, field, choose(field, basis.policy, wanted)};
    if (request.kind == PlanKind::graceful_takeover) {
        add_takeover_tail(draft, ready, news.credentials_unknown);
    } else {
        add_failover_tail(draft, ready);
    }
    // New steps get fresh ids, so that reports of the former ones stay readable.
    const int shift = last_id - ready;
    for (auto& step : plan.steps) {
        if (step.id > ready) {
            step.id += shift;
        }
        for (auto& id : step.after) {
            id += id > ready ? shift : 0;
        }
    }
    return plan;
}

}  // namespace orc::planning
