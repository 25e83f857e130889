// The classic tables: names, types, defaults and index names are an interface to other programs and may never change.
// New ideas get tables of their own (schema.cc).
#include "store/schema.h"

namespace orc::store {

std::string_view classic_schema() {
    return R"sql(
create table if not exists database_instance (
    hostname varchar(128) not null, port smallint not null, last_checked timestamp not null default '',
    last_attempted_check timestamp not null default '1971-01-01 00:00:00',
    last_check_partial_success tinyint not null default 0, last_seen timestamp default null,
    uptime int not null default 0, server_id int not null, server_uuid varchar(64) not null default '',
    version varchar(128) not null, binlog_server tinyint not null default 0,
    read_only tinyint not null default 0, binlog_format varchar(16) not null, log_bin tinyint not null,
    log_slave_updates tinyint not null, binary_log_file varchar(128) not null, binary_log_pos bigint not null,
    master_host varchar(128) not null, master_port smallint not null, slave_sql_running tinyint not null,
    slave_io_running tinyint not null, replication_sql_thread_state tinyint signed not null default 0,
    replication_io_thread_state tinyint signed not null default 0,
    has_replication_filters tinyint not null default 0, oracle_gtid tinyint not null default 0,
    master_uuid varchar(64) not null default '', ancestry_uuid text not null default '',
    executed_gtid_set text not null default '', gtid_purged text not null default '',
    gtid_errant text not null default '', supports_oracle_gtid tinyint not null default 0,
    mariadb_gtid tinyint not null default 0, pseudo_gtid tinyint not null default 0,
    master_log_file varchar(128) not null, read_master_log_pos bigint not null,
    relay_master_log_file varchar(128) not null, exec_master_log_pos bigint not null,
    relay_log_file varchar(128) not null default '', relay_log_pos bigint not null default 0,
    last_sql_error text not null default '', last_io_error text not null default '',
    seconds_behind_master bigint default null, slave_lag_seconds bigint default null,
    sql_delay int not null default 0, allow_tls tinyint not null default 0, num_slave_hosts int not null,
    slave_hosts text not null, cluster_name varchar(128) not null,
    suggested_cluster_alias varchar(128) not null default '', data_center varchar(32) not null default '',
    region varchar(32) not null default '', physical_environment varchar(32) not null default '',
    instance_alias varchar(128) not null default '', semi_sync_enforced tinyint not null default 0,
    semi_sync_available tinyint not null default 0, replication_depth tinyint not null default 0,
    is_co_master tinyint not null default 0, replication_credentials_available tinyint not null default 0,
    has_replication_credentials tinyint not null default 0, version_comment varchar(128) not null default '',
    major_version varchar(16) not null default '', binlog_row_image varchar(16) not null default '',
    last_discovery_latency bigint not null default 0, semi_sync_master_enabled tinyint not null default 0,
    semi_sync_master_timeout int not null default 0,
    semi_sync_master_wait_for_slave_count int not null default 0,
    semi_sync_master_status tinyint not null default 0, semi_sync_master_clients int not null default 0,
    semi_sync_replica_status tinyint not null default 0, semi_sync_replica_enabled tinyint not null default 0,
    gtid_mode varchar(32) not null default '', replication_group_name varchar(64) not null default '',
    replication_group_is_single_primary_mode tinyint not null default 1,
    replication_group_member_state varchar(16) not null default '',
    replication_group_member_role varchar(16) not null default '',
    replication_group_members text not null default '',
    replication_group_primary_host varchar(128) not null default '',
    replication_group_primary_port smallint not null default 0, primary key (hostname, port)
);
create index if not exists cluster_name_idx_database_instance on database_instance (cluster_name);
create index if not exists last_checked_idx_database_instance on database_instance (last_checked);
create index if not exists last_seen_idx_database_instance on database_instance (last_seen);
create index if not exists master_host_port_idx_database_instance_database_instance
    on database_instance (master_host, master_port);
create index if not exists suggested_cluster_alias_idx_database_instance
    on database_instance (suggested_cluster_alias);

create table if not exists database_instance_maintenance (
    database_instance_maintenance_id integer not null, hostname varchar(128) not null, port smallint not null,
    maintenance_active tinyint(4) default null, begin_timestamp timestamp default null,
    end_timestamp timestamp default null, owner varchar(128) not null, reason text not null,
    processing_node_hostname varchar(128) not null default '',
    processing_node_token varchar(128) not null default '', explicitly_bounded tinyint not null default 0,
    primary key (database_instance_maintenance_id)
);
create index if not exists active_end_timestamp_idx_database_instance_maintenance
    on database_instance_maintenance (maintenance_active, end_timestamp);
create index if not exists active_timestamp_idx_database_instance_maintenance
    on database_instance_maintenance (maintenance_active, begin_timestamp);
create unique index if not exists maintenance_uidx_database_instance_maintenance
    on database_instance_maintenance (maintenance_active, hostname, port);

create table if not exists database_instance_long_running_queries (
    hostname varchar(128) not null, port smallint not null, process_id bigint(20) not null,
    process_started_at timestamp not null default '', process_user varchar(16) not null,
    process_host varchar(128) not null, process_db varchar(128) not null, process_command varchar(16) not null,
    process_time_seconds int(11) not null, process_state varchar(128) not null,
    process_info varchar(1024) not null, primary key (hostname, port, process_id)
);
create index if not exists process_started_at_idx_database_instance_long_running_queries
    on database_instance_long_running_queries (process_started_at);

create table if not exists audit (
    audit_id integer not null, audit_timestamp timestamp not null default '', audit_type varchar(128) not null,
    hostname varchar(128) not null default '', port smallint not null,
    cluster_name varchar(128) not null default '', message text not null, primary key (audit_id)
);
create index if not exists audit_timestamp_idx_audit on audit (audit_timestamp);
create index if not exists host_port_idx_audit on audit (hostname, port, audit_timestamp);

create table if not exists host_agent (
    hostname varchar(128) not null, port smallint not null, token varchar(128) not null,
    last_submitted timestamp not null default '', last_checked timestamp default null,
    last_seen timestamp default null, mysql_port smallint default null,
    count_mysql_snapshots smallint not null, primary key (hostname)
);
create index if not exists last_checked_idx_host_agent on host_agent (last_checked);
create index if not exists last_seen_idx_host_agent on host_agent (last_seen);
create index if not exists last_submitted_idx_host_agent on host_agent (last_submitted);
create index if not exists token_idx_host_agent on host_agent (token);

create table if not exists agent_seed (
    agent_seed_id integer not null, target_hostname varchar(128) not null,
    source_hostname varchar(128) not null, start_timestamp timestamp not null default '',
    end_timestamp timestamp not null default '1971-01-01 00:00:00', is_complete tinyint not null default '0',
    is_successful tinyint not null default '0', primary key (agent_seed_id)
);
create index if not exists is_complete_idx_agent_seed on agent_seed (is_complete, start_timestamp);
create index if not exists is_successful_idx_agent_seed on agent_seed (is_successful, start_timestamp);
create index if not exists source_hostname_idx_agent_seed on agent_seed (source_hostname, is_complete);
create index if not exists start_timestamp_idx_agent_seed on agent_seed (start_timestamp);
create index if not exists target_hostname_idx_agent_seed on agent_seed (target_hostname, is_complete);

create table if not exists agent_seed_state (
    agent_seed_state_id integer not null, agent_seed_id int not null,
    state_timestamp timestamp not null default '', state_action varchar(127) not null,
    error_message varchar(255) not null, primary key (agent_seed_state_id)
);
create index if not exists agent_seed_idx_agent_seed_state on agent_seed_state (agent_seed_id, state_timestamp);

create table if not exists host_attributes (
    hostname varchar(128) not null, attribute_name varchar(128) not null,
    attribute_value varchar(128) not null, submit_timestamp timestamp not null default '',
    expire_timestamp timestamp default null, primary key (hostname, attribute_name)
);
create index if not exists attribute_name_idx_host_attributes on host_attributes (attribute_name);
create index if not exists attribute_value_idx_host_attributes on host_attributes (attribute_value);
create index if not exists expire_timestamp_idx_host_attributes on host_attributes (expire_timestamp);
create index if not exists submit_timestamp_idx_host_attributes on host_attributes (submit_timestamp);

create table if not exists hostname_resolve (
    hostname varchar(128) not null, resolved_hostname varchar(128) not null,
    resolved_timestamp timestamp not null default '', primary key (hostname)
);
create index if not exists resolved_timestamp_idx_hostname_resolve on hostname_resolve (resolved_timestamp);

create table if not exists cluster_alias (
    cluster_name varchar(128) not null, alias varchar(128) not null,
    last_registered timestamp not null default '', primary key (cluster_name)
);
create unique index if not exists alias_uidx_cluster_alias on cluster_alias (alias);
create index if not exists last_registered_idx_cluster_alias on cluster_alias (last_registered);

create table if not exists active_node (
    anchor tinyint not null, hostname varchar(128) not null, token varchar(128) not null,
    last_seen_active timestamp not null default '',
    first_seen_active timestamp not null default '1971-01-01 00:00:00', primary key (anchor)
);

create table if not exists node_health (
    hostname varchar(128) not null, token varchar(128) not null,
    last_seen_active timestamp not null default '', extra_info varchar(128) not null default '',
    command varchar(128) not null default '', app_version varchar(64) not null default '',
    first_seen_active timestamp not null default '1971-01-01 00:00:00',
    db_backend varchar(255) not null default '', incrementing_indicator bigint not null default 0,
    primary key (hostname, token)
);
create index if not exists last_seen_active_idx_node_health on node_health (last_seen_active);

create table if not exists topology_recovery (
    recovery_id integer not null, hostname varchar(128) not null, port smallint not null,
    in_active_period tinyint not null default 0, start_active_period timestamp not null default '',
    end_active_period_unixtime int default null, end_recovery timestamp default null,
    processing_node_hostname varchar(128) not null, processcing_node_token varchar(128) not null,
    is_successful tinyint not null default 0, successor_hostname varchar(128) default null,
    successor_port smallint default null, analysis varchar(128) not null default '',
    cluster_name varchar(128) not null default '', cluster_alias varchar(128) not null default '',
    count_affected_slaves int not null default 0, slave_hosts text not null default '',
    participating_instances text not null default '', lost_slaves text not null default '',
    all_errors text not null default '', acknowledged tinyint not null default 0,
    acknowledged_at timestamp default null, acknowledged_by varchar(128) not null default '',
    acknowledge_comment text not null default '', last_detection_id bigint not null default 0,
    successor_alias varchar(128) default null, uid varchar(128) not null default '', primary key (recovery_id)
);
create index if not exists acknowledged_idx_topology_recovery on topology_recovery (acknowledged, acknowledged_at);
create index if not exists cluster_name_in_active_idx_topology_recovery
    on topology_recovery (cluster_name, in_active_period);
create index if not exists end_recovery_idx_topology_recovery on topology_recovery (end_recovery);
create unique index if not exists hostname_port_active_period_uidx_topology_recovery
    on topology_recovery (hostname, port, in_active_period, end_active_period_unixtime);
create index if not exists in_active_start_period_idx_topology_recovery
    on topology_recovery (in_active_period, start_active_period);
create index if not exists last_detection_idx_topology_recovery on topology_recovery (last_detection_id);
create index if not exists start_active_period_idx_topology_recovery on topology_recovery (start_active_period);
create index if not exists uid_idx_topology_recovery on topology_recovery (uid);

create table if not exists hostname_unresolve (
    hostname varchar(128) not null, unresolved_hostname varchar(128) not null,
    last_registered timestamp not null default '', primary key (hostname)
);
create index if not exists last_registered_idx_hostname_unresolve on hostname_unresolve (last_registered);
create index if not exists unresolved_hostname_idx_hostname_unresolve on hostname_unresolve (unresolved_hostname);

create table if not exists database_instance_pool (
    hostname varchar(128) not null, port smallint not null, pool varchar(128) not null,
    registered_at timestamp not null default '1971-01-01 00:00:00', primary key (hostname, port, pool)
);
create index if not exists pool_idx_database_instance_pool on database_instance_pool (pool);

create table if not exists database_instance_topology_history (
    snapshot_unix_timestamp int not null, hostname varchar(128) not null, port smallint not null,
    master_host varchar(128) not null, master_port smallint not null, cluster_name tinytext not null,
    version varchar(128) not null default '', primary key (snapshot_unix_timestamp, hostname, port)
);
create index if not exists cluster_name_idx_database_instance_topology_history
    on database_instance_topology_history (snapshot_unix_timestamp, cluster_name);

create table if not exists candidate_database_instance (
    hostname varchar(128) not null, port smallint not null, last_suggested timestamp not null default '',
    priority tinyint signed not null default 1,
    promotion_rule text not null default 'neutral'
        check (promotion_rule in ('must', 'prefer', 'neutral', 'prefer_not', 'must_not')),
    primary key (hostname, port)
);
create index if not exists last_suggested_idx_candidate_database_instance
    on candidate_database_instance (last_suggested);

create table if not exists database_instance_downtime (
    hostname varchar(128) not null, port smallint not null, downtime_active tinyint(4) default null,
    begin_timestamp timestamp default '', end_timestamp timestamp default null, owner varchar(128) not null,
    reason text not null, primary key (hostname, port)
);
create index if not exists end_timestamp_idx_database_instance_downtime on database_instance_downtime (end_timestamp);

create table if not exists topology_failure_detection (
    detection_id integer not null, hostname varchar(128) not null, port smallint not null,
    in_active_period tinyint not null default '0', start_active_period timestamp not null default '',
    end_active_period_unixtime int not null, processing_node_hostname varchar(128) not null,
    processcing_node_token varchar(128) not null, analysis varchar(128) not null,
    cluster_name varchar(128) not null, cluster_alias varchar(128) not null,
    count_affected_slaves int not null, slave_hosts text not null, is_actionable tinyint not null default 0,
    primary key (detection_id)
);
create unique index if not exists host_port_active_recoverable_uidx_topology_failure_detection
    on topology_failure_detection (hostname, port, in_active_period, end_active_period_unixtime, is_actionable);
create index if not exists in_active_start_period_idx_topology_failure_detection
    on topology_failure_detection (in_active_period, start_active_period);

create table if not exists hostname_resolve_history (
    resolved_hostname varchar(128) not null, hostname varchar(128) not null,
    resolved_timestamp timestamp not null default '', primary key (resolved_hostname)
);
create index if not exists hostname_idx_hostname_resolve_history on hostname_resolve_history (hostname);
create index if not exists resolved_timestamp_idx_hostname_resolve_history
    on hostname_resolve_history (resolved_timestamp);

create table if not exists hostname_unresolve_history (
    unresolved_hostname varchar(128) not null, hostname varchar(128) not null,
    last_registered timestamp not null default '', primary key (unresolved_hostname)
);
create index if not exists hostname_idx_hostname_unresolve_history on hostname_unresolve_history (hostname);
create index if not exists last_registered_idx_hostname_unresolve_history
    on hostname_unresolve_history (last_registered);

create table if not exists cluster_domain_name (
    cluster_name varchar(128) not null, domain_name varchar(128) not null,
    last_registered timestamp not null default '', primary key (cluster_name)
);
create index if not exists domain_name_idx_cluster_domain_name on cluster_domain_name (domain_name);
create index if not exists last_registered_idx_cluster_domain_name on cluster_domain_name (last_registered);

create table if not exists master_position_equivalence (
    equivalence_id integer not null, master1_hostname varchar(128) not null, master1_port smallint not null,
    master1_binary_log_file varchar(128) not null, master1_binary_log_pos bigint not null,
    master2_hostname varchar(128) not null, master2_port smallint not null,
    master2_binary_log_file varchar(128) not null, master2_binary_log_pos bigint not null,
    last_suggested timestamp not null default '', primary key (equivalence_id)
);
create unique index if not exists equivalence_uidx_master_position_equivalence on master_position_equivalence
    (master1_hostname, master1_port, master1_binary_log_file, master1_binary_log_pos, master2_hostname, master2_port);
create index if not exists last_suggested_idx_master_position_equivalence
    on master_position_equivalence (last_suggested);
create index if not exists master2_idx_master_position_equivalence
    on master_position_equivalence (master2_hostname, master2_port, master2_binary_log_file, master2_binary_log_pos);

create table if not exists async_request (
    request_id integer not null, command varchar(128) not null, hostname varchar(128) not null,
    port smallint not null, destination_hostname varchar(128) not null, destination_port smallint not null,
    pattern text not null, gtid_hint varchar(32) not null, begin_timestamp timestamp default null,
    end_timestamp timestamp default null, story text not null, primary key (request_id)
);
create index if not exists begin_timestamp_idx_async_request on async_request (begin_timestamp);
create index if not exists end_timestamp_idx_async_request on async_request (end_timestamp);

create table if not exists blocked_topology_recovery (
    hostname varchar(128) not null, port smallint not null, cluster_name varchar(128) not null,
    analysis varchar(128) not null, last_blocked_timestamp timestamp not null default '',
    blocking_recovery_id bigint default null, primary key (hostname, port)
);
create index if not exists cluster_blocked_idx_blocked_topology_recovery
    on blocked_topology_recovery (cluster_name, last_blocked_timestamp);
create index if not exists last_blocked_idx_blocked_topology_recovery
    on blocked_topology_recovery (last_blocked_timestamp);

create table if not exists database_instance_last_analysis (
    hostname varchar(128) not null, port smallint not null, analysis_timestamp timestamp not null default '',
    analysis varchar(128) not null, primary key (hostname, port)
);
create index if not exists analysis_timestamp_idx_database_instance_last_analysis
    on database_instance_last_analysis (analysis_timestamp);

create table if not exists database_instance_analysis_changelog (
    changelog_id integer not null, hostname varchar(128) not null, port smallint not null,
    analysis_timestamp timestamp not null default '', analysis varchar(128) not null,
    primary key (changelog_id)
);
create index if not exists analysis_timestamp_idx_database_instance_analysis_changelog
    on database_instance_analysis_changelog (analysis_timestamp);
create index if not exists instance_timestamp_idx_database_instance_analysis_changelog
    on database_instance_analysis_changelog (hostname, port, analysis_timestamp);

create table if not exists node_health_history (
    history_id integer not null, hostname varchar(128) not null, token varchar(128) not null,
    first_seen_active timestamp not null, extra_info varchar(128) not null,
    command varchar(128) not null default '', app_version varchar(64) not null default '',
    primary key (history_id)
);
create index if not exists first_seen_active_idx_node_health_history on node_health_history (first_seen_active);
create unique index if not exists hostname_token_idx_node_health_history on node_health_history (hostname, token);

create table if not exists database_instance_coordinates_history (
    history_id integer not null, hostname varchar(128) not null, port smallint not null,
    recorded_timestamp timestamp not null default '',
    last_seen timestamp not null default '1971-01-01 00:00:00', binary_log_file varchar(128) not null,
    binary_log_pos bigint not null, relay_log_file varchar(128) not null, relay_log_pos bigint not null,
    primary key (history_id)
);
create index if not exists hostname_port_recorded_idx_database_instance_coordinates_history
    on database_instance_coordinates_history (hostname, port, recorded_timestamp);
create index if not exists recorded_timestmp_idx_database_instance_coordinates_history
    on database_instance_coordinates_history (recorded_timestamp);

create table if not exists database_instance_binlog_files_history (
    history_id integer not null, hostname varchar(128) not null, port smallint not null,
    binary_log_file varchar(128) not null, binary_log_pos bigint not null,
    first_seen timestamp not null default '', last_seen timestamp not null default '1971-01-01 00:00:00',
    primary key (history_id)
);
create unique index if not exists hostname_port_file_idx_database_instance_binlog_files_history
    on database_instance_binlog_files_history (hostname, port, binary_log_file);
create index if not exists last_seen_idx_database_instance_binlog_files_history
    on database_instance_binlog_files_history (last_seen);

create table if not exists access_token (
    access_token_id integer not null, public_token varchar(128) not null, secret_token varchar(128) not null,
    generated_at timestamp not null default '', generated_by varchar(128) not null,
    is_acquired tinyint not null default '0', is_reentrant tinyint not null default 0,
    acquired_at timestamp not null default '1971-01-01 00:00:00', primary key (access_token_id)
);
create index if not exists generated_at_idx_access_token on access_token (generated_at);
create unique index if not exists public_token_uidx_access_token on access_token (public_token);

create table if not exists database_instance_recent_relaylog_history (
    hostname varchar(128) not null, port smallint not null, current_relay_log_file varchar(128) not null,
    current_relay_log_pos bigint not null, current_seen timestamp not null default '1971-01-01 00:00:00',
    prev_relay_log_file varchar(128) not null, prev_relay_log_pos bigint not null,
    prev_seen timestamp not null default '1971-01-01 00:00:00', primary key (hostname, port)
);
create index if not exists current_seen_idx_database_instance_recent_relaylog_history
    on database_instance_recent_relaylog_history (current_seen);

create table if not exists orchestrator_metadata (
    anchor tinyint not null, last_deployed_version varchar(128) not null,
    last_deployed_timestamp timestamp not null, primary key (anchor)
);

create table if not exists orchestrator_db_deployments (
    deployed_version varchar(128) not null, deployed_timestamp timestamp not null,
    primary key (deployed_version)
);

create table if not exists global_recovery_disable (
    disable_recovery tinyint not null, primary key (disable_recovery)
);

create table if not exists cluster_alias_override (
    cluster_name varchar(128) not null, alias varchar(128) not null, primary key (cluster_name)
);

create table if not exists topology_recovery_steps (
    recovery_step_id integer not null, recovery_uid varchar(128) not null,
    audit_at timestamp not null default '', message text not null, primary key (recovery_step_id)
);
create index if not exists recovery_uid_idx_topology_recovery_steps on topology_recovery_steps (recovery_uid);

create table if not exists raft_store (
    store_id integer not null, store_key varbinary(512) not null, store_value blob not null,
    primary key (store_id)
);
create index if not exists store_key_idx_raft_store on raft_store (store_key);

create table if not exists raft_log (
    log_index integer not null, term bigint not null, log_type int not null, data blob not null,
    primary key (log_index)
);

create table if not exists raft_snapshot (
    snapshot_id integer not null, snapshot_name varchar(128) not null, snapshot_meta varchar(4096) not null,
    created_at timestamp not null default '', primary key (snapshot_id)
);
create unique index if not exists snapshot_name_uidx_raft_snapshot on raft_snapshot (snapshot_name);

create table if not exists database_instance_peer_analysis (
    peer varchar(128) not null, hostname varchar(128) not null, port smallint not null,
    analysis_timestamp timestamp not null default '', analysis varchar(128) not null,
    primary key (peer, hostname, port)
);

create table if not exists database_instance_tls (
    hostname varchar(128) not null, port smallint not null, required tinyint not null default 0,
    primary key (hostname, port)
);

create table if not exists kv_store (
    store_key varchar(255) not null, store_value text not null, last_updated timestamp not null default '',
    primary key (store_key)
);

create table if not exists cluster_injected_pseudo_gtid (
    cluster_name varchar(128) not null, time_injected timestamp not null default '', primary key (cluster_name)
);

create table if not exists hostname_ips (
    hostname varchar(128) not null, ipv4 varchar(128) not null, ipv6 varchar(128) not null,
    last_updated timestamp not null default '', primary key (hostname)
);

create table if not exists database_instance_tags (
    hostname varchar(128) not null, port smallint not null, tag_name varchar(128) not null,
    tag_value varchar(128) not null, last_updated timestamp not null default '',
    primary key (hostname, port, tag_name)
);
create index if not exists tag_name_idx_database_instance_tags on database_instance_tags (tag_name);

create table if not exists database_instance_stale_binlog_coordinates (
    hostname varchar(128) not null, port smallint not null, binary_log_file varchar(128) not null,
    binary_log_pos bigint not null, first_seen timestamp not null default '', primary key (hostname, port)
);
create index if not exists first_seen_idx_database_instance_stale_binlog_coordinates
    on database_instance_stale_binlog_coordinates (first_seen);
)sql";
}

}  // namespace orc::store
