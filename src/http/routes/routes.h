// The answers, one coroutine each. Which path leads to which stands in legacy_names_routes.cc (classic) and
// routes_ours.cc.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "http/desk.h"

namespace orc::http::routes {

using DeskPtr = std::shared_ptr<const Desk>;

/// The usual answer of a verb on one server: "<what>: host:port" and its key.
Response key_answer(const Result<Endpoint>& done, std::string_view what, std::string_view details_on_error = "null");

// routes_read.cc
Co<Response> instance(DeskPtr desk, Call call);
Co<Response> instance_replicas(DeskPtr desk, Call call);
Co<Response> all_instances(DeskPtr desk, Call call);
Co<Response> search(DeskPtr desk, Call call);
Co<Response> problems(DeskPtr desk, Call call);
Co<Response> downtimed(DeskPtr desk, Call call);
Co<Response> primary(DeskPtr desk, Call call);
Co<Response> primaries(DeskPtr desk, Call call);

// routes_lists.cc
Co<Response> cluster_control_replicas(DeskPtr desk, Call call);
Co<Response> bulk_instances(DeskPtr desk, Call call);
Co<Response> bulk_promotion_rules(DeskPtr desk, Call call);
Co<Response> can_replicate_from(DeskPtr desk, Call call);
Co<Response> can_replicate_from_gtid(DeskPtr desk, Call call);

// routes_cluster.cc
Co<Response> cluster(DeskPtr desk, Call call);
Co<Response> cluster_by_alias(DeskPtr desk, Call call);
Co<Response> cluster_info(DeskPtr desk, Call call);
Co<Response> cluster_info_by_alias(DeskPtr desk, Call call);
Co<Response> clusters(DeskPtr desk, Call call);
Co<Response> clusters_info(DeskPtr desk, Call call);
Co<Response> topology(DeskPtr desk, Call call);
Co<Response> topology_tabulated(DeskPtr desk, Call call);
Co<Response> topology_tags(DeskPtr desk, Call call);
Co<Response> replication_analysis(DeskPtr desk, Call call);
Co<Response> replication_analysis_of_cluster(DeskPtr desk, Call call);
Co<Response> replication_analysis_of_instance(DeskPtr desk, Call call);

// routes_change.cc
Co<Response> discover(DeskPtr desk, Call call);
Co<Response> refresh(DeskPtr desk, Call call);
Co<Response> forget(DeskPtr desk, Call call);
Co<Response> begin_downtime(DeskPtr desk, Call call);
Co<Response> end_downtime(DeskPtr desk, Call call);
Co<Response> register_candidate(DeskPtr desk, Call call);
Co<Response> disable_global_recoveries(DeskPtr desk, Call call);
Co<Response> enable_global_recoveries(DeskPtr desk, Call call);
Co<Response> check_global_recoveries(DeskPtr desk, Call call);

// routes_cluster_change.cc
Co<Response> discover_later(DeskPtr desk, Call call);
Co<Response> forget_cluster(DeskPtr desk, Call call);
Co<Response> set_cluster_alias(DeskPtr desk, Call call);

// routes_maintenance.cc
Co<Response> begin_maintenance(DeskPtr desk, Call call);
Co<Response> end_maintenance(DeskPtr desk, Call call);
Co<Response> end_maintenance_by_id(DeskPtr desk, Call call);
Co<Response> in_maintenance(DeskPtr desk, Call call);
Co<Response> maintenance(DeskPtr desk, Call call);

// routes_tags.cc
Co<Response> tag(DeskPtr desk, Call call);
Co<Response> untag(DeskPtr desk, Call call);
Co<Response> untag_all(DeskPtr desk, Call call);
Co<Response> tags(DeskPtr desk, Call call);
Co<Response> tag_value(DeskPtr desk, Call call);
Co<Response> tagged(DeskPtr desk, Call call);

// routes_pools.cc
Co<Response> submit_pool(DeskPtr desk, Call call);
Co<Response> cluster_pools(DeskPtr desk, Call call);
Co<Response> reachable_pools(DeskPtr desk, Call call);
Co<Response> pool_lag(DeskPtr desk, Call call);

// routes_names.cc
Co<Response> resolve(DeskPtr desk, Call call);
Co<Response> hostname_resolve_cache(DeskPtr desk, Call call);
Co<Response> reset_hostname_resolve_cache(DeskPtr desk, Call call);
Co<Response> register_hostname_unresolve(DeskPtr desk, Call call);
Co<Response> deregister_hostname_unresolve(DeskPtr desk, Call call);
Co<Response> snapshot_topologies(DeskPtr desk, Call call);

// routes_recovery.cc
Co<Response> recover(DeskPtr desk, Call call);
Co<Response> recover_lite(DeskPtr desk, Call call);
Co<Response> take_over(DeskPtr desk, Call call);
Co<Response> take_over_auto(DeskPtr desk, Call call);
Co<Response> acknowledge_cluster(DeskPtr desk, Call call);
Co<Response> acknowledge_alias(DeskPtr desk, Call call);
Co<Response> acknowledge_instance(DeskPtr desk, Call call);
Co<Response> acknowledge_one(DeskPtr desk, Call call);
Co<Response> acknowledge_all(DeskPtr desk, Call call);

// routes_history.cc
Co<Response> audit_recovery(DeskPtr desk, Call call);
Co<Response> audit_recovery_steps(DeskPtr desk, Call call);
Co<Response> audit_failure_detection(DeskPtr desk, Call call);
Co<Response> audit(DeskPtr desk, Call call);

// routes_recent.cc
Co<Response> active_cluster_recovery(DeskPtr desk, Call call);
Co<Response> recently_active_cluster_recovery(DeskPtr desk, Call call);
Co<Response> recently_active_instance_recovery(DeskPtr desk, Call call);
Co<Response> blocked_recoveries(DeskPtr desk, Call call);
Co<Response> analysis_changelog(DeskPtr desk, Call call);

// routes_measures.cc
Co<Response> probe_samples(DeskPtr desk, Call call);
Co<Response> probes_together(DeskPtr desk, Call call);
Co<Response> queue_samples(DeskPtr desk, Call call);
Co<Response> queues_together(DeskPtr desk, Call call);
Co<Response> write_samples(DeskPtr desk, Call call);
Co<Response> writes_together(DeskPtr desk, Call call);
Co<Response> batch_samples(DeskPtr desk, Call call);
Co<Response> batches_together(DeskPtr desk, Call call);

// routes_node.cc
Co<Response> headers(DeskPtr desk, Call call);
Co<Response> automated_recovery_filters(DeskPtr desk, Call call);
Co<Response> grab_election(DeskPtr desk, Call call);
Co<Response> reelect(DeskPtr desk, Call call);
Co<Response> reload_cluster_alias(DeskPtr desk, Call call);
/// The answer of every raft-... path where there is no such group.
Co<Response> no_group(DeskPtr desk, Call call);
Co<Response> no_agents(DeskPtr desk, Call call);

// routes_health.cc
/// Registers this node in its store, which shows whether it can be written. Control executor.
Task<api::Health> checked_health(api::UseCases& use_cases);
Co<Response> health(DeskPtr desk, Call call);
Co<Response> alive(DeskPtr desk, Call call);
Co<Response> leader_check(DeskPtr desk, Call call);

// routes_node.cc
Co<Response> reload_configuration(DeskPtr desk, Call call);
Co<Response> change_token(DeskPtr desk, Call call);
Co<Response> pick_up_token(DeskPtr desk, Call call);
Co<Response> live(DeskPtr desk, Call call);
Co<Response> ready(DeskPtr desk, Call call);
Co<Response> leads(DeskPtr desk, Call call);
Co<Response> debug_variables(DeskPtr desk, Call call);
Co<Response> debug_metrics(DeskPtr desk, Call call);

// routes_lists.cc
Co<Response> restart_statements(DeskPtr desk, Call call);
Co<Response> errant_logs(DeskPtr desk, Call call);

// routes_v2.cc
void add_v2_rows(Router& router, const std::shared_ptr<Desk>& desk);

void add_node_rows(Router& router, const std::shared_ptr<Desk>& desk);

// routes_ours.cc
Co<Response> plan_recover(DeskPtr desk, Call call);
Co<Response> plan_take_over(DeskPtr desk, Call call);
Co<Response> running(DeskPtr desk, Call call);
Co<Response> missing_grants(DeskPtr desk, Call call);
Co<Response> overview(DeskPtr desk, Call call);
Co<Response> events(DeskPtr desk, Call call);
Co<Response> metrics(DeskPtr desk, Call call);

// routes_explain.cc
Co<Response> explain(DeskPtr desk, Call call);
Co<Response> explain_cluster(DeskPtr desk, Call call);

// page.cc
Co<Response> page(DeskPtr desk, Call call);
Co<Response> page_file(DeskPtr desk, Call call);
Co<Response> to_page(DeskPtr desk, Call call);

/// One line of a table of routes.
struct Row {
    std::string_view pattern;
    Right right;
    Co<Response> (*answer)(DeskPtr, Call);
};
void add_rows(Router& router, const std::shared_ptr<Desk>& desk, std::string_view below, std::span<const Row> rows);
/// The classic paths below api/.
void add_classic_rows(Router& router, const std::shared_ptr<Desk>& desk);

}  // namespace orc::http::routes
