#include "store/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "store/engine.h"
#include "store/rows.h"
#include "store/table_testing.h"
#include "store/testing.h"

namespace orc::store {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::opened;
using testing::texts;

using testing::noon;

void execute(Database& database, std::string_view script) {
    const auto done = database.run_script(script);
    ASSERT_TRUE(done) << done.error().message;
}

TEST(Schema, has_the_47_classic_tables_and_ours) {
    Database database = opened(":memory:");
    ASSERT_TRUE(migrate(database, noon));
    const auto names =
        texts(database, "select name from sqlite_master where type = 'table' and name not like 'sqlite%'");
    EXPECT_EQ(names.size(), 47U + 7U);
    for (const auto* name :
         {"access_token",
          "active_node",
          "agent_seed",
          "agent_seed_state",
          "async_request",
          "audit",
          "blocked_topology_recovery",
          "candidate_database_instance",
          "cluster_alias",
          "cluster_alias_override",
          "cluster_domain_name",
          "cluster_injected_pseudo_gtid",
          "database_instance",
          "database_instance_analysis_changelog",
          "database_instance_binlog_files_history",
          "database_instance_coordinates_history",
          "database_instance_downtime",
          "database_instance_last_analysis",
          "database_instance_long_running_queries",
          "database_instance_maintenance",
          "database_instance_peer_analysis",
          "database_instance_pool",
          "database_instance_recent_relaylog_history",
          "database_instance_stale_binlog_coordinates",
          "database_instance_tags",
          "database_instance_tls",
          "database_instance_topology_history",
          "global_recovery_disable",
          "host_agent",
          "host_attributes",
          "hostname_ips",
          "hostname_resolve",
          "hostname_resolve_history",
          "hostname_unresolve",
          "hostname_unresolve_history",
          "kv_store",
          "master_position_equivalence",
          "node_health",
          "node_health_history",
          "orchestrator_db_deployments",
          "orchestrator_metadata",
          "raft_log",
          "raft_snapshot",
          "raft_store",
          "topology_failure_detection",
          "topology_recovery",
          "topology_recovery_steps",
          "database_instance_channels",
          "orchestrator_cluster_lease",
          "orchestrator_commit",
          "orchestrator_errand",
          "orchestrator_primary_term",
          "orchestrator_recovery_progress",
          "orchestrator_schema_migration"}) {
        EXPECT_THAT(names, Contains(name));
    }
}

TEST(Schema, numbers_its_rows_by_rowid_so_that_ids_are_given_by_the_database) {
    Database database = opened(":memory:");
    ASSERT_TRUE(migrate(database, noon));
    execute(database, "insert into audit (audit_type, port, message) values ('t', 1, 'm'), ('t', 1, 'm')");
    EXPECT_THAT(texts(database, "select audit_id, hostname from audit"), ElementsAre("1|", "2|"));
}

TEST(Schema, records_who_deployed_it_beside_others) {
    Database database = opened(":memory:");
    execute(
        database,
        "create table orchestrator_db_deployments (deployed_version varchar(128) not null,"
        " deployed_timestamp timestamp not null, primary key (deployed_version));"
        "insert into orchestrator_db_deployments values ('3.2.6', '2023-01-01 00:00:00')"
    );
    ASSERT_TRUE(migrate(database, noon));
    EXPECT_THAT(
        texts(database, "select * from orchestrator_db_deployments order by 1"),
        ElementsAre("3.2.6|2023-01-01 00:00:00", std::string(deployed_version) + "|2023-11-14 22:13:20")
    );
    EXPECT_THAT(texts(database, "select anchor, hostname, token from active_node"), ElementsAre("1||"));
}

// As an old version of the original left it: fewer columns, other indexes, rows that must stay.
constexpr std::string_view old_database = R"sql(
create table database_instance (
    hostname varchar(128) not null, port smallint not null, last_checked timestamp not null default '',
    last_seen timestamp default null, server_id int not null, version varchar(128) not null,
    binlog_format varchar(16) not null, log_bin tinyint not null, log_slave_updates tinyint not null,
    binary_log_file varchar(128) not null, binary_log_pos bigint not null, master_host varchar(128) not null,
    master_port smallint not null, slave_sql_running tinyint not null, slave_io_running tinyint not null,
    master_log_file varchar(128) not null, read_master_log_pos bigint not null,
    relay_master_log_file varchar(128) not null, exec_master_log_pos bigint not null,
    num_slave_hosts int not null, slave_hosts text not null, cluster_name varchar(128) not null,
    primary key (hostname, port)
);
create index old_idx on database_instance (server_id);
insert into database_instance values ('db1', 3306, '2023-01-01 00:00:00', '2023-01-01 00:00:00', 1, '5.7.44', 'ROW', 1,
    1, 'bin.1', 4, '', 0, 0, 0, '', 0, '', 0, 1, '[]', 'db1:3306');
insert into database_instance values ('db2', 3306, '2023-01-01 00:00:00', '2023-01-01 00:00:00', 2, '5.7.44', 'ROW', 1,
    1, 'bin.1', 4, 'db1', 3306, 1, 1, 'bin.1', 4, 'bin.1', 4, 0, '[]', 'db1:3306');
create table topology_recovery (
    recovery_id integer not null, hostname varchar(128) not null, port smallint not null,
    in_active_period tinyint not null default 0, start_active_period timestamp not null default '',
    end_active_period_unixtime int, end_recovery timestamp, processing_node_hostname varchar(128) not null,
    processcing_node_token varchar(128) not null, successor_hostname varchar(128), successor_port smallint,
    analysis varchar(128) not null default '', cluster_name varchar(128) not null default '',
    slave_hosts text not null default '', primary key (recovery_id)
);
insert into topology_recovery values (17, 'db1', 3306, 1, '2023-01-02 03:04:05', 0, null, 'orc1', 'tok', null, null,
    'DeadMaster', 'db1:3306', 'db2:3306,db3:3306');
create table my_own_notes (note text);
insert into my_own_notes values ('keep me');
create table database_instance_downtime (
    hostname varchar(128) not null, port smallint not null, downtime_active tinyint(4), begin_timestamp timestamp,
    end_timestamp timestamp, owner varchar(128) not null, reason text not null, primary key (hostname, port)
);
insert into database_instance_downtime values ('db2', 3306, 1, '2023-01-01 00:00:00', null, 'ann', 'for ever');
)sql";

TEST(Schema, opens_an_old_classic_database_in_place_and_loses_nothing) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("old.db");
    {
        Database database = opened(path);
        execute(database, old_database);
    }
    Engine engine(open_sqlite(path), path);
    const auto intent = engine.open(noon);
    ASSERT_TRUE(intent) << intent.error().message;
    const auto& recovery = intent->recoveries.at(RecoveryUid("17"));
    EXPECT_EQ(recovery.code, "DeadMaster");
    EXPECT_EQ(recovery.replicas, (std::vector<Endpoint>{{"db2", 3306}, {"db3", 3306}}));
    EXPECT_EQ(db_timestamp(recovery.start), "2023-01-02 03:04:05");
    EXPECT_FALSE(recovery.active_period_end);
    EXPECT_EQ(intent->last_recovery_id, 17);
    EXPECT_GT(intent->downtimes.at({"db2", 3306}).end, noon + std::chrono::years(1000));
    const auto known = read_known_servers(*engine.reader(), Moment{});
    ASSERT_TRUE(known);
    ASSERT_EQ(known->size(), 2U);
    EXPECT_EQ(known->at(1).source, (Endpoint{"db1", 3306}));
    engine.close();

    Database database = opened(path);
    EXPECT_THAT(texts(database, "select note from my_own_notes"), ElementsAre("keep me"));
    EXPECT_THAT(
        texts(database, "select version, gtid_mode, replication_depth from database_instance where port = 3306"),
        ElementsAre("5.7.44||0", "5.7.44||0")
    );
    EXPECT_EQ(texts(database, "select name from sqlite_master where name = 'old_idx'").size(), 1U);
    EXPECT_EQ(
        texts(database, "select recovery_id, is_successful from topology_recovery"), std::vector<std::string>{"17|0"}
    );
}

TEST(Schema, an_old_database_gets_every_column_and_index_of_a_new_one) {
    Database old = opened(":memory:");
    execute(old, old_database);
    ASSERT_TRUE(migrate(old, noon));
    Database fresh = opened(":memory:");
    ASSERT_TRUE(migrate(fresh, noon));
    const std::string columns =
        "select t.name, c.name from sqlite_master t, pragma_table_info(t.name) c where t.type = 'table'"
        " and t.name <> 'my_own_notes' order by 1, 2";
    EXPECT_EQ(texts(old, columns), texts(fresh, columns));
    const std::string indexes = "select name from sqlite_master where type = 'index' and name <> 'old_idx' order by 1";
    EXPECT_EQ(texts(old, indexes), texts(fresh, indexes));
}

TEST(Schema, rows_that_do_not_fit_a_unique_index_do_not_keep_a_database_closed) {
    Database database = opened(":memory:");
    execute(
        database,
        "create table cluster_alias (cluster_name varchar(128) not null, alias varchar(128) not null,"
        " last_registered timestamp not null default '', primary key (cluster_name));"
        "insert into cluster_alias values ('a', 'same', ''), ('b', 'same', '')"
    );
    EXPECT_TRUE(migrate(database, noon));
    EXPECT_EQ(texts(database, "select * from cluster_alias").size(), 2U);
}

TEST(Schema, migrating_twice_changes_nothing) {
    Database database = opened(":memory:");
    ASSERT_TRUE(migrate(database, noon));
    const auto before = texts(database, "select sql from sqlite_master");
    ASSERT_TRUE(migrate(database, noon + Seconds(5)));
    EXPECT_EQ(texts(database, "select sql from sqlite_master"), before);
    EXPECT_THAT(
        texts(database, "select applied_at from orchestrator_schema_migration"), ElementsAre("2023-11-14 22:13:20")
    );
}

TEST(Schema, what_is_no_database_is_refused_with_its_name) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("text.db");
    FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    for (int i = 0; i < 1000; ++i) {
        std::fputs("this is no database\n", file);
    }
    std::fclose(file);
    Engine engine(open_sqlite(path), path);
    const auto broken = engine.open(noon);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::corrupt);
    EXPECT_NE(broken.error().message.find(path), std::string::npos) << broken.error().message;
    Engine nowhere(open_sqlite(directory.file("no/such/dir.db")), directory.file("no/such/dir.db"));
    const auto missing = nowhere.open(noon);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::unreachable);
}

TEST(ChangeRows, the_classic_columns_hold_what_other_readers_expect) {
    Database database = opened(":memory:");
    ASSERT_TRUE(migrate(database, noon));
    model::RecoveryRecord recovery;
    recovery.id = 5;
    recovery.uid = RecoveryUid("u");
    recovery.failed = {"db1", 3306};
    recovery.code = "DeadMaster";
    recovery.replicas = {{"db2", 3306}, {"db3", 3307}};
    recovery.lost = {{"db3", 3307}};
    recovery.errors = {"one", "two"};
    recovery.start = noon + Millis(999);
    recovery.node_token = NodeToken("tok");
    model::Detection detection;
    detection.id = 8;
    detection.endpoint = recovery.failed;
    detection.code = recovery.code;
    detection.is_actionable = true;
    detection.start = noon;
    detection.replicas = recovery.replicas;
    const model::Downtime downtime{recovery.failed, noon, noon + Seconds(10), "ann", "why"};
    const model::Maintenance lock{recovery.failed, noon, noon + Seconds(10), "ann", "why", "orc1", NodeToken("tok")};
    const model::Change changes[] = {
        model::PutRecovery{recovery},
        model::PutDetection{detection},
        model::PutDowntime{downtime},
        model::PutMaintenance{lock},
        model::EndMaintenance{recovery.failed, noon + Seconds(3)},
        model::PutMaintenance{lock},
        model::AppendAudit{{noon, "forget", std::nullopt, "c", "m"}},
    };
    for (const auto& change : changes) {
        for (const auto& write : writes_of(change, noon)) {
            const auto done = database.run(write.sql, write.values);
            ASSERT_TRUE(done) << done.error().message;
        }
    }
    struct Case {
        const char* sql;
        std::vector<std::string> rows;
    };
    const Case cases[] = {
        {"select recovery_id, in_active_period, end_active_period_unixtime, start_active_period, end_recovery,"
         " processcing_node_token, successor_hostname, count_affected_slaves, slave_hosts, lost_slaves, all_errors"
         " from topology_recovery",
         {"5|1|0|2023-11-14 22:13:20|NULL|tok|NULL|2|db2:3306,db3:3307|db3:3307|one\ntwo"}},
        {"select detection_id, in_active_period, end_active_period_unixtime, is_actionable, slave_hosts"
         " from topology_failure_detection",
         {"8|1|0|1|db2:3306,db3:3307"}},
        {"select downtime_active, begin_timestamp, end_timestamp, owner, reason from database_instance_downtime",
         {"1|2023-11-14 22:13:20|2023-11-14 22:13:30|ann|why"}},
        {"select maintenance_active, end_timestamp, explicitly_bounded, processing_node_token"
         " from database_instance_maintenance order by 1",
         {"NULL|2023-11-14 22:13:23|0|tok", "1|2023-11-14 22:13:30|0|tok"}},
        {"select audit_timestamp, audit_type, hostname, port, cluster_name, message from audit",
         {"2023-11-14 22:13:20|forget||0|c|m"}},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(texts(database, c.sql), c.rows) << c.sql;
    }
}

TEST(ChangeRows, an_unknown_phase_of_a_newer_version_keeps_us_from_guessing) {
    Database database = opened(":memory:");
    ASSERT_TRUE(migrate(database, noon));
    execute(database, "insert into orchestrator_recovery_progress values ('u', 'dancing', '', 0)");
    const Reader reader = [&](std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) {
        return database.query(sql, values, each);
    };
    const auto intent = read_intent(reader);
    ASSERT_FALSE(intent);
    EXPECT_EQ(intent.error().code, ErrorCode::corrupt);
    EXPECT_NE(intent.error().message.find("dancing"), std::string::npos);
}

}  // namespace
}  // namespace orc::store
