// What each command does, by idea; command_table.inc gives them their classic names.
#pragma once

#include "cli/command.h"

namespace orc::cli::commands {

// commands_information.cc
Task<Lines> find(Call call);
Task<Lines> search(Call call);
Task<Lines> all_instances(Call call);
Task<Lines> bulk_instances(Call call);
Task<Lines> clusters(Call call);
Task<Lines> clusters_alias(Call call);
Task<Lines> all_clusters_primaries(Call call);
Task<Lines> which_instance(Call call);
Task<Lines> which_source(Call call);
Task<Lines> which_replicas(Call call);
Task<Lines> instance_status(Call call);
Task<Lines> which_downtimed(Call call);
Task<Lines> which_lost(Call call);

// commands_cluster.cc
Task<Lines> topology(Call call);
Task<Lines> topology_tabulated(Call call);
Task<Lines> topology_tags(Call call);
Task<Lines> which_cluster(Call call);
Task<Lines> which_cluster_alias(Call call);
Task<Lines> which_cluster_domain(Call call);
Task<Lines> which_domain_instance(Call call);
Task<Lines> set_domain_instance(Call call);
Task<Lines> which_cluster_primary(Call call);
Task<Lines> which_cluster_instances(Call call);
Task<Lines> which_control_replicas(Call call);
Task<Lines> which_binlog_readable_replicas(Call call);
Task<Lines> cluster_lag(Call call);

// commands_replication.cc
Task<Lines> can_replicate_from(Call call);
Task<Lines> is_replicating(Call call);
Task<Lines> is_replication_stopped(Call call);
Task<Lines> which_errant(Call call);
Task<Lines> errant_logs(Call call);
Task<Lines> restart_statements(Call call);
Task<Lines> candidate_replica(Call call);

// commands_instance.cc
Task<Lines> discover(Call call);
Task<Lines> forget(Call call);
Task<Lines> begin_maintenance(Call call);
Task<Lines> end_maintenance(Call call);
Task<Lines> in_maintenance(Call call);
Task<Lines> begin_downtime(Call call);
Task<Lines> end_downtime(Call call);
Task<Lines> register_candidate(Call call);
Task<Lines> bulk_promotion_rules(Call call);

// commands_recovery.cc
Task<Lines> recover(Call call);
Task<Lines> recover_lite(Call call);
Task<Lines> take_over(Call call);
Task<Lines> take_over_auto(Call call);
Task<Lines> replication_analysis(Call call);
Task<Lines> ack_all(Call call);
Task<Lines> ack_cluster(Call call);
Task<Lines> ack_instance(Call call);
Task<Lines> enable_recoveries(Call call);
Task<Lines> disable_recoveries(Call call);
Task<Lines> check_recoveries(Call call);

// commands_explain.cc
Task<Lines> explain(Call call);

// commands_tags.cc
Task<Lines> tags(Call call);
Task<Lines> tag_value(Call call);
Task<Lines> tagged(Call call);
Task<Lines> tag(Call call);
Task<Lines> untag(Call call);
Task<Lines> untag_all(Call call);
Task<Lines> submit_pool(Call call);
Task<Lines> pool_instances(Call call);
Task<Lines> reachable_pool_instances(Call call);

// commands_names.cc
Task<Lines> resolve(Call call);
Task<Lines> reset_resolve_cache(Call call);
Task<Lines> show_resolved(Call call);
Task<Lines> show_virtual_names(Call call);
Task<Lines> register_virtual_name(Call call);
Task<Lines> deregister_virtual_name(Call call);

// commands_node.cc
Task<Lines> snapshot_topologies(Call call);
Task<Lines> continuous(Call call);
Task<Lines> access_token(Call call);
Task<Lines> active_nodes(Call call);
Task<Lines> dump_config(Call call);
Task<Lines> redeploy_tables(Call call);
Task<Lines> help(Call call);

}  // namespace orc::cli::commands
