// The classic tables: names, types, defaults and index names are an interface to other programs and may never change.
// New ideas get tables of their own (schema.cc). How to read this: schema_text.h.
#include "store/schema.h"

namespace orc::store {

std::string_view classic_schema() {
    return R"schema(
table database_instance
    hostname varchar(128); port smallint(5) unsigned; last_checked timestamp = now / '';
    last_attempted_check timestamp = '1971-01-01 00:00:00'; last_check_partial_success tinyint(3) unsigned / 0;
    last_seen timestamp null; uptime int(10) unsigned / 0; server_id int(10) unsigned; server_uuid varchar(64) / '';
    version varchar(128); binlog_server tinyint(3) unsigned / 0; read_only tinyint(3) unsigned / 0;
    binlog_format varchar(16); log_bin tinyint(3) unsigned; log_slave_updates tinyint(3) unsigned;
    binary_log_file varchar(128); binary_log_pos bigint(20) unsigned; master_host varchar(128);
    master_port smallint(5) unsigned; slave_sql_running tinyint(3) unsigned; slave_io_running tinyint(3) unsigned;
    replication_sql_thread_state tinyint(4) = 0 ~ tinyint signed;
    replication_io_thread_state tinyint(4) = 0 ~ tinyint signed; has_replication_filters tinyint(3) unsigned / 0;
    oracle_gtid tinyint(3) unsigned / 0; master_uuid varchar(64) / ''; ancestry_uuid text / '';
    executed_gtid_set text / ''; gtid_purged text / ''; gtid_errant text / '';
    supports_oracle_gtid tinyint(3) unsigned / 0; mariadb_gtid tinyint(3) unsigned / 0;
    pseudo_gtid tinyint(3) unsigned / 0; master_log_file varchar(128); read_master_log_pos bigint(20) unsigned;
    relay_master_log_file varchar(128); exec_master_log_pos bigint(20) unsigned; relay_log_file varchar(128) / '';
    relay_log_pos bigint(20) unsigned / 0; last_sql_error text / ''; last_io_error text / '';
    seconds_behind_master bigint(20) unsigned null; slave_lag_seconds bigint(20) unsigned null;
    sql_delay int(10) unsigned / 0; allow_tls tinyint(3) unsigned / 0; num_slave_hosts int(10) unsigned;
    slave_hosts text; cluster_name varchar(128); suggested_cluster_alias varchar(128) / '';
    data_center varchar(32) / ''; region varchar(32) / ''; physical_environment varchar(32) / '';
    instance_alias varchar(128) / ''; semi_sync_enforced tinyint(3) unsigned / 0;
    semi_sync_available tinyint(3) unsigned = 0; replication_depth tinyint(3) unsigned / 0;
    is_co_master tinyint(3) unsigned / 0; replication_credentials_available tinyint(3) unsigned / 0;
    has_replication_credentials tinyint(3) unsigned / 0; version_comment varchar(128) = '';
    major_version varchar(16) / ''; binlog_row_image varchar(16) / ''; last_discovery_latency bigint(20) / 0 ~ bigint;
    semi_sync_master_enabled tinyint(3) unsigned / 0; semi_sync_master_timeout bigint(20) unsigned = 0 ~ int;
    semi_sync_master_wait_for_slave_count int(10) unsigned = 0; semi_sync_master_status tinyint(3) unsigned = 0;
    semi_sync_master_clients int(10) unsigned = 0; semi_sync_replica_status tinyint(3) unsigned = 0;
    semi_sync_replica_enabled tinyint(3) unsigned / 0; gtid_mode varchar(32) / '';
    replication_group_name varchar(64) = ''; replication_group_is_single_primary_mode tinyint(3) unsigned = 1;
    replication_group_member_state varchar(16) = ''; replication_group_member_role varchar(16) = '';
    replication_group_members text / ''; replication_group_primary_host varchar(128) = '';
    replication_group_primary_port smallint(5) unsigned = 0;
    primary (hostname, port); index cluster_name_idx_database_instance (cluster_name);
    index last_checked_idx_database_instance (last_checked); index last_seen_idx_database_instance (last_seen);
    index master_host_port_idx_database_instance+ (master_host, master_port);
    index suggested_cluster_alias_idx_database_instance (suggested_cluster_alias);

table database_instance_maintenance
    database_instance_maintenance_id int(10) unsigned auto_increment; hostname varchar(128); port smallint(5) unsigned;
    maintenance_active tinyint(4) null; begin_timestamp timestamp null; end_timestamp timestamp null;
    owner varchar(128) utf8; reason text utf8; processing_node_hostname varchar(128) / '';
    processing_node_token varchar(128) / ''; explicitly_bounded tinyint(3) unsigned / 0;
    primary (database_instance_maintenance_id); index active_end_timestamp_idx+ (maintenance_active, end_timestamp);
    index active_timestamp_idx+ (maintenance_active, begin_timestamp);
    unique maintenance_uidx_database_instance_maintenance (maintenance_active, hostname, port);

table database_instance_long_running_queries
    hostname varchar(128); port smallint(5) unsigned; process_id bigint(20); process_started_at timestamp = now / '';
    process_user varchar(16) utf8; process_host varchar(128) utf8; process_db varchar(128) utf8;
    process_command varchar(16) utf8; process_time_seconds int(11); process_state varchar(128) utf8;
    process_info varchar(1024) utf8;
    primary (hostname, port, process_id);
    index process_started_at_idx_database_instance_long_running_queries (process_started_at);

table audit latin1
    audit_id bigint(20) unsigned auto_increment; audit_timestamp timestamp = now / ''; audit_type varchar(128);
    hostname varchar(128) = ''; port smallint(5) unsigned; cluster_name varchar(128) = ''; message text utf8;
    primary (audit_id); index audit_timestamp_idx_audit (audit_timestamp);
    index host_port_idx_audit (hostname, port, audit_timestamp);

table host_agent
    hostname varchar(128); port smallint(5) unsigned; token varchar(128); last_submitted timestamp = now / '';
    last_checked timestamp null; last_seen timestamp null; mysql_port smallint(5) unsigned null;
    count_mysql_snapshots smallint(5) unsigned;
    primary (hostname); index last_checked_idx_host_agent (last_checked); index last_seen_idx_host_agent (last_seen);
    index last_submitted_idx_host_agent (last_submitted); index token_idx_host_agent (token);

table agent_seed
    agent_seed_id int(10) unsigned auto_increment; target_hostname varchar(128); source_hostname varchar(128);
    start_timestamp timestamp = now / ''; end_timestamp timestamp = '1971-01-01 00:00:00';
    is_complete tinyint(3) unsigned = 0 / '0'; is_successful tinyint(3) unsigned = 0 / '0';
    primary (agent_seed_id); index is_complete_idx_agent_seed (is_complete, start_timestamp);
    index is_successful_idx_agent_seed (is_successful, start_timestamp);
    index source_hostname_idx_agent_seed (source_hostname, is_complete);
    index start_timestamp_idx_agent_seed (start_timestamp);
    index target_hostname_idx_agent_seed (target_hostname, is_complete);

table agent_seed_state
    agent_seed_state_id int(10) unsigned auto_increment; agent_seed_id int(10) unsigned;
    state_timestamp timestamp = now / ''; state_action varchar(127); error_message varchar(255);
    primary (agent_seed_state_id); index agent_seed_idx_agent_seed_state (agent_seed_id, state_timestamp);

table host_attributes
    hostname varchar(128); attribute_name varchar(128); attribute_value varchar(128);
    submit_timestamp timestamp = now / ''; expire_timestamp timestamp null;
    primary (hostname, attribute_name); index attribute_name_idx_host_attributes (attribute_name);
    index attribute_value_idx_host_attributes (attribute_value);
    index expire_timestamp_idx_host_attributes (expire_timestamp);
    index submit_timestamp_idx_host_attributes (submit_timestamp);

table hostname_resolve
    hostname varchar(128); resolved_hostname varchar(128); resolved_timestamp timestamp = now / '';
    primary (hostname); index resolved_timestamp_idx_hostname_resolve (resolved_timestamp);

table cluster_alias
    cluster_name varchar(128); alias varchar(128); last_registered timestamp = now / '';
    primary (cluster_name); unique alias_uidx+ (alias); index last_registered_idx+ (last_registered);

table active_node
    anchor tinyint(3) unsigned; hostname varchar(128); token varchar(128); last_seen_active timestamp = now / '';
    first_seen_active timestamp = '1971-01-01 00:00:00';
    primary (anchor);

table node_health
    hostname varchar(128); token varchar(128); last_seen_active timestamp = now / ''; extra_info varchar(128) utf8 / '';
    command varchar(128) utf8 / ''; app_version varchar(64) = ''; first_seen_active timestamp = '1971-01-01 00:00:00';
    db_backend varchar(255) = ''; incrementing_indicator bigint(20) = 0 ~ bigint;
    primary (hostname, token); index last_seen_active_idx+ (last_seen_active);

table topology_recovery
    recovery_id bigint(20) unsigned auto_increment; hostname varchar(128); port smallint(5) unsigned;
    in_active_period tinyint(3) unsigned = 0; start_active_period timestamp = now / '';
    end_active_period_unixtime int(10) unsigned null; end_recovery timestamp null;
    processing_node_hostname varchar(128); processcing_node_token varchar(128); is_successful tinyint(3) unsigned = 0;
    successor_hostname varchar(128) null; successor_port smallint(5) unsigned null; analysis varchar(128) / '';
    cluster_name varchar(128) / ''; cluster_alias varchar(128) / ''; count_affected_slaves int(10) unsigned / 0;
    slave_hosts text / ''; participating_instances text / ''; lost_slaves text / ''; all_errors text / '';
    acknowledged tinyint(3) unsigned = 0; acknowledged_at timestamp null; acknowledged_by varchar(128) utf8 / '';
    acknowledge_comment text utf8 / ''; last_detection_id bigint(20) unsigned / 0; successor_alias varchar(128) null;
    uid varchar(128) / '';
    primary (recovery_id); index acknowledged_idx+ (acknowledged, acknowledged_at);
    index cluster_name_in_active_idx+ (cluster_name, in_active_period); index end_recovery_idx+ (end_recovery);
    unique hostname_port_active_period_uidx_topology_recovery (hostname, port, in_active_period, end_active_period_unixtime);
    index in_active_start_period_idx_topology_recovery (in_active_period, start_active_period);
    index last_detection_idx+ (last_detection_id);
    index start_active_period_idx_topology_recovery (start_active_period); index uid_idx_topology_recovery (uid);

table hostname_unresolve
    hostname varchar(128); unresolved_hostname varchar(128); last_registered timestamp = now / '';
    primary (hostname); index last_registered_idx+ (last_registered);
    index unresolved_hostname_idx_hostname_unresolve (unresolved_hostname);

table database_instance_pool
    hostname varchar(128); port smallint(5) unsigned; pool varchar(128);
    registered_at timestamp = '1971-01-01 00:00:00';
    primary (hostname, port, pool); index pool_idx_database_instance_pool (pool);

table database_instance_topology_history
    snapshot_unix_timestamp int(10) unsigned; hostname varchar(128); port smallint(5) unsigned;
    master_host varchar(128); master_port smallint(5) unsigned; cluster_name tinytext; version varchar(128) / '';
    primary (snapshot_unix_timestamp, hostname, port);
    index cluster_name_idx_database_instance_topology_history (snapshot_unix_timestamp, cluster_name(128));

table candidate_database_instance
    hostname varchar(128); port smallint(5) unsigned; last_suggested timestamp = now / '';
    priority tinyint(4) = 1 ~ tinyint signed;
    promotion_rule enum('must','prefer','neutral','prefer_not','must_not') = 'neutral'
        ~ text check (promotion_rule in ('must', 'prefer', 'neutral', 'prefer_not', 'must_not'));
    primary (hostname, port); index last_suggested_idx_candidate_database_instance (last_suggested);

table database_instance_downtime
    hostname varchar(128); port smallint(5) unsigned; downtime_active tinyint(4) null;
    begin_timestamp timestamp null = now / ''; end_timestamp timestamp null; owner varchar(128) utf8; reason text utf8;
    primary (hostname, port); index end_timestamp_idx_database_instance_downtime (end_timestamp);

table topology_failure_detection
    detection_id bigint(20) unsigned auto_increment; hostname varchar(128); port smallint(5) unsigned;
    in_active_period tinyint(3) unsigned = 0 / '0'; start_active_period timestamp = now / '';
    end_active_period_unixtime int(10) unsigned; processing_node_hostname varchar(128);
    processcing_node_token varchar(128); analysis varchar(128); cluster_name varchar(128); cluster_alias varchar(128);
    count_affected_slaves int(10) unsigned; slave_hosts text; is_actionable tinyint(4) = 0 ~ tinyint;
    primary (detection_id);
    unique host_port_active_recoverable_uidx_topology_failure_detection (hostname, port, in_active_period, end_active_period_unixtime, is_actionable);
    index in_active_start_period_idx_topology_failure_detection (in_active_period, start_active_period);

table hostname_resolve_history
    resolved_hostname varchar(128); hostname varchar(128); resolved_timestamp timestamp = now / '';
    primary (resolved_hostname); index hostname_idx_hostname_resolve_history (hostname);
    index resolved_timestamp_idx_hostname_resolve_history (resolved_timestamp);

table hostname_unresolve_history
    unresolved_hostname varchar(128); hostname varchar(128); last_registered timestamp = now / '';
    primary (unresolved_hostname); index hostname_idx_hostname_unresolve_history (hostname);
    index last_registered_idx_hostname_unresolve_history (last_registered);

table cluster_domain_name
    cluster_name varchar(128); domain_name varchar(128); last_registered timestamp = now / '';
    primary (cluster_name); index domain_name_idx_cluster_domain_name (domain_name(32));
    index last_registered_idx+ (last_registered);

table master_position_equivalence
    equivalence_id bigint(20) unsigned auto_increment; master1_hostname varchar(128); master1_port smallint(5) unsigned;
    master1_binary_log_file varchar(128); master1_binary_log_pos bigint(20) unsigned; master2_hostname varchar(128);
    master2_port smallint(5) unsigned; master2_binary_log_file varchar(128); master2_binary_log_pos bigint(20) unsigned;
    last_suggested timestamp = now / '';
    primary (equivalence_id);
    unique equivalence_uidx_master_position_equivalence (master1_hostname, master1_port, master1_binary_log_file, master1_binary_log_pos, master2_hostname, master2_port);
    index last_suggested_idx_master_position_equivalence (last_suggested);
    index master2_idx_master_position_equivalence (master2_hostname, master2_port, master2_binary_log_file, master2_binary_log_pos);

table async_request
    request_id bigint(20) unsigned auto_increment; command varchar(128); hostname varchar(128);
    port smallint(5) unsigned; destination_hostname varchar(128); destination_port smallint(5) unsigned;
    pattern text utf8; gtid_hint varchar(32); begin_timestamp timestamp null; end_timestamp timestamp null;
    story text utf8;
    primary (request_id); index begin_timestamp_idx_async_request (begin_timestamp);
    index end_timestamp_idx_async_request (end_timestamp);

table blocked_topology_recovery
    hostname varchar(128); port smallint(5) unsigned; cluster_name varchar(128); analysis varchar(128);
    last_blocked_timestamp timestamp = now / ''; blocking_recovery_id bigint(20) unsigned null;
    primary (hostname, port);
    index cluster_blocked_idx_blocked_topology_recovery (cluster_name, last_blocked_timestamp);
    index last_blocked_idx+ (last_blocked_timestamp);

table database_instance_last_analysis
    hostname varchar(128); port smallint(5) unsigned; analysis_timestamp timestamp = now / ''; analysis varchar(128);
    primary (hostname, port); index analysis_timestamp_idx_database_instance_last_analysis (analysis_timestamp);

table database_instance_analysis_changelog
    changelog_id bigint(20) unsigned auto_increment; hostname varchar(128); port smallint(5) unsigned;
    analysis_timestamp timestamp = now / ''; analysis varchar(128);
    primary (changelog_id); index analysis_timestamp_idx_database_instance_analysis_changelog (analysis_timestamp);
    index instance_timestamp_idx+ (hostname, port, analysis_timestamp);

table node_health_history
    history_id bigint(20) unsigned auto_increment; hostname varchar(128); token varchar(128);
    first_seen_active timestamp; extra_info varchar(128) utf8; command varchar(128) utf8 / '';
    app_version varchar(64) = '';
    primary (history_id); index first_seen_active_idx_node_health_history (first_seen_active);
    unique hostname_token_idx_node_health_history (hostname, token);

table database_instance_coordinates_history
    history_id bigint(20) unsigned auto_increment; hostname varchar(128); port smallint(5) unsigned;
    recorded_timestamp timestamp = now / ''; last_seen timestamp = '1971-01-01 00:00:00'; binary_log_file varchar(128);
    binary_log_pos bigint(20) unsigned; relay_log_file varchar(128); relay_log_pos bigint(20) unsigned;
    primary (history_id);
    index hostname_port_recorded_idx_database_instance_coordinates_history (hostname, port, recorded_timestamp);
    index recorded_timestmp_idx_database_instance_coordinates_history (recorded_timestamp);

table database_instance_binlog_files_history
    history_id bigint(20) unsigned auto_increment; hostname varchar(128); port smallint(5) unsigned;
    binary_log_file varchar(128); binary_log_pos bigint(20) unsigned; first_seen timestamp = now / '';
    last_seen timestamp = '1971-01-01 00:00:00';
    primary (history_id);
    unique hostname_port_file_idx_database_instance_binlog_files_history (hostname, port, binary_log_file);
    index last_seen_idx_database_instance_binlog_files_history (last_seen);

table access_token
    access_token_id bigint(20) unsigned auto_increment; public_token varchar(128); secret_token varchar(128);
    generated_at timestamp = now / ''; generated_by varchar(128) utf8; is_acquired tinyint(3) unsigned = 0 / '0';
    is_reentrant tinyint(3) unsigned = 0; acquired_at timestamp = '1971-01-01 00:00:00';
    primary (access_token_id); index generated_at_idx_access_token (generated_at);
    unique public_token_uidx_access_token (public_token);

table database_instance_recent_relaylog_history
    hostname varchar(128); port smallint(5) unsigned; current_relay_log_file varchar(128);
    current_relay_log_pos bigint(20) unsigned; current_seen timestamp = '1971-01-01 00:00:00';
    prev_relay_log_file varchar(128); prev_relay_log_pos bigint(20) unsigned;
    prev_seen timestamp = '1971-01-01 00:00:00';
    primary (hostname, port); index current_seen_idx_database_instance_recent_relaylog_history (current_seen);

table orchestrator_metadata
    anchor tinyint(3) unsigned; last_deployed_version varchar(128); last_deployed_timestamp timestamp;
    primary (anchor);

table orchestrator_db_deployments
    deployed_version varchar(128); deployed_timestamp timestamp;
    primary (deployed_version);

table global_recovery_disable
    disable_recovery tinyint(3) unsigned;
    primary (disable_recovery);

table cluster_alias_override
    cluster_name varchar(128); alias varchar(128);
    primary (cluster_name);

table topology_recovery_steps
    recovery_step_id bigint(20) unsigned auto_increment; recovery_uid varchar(128); audit_at timestamp = now / '';
    message text utf8;
    primary (recovery_step_id); index recovery_uid_idx_topology_recovery_steps (recovery_uid);

table raft_store
    store_id bigint(20) unsigned auto_increment; store_key varbinary(512); store_value blob;
    primary (store_id); index store_key_idx_raft_store (store_key);

table raft_log
    log_index bigint(20) unsigned auto_increment; term bigint(20) ~ bigint; log_type int(11) ~ int; data blob;
    primary (log_index);

table raft_snapshot
    snapshot_id bigint(20) unsigned auto_increment; snapshot_name varchar(128) utf8; snapshot_meta varchar(4096) utf8;
    created_at timestamp = now / '';
    primary (snapshot_id); unique snapshot_name_uidx_raft_snapshot (snapshot_name);

table database_instance_peer_analysis
    peer varchar(128); hostname varchar(128); port smallint(5) unsigned; analysis_timestamp timestamp = now / '';
    analysis varchar(128);
    primary (peer, hostname, port);

table database_instance_tls
    hostname varchar(128); port smallint(5) unsigned; required tinyint(3) unsigned = 0;
    primary (hostname, port);

table kv_store
    store_key varchar(255); store_value text utf8; last_updated timestamp = now / '';
    primary (store_key);

table cluster_injected_pseudo_gtid
    cluster_name varchar(128); time_injected timestamp = now / '';
    primary (cluster_name);

table hostname_ips
    hostname varchar(128); ipv4 varchar(128); ipv6 varchar(128); last_updated timestamp = now / '';
    primary (hostname);

table database_instance_tags
    hostname varchar(128); port smallint(5) unsigned; tag_name varchar(128) utf8; tag_value varchar(128) utf8;
    last_updated timestamp = now / '';
    primary (hostname, port, tag_name); index tag_name_idx_database_instance_tags (tag_name);

table database_instance_stale_binlog_coordinates
    hostname varchar(128); port smallint(5) unsigned; binary_log_file varchar(128); binary_log_pos bigint(20) unsigned;
    first_seen timestamp = now / '';
    primary (hostname, port); index first_seen_idx_database_instance_stale_binlog_coordinates (first_seen);
)schema";
}

}  // namespace orc::store
