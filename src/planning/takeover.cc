// A planned switch: everything is checked before the old primary is closed, and everything is undone that happens
// before the new one is open.
#include <algorithm>

#include "planning/acknowledging.h"

namespace orc::planning {
namespace {

using Rules = std::vector<std::string>;

void check_subject(const model::Server& subject, Rules& out) {
    if (!subject.facts || !subject.check.is_valid()) {
        out.push_back(
            subject.endpoint.text() + " does not answer, so nothing can be handed over: recover it instead of a switch"
        );
    }
    if (subject.in_maintenance) {
        out.push_back(subject.endpoint.text() + " is in maintenance");
    }
}

bool replicates(const Standing& standing) {
    return standing.channel && standing.channel->receiver == model::ThreadState::running &&
           standing.channel->applier == model::ThreadState::running;
}

void check_lag(const Standing& standing, const Policy& policy, bool will_start, Rules& out) {
    const std::string name = standing.endpoint.text();
    if (!replicates(standing)) {
        if (!will_start) {
            out.push_back(name + " is not replicating, so it cannot catch up");
        }
        return;
    }
    const auto limit = Seconds(policy.settings.reasonable_maintenance_replication_lag_seconds);
    const auto lag = standing.channel->lag ? standing.channel->lag : standing.server->lag();
    if (!lag) {
        out.push_back("the lag of " + name + " is unknown");
        return;
    }
    const auto beyond =
        *lag > standing.channel->delay ? *lag - standing.channel->delay : standing.channel->delay - *lag;
    if (beyond > limit) {
        out.push_back(
            name + " lags " + std::to_string(lag->count()) + " s; at most " + std::to_string(limit.count()) +
            " s are reasonable"
        );
    }
}

void check_siblings(const Field& field, const Outcomes& outcomes, Rules& out) {
    for (std::size_t i = 0; i < field.standings.size(); ++i) {
        const auto fate = outcomes.fates[i].fate;
        const bool stays = fate == Fate::lost || fate == Fate::diverged || fate == Fate::unreachable;
        if (stays && !field.standings[i].server->downtime) {
            out.push_back(field.standings[i].endpoint.text() + " would be left behind: " + outcomes.fates[i].why);
        }
    }
}

/// MariaDB keeps its replicas' account in a file that no statement reads: a primary that never replicated, or was
/// made to forget its source, can become a replica only with what the query returns.
void check_credentials(
    const Basis& basis, const Field& field, const Standing& winner, bool credentials_unknown, Rules& out
) {
    if (!field.subject.facts || !field.subject.facts->version.is_mariadb()) {
        return;
    }
    for (const auto& channel : field.subject.facts->channels) {
        if (channel.name.empty() && !channel.user.empty()) {
            return;
        }
    }
    const std::string name = field.subject.endpoint.text();
    const std::string& query = basis.policy.settings.replication_credentials_query;
    if (query.empty()) {
        out.push_back(
            name +
            " needs replication's account to follow, and MariaDB tells it to nobody: set ReplicationCredentialsQuery "
            "to SQL that returns it as one row of user and password on " +
            winner.endpoint.text()
        );
    } else if (credentials_unknown) {
        out.push_back(
            name + " needs replication's account to follow, and ReplicationCredentialsQuery did not return it on " +
            winner.endpoint.text() + ": it must return one row of user and password there"
        );
    }
}

ChoiceRequest takeover_choice(const FailoverRequest& request) {
    ChoiceRequest out;
    out.demanded = request.demanded;
    out.is_planned = true;
    return out;
}

/// Every rule against switching to the chosen one now.
Rules rules_against(const Draft& draft, const Outcomes& outcomes, bool credentials_unknown) {
    const auto& basis = draft.basis;
    const auto& request = draft.request;
    const auto& field = draft.field;
    const auto& choice = draft.choice;
    Rules out;
    check_subject(field.subject, out);
    if (!request.demanded && !request.pick && field.standings.size() > 1) {
        out.push_back(
            field.subject.endpoint.text() + " has " + std::to_string(field.standings.size()) +
            " replicas: say which one takes over"
        );
    }
    if (!choice.winner) {
        out.insert(out.end(), choice.blocking.begin(), choice.blocking.end());
        return out;
    }
    check_lag(field.standings[*choice.winner], basis.policy, request.pick, out);
    check_siblings(field, outcomes, out);
    check_credentials(basis, field, field.standings[*choice.winner], credentials_unknown, out);
    return out;
}

std::vector<Reading> readings_of(const Field& field) {
    std::vector<Reading> out;
    const auto add = [&out](const model::Server& server, std::string channel) {
        Reading reading;
        reading.server = server.endpoint;
        reading.channel = std::move(channel);
        if (server.facts) {
            reading.usual = std::chrono::ceil<Millis>(server.facts->latency);
        }
        out.push_back(std::move(reading));
    };
    add(field.subject, "");
    for (const auto& standing : field.standings) {
        add(*standing.server, standing.channel ? standing.channel->name : "");
    }
    return out;
}

int add_hooks(Draft& draft, HookList list, int last) {
    if (draft.request.skip_hooks || !draft.basis.policy.hooks.contains(list)) {
        return last;
    }
    RunHooks hooks;
    hooks.list = list;
    return draft.steps.add(hooks, {last}, StepOptions{}, "an error here stops the switch before writes stand still");
}

int add_freeze(Draft& draft, int last) {
    const Standing& winner = draft.winner();
    const Endpoint& primary = draft.plan.subject;
    const Millis freeze = draft.basis.policy.freeze_limit;
    const StepOptions frozen{freeze, OnFailure::abort, false, false};
    CloseForWrites close;
    close.primary = primary;
    last = draft.steps.add(close, {last}, frozen, "from here on writes stand still");
    WaitCaughtUp wait;
    wait.replica = winner.endpoint;
    wait.primary = primary;
    last = draft.steps.add(wait, {last}, frozen, "nothing written may be missing on the new primary");
    CheckGates gates;
    gates.winner = winner.endpoint;
    gates.channel = winner.channel ? winner.channel->name : std::string();
    gates.must_have = winner.owned;
    last = draft.steps.add(gates, {last}, frozen, "nothing has changed since it was chosen");
    RecordDecision record;
    record.winner = winner.endpoint;
    const StepOptions decided{freeze, OnFailure::abort, true, false};
    return draft.steps.add(record, {last}, decided, "whoever takes over finishes it from here");
}

int add_demotion(Draft& draft, int opened) {
    const Standing& winner = draft.winner();
    DemoteOldPrimary demote;
    demote.old_primary = draft.request.subject;
    demote.source = winner.endpoint;
    demote.gtid = winner.channel ? winner.channel->gtid_use : model::GtidUse::none;
    demote.start = draft.request.pick;
    const StepOptions options{
        Seconds(draft.basis.policy.settings.instance_bulk_operations_wait_timeout_seconds),
        OnFailure::record,
        false,
        false
    };
    return draft.steps.add(demote, {opened}, options, "the former primary becomes a replica of the new one");
}

}  // namespace

void add_takeover_tail(Draft& draft, int ready, bool credentials_unknown) {
    Plan& plan = draft.plan;
    const auto& basis = draft.basis;
    Builder& steps = draft.steps;
    const Outcomes outcomes = outcomes_of(draft.field, basis.policy, draft.choice, true);
    note_choice(plan, draft.choice, outcomes);
    plan.refusal.reset();
    Rules rules = rules_against(draft, outcomes, credentials_unknown);
    if (!rules.empty()) {
        plan.refusal = Refusal{"the switch in " + basis.cluster.name.text() + " is not safe now", std::move(rules)};
        add_end(plan, steps, basis, draft.request, {ready});
        return;
    }
    const Standing& winner = draft.winner();
    int last = ready;
    if (!replicates(winner)) {
        StartReplication start{winner.endpoint, winner.channel ? winner.channel->name : std::string()};
        const StepOptions options{basis.policy.server_limit, OnFailure::abort, false, false};
        last = steps.add(start, {last}, options, "it has to catch up");
    }
    last = add_hooks(draft, HookList::pre_graceful_takeover, last);
    last = add_hooks(draft, HookList::on_failure_detection, last);
    last = add_hooks(draft, HookList::pre_failover, last);
    const int decided = add_freeze(draft, last);
    const int opened = add_promotion(draft, decided, OnFailure::abort);
    const int quiet = add_acknowledging_of_demoted(draft, opened);
    const int demoted = add_demotion(draft, quiet);
    std::vector<int> ends = add_aftermath(draft, opened);
    // The accounting says where the old primary stands, so it comes after the demotion.
    for (auto& step : plan.steps) {
        if (std::holds_alternative<Account>(step.action)) {
            step.after.push_back(demoted);
        }
    }
    ends.push_back(demoted);
    add_end(plan, steps, basis, draft.request, ends);
}

Plan plan_takeover(const Basis& basis, const FailoverRequest& request) {
    Plan plan = blank_plan(basis, request);
    const model::Server* subject = basis.cluster.find(request.subject);
    if (subject == nullptr) {
        plan.refusal = Refusal{request.subject.text() + " is not in cluster " + basis.cluster.name.text(), {}};
        return plan;
    }
    Builder steps(plan);
    const Field field = field_of(basis, *subject, nullptr);
    AcquireLease lease;
    lease.cluster = plan.cluster;
    const StepOptions must{Seconds(5), OnFailure::abort, false, false};
    const int leased = steps.add(lease, {}, must, "one change of a cluster at a time");
    ReadPositions read;
    read.readings = readings_of(field);
    const StepOptions reading{Millis(1000), OnFailure::abort, false, false};
    const int positions = steps.add(read, {leased}, reading, "check what is, not what was");
    const int ready = steps.add(Replan{}, {positions}, StepOptions{}, "the checks are made on true positions");
    Draft draft{plan, basis, request, field, choose(field, basis.policy, takeover_choice(request))};
    add_takeover_tail(draft, ready, false);
    return plan;
}

}  // namespace orc::planning
