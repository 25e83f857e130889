#include "planning/builder.h"

#include <algorithm>

#include "planning/acknowledging.h"

namespace orc::planning {

Builder::Builder(Plan& plan) : plan_(plan) {
    for (const auto& step : plan.steps) {
        next_ = std::max(next_, step.id + 1);
    }
}

int Builder::add(Action action, std::vector<int> after, StepOptions options, std::string why) {
    Step step;
    step.id = next_++;
    step.action = std::move(action);
    step.after = std::move(after);
    step.limit = options.limit;
    step.irreversible = options.irreversible;
    step.always = options.always;
    step.on_failure = options.on_failure;
    step.why = std::move(why);
    plan_.steps.push_back(std::move(step));
    return plan_.steps.back().id;
}

Field field_of(const Basis& basis, const model::Server& subject, const News* news) {
    Field out{basis.cluster, subject, basis.intent, {}};
    auto replicas = basis.cluster.replicas_of(subject.endpoint);
    // Those that were pointed elsewhere on the way are still its replicas.
    for (const auto& server : basis.cluster.servers) {
        const bool was_moved = news != nullptr && news->fed_in_vain.contains(server->endpoint);
        if (was_moved && std::ranges::find(replicas, server.get()) == replicas.end()) {
            replicas.push_back(server.get());
        }
    }
    std::ranges::sort(replicas, {}, &model::Server::endpoint);
    for (const model::Server* replica : replicas) {
        const TruePosition* reading = nullptr;
        if (news != nullptr) {
            const auto found = news->positions.find(replica->endpoint);
            reading = found == news->positions.end() ? nullptr : &found->second;
        }
        out.standings.push_back(standing_of(*replica, subject, reading));
    }
    return out;
}

namespace {

Before before_of(const model::Server& server, const Endpoint& subject) {
    Before out;
    out.server = server.endpoint;
    if (!server.facts) {
        return out;
    }
    out.is_mariadb = server.facts->version.is_mariadb();
    out.was_writable = !server.facts->read_only;
    const model::Channel* channel = channel_from(server, subject);
    channel = channel != nullptr ? channel : server.facts->main_channel();
    if (channel != nullptr) {
        out.source = channel->source;
        out.channel = channel->name;
        out.gtid = channel->gtid_use;
        // Right after its source died it is connecting anew, and has no error yet.
        out.receiver_ran = channel->receiver == model::ThreadState::running ||
                           channel->receiver == model::ThreadState::other || channel->is_failing_to_connect();
        out.applier_ran = channel->applier == model::ThreadState::running;
    }
    return out;
}

}  // namespace

Plan blank_plan(const Basis& basis, const FailoverRequest& request) {
    Plan plan;
    plan.kind = request.kind;
    plan.cluster = basis.cluster.name;
    plan.cluster_alias = basis.cluster.alias;
    plan.subject = request.subject;
    plan.code = request.code;
    plan.command = request.command;
    plan.demanded = request.demanded;
    if (const model::Server* subject = basis.cluster.find(request.subject)) {
        plan.before.push_back(before_of(*subject, request.subject));
    }
    for (const model::Server* replica : basis.cluster.replicas_of(request.subject)) {
        plan.before.push_back(before_of(*replica, request.subject));
    }
    return plan;
}

void note_choice(Plan& plan, const Choice& choice, const Outcomes& outcomes) {
    plan.candidates = choice.verdicts;
    plan.replicas = outcomes.fates;
    plan.loss = outcomes.loss;
    plan.reason = choice.reason;
    plan.successor.reset();
    for (const auto& fate : outcomes.fates) {
        if (fate.fate == Fate::winner) {
            plan.successor = fate.endpoint;
        }
    }
    if (!choice.winner) {
        const std::string who = plan.demanded ? plan.demanded->text() : "nobody";
        plan.refusal = Refusal{
            plan.demanded ? who + " may not be promoted" : "no replica of " + plan.subject.text() + " may be promoted",
            choice.blocking
        };
    }
}

int add_promotion(Draft& draft, int decided, OnFailure on_failure) {
    const auto& policy = draft.basis.policy;
    const Standing& winner = draft.winner();
    ResetReplication reset;
    reset.server = winner.endpoint;
    reset.channel = winner.channel ? winner.channel->name : std::string();
    reset.discard = policy.settings.promote_with_unapplied_events;
    // After a planned switch the old primary follows the new one: there is nothing to go back to.
    reset.keep_detached =
        draft.plan.kind != PlanKind::graceful_takeover && policy.settings.master_failover_detach_replica_master_host;
    const StepOptions options{policy.promotion_limit, on_failure, true, false};
    const int last = draft.steps.add(reset, {decided}, options, "a primary replicates from nobody");
    auto ready = add_acknowledging(draft, decided, last);
    OpenForWrites open;
    open.server = winner.endpoint;
    return draft.steps.add(open, std::move(ready), options, "from here on writes go to it");
}

namespace {

void add_publication(Draft& draft, int opened, std::vector<int>& ends) {
    const auto& basis = draft.basis;
    const Standing& winner = draft.winner();
    PublishPrimary publish;
    publish.primary = winner.endpoint;
    publish.old_cluster = basis.cluster.name;
    publish.new_cluster = ClusterName(winner.endpoint.text());
    publish.alias = basis.cluster.alias == basis.cluster.name.text() ? std::string() : basis.cluster.alias;
    publish.domain = basis.cluster.domain;
    if (!publish.alias.empty()) {
        const std::string key = basis.policy.settings.kv_cluster_master_prefix + "/" + publish.alias;
        publish.pairs.push_back(KeyValue{key, winner.endpoint.text()});
        publish.pairs.push_back(KeyValue{key + "/hostname", winner.endpoint.host});
        publish.pairs.push_back(KeyValue{key + "/port", std::to_string(winner.endpoint.port)});
    }
    const StepOptions options{Seconds(10), OnFailure::record, false, false};
    const int published = draft.steps.add(publish, {opened}, options, "clients find the new primary");
    ends.push_back(published);
    if (!draft.request.skip_hooks && basis.policy.hooks.contains(HookList::post_primary_failover)) {
        RunHooks hooks;
        hooks.list = HookList::post_primary_failover;
        const StepOptions recorded{Millis(0), OnFailure::record, false, false};
        ends.push_back(draft.steps.add(hooks, {published}, recorded, "the site's own switches"));
    }
    draft.plan.successor = winner.endpoint;
}

model::GtidUse gtid_use_of(const Standing& standing) {
    return standing.channel ? standing.channel->gtid_use : model::GtidUse::none;
}

}  // namespace

std::vector<int> add_aftermath(Draft& draft, int opened) {
    const Plan& plan = draft.plan;
    const auto& policy = draft.basis.policy;
    const auto& request = draft.request;
    const Standing& winner = draft.winner();
    Builder& steps = draft.steps;
    std::vector<int> ends;
    add_publication(draft, opened, ends);
    std::vector<int> moved{opened};
    const auto& settings = policy.settings;
    const bool detach =
        settings.detach_lost_replicas_after_master_failover || settings.detach_lost_slaves_after_master_failover;
    Account account;
    for (const std::size_t i : ackers_first(plan, draft.field)) {
        const Standing& standing = draft.field.standings[i];
        const Fate fate = plan.replicas[i].fate;
        const std::string channel = standing.channel ? standing.channel->name : std::string();
        const bool may_answer_later =
            fate == Fate::unreachable && standing.uses_gtid() && request.kind != PlanKind::graceful_takeover;
        if (may_answer_later) {
            account.left_behind.push_back(standing.endpoint);
            MoveReplica move{standing.endpoint, winner.endpoint, channel, gtid_use_of(standing), true};
            const StepOptions options{policy.server_limit, OnFailure::record, false, false};
            moved.push_back(steps.add(move, {opened}, options, "it may answer by now; " + plan.replicas[i].why));
        } else if (fate == Fate::move || (fate == Fate::postponed && !standing.server->in_maintenance)) {
            MoveReplica move{standing.endpoint, winner.endpoint, channel, gtid_use_of(standing)};
            // Its receiver could not be stopped: it may have reached the old primary since it was read.
            const bool goes_on_receiving =
                standing.uses_gtid() && (standing.channel->receiver == model::ThreadState::other ||
                                         standing.channel->receiver == model::ThreadState::running);
            move.may_be_ahead = plan.is_decided && request.kind != PlanKind::graceful_takeover && goes_on_receiving;
            const StepOptions options{
                Seconds(settings.instance_bulk_operations_wait_timeout_seconds), OnFailure::record, false, false
            };
            moved.push_back(steps.add(move, {opened}, options, plan.replicas[i].why));
        } else if (fate == Fate::lost || fate == Fate::diverged || fate == Fate::unreachable) {
            account.left_behind.push_back(standing.endpoint);
            if (detach && request.kind != PlanKind::graceful_takeover) {
                DetachReplica detached{standing.endpoint, channel};
                const StepOptions options{policy.server_limit, OnFailure::record, false, false};
                moved.push_back(steps.add(detached, {opened}, options, plan.replicas[i].why));
            }
        }
    }
    account.old_primary = draft.field.subject.endpoint;
    account.detach_failed_moves = detach && request.kind != PlanKind::graceful_takeover;
    const StepOptions recorded{Seconds(5), OnFailure::record, false, false};
    ends.push_back(steps.add(account, moved, recorded, "every replica is accounted for"));
    return ends;
}

void add_end(Plan& plan, Builder& steps, const Basis& basis, const FailoverRequest& request, std::vector<int> after) {
    const StepOptions options{Millis(0), OnFailure::record, false, true};
    int last = steps.add(Resolve{}, std::move(after), options, "the record says how it ended");
    const bool has_hooks = basis.policy.hooks.contains(HookList::post_failover) ||
                           basis.policy.hooks.contains(HookList::post_unsuccessful_failover);
    if (!request.skip_hooks && has_hooks) {
        RunHooks hooks;
        hooks.list = HookList::post_failover;
        last = steps.add(hooks, {last}, options, "those for an unsuccessful end if nobody was promoted");
    }
    if (request.kind == PlanKind::graceful_takeover && !request.skip_hooks &&
        basis.policy.hooks.contains(HookList::post_graceful_takeover)) {
        RunHooks hooks;
        hooks.list = HookList::post_graceful_takeover;
        last = steps.add(hooks, {last}, options, "only if the switch happened");
    }
    ReleaseLease release;
    release.cluster = plan.cluster;
    steps.add(release, {last}, options, "others may act on the cluster again");
}

}  // namespace orc::planning
