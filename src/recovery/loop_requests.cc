// What people ask for: recover now, switch now, acknowledge.
#include <algorithm>

#include "recovery/loop_state.h"

namespace orc::recovery {
namespace {

using analysis::Handling;
using planning::FailoverRequest;
using planning::PlanKind;

PlanKind kind_of(Handling handling) {
    switch (handling) {
        case Handling::none:
        case Handling::detect:
        case Handling::recover_dead_primary:
            return PlanKind::dead_primary;
        case Handling::recover_dead_co_primary:
            return PlanKind::dead_co_primary;
        case Handling::recover_dead_intermediate:
            return PlanKind::dead_intermediate_primary;
        case Handling::recover_group_member:
            return PlanKind::dead_group_member;
        case Handling::recover_semi_sync:
            return PlanKind::semi_sync;
        case Handling::recover_not_writable:
            return PlanKind::not_writable;
    }
    return PlanKind::dead_primary;
}

std::string joined_rules(const planning::Refusal& refusal) {
    std::string out = refusal.reason;
    for (const auto& rule : refusal.rules) {
        out += "; " + rule;
    }
    return out;
}

/// The one primary that can be replaced in a planned or forced way.
Result<Endpoint> sole_primary(const model::Cluster& cluster) {
    std::vector<const model::Server*> primaries = cluster.primaries();
    for (const auto& server : cluster.servers) {
        const bool is_listed = std::find(primaries.begin(), primaries.end(), server.get()) != primaries.end();
        if (server->is_co_primary && !is_listed) {
            primaries.push_back(server.get());
        }
    }
    if (primaries.size() > 1) {
        // Of co-primaries, the one that takes writes.
        std::erase_if(primaries, [](const model::Server* s) { return !s->facts || s->facts->read_only; });
    }
    if (primaries.size() != 1) {
        return fail(
            ErrorCode::refused,
            "cluster " + cluster.name.text() + " has " + std::to_string(primaries.size()) +
                " writable primaries; there must be exactly one"
        );
    }
    return primaries.front()->endpoint;
}

Result<analysis::Finding> finding_about(const model::Cluster& cluster, const Endpoint& subject, const Workshop& shop) {
    const auto all = analysis::analyse(cluster, shop.analysis, shop.clock.now(), true);
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const analysis::Finding& f) { return f.subject == subject; });
    if (found != all.end()) {
        return *found;
    }
    const auto* server = cluster.find(subject);
    if (server != nullptr && server->in_maintenance) {
        return fail(ErrorCode::refused, subject.text() + " is in maintenance");
    }
    if (shop.analysis.ignored_hosts.matches(subject)) {
        return fail(ErrorCode::refused, subject.text() + " is left out by RecoveryIgnoreHostnameFilters");
    }
    return fail(
        ErrorCode::not_found,
        "nothing to recover or to take over: no server is known to replicate from " + subject.text()
    );
}

}  // namespace

Result<std::pair<FailoverRequest, analysis::Finding>> RecoveryLoop::State::understand(const RecoverRequest& wish
) const {
    const auto cluster = eyes->cluster_now(wish.failed);
    if (!cluster) {
        return fail(ErrorCode::not_found, wish.failed.text() + " is not known");
    }
    TRY(auto finding, finding_about(*cluster, wish.failed, shop));
    FailoverRequest request;
    request.subject = wish.failed;
    request.demanded = wish.candidate;
    request.skip_hooks = wish.skip_hooks;
    request.is_forced = wish.force_dead_primary;
    if (wish.force_dead_primary) {
        finding.code = analysis::Code::dead_primary;
        finding.handling = Handling::recover_dead_primary;
        finding.is_actionable = true;
        const PlanKind hint = wish.candidate ? PlanKind::forced_takeover : PlanKind::dead_primary;
        request.command = std::string(command_hint(hint, true));
    } else if (!is_recovery(finding.handling)) {
        return fail(
            ErrorCode::not_found,
            "nothing to recover: the verdict on " + wish.failed.text() + " is " +
                std::string(analysis::name(finding.code))
        );
    }
    request.kind = kind_of(finding.handling);
    request.code = std::string(analysis::name(finding.code));
    request.is_new_detection = !is_known(finding, true);
    return std::make_pair(std::move(request), std::move(finding));
}

Result<std::pair<FailoverRequest, analysis::Finding>> RecoveryLoop::State::understand(const TakeoverRequest& wish
) const {
    const auto cluster = eyes->topology()->cluster_named(wish.cluster.text());
    if (!cluster) {
        return fail(ErrorCode::not_found, "cluster " + wish.cluster.text() + " is not known");
    }
    TRY(const auto subject, sole_primary(*cluster));
    const auto newest = eyes->cluster_now(subject);
    TRY(auto finding, finding_about(newest ? *newest : *cluster, subject, shop));
    finding.code = analysis::Code::dead_primary;
    finding.handling = Handling::recover_dead_primary;
    FailoverRequest request;
    request.kind = PlanKind::graceful_takeover;
    request.subject = subject;
    request.code = std::string(analysis::name(finding.code));
    request.command = std::string(command_hint(PlanKind::graceful_takeover, true));
    request.demanded = wish.designated;
    request.pick = wish.pick;
    request.is_new_detection = false;
    return std::make_pair(std::move(request), std::move(finding));
}

Result<planning::Plan> RecoveryLoop::State::plan_for(const FailoverRequest& request) const {
    const auto cluster = eyes->cluster_now(request.subject);
    if (!cluster) {
        return fail(ErrorCode::not_found, request.subject.text() + " is not known");
    }
    const auto intent = shop.ledger.intent();
    const planning::Basis basis{*cluster, *intent, shop.planning};
    switch (request.kind) {
        case PlanKind::graceful_takeover:
            return planning::plan_takeover(basis, request);
        case PlanKind::dead_primary:
        case PlanKind::dead_co_primary:
        case PlanKind::forced_takeover:
            return planning::plan_failover(basis, request);
        case PlanKind::dead_intermediate_primary:
        case PlanKind::dead_group_member:
        case PlanKind::semi_sync:
        case PlanKind::not_writable:
        case PlanKind::topology_change:
            break;
    }
    return planning::plan_repair(basis, request);
}

Task<Outcome> RecoveryLoop::State::carry_out(
    FailoverRequest request, analysis::Finding finding, planning::Plan plan, std::string actor
) {
    const auto self = shared_from_this();
    if (shop.noop) {
        co_return fail(ErrorCode::refused, "this process runs with --noop:\n" + planning::describe(plan));
    }
    if (!leads()) {
        co_return fail(ErrorCode::not_leader, "another node leads: " + shop.leadership.view().leader);
    }
    if (plan.refusal) {
        co_return fail(ErrorCode::refused, joined_rules(*plan.refusal));
    }
    if (const auto cluster = eyes->cluster_now(request.subject); cluster && is_busy(*cluster)) {
        co_return fail(ErrorCode::conflict, "cluster " + cluster->name.text() + " is being changed already");
    }
    if (actor.empty()) {
        actor = shop.node.host;
    }
    const auto attempt = std::make_shared<Attempt>(shop, std::move(request), std::move(finding), std::move(actor));
    attempts[attempt->uid()] = attempt;
    auto outcome = co_await attempt->run(std::move(plan));
    attempts.erase(attempt->uid());
    publish_running();
    co_return outcome;
}

Task<std::size_t> RecoveryLoop::acknowledge(AckRequest request) {
    const auto state = state_;
    if (trim(request.comment).empty()) {
        co_return fail(ErrorCode::invalid, "a comment is needed to acknowledge a recovery");
    }
    store::RecoveryQuery query;
    query.id = request.id;
    query.uid = request.uid;
    query.cluster = request.cluster;
    query.unacknowledged_only = !request.id && !request.uid && !request.cluster;
    query.page.size = 1000;
    std::vector<model::Change> changes;
    std::size_t count = 0;
    const WallTime now = state->shop.clock.wall();
    while (true) {
        CO_TRY(const auto page, co_await state->shop.store.recoveries(query));
        for (const auto& record : page) {
            if (record.acknowledged || (request.instance && record.failed != *request.instance)) {
                continue;
            }
            model::PutRecovery put;
            put.record = record;
            put.record.acknowledged = true;
            put.record.acknowledged_at = now;
            put.record.acknowledged_by = request.owner;
            put.record.acknowledge_comment = request.comment;
            put.record.active_period_end = record.active_period_end.value_or(now);
            changes.emplace_back(std::move(put));
            ++count;
        }
        if (page.size() < query.page.size) {
            break;
        }
        ++query.page.number;
    }
    const auto intent = state->shop.ledger.intent();
    for (const auto& [id, detection] : intent->detections) {
        const bool is_meant = (request.cluster && detection.cluster == *request.cluster) ||
                              (request.instance && detection.endpoint == *request.instance);
        if (is_meant) {
            model::PutDetection over;
            over.record = detection;
            over.record.ended = now;
            changes.emplace_back(std::move(over));
        }
    }
    if (!changes.empty()) {
        CO_TRY(co_await commit(state->shop, std::move(changes), state->shop.clock.deadline_in(Seconds(10))));
        state->last_blocked.clear();
    }
    co_return count;
}

}  // namespace orc::recovery
