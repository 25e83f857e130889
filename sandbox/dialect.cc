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

/// In a private tree, as script/fetch-mysql makes them.
Result<Installation> find_in_tree(Flavor flavor, const fs::path& root) {
    const bool is_mysql = flavor == Flavor::mysql;
    const fs::path server = root / (is_mysql ? "usr/sbin/mysqld" : "usr/sbin/mariadbd");
    const fs::path loader = loader_in(root);
    if (!fs::exists(root / "ready") || !fs::exists(server) || loader.empty()) {
        return fail(
            ErrorCode::not_found,
            std::string(is_mysql ? "no MySQL" : "no MariaDB") + " server in " + root.string() + "; script/fetch-mysql" +
                (is_mysql ? "" : " --mariadb") + " fetches it"
        );
    }
    Installation found{.flavor = flavor, .root = root, .server = {}, .server_file = server, .is_tree = true};
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
    if (const std::string root = environment("ORC_MARIADB_ROOT"); !root.empty()) {
        return find_in_tree(Flavor::mariadb, root);
    }
    const fs::path server = find_program("mariadbd");
    if (server.empty() || find_program("mariadb-install-db").empty()) {
        return fail(ErrorCode::not_found, "no MariaDB server on this machine; script/install test installs it");
    }
    return Installation{.flavor = Flavor::mariadb, .root = "/usr", .server = {server.string()}, .server_file = server};
}

constexpr std::string_view common_settings = R"(skip-name-resolve
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
constexpr std::string_view mariadb_settings = R"(slave_net_timeout=4
log_slave_updates=ON
skip-slave-start
performance_schema=OFF
innodb_log_file_size=8M
innodb_log_buffer_size=2M
aria_pagecache_buffer_size=1M
key_buffer_size=1M
)";

// performance_schema is on, since the replication tables live there, but its event histories are kept small.
constexpr std::string_view mysql_settings = R"(replica_net_timeout=4
log_replica_updates=ON
skip-replica-start
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

constexpr std::string_view mariadb_semi_sync = R"(rpl_semi_sync_slave_enabled=ON
rpl_semi_sync_master_timeout=2000
rpl_semi_sync_master_wait_point=AFTER_SYNC
)";

constexpr std::string_view mysql_semi_sync = R"(plugin-load-add=semisync_source.so
plugin-load-add=semisync_replica.so
rpl_semi_sync_replica_enabled=1
rpl_semi_sync_source_timeout=2000
)";

// Over the servers' own ports, so that nothing else needs to be free.
std::string group_settings(const Endpoint& self, const Style& style) {
    std::string seeds;
    for (const auto& seed : style.group_seeds) {
        seeds += (seeds.empty() ? "" : ",") + seed.text();
    }
    return fmt::format(
        "plugin-load-add=group_replication.so\n"
        "group_replication_group_name={}\n"
        "group_replication_communication_stack=MYSQL\n"
        "group_replication_local_address={}\n"
        "group_replication_group_seeds={}\n"
        "group_replication_start_on_boot=OFF\n"
        "group_replication_member_expel_timeout=0\n"
        "group_replication_single_primary_mode=ON\n"
        "group_replication_recovery_get_public_key=ON\n"
        "group_replication_ip_allowlist=127.0.0.0/8\n",
        style.group_name,
        self.text(),
        seeds
    );
}

/// Where messages, character sets and the first tables' statements are.
fs::path share_of(const Installation& installation) {
    const fs::path share = installation.root / "usr/share";
    const bool is_mariadb = installation.flavor == Flavor::mariadb && fs::exists(share / "mariadb/english");
    return share / (is_mariadb ? "mariadb" : "mysql");
}

/// What mariadb-install-db does, which cannot be told to use the tree's own loader.
std::vector<std::string> bootstrap_command(
    const Installation& installation, const fs::path& data, const std::string& defaults
) {
    const std::string script =
        "mkdir -p \"$2\" && cd \"$1\" && shift 2 && "
        "{ printf '%s;\\n' 'CREATE DATABASE IF NOT EXISTS mysql' 'USE mysql' 'SET @auth_root_socket = NULL'; "
        "cat m*_system_tables.sql m*_performance_tables.sql m*_system_tables_data.sql; } | "
        "\"$@\" --bootstrap --enforce-storage-engine=''";
    std::vector<std::string> command{"sh", "-c", script, "sh", share_of(installation).string(), data.string()};
    command.insert(command.end(), installation.server.begin(), installation.server.end());
    command.push_back(defaults);
    return command;
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
    return flavor == Flavor::mysql ? find_in_tree(Flavor::mysql, mysql_root()) : find_mariadb();
}

std::string settings(const Installation& installation, const Place& place, const Style& style) {
    const bool mysql = installation.flavor == Flavor::mysql;
    std::string text = "[mysqld]\n";
    if (::geteuid() == 0) {
        text += "user=root\n";  // it drops no rights, so the folder needs no owner of its own
    }
    text += common_settings;
    text += mysql ? mysql_settings : mariadb_settings;
    if (mysql) {  // both in words: the default has changed with the versions
        text += style.gtid ? "gtid_mode=ON\nenforce_gtid_consistency=ON\n"
                           : "gtid_mode=OFF\nenforce_gtid_consistency=OFF\n";
    }
    if (!mysql) {
        text += fmt::format("gtid_domain_id={}\n", style.own_gtid_domain ? place.server_id : 0);
    }
    if (style.semi_sync) {
        text += mysql ? mysql_semi_sync : mariadb_semi_sync;
    }
    if (!style.certificates.empty()) {
        text += fmt::format(
            "ssl-ca={}\nssl-cert={}\nssl-key={}\n",
            style.certificates.authority().string(),
            style.certificates.certificate().string(),
            style.certificates.key().string()
        );
    }
    if (!style.group_name.empty() && place.listen) {
        text += group_settings(*place.listen, style);
    }
    if (installation.is_tree) {
        text += fmt::format(
            "basedir={0}/usr\nlc-messages-dir={1}\ncharacter-sets-dir={1}/charsets\nplugin-dir={0}/usr/lib/mysql/"
            "plugin\n",
            installation.root.string(),
            share_of(installation).string()
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
    if (installation.is_tree) {
        return bootstrap_command(installation, place.data(), defaults);
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

}  // namespace orc::sandbox
