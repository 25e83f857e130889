#include "sandbox/dialect.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/text.h"

namespace orc::sandbox {

namespace fs = std::filesystem;

namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

fs::path mysql_root() {
    if (const std::string given = environment("ORC_MYSQL_ROOT"); !given.empty()) {
        return given;
    }
    return cache_folder() / "mysql-root";
}

/// The tree's own dynamic loader ("ld-linux-<arch>.so.N"), which finds the tree's libraries and not this machine's.
fs::path loader_in(const fs::path& root) {
    std::error_code ignored;
    for (const char* folder : {"usr/lib64", "usr/lib", "lib64", "lib"}) {
        for (const auto& entry : fs::directory_iterator(root / folder, ignored)) {
            if (entry.path().filename().string().starts_with("ld-linux")) {
                return entry.path();
            }
        }
    }
    return {};
}

/// "usr/lib/<arch>-linux-gnu" of the tree, where its C library is.
fs::path libraries_in(const fs::path& root) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(root / "usr/lib", ignored)) {
        if (fs::exists(entry.path() / "libc.so.6", ignored)) {
            return entry.path();
        }
    }
    return root / "usr/lib";
}

Result<Installation> find_mysql() {
    const fs::path root = mysql_root();
    const fs::path server = root / "usr/sbin/mysqld";
    const fs::path loader = loader_in(root);
    if (!fs::exists(root / "ready") || !fs::exists(server) || loader.empty()) {
        return fail(ErrorCode::not_found, "no MySQL server in " + root.string() + "; script/fetch-mysql fetches it");
    }
    Installation found{.flavor = Flavor::mysql, .root = root, .server = {}, .server_file = server};
    found.server = {
        loader.string(),
        "--library-path",
        libraries_in(root).string() + ":" + (root / "usr/lib").string(),
        server.string()
    };
    return found;
}

fs::path find_program(const std::string& program) {
    const std::string path = environment("PATH") + ":/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin";
    for (const auto folder : split(path, ':')) {
        const fs::path candidate = fs::path(folder) / program;
        if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
    }
    return {};
}

Result<Installation> find_mariadb() {
    const fs::path server = find_program("mariadbd");
    if (server.empty() || find_program("mariadb-install-db").empty()) {
        return fail(ErrorCode::not_found, "no MariaDB server on this machine; script/install test installs it");
    }
    return Installation{.flavor = Flavor::mariadb, .root = "/usr", .server = {server.string()}, .server_file = server};
}

constexpr std::string_view kCommonSettings = R"(skip-name-resolve
innodb_buffer_pool_size=24M
innodb_flush_log_at_trx_commit=2
innodb_use_native_aio=0
innodb_flush_method=nosync
sync_binlog=0
max_connections=200
table_open_cache=200
log-bin=binlog
binlog_format=ROW
max_binlog_size=64M
read_only=1
)";

// performance_schema is off: a MariaDB keeps nothing there that replication tools need.
constexpr std::string_view kMariadbSettings = R"(slave_net_timeout=4
log_slave_updates=ON
skip-slave-start
gtid_domain_id=0
performance_schema=OFF
innodb_log_file_size=8M
innodb_log_buffer_size=2M
aria_pagecache_buffer_size=1M
key_buffer_size=1M
)";

// performance_schema is on, since the replication tables live there, but its event histories are kept small.
constexpr std::string_view kMysqlSettings = R"(replica_net_timeout=4
log_replica_updates=ON
skip-replica-start
gtid_mode=ON
enforce_gtid_consistency=ON
replica_parallel_workers=2
replica_preserve_commit_order=ON
performance_schema=ON
performance_schema_digests_size=200
performance_schema_max_thread_instances=200
performance_schema_max_table_instances=400
performance_schema_max_sql_text_length=256
performance_schema_error_size=200
performance_schema_accounts_size=10
performance_schema_hosts_size=10
performance_schema_users_size=10
innodb_redo_log_capacity=16M
innodb_log_buffer_size=2M
key_buffer_size=1M
table_definition_cache=400
secure-file-priv=NULL
mysqlx=OFF
)";

constexpr std::string_view kMariadbSemiSync = R"(rpl_semi_sync_slave_enabled=ON
rpl_semi_sync_master_timeout=2000
rpl_semi_sync_master_wait_point=AFTER_SYNC
)";

constexpr std::string_view kMysqlSemiSync = R"(plugin-load-add=semisync_source.so
plugin-load-add=semisync_replica.so
rpl_semi_sync_replica_enabled=1
rpl_semi_sync_source_timeout=2000
)";

std::string first_of(const Rows& rows, std::initializer_list<std::string_view> columns) {
    for (const auto column : columns) {
        if (auto found = rows.at(0, column)) {
            return *found;
        }
    }
    return {};
}

}  // namespace

std::string_view name(Flavor flavor) { return flavor == Flavor::mysql ? "mysql" : "mariadb"; }

Result<Flavor> parse_flavor(std::string_view text) {
    if (text == "mysql") {
        return Flavor::mysql;
    }
    if (text == "mariadb") {
        return Flavor::mariadb;
    }
    return fail(ErrorCode::invalid, fmt::format("no such flavour: '{}' (mariadb or mysql)", text));
}

std::filesystem::path cache_folder() {
    if (const std::string given = environment("XDG_CACHE_HOME"); !given.empty()) {
        return fs::path(given) / "orchestrator";
    }
    const std::string home = environment("HOME");
    return fs::path(home.empty() ? "/root" : home) / ".cache/orchestrator";
}

Result<Installation> find_installation(Flavor flavor) {
    return flavor == Flavor::mysql ? find_mysql() : find_mariadb();
}

std::string settings(const Installation& installation, const Place& place, bool semi_sync) {
    const bool mysql = installation.flavor == Flavor::mysql;
    std::string text = "[mysqld]\n";
    if (::geteuid() == 0) {
        text += "user=root\n";  // it drops no rights, so the folder needs no owner of its own
    }
    text += kCommonSettings;
    text += mysql ? kMysqlSettings : kMariadbSettings;
    if (semi_sync) {
        text += mysql ? kMysqlSemiSync : kMariadbSemiSync;
    }
    if (mysql) {
        const std::string usr = (installation.root / "usr").string();
        text += fmt::format(
            "basedir={0}\nlc-messages-dir={0}/share/mysql\ncharacter-sets-dir={0}/share/mysql/charsets\n"
            "plugin-dir={0}/lib/mysql/plugin\n",
            usr
        );
    }
    text += fmt::format(
        "datadir={}\nsocket={}\ntmpdir={}\npid-file={}\nserver-id={}\n",
        place.data().string(),
        place.socket().string(),
        (place.folder / "tmp").string(),
        (place.folder / "server.pid").string(),
        place.server_id
    );
    if (place.listen) {
        text += fmt::format(
            "bind-address={0}\nport={1}\nreport_host={0}\nreport_port={1}\n", place.listen->host, place.listen->port
        );
    } else {
        text += "skip-networking\n";
    }
    return text;
}

std::vector<std::string> initialize_command(const Installation& installation, const Place& place) {
    const std::string defaults = "--defaults-file=" + place.settings().string();
    if (installation.flavor == Flavor::mysql) {
        std::vector<std::string> command = installation.server;
        command.push_back(defaults);
        command.emplace_back("--initialize-insecure");
        return command;
    }
    std::vector<std::string> command{find_program("mariadb-install-db").string(), defaults};
    command.push_back("--basedir=" + installation.root.string());
    command.push_back("--datadir=" + place.data().string());
    command.emplace_back("--skip-test-db");
    command.emplace_back("--force");  // a machine need not be able to resolve any name, its own included
    command.emplace_back("--auth-root-authentication-method=normal");
    if (::geteuid() == 0) {
        command.emplace_back("--user=root");
    }
    return command;
}

std::vector<std::string> preparation(Flavor flavor) {
    const bool mysql = flavor == Flavor::mysql;
    std::vector<std::string> sql = open_for_writes(flavor);
    for (const Account& account : {kManager, kReplication, kBench}) {
        sql.push_back(fmt::format("CREATE USER '{}'@'%' IDENTIFIED BY '{}'", account.user, account.secret));
    }
    const auto grant = [&sql](std::string_view what, std::string_view on, const Account& account) {
        sql.push_back(fmt::format("GRANT {} ON {} TO '{}'@'%'", what, on, account.user));
    };
    sql.emplace_back("CREATE DATABASE lab");
    sql.emplace_back("CREATE TABLE lab.t (id BIGINT PRIMARY KEY, node VARCHAR(64), ts DOUBLE) ENGINE=InnoDB");
    sql.emplace_back("CREATE DATABASE meta");
    sql.emplace_back(
        "CREATE TABLE meta.cluster (anchor TINYINT PRIMARY KEY, cluster_name VARCHAR(128), cluster_domain VARCHAR(128))"
    );
    sql.emplace_back("INSERT INTO meta.cluster VALUES (1, 'lab', 'lab.local')");
    grant("REPLICATION SLAVE", "*.*", kReplication);
    grant("SELECT, INSERT, UPDATE, DELETE", "lab.*", kBench);
    grant("SELECT", "meta.*", kManager);
    if (mysql) {
        grant("PROCESS, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT", "*.*", kManager);
        grant(
            "REPLICATION_SLAVE_ADMIN, SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, BINLOG_ADMIN, REPLICATION_APPLIER",
            "*.*",
            kManager
        );
        grant("SELECT", "performance_schema.*", kManager);
        grant("SELECT", "mysql.slave_master_info", kManager);
        sql.emplace_back("RESET BINARY LOGS AND GTIDS");
    } else {
        grant(
            "PROCESS, RELOAD, REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR, REPLICATION SLAVE ADMIN, "
            "REPLICATION MASTER ADMIN, READ_ONLY ADMIN, BINLOG ADMIN, CONNECTION ADMIN",
            "*.*",
            kManager
        );
        sql.emplace_back("RESET MASTER");
        sql.emplace_back("SET GLOBAL gtid_slave_pos=''");
    }
    return sql;
}

std::vector<std::string> replicate_from(Flavor flavor, const Endpoint& source) {
    // One second between heartbeats and between attempts: what production sites that care about failover times set.
    if (flavor == Flavor::mysql) {
        return {
            "STOP REPLICA",
            fmt::format(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST='{}', SOURCE_PORT={}, SOURCE_USER='{}', "
                "SOURCE_PASSWORD='{}', "
                "SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1, SOURCE_RETRY_COUNT=86400, SOURCE_HEARTBEAT_PERIOD=1, "
                "GET_SOURCE_PUBLIC_KEY=1",
                source.host,
                source.port,
                kReplication.user,
                kReplication.secret
            ),
            start_replication(flavor)
        };
    }
    return {
        "STOP SLAVE",
        fmt::format(
            "CHANGE MASTER TO MASTER_HOST='{}', MASTER_PORT={}, MASTER_USER='{}', MASTER_PASSWORD='{}', "
            "MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1",
            source.host,
            source.port,
            kReplication.user,
            kReplication.secret
        ),
        start_replication(flavor)
    };
}

std::string start_replication(Flavor flavor) { return flavor == Flavor::mysql ? "START REPLICA" : "START SLAVE"; }

std::vector<std::string> open_for_writes(Flavor flavor) {
    if (flavor == Flavor::mysql) {
        return {"SET GLOBAL super_read_only=0", "SET GLOBAL read_only=0"};
    }
    return {"SET GLOBAL read_only=0"};
}

std::string acknowledge_on_primary(Flavor flavor) {
    return flavor == Flavor::mysql ? "SET GLOBAL rpl_semi_sync_source_enabled=ON"
                                   : "SET GLOBAL rpl_semi_sync_master_enabled=ON";
}

std::string executed_gtids_query(Flavor flavor) {
    return flavor == Flavor::mysql ? "SELECT @@global.gtid_executed" : "SELECT @@global.gtid_current_pos";
}

std::string wait_for_gtids(Flavor flavor, std::string_view gtids, double seconds) {
    const auto function = flavor == Flavor::mysql ? "WAIT_FOR_EXECUTED_GTID_SET" : "MASTER_GTID_WAIT";
    return fmt::format("SELECT {}('{}', {:.3f})", function, gtids, seconds);
}

Result<std::optional<Replication>> replication_of(Client& client, Flavor flavor) {
    TRY(const Rows rows, client.query(flavor == Flavor::mysql ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS"));
    if (rows.empty()) {
        return std::nullopt;
    }
    Replication found;
    TRY(found.source,
        Endpoint::parse(
            first_of(rows, {"Source_Host", "Master_Host"}) + ":" + first_of(rows, {"Source_Port", "Master_Port"}), 3306
        ));
    found.io = first_of(rows, {"Replica_IO_Running", "Slave_IO_Running"}) == "Yes";
    found.sql = first_of(rows, {"Replica_SQL_Running", "Slave_SQL_Running"}) == "Yes";
    found.error = first_of(rows, {"Last_IO_Error"});
    if (found.error.empty()) {
        found.error = first_of(rows, {"Last_SQL_Error"});
    }
    return found;
}

}  // namespace orc::sandbox
