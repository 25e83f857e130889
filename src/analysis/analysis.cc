#include "analysis/analysis.h"

#include <algorithm>
#include <array>

#include "analysis/case.h"

namespace orc::analysis {
namespace {

/// Whether automation is wanted for a cluster: asked at most once per pass, and only when something is to be said.
struct Automation {
    bool primary = false;
    bool intermediate = false;
};

Automation automation_of(const model::Cluster& cluster, const Policy& policy) {
    const std::string& name = cluster.name.text();
    const std::string& alias = cluster.alias.empty() ? name : cluster.alias;
    return {policy.primary_recovery.matches(name, alias), policy.intermediate_recovery.matches(name, alias)};
}

/// Downtime of all replicas excuses only the codes that are about replicas.
bool is_about_replicas(Code code) {
    static constexpr std::array codes = {
        Code::all_primary_replicas_not_replicating,
        Code::all_primary_replicas_not_replicating_or_dead,
        Code::primary_single_replica_dead,
        Code::all_co_primary_replicas_not_replicating,
        Code::dead_intermediate_primary_with_single_replica,
        Code::dead_intermediate_primary_with_single_replica_failing_to_connect,
        Code::dead_intermediate_primary_and_replicas,
        Code::dead_intermediate_primary_and_some_replicas,
        Code::all_intermediate_primary_replicas_failing_to_connect_or_dead,
        Code::all_intermediate_primary_replicas_not_replicating,
    };
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// ReduceReplicationAnalysisCount: a healthy leaf is no subject.
bool is_subject(const Case& c, const config::Settings& settings) {
    return !settings.reduce_replication_analysis_count || !c.edges.empty() || c.is_failing_to_connect ||
           (!c.is_valid && c.check().seen);
}

void tell_cluster(Finding& out, const model::Cluster& cluster, const Automation& automation) {
    out.cluster = cluster.name;
    out.cluster_alias = cluster.alias.empty() ? cluster.name.text() : cluster.alias;
    out.cluster_domain = cluster.domain.empty() ? cluster.name.text() : cluster.domain;
    out.automated_primary_recovery = automation.primary;
    out.automated_intermediate_recovery = automation.intermediate;
}

void tell_subject(Finding& out, Case& c) {
    const model::Server& server = *c.server;
    out.subject = server.endpoint;
    out.source = server.source();
    out.is_primary = c.is_primary;
    out.is_co_primary = c.is_co_primary;
    out.is_group_member = c.is_group_member;
    out.last_check_valid = c.is_valid;
    out.last_check_partial = c.is_partial;
    out.is_failing_to_connect = c.is_failing_to_connect;
    out.depth = server.depth;
    out.counts = c.counts;
    out.min_replica_gtid_mode = c.min_replica_gtid_mode;
    out.max_replica_gtid_mode = c.max_replica_gtid_mode;
    out.max_replica_errant = std::move(c.max_replica_errant);
    out.replicas.reserve(c.edges.size());
    for (const Edge& edge : c.edges) {
        out.replicas.push_back(edge.replica->endpoint);
    }
}

void tell_verdict(Finding& out, const Case& c, Code code) {
    out.code = code;
    out.is_downtimed = c.server->downtime.has_value();
    out.are_replicas_downtimed = c.counts.replicas == c.counts.downtimed && is_about_replicas(code);
    out.is_skippable_by_downtime = out.is_downtimed || out.are_replicas_downtimed;
    out.witnesses = testify(c);
    out.handling = handling_of(code);
    out.hesitation = hesitation_of(c, code);
    out.is_actionable = out.handling != Handling::none && out.handling != Handling::detect && out.hesitation.empty();
    out.is_settled = is_settled(c, code);
    out.description = describe(c, code);
}

bool comes_first(const Finding& a, const Finding& b) {
    const auto rank = [](const Finding& f) { return std::tuple(!f.is_primary, f.cluster.text() != f.subject.text()); };
    const auto mine = rank(a);
    const auto other = rank(b);
    return mine != other ? mine < other : a.replicas.size() > b.replicas.size();
}

}  // namespace

Policy::Policy(const config::Settings& chosen)
    : settings(chosen),
      primary_recovery(settings.recover_master_cluster_filters),
      intermediate_recovery(settings.recover_intermediate_master_cluster_filters),
      ignored_hosts(settings.recovery_ignore_hostname_filters) {}

Verdict judge(const model::Cluster& cluster, const Policy& policy, Instant now, bool with_no_problem) {
    const Graph graph(cluster);
    const std::vector<const model::Server*> unread = unread_members(cluster, now);
    std::optional<Automation> automation;
    Doubts doubts(now);
    Verdict out;
    for (std::size_t i = 0; i < cluster.servers.size(); ++i) {
        const model::Server& server = *cluster.servers[i];
        if (server.in_maintenance) {
            continue;
        }
        Case c = examine(server, graph.of(i), policy, now);
        c.unread = unread;
        const bool is_told = is_subject(c, policy.settings);
        if (!is_told && c.edges.empty()) {
            continue;
        }
        const Code code = classify(c, policy);
        doubts.consider(c, code);
        std::vector<StructureCode> structure = structure_of(c);
        const bool is_healthy = code == Code::no_problem && structure.empty();
        if (!is_told || (is_healthy && !with_no_problem) || policy.ignored_hosts.matches(server.endpoint)) {
            continue;
        }
        if (!automation) {
            automation = automation_of(cluster, policy);
        }
        Finding& finding = out.findings.emplace_back();
        tell_cluster(finding, cluster, *automation);
        tell_verdict(finding, c, code);
        finding.structure = std::move(structure);
        tell_subject(finding, c);
    }
    std::stable_sort(out.findings.begin(), out.findings.end(), comes_first);
    out.doubt = doubts.take();
    return out;
}

std::vector<Finding> analyse(const model::Cluster& cluster, const Policy& policy, Instant now, bool with_no_problem) {
    return judge(cluster, policy, now, with_no_problem).findings;
}

}  // namespace orc::analysis
