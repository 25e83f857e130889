#include "mysql/dialect/dialect.h"

#include <gtest/gtest.h>

#include "mysql/dialect/status_rows.h"

namespace orc::mysql {
namespace {

Dialect dialect_of(std::string version, std::string comment = "") {
    return Dialect(model::Version::parse(std::move(version), std::move(comment)));
}

gtid::BinlogCoordinates place() { return {"b.000007", 4711}; }

SourceChange to(model::GtidUse use) {
    SourceChange change;
    change.source = {"db2", 3307};
    change.gtid = use;
    change.coordinates = place();
    return change;
}

TEST(Dialect, speaks_to_each_version_in_its_words) {
    struct Case {
        std::string version;
        std::string comment;
        std::string status;
        std::string position;
        std::string replicas;
        std::string stop;
        std::string start_applier;
        std::string forget;
        std::string updates_variable;
    };
    const Case cases[] = {
        {"10.5.27-MariaDB",
         "",
         "SHOW ALL SLAVES STATUS",
         "SHOW MASTER STATUS",
         "SHOW SLAVE HOSTS",
         "STOP SLAVE",
         "START SLAVE SQL_THREAD",
         "RESET SLAVE ALL",
         "@@global.log_slave_updates"},
        {"11.8.2-MariaDB-log",
         "mariadb.org",
         "SHOW ALL SLAVES STATUS",
         "SHOW MASTER STATUS",
         "SHOW SLAVE HOSTS",
         "STOP SLAVE",
         "START SLAVE SQL_THREAD",
         "RESET SLAVE ALL",
         "@@global.log_slave_updates"},
        {"12.0.1-MariaDB",
         "",
         "SHOW ALL SLAVES STATUS",
         "SHOW MASTER STATUS",
         "SHOW SLAVE HOSTS",
         "STOP SLAVE",
         "START SLAVE SQL_THREAD",
         "RESET SLAVE ALL",
         "@@global.log_slave_updates"},
        {"5.7.44-log",
         "MySQL Community Server (GPL)",
         "SHOW SLAVE STATUS",
         "SHOW MASTER STATUS",
         "SHOW SLAVE HOSTS",
         "STOP SLAVE FOR CHANNEL ''",
         "START SLAVE SQL_THREAD FOR CHANNEL ''",
         "RESET SLAVE ALL FOR CHANNEL ''",
         "@@global.log_slave_updates"},
        {"8.0.9",
         "",
         "SHOW SLAVE STATUS",
         "SHOW MASTER STATUS",
         "SHOW SLAVE HOSTS",
         "STOP SLAVE FOR CHANNEL ''",
         "START SLAVE SQL_THREAD FOR CHANNEL ''",
         "RESET SLAVE ALL FOR CHANNEL ''",
         "@@global.log_slave_updates"},
        {"8.0.36-28",
         "Percona Server (GPL)",
         "SHOW REPLICA STATUS",
         "SHOW MASTER STATUS",
         "SHOW REPLICAS",
         "STOP REPLICA FOR CHANNEL ''",
         "START REPLICA SQL_THREAD FOR CHANNEL ''",
         "RESET REPLICA ALL FOR CHANNEL ''",
         "@@global.log_replica_updates"},
        {"8.4.3",
         "",
         "SHOW REPLICA STATUS",
         "SHOW BINARY LOG STATUS",
         "SHOW REPLICAS",
         "STOP REPLICA FOR CHANNEL ''",
         "START REPLICA SQL_THREAD FOR CHANNEL ''",
         "RESET REPLICA ALL FOR CHANNEL ''",
         "@@global.log_replica_updates"},
        {"9.7.4",
         "",
         "SHOW REPLICA STATUS",
         "SHOW BINARY LOG STATUS",
         "SHOW REPLICAS",
         "STOP REPLICA FOR CHANNEL ''",
         "START REPLICA SQL_THREAD FOR CHANNEL ''",
         "RESET REPLICA ALL FOR CHANNEL ''",
         "@@global.log_replica_updates"},
        {"22.08.5-maxscale",
         "",
         "SHOW SLAVE STATUS",
         "SHOW MASTER STATUS",
         "SHOW SLAVE HOSTS",
         "STOP SLAVE",
         "START SLAVE SQL_THREAD",
         "RESET SLAVE ALL",
         "@@global.log_slave_updates"},
        {"10.1.0",
         "MySQL some day",
         "SHOW REPLICA STATUS",
         "SHOW BINARY LOG STATUS",
         "SHOW REPLICAS",
         "STOP REPLICA FOR CHANNEL ''",
         "START REPLICA SQL_THREAD FOR CHANNEL ''",
         "RESET REPLICA ALL FOR CHANNEL ''",
         "@@global.log_replica_updates"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.version);
        const auto dialect = dialect_of(c.version, c.comment);
        EXPECT_EQ(dialect.replica_status(), c.status);
        EXPECT_EQ(dialect.own_position(), c.position);
        EXPECT_EQ(dialect.registered_replicas(), c.replicas);
        EXPECT_EQ(dialect.stop(Threads::both, ""), c.stop);
        EXPECT_EQ(dialect.start(Threads::applier, ""), c.start_applier);
        EXPECT_EQ(dialect.forget_source(""), c.forget);
        const std::vector<Variable> updates(1, Variable::log_replica_updates);
        EXPECT_EQ(dialect.select(updates), "SELECT " + c.updates_variable);
    }
}

TEST(Dialect, names_a_channel_where_the_flavour_wants_it) {
    const auto mariadb = dialect_of("10.11.6-MariaDB");
    EXPECT_EQ(mariadb.start(Threads::receiver, "eu'1"), "START SLAVE 'eu''1' IO_THREAD");
    EXPECT_EQ(mariadb.forget_source("eu"), "RESET SLAVE 'eu' ALL");
    const auto mysql = dialect_of("8.4.0");
    EXPECT_EQ(mysql.stop(Threads::receiver, "eu\\"), "STOP REPLICA IO_THREAD FOR CHANNEL 'eu\\\\'");
}

TEST(Dialect, changes_the_source_in_each_ones_way) {
    struct Case {
        std::string name;
        std::string version;
        SourceChange change;
        std::string sql;
    };
    auto with_login = to(model::GtidUse::auto_position);
    with_login.user = "repl";
    with_login.password = "it's";
    with_login.connect_retry = Seconds(1);
    with_login.heartbeat = Seconds(2);
    auto with_tls = to(model::GtidUse::auto_position);
    with_tls.tls.enabled = true;
    with_tls.tls.ca_file = "/ca.pem";
    with_tls.tls.verify_server_certificate = true;
    with_tls.tls.tls_version = "TLSv1.3";
    with_tls.tls.get_public_key = true;
    auto with_key = to(model::GtidUse::auto_position);
    with_key.user = "repl";
    with_key.tls.public_key_path = "/key.pem";
    auto named = to(model::GtidUse::replica_position);
    named.channel = "eu";
    auto mariadb_tls = with_tls;
    mariadb_tls.gtid = model::GtidUse::current_position;
    const Case cases[] = {
        {"coordinates",
         "5.7.40",
         to(model::GtidUse::none),
         "CHANGE MASTER TO MASTER_HOST = 'db2', MASTER_PORT = 3307, MASTER_LOG_FILE = 'b.000007', MASTER_LOG_POS = "
         "4711, MASTER_AUTO_POSITION = 0 FOR CHANNEL ''"},
        {"coordinates",
         "10.6.1-MariaDB",
         to(model::GtidUse::none),
         "CHANGE MASTER TO MASTER_HOST = 'db2', MASTER_PORT = 3307, MASTER_LOG_FILE = 'b.000007', MASTER_LOG_POS = "
         "4711, MASTER_USE_GTID = no"},
        {"named connection",
         "10.6.1-MariaDB",
         named,
         "CHANGE MASTER 'eu' TO MASTER_HOST = 'db2', MASTER_PORT = 3307, MASTER_USE_GTID = slave_pos"},
        {"new log-in asks for the key",
         "8.4.0",
         with_login,
         "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'db2', SOURCE_PORT = 3307, SOURCE_USER = 'repl', "
         "SOURCE_PASSWORD = 'it''s', SOURCE_CONNECT_RETRY = 1, SOURCE_HEARTBEAT_PERIOD = 2, SOURCE_AUTO_POSITION = 1, "
         "GET_SOURCE_PUBLIC_KEY = 1 FOR CHANNEL ''"},
        {"a key file is enough",
         "8.4.0",
         with_key,
         "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'db2', SOURCE_PORT = 3307, SOURCE_USER = 'repl', "
         "SOURCE_AUTO_POSITION = 1, SOURCE_PUBLIC_KEY_PATH = '/key.pem' FOR CHANNEL ''"},
        {"TLS is replayed",
         "8.0.20",
         with_tls,
         "CHANGE MASTER TO MASTER_HOST = 'db2', MASTER_PORT = 3307, MASTER_AUTO_POSITION = 1, MASTER_SSL = 1, "
         "MASTER_SSL_CA = '/ca.pem', MASTER_SSL_VERIFY_SERVER_CERT = 1, MASTER_TLS_VERSION = 'TLSv1.3', "
         "GET_MASTER_PUBLIC_KEY = 1 FOR CHANNEL ''"},
        {"TLS is replayed",
         "11.4.1-MariaDB",
         mariadb_tls,
         "CHANGE MASTER TO MASTER_HOST = 'db2', MASTER_PORT = 3307, MASTER_USE_GTID = current_pos, MASTER_SSL = 1, "
         "MASTER_SSL_CA = '/ca.pem', MASTER_SSL_VERIFY_SERVER_CERT = 1"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.version + " " + c.name);
        EXPECT_EQ(dialect_of(c.version).change_source(c.change), c.sql);
    }
}

TEST(Dialect, waits_for_what_the_flavour_knows) {
    const gtid::Progress set = gtid::GtidSet::parse("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5").value();
    const gtid::Progress position = gtid::MariadbPosition::parse("0-1-100").value();
    EXPECT_EQ(
        dialect_of("8.0.30").wait_until_applied(set, Millis(1500)),
        "SELECT WAIT_FOR_EXECUTED_GTID_SET('3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5', 1.500)"
    );
    EXPECT_EQ(
        dialect_of("5.7.30").wait_until_applied(set, Millis(1500)),
        "SELECT WAIT_FOR_EXECUTED_GTID_SET('3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5', 2)"
    );
    EXPECT_EQ(
        dialect_of("10.11.6-MariaDB").wait_until_applied(position, Millis(20)),
        "SELECT MASTER_GTID_WAIT('0-1-100', 0.020)"
    );
    EXPECT_FALSE(dialect_of("8.0.30").wait_until_applied({}, Seconds(1)));
}

TEST(Dialect, never_asks_a_version_for_a_variable_it_lacks) {
    EXPECT_EQ(
        dialect_of("10.11.6-MariaDB").select(dialect_of("10.11.6-MariaDB").changing_variables()),
        "SELECT @@global.server_id,@@global.read_only,@@global.binlog_format,@@global.binlog_row_image,"
        "@@global.gtid_current_pos,@@global.gtid_binlog_pos,@@global.gtid_slave_pos,@@global.gtid_binlog_state,"
        "@@global.gtid_strict_mode,@@global.gtid_domain_id"
    );
    EXPECT_EQ(
        dialect_of("9.1.0").select(dialect_of("9.1.0").changing_variables()),
        "SELECT @@global.server_id,@@global.read_only,@@global.binlog_format,@@global.binlog_row_image,"
        "@@global.super_read_only,@@global.gtid_mode,@@global.gtid_executed,@@global.gtid_purged"
    );
    const std::vector<Variable> asked = {Variable::read_only, Variable::log_replica_updates};
    EXPECT_EQ(
        variable_named_in("1193: Unknown system variable 'log_replica_updates'", asked), Variable::log_replica_updates
    );
    EXPECT_EQ(variable_named_in("1193: Unknown system variable 'other'", asked), std::nullopt);
}

TEST(Dialect, optional_tables_exist_only_where_they_do) {
    EXPECT_FALSE(dialect_of("10.11.6-MariaDB").group_members());
    EXPECT_FALSE(dialect_of("5.7.30").group_members());
    EXPECT_TRUE(dialect_of("8.0.11", "Percona Server").group_members());
    EXPECT_FALSE(dialect_of("10.11.6-MariaDB").heartbeats());
    EXPECT_FALSE(dialect_of("10.11.6-MariaDB").stored_credentials(""));
    EXPECT_TRUE(dialect_of("5.7.30").stored_credentials(""));
    EXPECT_NE(dialect_of("8.0.21").dump_threads().find("information_schema"), std::string::npos);
    EXPECT_NE(dialect_of("8.0.22").dump_threads().find("performance_schema"), std::string::npos);
    // Where the performance schema is off its list is empty, and the old one is asked.
    for (const auto& sql : {dialect_of("8.4.3").dump_threads(), dialect_of("8.4.3").sessions()}) {
        EXPECT_NE(sql.find("UNION ALL"), std::string::npos) << sql;
        EXPECT_TRUE(sql.ends_with("AND NOT @@global.performance_schema")) << sql;
    }
    EXPECT_NE(dialect_of("22.08.5-maxscale").dump_threads().find("information_schema"), std::string::npos);
    EXPECT_FALSE(dialect_of("8.0.36").ndb_peers());
    EXPECT_TRUE(dialect_of("8.0.36-ndb-8.0.36-cluster").ndb_peers());
    EXPECT_EQ(dialect_of("8.0.18").heartbeats()->find("TLS_CIPHERSUITES"), std::string::npos);
    EXPECT_NE(dialect_of("8.0.19").heartbeats()->find("TLS_CIPHERSUITES"), std::string::npos);
    EXPECT_NE(dialect_of("10.11.6-MariaDB").sessions().find("information_schema"), std::string::npos);
}

TEST(Dialect, knows_sessions_that_are_no_clients) {
    struct Case {
        std::string_view user;
        std::string_view command;
        bool is_system;
    };
    const Case cases[] = {
        {"system user", "Connect", true},
        {"system user", "Slave_SQL", true},
        {"event_scheduler", "Daemon", true},
        {"repl", "Binlog Dump", true},
        {"repl", "Binlog Dump GTID", true},
        {"app", "Query", false},
        {"app", "Sleep", false},
        {"root", "Execute", false},
        {"repl", "Register Slave", true},
        {"mysql.session", "Daemon", true},
        {"", "Sleep", false},
        {"unauthenticated user", "Connect", true},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(is_system_session(c.user, c.command), c.is_system) << c.user << ' ' << c.command;
    }
}

ResultSet pairs(std::vector<std::vector<std::optional<std::string>>> rows) {
    return ResultSet{{"Variable_name", "Value"}, std::move(rows)};
}

TEST(SemiSync, reads_either_spelling_by_what_is_there) {
    model::SemiSync old_words;
    const auto old_set = pairs(
        {{"rpl_semi_sync_master_enabled", "ON"},
         {"rpl_semi_sync_master_timeout", "10000"},
         {"rpl_semi_sync_master_wait_for_slave_count", "2"},
         {"rpl_semi_sync_slave_enabled", "OFF"}}
    );
    read_semi_sync_variables(old_set, old_words);
    EXPECT_TRUE(old_words.available && old_words.source_enabled && !old_words.replica_enabled);
    EXPECT_FALSE(old_words.source_plugin_is_new);
    EXPECT_EQ(old_words.acks_wanted, 2U);
    EXPECT_EQ(old_words.timeout, Seconds(10));
    EXPECT_EQ(semi_sync_names(old_set).source_enabled, "rpl_semi_sync_master_enabled");

    model::SemiSync mixed;
    const auto mixed_set = pairs(
        {{"rpl_semi_sync_source_enabled", "OFF"},
         {"rpl_semi_sync_source_timeout", "18446744073709551615"},
         {"rpl_semi_sync_replica_enabled", "ON"}}
    );
    read_semi_sync_variables(mixed_set, mixed);
    EXPECT_TRUE(mixed.available && mixed.replica_enabled && mixed.source_plugin_is_new && mixed.replica_plugin_is_new);
    EXPECT_GT(mixed.timeout, Seconds(1'000'000));
    EXPECT_EQ(semi_sync_names(mixed_set).replica_enabled, "rpl_semi_sync_replica_enabled");

    model::SemiSync none;
    read_semi_sync_variables(pairs({{"rpl_semi_sync_slave_enabled", "ON"}}), none);
    EXPECT_FALSE(none.available) << "one half alone is not enough";
    EXPECT_EQ(semi_sync_names(pairs({})).source_enabled, "");

    model::SemiSync counters;
    const auto uptime = read_status_counters(
        pairs(
            {{"Uptime", "77"},
             {"Rpl_semi_sync_source_clients", "3"},
             {"Rpl_semi_sync_source_status", "ON"},
             {"Rpl_semi_sync_slave_status", "OFF"}}
        ),
        counters
    );
    EXPECT_EQ(uptime, Seconds(77));
    EXPECT_TRUE(counters.source_active && !counters.replica_active);
    EXPECT_EQ(counters.clients, 3U);
}

}  // namespace
}  // namespace orc::mysql
