// The other half of the dialect: what is said to the servers of each flavour.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "sandbox/dialect.h"

namespace orc::sandbox {
namespace {

std::string first_of(const Rows& rows, std::size_t row, std::initializer_list<std::string_view> columns) {
    for (const auto column : columns) {
        if (auto found = rows.at(row, column)) {
            return *found;
        }
    }
    return {};
}

}  // namespace

std::vector<std::string> preparation(Flavor flavor) {
    const bool mysql = flavor == Flavor::mysql;
    std::vector<std::string> sql = open_for_writes(flavor);
    for (const Account& account : {manager_account, replication_account, bench_account}) {
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
    grant("REPLICATION SLAVE", "*.*", replication_account);
    grant("SELECT, INSERT, UPDATE, DELETE", "lab.*", bench_account);
    grant("SELECT", "meta.*", manager_account);
    if (mysql) {
        grant("PROCESS, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT", "*.*", manager_account);
        grant(
            "REPLICATION_SLAVE_ADMIN, SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, BINLOG_ADMIN, REPLICATION_APPLIER",
            "*.*",
            manager_account
        );
        grant("SELECT", "performance_schema.*", manager_account);
        grant("SELECT", "mysql.slave_master_info", manager_account);
        sql.emplace_back("RESET BINARY LOGS AND GTIDS");
    } else {
        grant(
            "PROCESS, RELOAD, REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR, REPLICATION SLAVE ADMIN, "
            "REPLICATION MASTER ADMIN, READ_ONLY ADMIN, BINLOG ADMIN, CONNECTION ADMIN",
            "*.*",
            manager_account
        );
        sql.emplace_back("RESET MASTER");
        sql.emplace_back("SET GLOBAL gtid_slave_pos=''");
    }
    return sql;
}

std::vector<std::string> replicate_from(Flavor flavor, const Following& following) {
    const bool mysql = flavor == Flavor::mysql;
    const std::string word = mysql ? "SOURCE_" : "MASTER_";
    std::vector<std::string> clauses;
    const auto add = [&](std::string_view name, const std::string& value) {
        clauses.push_back(word + std::string(name) + "=" + value);
    };
    const auto text = [](std::string_view value) { return fmt::format("'{}'", value); };
    add("HOST", text(following.source.host));
    add("PORT", std::to_string(following.source.port));
    add("USER", text(replication_account.user));
    add("PASSWORD", text(replication_account.secret));
    // One second between heartbeats and between attempts: what production sites that care about failover times set.
    add("CONNECT_RETRY", "1");
    add("HEARTBEAT_PERIOD", "1");
    if (following.from) {
        add("LOG_FILE", text(following.from->file));
        add("LOG_POS", std::to_string(following.from->position));
    }
    if (mysql) {
        add("AUTO_POSITION", following.from ? "0" : "1");
        add("RETRY_COUNT", "86400");
        clauses.emplace_back("GET_SOURCE_PUBLIC_KEY=1");
    } else {
        add("USE_GTID", following.from ? "no" : "slave_pos");
    }
    if (!following.authority.empty()) {
        add("SSL", "1");
        add("SSL_CA", text(following.authority.string()));
        add("SSL_VERIFY_SERVER_CERT", "1");
    }
    const bool is_named = !following.channel.empty();
    const std::string in_front = is_named && !mysql ? " " + text(following.channel) : "";
    const std::string behind = is_named && mysql ? " FOR CHANNEL " + text(following.channel) : "";
    const std::string change = mysql ? "CHANGE REPLICATION SOURCE TO " : "CHANGE MASTER" + in_front + " TO ";
    std::vector<std::string> statements;
    if (!is_named) {  // one that does not exist yet cannot be stopped
        statements.emplace_back(mysql ? "STOP REPLICA FOR CHANNEL ''" : "STOP SLAVE");
    }
    statements.push_back(change + join(clauses, ", ") + behind);
    statements.push_back(mysql ? "START REPLICA" + behind : "START SLAVE" + in_front);
    return statements;
}

std::string start_replication(Flavor flavor) { return flavor == Flavor::mysql ? "START REPLICA" : "START ALL SLAVES"; }

std::string position_query(Flavor flavor) {
    return flavor == Flavor::mysql ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
}

std::string wait_for_position(Flavor flavor, const Coordinates& position, double seconds) {
    return fmt::format(
        "SELECT COALESCE({}('{}', {}, {}, ''), -1)",
        flavor == Flavor::mysql ? "SOURCE_POS_WAIT" : "MASTER_POS_WAIT",
        position.file,
        position.position,
        std::max(1, static_cast<int>(seconds))
    );
}

std::string listed_in_group_query(unsigned port) {
    return fmt::format(
        "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE MEMBER_PORT = {}", port
    );
}

std::vector<std::string> join_group(bool is_founder) {
    std::vector<std::string> statements = {
        // Each member's own business: none of it may become a transaction of the group.
        "SET GLOBAL super_read_only=0",
        "SET SESSION sql_log_bin=0",
        fmt::format(
            "GRANT GROUP_REPLICATION_STREAM, CONNECTION_ADMIN, BACKUP_ADMIN ON *.* TO '{}'@'%'",
            replication_account.user
        ),
        "SET SESSION sql_log_bin=1",
    };
    if (is_founder) {
        statements.emplace_back("SET GLOBAL group_replication_bootstrap_group=ON");
    }
    statements.push_back(fmt::format(
        "START GROUP_REPLICATION USER='{}', PASSWORD='{}'", replication_account.user, replication_account.secret
    ));
    if (is_founder) {
        statements.emplace_back("SET GLOBAL group_replication_bootstrap_group=OFF");
    }
    return statements;
}

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

Result<std::vector<Replication>> replication_of(Client& client, Flavor flavor) {
    TRY(const Rows rows, client.query(flavor == Flavor::mysql ? "SHOW REPLICA STATUS" : "SHOW ALL SLAVES STATUS"));
    std::vector<Replication> all;
    for (std::size_t row = 0; row < rows.cells.size(); ++row) {
        const auto cell = [&](std::initializer_list<std::string_view> columns) { return first_of(rows, row, columns); };
        Replication found;
        found.channel = cell({"Channel_Name", "Connection_name"});
        const std::string host = cell({"Source_Host", "Master_Host"});
        if (host.empty() || found.channel.starts_with("group_replication_")) {
            continue;
        }
        TRY(found.source, Endpoint::parse(host + ":" + cell({"Source_Port", "Master_Port"}), 3306));
        found.io = cell({"Replica_IO_Running", "Slave_IO_Running"}) == "Yes";
        found.sql = cell({"Replica_SQL_Running", "Slave_SQL_Running"}) == "Yes";
        found.error = cell({"Last_IO_Error"});
        if (found.error.empty()) {
            found.error = cell({"Last_SQL_Error"});
        }
        all.push_back(std::move(found));
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.channel < b.channel; });
    return all;
}

Result<GroupState> group_state_of(Client& client) {
    TRY(const Rows rows,
        client.query(
            "SELECT MEMBER_STATE AS state, MEMBER_ROLE AS role FROM performance_schema.replication_group_members "
            "WHERE MEMBER_ID = @@global.server_uuid"
        ));
    return GroupState{.state = rows.at(0, "state").value_or(""), .is_primary = rows.at(0, "role") == "PRIMARY"};
}

}  // namespace orc::sandbox
