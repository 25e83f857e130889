// Recoveries that promote nobody: replicas of a dead intermediate primary or group member move elsewhere, a read-only
// primary is opened, semi-sync replicas are switched on or off.
#include <algorithm>
#include <tuple>

#include "planning/builder.h"
#include "planning/eligibility.h"

namespace orc::planning {
namespace {

constexpr StepOptions repair_step{Seconds(10), OnFailure::record, false, false};

int add_start(Plan& plan, Builder& steps, const Basis& basis, const FailoverRequest& request) {
    AcquireLease lease;
    lease.cluster = plan.cluster;
    const StepOptions must{Seconds(5), OnFailure::abort, false, false};
    int last = steps.add(lease, {}, must, "one change of a cluster at a time");
    const auto add_hooks = [&](HookList list) {
        if (!request.skip_hooks && basis.policy.hooks.contains(list)) {
            RunHooks hooks;
            hooks.list = list;
            last = steps.add(hooks, {last}, StepOptions{}, "an error here stops the recovery");
        }
    };
    if (request.is_new_detection) {
        add_hooks(HookList::on_failure_detection);
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
    if (request.kind != PlanKind::semi_sync) {
        add_hooks(HookList::pre_failover);
    }
    return last;
}

void refuse(Plan& plan, std::string reason, std::vector<std::string> rules) {
    plan.refusal = Refusal{std::move(reason), std::move(rules)};
    plan.steps.clear();
}

// ---- replicas of a server that is gone ----

struct Target {
    const model::Server* server;
    int order;  ///< smaller is better
};

bool is_sound(const model::Server& server, const Policy& policy) {
    const bool reads = server.facts && server.check.is_valid() && server.facts->log_bin &&
                       server.facts->log_replica_updates && !server.in_maintenance && !server.downtime;
    return reads && server.rule != model::PromotionRule::must_not && !policy.never_promoted.matches(server.endpoint);
}

int place_order(const model::Server& server, const model::Server& subject) {
    const model::Facts* failed = subject.last_known();
    const bool near = failed != nullptr && server.facts->data_center == failed->data_center &&
                      server.facts->environment == failed->environment;
    const bool preferred = server.rule == model::PromotionRule::must || server.rule == model::PromotionRule::prefer;
    return (near ? 0 : 2) + (preferred ? 0 : 1);
}

/// Siblings first, those near the failed one and preferred ones before the others; its own source last.
std::vector<Target> targets_of_intermediate(const Basis& basis, const model::Server& subject) {
    std::vector<Target> out;
    const auto source = subject.source();
    const model::Server* above = source ? basis.cluster.find(*source) : nullptr;
    if (above == nullptr) {
        return out;
    }
    for (const model::Server* sibling : basis.cluster.replicas_of(above->endpoint)) {
        if (sibling != &subject && is_sound(*sibling, basis.policy) && sibling->is_replicating()) {
            out.push_back({sibling, place_order(*sibling, subject)});
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const Target& a, const Target& b) { return a.order < b.order; });
    if (above->facts && above->check.is_valid()) {
        out.push_back({above, 10});
    }
    return out;
}

std::vector<Target> targets_of_member(const Basis& basis, const model::Server& subject) {
    std::vector<Target> out;
    if (!subject.facts || !subject.facts->group) {
        return out;
    }
    for (const auto& endpoint : subject.facts->group->members) {
        const model::Server* member = endpoint == subject.endpoint ? nullptr : basis.cluster.find(endpoint);
        const bool is_online = member != nullptr && member->facts && member->check.is_valid() && member->facts->group &&
                               member->facts->group->state == "ONLINE";
        if (is_online) {
            out.push_back({member, place_order(*member, subject)});
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const Target& a, const Target& b) { return a.order < b.order; });
    return out;
}

void plan_rehoming(Plan& plan, const Basis& basis, const FailoverRequest& request, const model::Server& subject) {
    const auto targets = request.kind == PlanKind::dead_group_member ? targets_of_member(basis, subject)
                                                                     : targets_of_intermediate(basis, subject);
    Builder steps(plan);
    const int started = add_start(plan, steps, basis, request);
    const Field field = field_of(basis, subject, nullptr);
    std::vector<int> ends{started};
    std::vector<std::string> rules;
    for (const auto& standing : field.standings) {
        ReplicaFate fate{standing.endpoint, Fate::lost, "no server is left for it to replicate from"};
        if (!standing.answers) {
            fate.fate = Fate::unreachable;
            fate.why = standing.silence;
        }
        for (const auto& target : targets) {
            if (!standing.answers || !standing.server->facts) {
                break;
            }
            const Standing above = standing_of(*target.server, subject, nullptr);
            if (auto why = why_not_below(standing, above)) {
                fate.why = *why;
                continue;
            }
            fate = ReplicaFate{standing.endpoint, Fate::move, "goes below " + target.server->endpoint.text()};
            MoveReplica move{
                standing.endpoint, target.server->endpoint, standing.channel->name, standing.channel->gtid_use
            };
            ends.push_back(steps.add(move, {started}, repair_step, fate.why));
            plan.successor = plan.successor.value_or(target.server->endpoint);
            break;
        }
        if (fate.fate != Fate::move) {
            rules.push_back(standing.endpoint.text() + ": " + fate.why);
        }
        plan.replicas.push_back(std::move(fate));
    }
    plan.loss = ExpectedLoss{0, "none: the source above has everything"};
    if (ends.size() == 1) {
        refuse(plan, "no replica of " + subject.endpoint.text() + " can be moved", rules);
        return;
    }
    plan.reason = "replicas of " + subject.endpoint.text() + " go on below " + plan.successor->text();
    if (!request.skip_hooks && basis.policy.hooks.contains(HookList::post_intermediate_failover)) {
        RunHooks hooks;
        hooks.list = HookList::post_intermediate_failover;
        const StepOptions options{Millis(0), OnFailure::record, false, false};
        ends.push_back(steps.add(hooks, ends, options, "the site's own switches"));
    }
    add_end(plan, steps, basis, request, ends);
}

// ---- a primary that is read-only ----

void plan_opening(Plan& plan, const Basis& basis, const FailoverRequest& request, const model::Server& subject) {
    std::vector<std::string> rules;
    if (!basis.policy.settings.recover_non_writeable_master && !request.is_forced) {
        rules.push_back("the setting that asks for it is off");
    }
    if (subject.downtime && subject.downtime->reason == model::lost_in_recovery) {
        rules.push_back(subject.endpoint.text() + " was left behind by an earlier recovery");
    }
    const model::PrimaryTerm* newest = nullptr;
    for (const auto& server : basis.cluster.servers) {
        if (server->endpoint != subject.endpoint && server->facts && !server->facts->read_only &&
            server->check.is_valid()) {
            rules.push_back(server->endpoint.text() + " is writable already");
        }
        const auto term = basis.intent.primary_terms.find(server->endpoint);
        if (term != basis.intent.primary_terms.end() && (newest == nullptr || term->second.term > newest->term)) {
            newest = &term->second;
        }
    }
    if (newest != nullptr && newest->primary != subject.endpoint) {
        rules.push_back(
            newest->primary.text() + " became primary in term " + std::to_string(newest->term) +
            "; promote by hand if it is gone for good"
        );
    }
    if (!rules.empty()) {
        refuse(plan, subject.endpoint.text() + " is not opened for writes", rules);
        return;
    }
    Builder steps(plan);
    const int started = add_start(plan, steps, basis, request);
    OpenForWrites open;
    open.server = subject.endpoint;
    const StepOptions options{basis.policy.server_limit, OnFailure::abort, true, false};
    const int opened = steps.add(open, {started}, options, "its cluster has no other writable server");
    plan.successor = subject.endpoint;
    plan.reason = subject.endpoint.text() + " is the only primary and read-only";
    add_end(plan, steps, basis, request, {opened});
}

// ---- semi-sync ----

struct SemiSyncChoice {
    std::vector<Endpoint> on;
    std::vector<Endpoint> off;
};

std::vector<const model::Server*> possible_ackers(const Basis& basis, const model::Server& subject) {
    std::vector<const model::Server*> out;
    for (const model::Server* replica : basis.cluster.replicas_of(subject.endpoint)) {
        if (replica->check.is_valid() && replica->is_replicating() && replica->facts->semi_sync_priority > 0) {
            out.push_back(replica);
        }
    }
    std::sort(out.begin(), out.end(), [](const model::Server* a, const model::Server* b) {
        if (a->facts->semi_sync_priority != b->facts->semi_sync_priority) {
            return a->facts->semi_sync_priority > b->facts->semi_sync_priority;
        }
        return std::tie(a->rule, a->endpoint) < std::tie(b->rule, b->endpoint);
    });
    return out;
}

SemiSyncChoice exactly(const Basis& basis, const model::Server& subject) {
    SemiSyncChoice out;
    const auto possible = possible_ackers(basis, subject);
    const std::size_t wanted = subject.facts->semi_sync.acks_wanted;
    for (std::size_t i = 0; i < possible.size(); ++i) {
        const bool is_on = possible[i]->facts->semi_sync.replica_enabled;
        if (i < wanted && !is_on) {
            out.on.push_back(possible[i]->endpoint);
        } else if (i >= wanted && is_on) {
            out.off.push_back(possible[i]->endpoint);
        }
    }
    for (const model::Server* replica : basis.cluster.replicas_of(subject.endpoint)) {
        const bool is_async = replica->check.is_valid() && replica->is_replicating() &&
                              replica->facts->semi_sync_priority <= 0 && replica->facts->semi_sync.replica_enabled;
        if (is_async) {
            out.off.push_back(replica->endpoint);
        }
    }
    return out;
}

SemiSyncChoice enough(const Basis& basis, const model::Server& subject) {
    SemiSyncChoice out;
    const auto& semi_sync = subject.facts->semi_sync;
    const std::size_t lacking =
        semi_sync.acks_wanted > semi_sync.clients ? semi_sync.acks_wanted - semi_sync.clients : 0;
    for (const model::Server* replica : possible_ackers(basis, subject)) {
        if (out.on.size() < lacking && !replica->facts->semi_sync.replica_enabled) {
            out.on.push_back(replica->endpoint);
        }
    }
    return out;
}

void plan_semi_sync(Plan& plan, const Basis& basis, const FailoverRequest& request, const model::Server& subject) {
    const auto& settings = basis.policy.settings;
    // Asked before anything is registered: a record of nothing would block what matters.
    if (!settings.enforce_exact_semi_sync_replicas && !settings.recover_locked_semi_sync_master) {
        refuse(
            plan,
            "semi-sync replicas are left as they are",
            {"neither of the settings that ask for a change of semi-sync replicas is on"}
        );
        return;
    }
    const auto chosen = settings.enforce_exact_semi_sync_replicas ? exactly(basis, subject) : enough(basis, subject);
    if (chosen.on.empty() && chosen.off.empty()) {
        refuse(
            plan,
            "no replica of " + subject.endpoint.text() + " can be switched",
            {"no replicating replica with a semi-sync priority is left to be switched"}
        );
        return;
    }
    Builder steps(plan);
    int last = add_start(plan, steps, basis, request);
    // All on before any off: the number of acknowledging replicas never drops below what is awaited.
    const StepOptions options{basis.policy.server_limit, OnFailure::abort, false, false};
    for (const auto& endpoint : chosen.on) {
        SemiSyncReplica on{endpoint, true};
        last = steps.add(on, {last}, options, "the primary waits for more acknowledgements");
    }
    for (const auto& endpoint : chosen.off) {
        SemiSyncReplica off{endpoint, false};
        last = steps.add(off, {last}, options, "it is not among those that should acknowledge");
    }
    plan.successor = subject.endpoint;
    plan.reason = std::to_string(chosen.on.size()) + " switched on, " + std::to_string(chosen.off.size()) + " off";
    add_end(plan, steps, basis, request, {last});
}

}  // namespace

Plan plan_repair(const Basis& basis, const FailoverRequest& request) {
    Plan plan = blank_plan(basis, request);
    const model::Server* subject = basis.cluster.find(request.subject);
    if (subject == nullptr || !subject->facts) {
        plan.refusal = Refusal{request.subject.text() + " is not known well enough", {}};
        return plan;
    }
    switch (request.kind) {
        case PlanKind::dead_intermediate_primary:
        case PlanKind::dead_group_member:
            plan_rehoming(plan, basis, request, *subject);
            break;
        case PlanKind::not_writable:
            plan_opening(plan, basis, request, *subject);
            break;
        case PlanKind::semi_sync:
            plan_semi_sync(plan, basis, request, *subject);
            break;
        case PlanKind::dead_primary:
        case PlanKind::dead_co_primary:
        case PlanKind::graceful_takeover:
        case PlanKind::forced_takeover:
        case PlanKind::topology_change:
            plan.refusal = Refusal{"this is no repair", {}};
            break;
    }
    return plan;
}

}  // namespace orc::planning
