#include "api/explain.h"

#include <algorithm>

#include "api/instance_state.h"
#include "recovery/gates.h"

namespace orc::api {
namespace {

std::optional<analysis::Finding> finding_about(
    const model::Cluster& cluster, const Endpoint& subject, const analysis::Policy& policy, Instant now
) {
    auto all = analysis::analyse(cluster, policy, now, true);
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const analysis::Finding& f) { return f.subject == subject; });
    return found == all.end() ? std::nullopt : std::optional(std::move(*found));
}

std::string why_unjudged(const model::Server& server, const analysis::Policy& policy) {
    if (server.in_maintenance) {
        return "it is in maintenance";
    }
    if (policy.ignored_hosts.matches(server.endpoint)) {
        return "RecoveryIgnoreHostnameFilters leave it out";
    }
    const auto source = server.source();
    return "nobody replicates from it" + (source ? "; it replicates from " + source->text() : std::string());
}

std::vector<std::string> rules_in_the_way(const UseCases& use_cases, const analysis::Finding& finding) {
    std::vector<std::string> out;
    if (!finding.is_actionable) {
        out.push_back("the evidence does not suffice" + (finding.hesitation.empty() ? "" : ": " + finding.hesitation));
    }
    for (auto& rule : use_cases.seams().recovery.rules_against(finding)) {
        out.push_back(std::move(rule));
    }
    return out;
}

analysis::Finding as_if_dead(analysis::Finding finding) {
    finding.code = analysis::Code::dead_primary;
    finding.handling = analysis::Handling::recover_dead_primary;
    finding.is_actionable = true;
    return finding;
}

/// Fills in what would be done, if anything.
Co<void> add_plan(UseCases& use_cases, Explanation& out) {
    recovery::RecoverRequest request;
    request.failed = out.subject;
    request.force_dead_primary = out.is_hypothetical;
    auto plan = co_await use_cases.preview_recovery(std::move(request));
    if (plan) {
        out.plan = *std::move(plan);
    } else {
        out.no_plan = plan.error().message;
    }
}

/// History is told as far as the store can be read.
Co<void> add_history(UseCases& use_cases, Explanation& out) {
    store::RecoveryQuery query;
    query.cluster = out.cluster;
    query.page.size = 1;
    const auto newest = co_await use_cases.recoveries(std::move(query));
    if (newest && !newest->empty()) {
        out.last_recovery = newest->front();
    }
    const auto intent = use_cases.intent();
    const auto blocked = intent->blocked.find(out.subject);
    if (blocked != intent->blocked.end()) {
        out.last_blocked = blocked->second;
    }
}

}  // namespace

Task<Explanation> explain(UseCases& use_cases, Endpoint given) {
    CO_TRY(const model::ServerPtr server, use_cases.instance(given));
    const auto cluster = use_cases.seams().discovery.cluster_now(server->endpoint);
    if (cluster == nullptr) {
        co_return fail(ErrorCode::not_found, "Cannot read instance: " + given.text());
    }
    const auto settings = use_cases.settings();
    const analysis::Policy policy(*settings);
    const Instant now = use_cases.clock().now();
    Explanation out;
    out.subject = server->endpoint;
    out.cluster = cluster->name;
    out.cluster_alias = cluster->alias;
    out.problems = InstanceJudge(*settings, now).problems(*server);
    out.finding = finding_about(*cluster, server->endpoint, policy, now);
    co_await add_history(use_cases, out);
    if (!out.finding) {
        out.unjudged = why_unjudged(*server, policy);
        co_return out;
    }
    out.is_recoverable = recovery::is_recovery(out.finding->handling);
    out.is_hypothetical = !out.is_recoverable && out.finding->is_primary && out.finding->counts.replicas > 0;
    out.rules = rules_in_the_way(use_cases, out.is_hypothetical ? as_if_dead(*out.finding) : *out.finding);
    if (out.is_recoverable || out.is_hypothetical) {
        co_await add_plan(use_cases, out);
    }
    co_return out;
}

Task<std::vector<Explanation>> explain_cluster(UseCases& use_cases, model::ClusterPtr cluster) {
    const auto settings = use_cases.settings();
    const analysis::Policy policy(*settings);
    std::vector<Explanation> out;
    for (const auto& finding : analysis::analyse(*cluster, policy, use_cases.clock().now(), true)) {
        CO_TRY(auto one, co_await explain(use_cases, finding.subject));
        out.push_back(std::move(one));
    }
    co_return out;
}

}  // namespace orc::api
