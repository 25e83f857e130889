#include "fleet_answers.h"

#include <cstdio>
#include <map>

#include "base/text.h"
#include "packets.h"

namespace orc::bench {
namespace {

constexpr int hosts_in_block = 250;
constexpr std::size_t texts_max = 10'000;  // a client that never says the same twice must not fill the memory

std::string server_id(int host) { return std::to_string(host + 1); }

const std::vector<std::string> replica_status_columns = {
    "Replica_IO_State",    "Source_Host",         "Source_User",           "Source_Port",   "Connect_Retry",
    "Source_Log_File",     "Read_Source_Log_Pos", "Relay_Log_File",        "Relay_Log_Pos", "Relay_Source_Log_File",
    "Replica_IO_Running",  "Replica_SQL_Running", "Replicate_Do_DB",       "Last_Errno",    "Last_Error",
    "Exec_Source_Log_Pos", "Source_SSL_Allowed",  "Seconds_Behind_Source", "Last_IO_Errno", "Last_IO_Error",
    "Last_SQL_Errno",      "Last_SQL_Error",      "Source_Server_Id",      "Source_UUID",   "SQL_Delay",
    "Retrieved_Gtid_Set",  "Executed_Gtid_Set",   "Auto_Position",         "Channel_Name",  "Get_Source_public_key"
};

}  // namespace

std::string FleetShape::address(int host) const {
    return "127." + std::to_string(second_octet) + "." + std::to_string(host / hosts_in_block) + "." +
           std::to_string(host % hosts_in_block + 1);
}

int FleetShape::host_at(const unsigned char* address) const {
    const int host = address[2] * hosts_in_block + address[3] - 1;
    const bool is_ours = address[1] == second_octet && address[3] >= 1 && address[3] <= hosts_in_block;
    return is_ours && host < hosts() ? host : -1;
}

std::string FleetAnswers::uuid(int host) const {
    char text[40];
    std::snprintf(text, sizeof text, "%08x-0000-11ee-8000-000000000000", unsigned(host) + 1);
    return text;
}

/// Ten transactions a second, which every replica has at once.
std::string FleetAnswers::executed(int host) const {
    using std::chrono::milliseconds;
    const auto age = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began_);
    return uuid(shape_.primary_of(host)) + ":1-" + std::to_string(age.count() / 100 + 1);
}

std::string FleetAnswers::variable(int host, std::string_view name) const {
    static const std::map<std::string_view, std::string_view> fixed = {
        {"version", "8.0.36"},
        {"version_comment", "MySQL Community Server - GPL"},
        {"binlog_format", "ROW"},
        {"binlog_row_image", "FULL"},
        {"log_bin", "1"},
        {"log_replica_updates", "1"},
        {"log_slave_updates", "1"},
        {"gtid_mode", "ON"},
        {"gtid_purged", ""},
        {"super_read_only", "0"}
    };
    if (const auto found = fixed.find(name); found != fixed.end()) {
        return std::string(found->second);
    }
    if (name == "hostname" || name == "report_host") {
        return shape_.address(host);
    }
    if (name == "server_id") {
        return server_id(host);
    }
    if (name == "server_uuid") {
        return uuid(host);
    }
    if (name == "read_only") {
        return shape_.is_primary(host) ? "0" : "1";
    }
    return name == "gtid_executed" ? executed(host) : "0";
}

FleetAnswers::Row FleetAnswers::replica_status(int host) const {
    const int primary = shape_.primary_of(host);
    const std::string gtids = executed(host);
    return {
        "Waiting for source to send event",
        shape_.address(primary),
        "repl",
        std::to_string(shape_.port),
        "60",
        "binlog.000007",
        "4711",
        "relay.000003",
        "900",
        "binlog.000007",
        "Yes",
        "Yes",
        "",
        "0",
        "",
        "4711",
        "No",
        "0",
        "0",
        "",
        "0",
        "",
        server_id(primary),
        uuid(primary),
        "0",
        gtids,
        gtids,
        "1",
        "",
        "0"
    };
}

FleetAnswers::Statement FleetAnswers::read(std::string_view sql) {
    Statement out;
    const std::string lower = to_lower(sql);
    if (lower.starts_with("set ") || lower.starts_with("kill ")) {
        out.kind = Kind::nothing;
    } else if (lower.starts_with("select @@") || lower.starts_with("select connection_id")) {
        out.kind = Kind::selected;
        for (const auto item : split(std::string_view(lower).substr(7), ',')) {
            out.columns.emplace_back(trim(item));
        }
    } else if (lower.starts_with("show replica status") || lower.starts_with("show slave status")) {
        out.kind = Kind::replica_status;
        out.columns = replica_status_columns;
    } else if (lower.starts_with("show master status")) {
        out.kind = Kind::own_position;
        out.columns = {"File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"};
    } else if (lower.starts_with("show replicas") || lower.starts_with("show slave hosts")) {
        out.kind = Kind::replicas;
        out.columns = {"Server_Id", "Host", "Port", "Source_Id", "Replica_UUID"};
    } else if (lower.starts_with("show global status")) {
        out.kind = Kind::counters;
        out.columns = {"Variable_name", "Value"};
    } else {
        out.columns = {"empty"};
    }
    Packets made(0);
    made.columns(out.columns);
    out.column_packets = made.take();
    return out;
}

const FleetAnswers::Text& FleetAnswers::text_of(std::string_view sql) {
    if (texts_.size() > texts_max) {
        texts_.clear();
    }
    const auto [at, is_new] = texts_.try_emplace(std::string(sql));
    Text& text = at->second;
    if (is_new) {
        for (const auto piece : split(sql, ';')) {
            if (!trim(piece).empty()) {
                text.statements.push_back(read(trim(piece)));
                text.is_probe = text.is_probe || text.statements.back().kind == Kind::replica_status;
            }
        }
    }
    return text;
}

std::vector<FleetAnswers::Row> FleetAnswers::rows_of(const Statement& statement, int host, std::uint32_t connection)
    const {
    std::vector<Row> rows;
    switch (statement.kind) {
        case Kind::selected: {
            Row& row = rows.emplace_back();
            for (const std::string_view name : statement.columns) {
                constexpr std::string_view global = "@@global.";
                row.emplace_back(
                    name.starts_with(global) ? variable(host, name.substr(global.size())) : std::to_string(connection)
                );
            }
            break;
        }
        case Kind::replica_status:
            if (!shape_.is_primary(host)) {
                rows.push_back(replica_status(host));
            }
            break;
        case Kind::own_position:
            rows.push_back({"binlog.000007", "4711", "", "", executed(host)});
            break;
        case Kind::replicas:
            for (int i = 1; shape_.is_primary(host) && i <= shape_.replicas; ++i) {
                const int replica = host + i;
                rows.push_back(
                    {server_id(replica),
                     shape_.address(replica),
                     std::to_string(shape_.port),
                     server_id(host),
                     uuid(replica)}
                );
            }
            break;
        case Kind::counters:
            rows.push_back({"Uptime", "86400"});
            break;
        case Kind::nothing:
        case Kind::empty:
            break;
    }
    return rows;
}

std::string FleetAnswers::answer(int host, std::string_view sql, std::uint32_t connection) {
    Packets out(1);
    const Text& text = text_of(sql);
    for (std::size_t i = 0; i < text.statements.size(); ++i) {
        const Statement& statement = text.statements[i];
        const bool more = i + 1 < text.statements.size();
        if (statement.kind == Kind::nothing) {
            out.ok(more);
            continue;
        }
        out.append(statement.column_packets);
        for (const auto& row : rows_of(statement, host, connection)) {
            out.row(row);
        }
        out.end_of_rows(more);
    }
    return out.take();
}

}  // namespace orc::bench
