// The other half of the table: what answers call things.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "mysql/dialect/dialect.h"

namespace orc::mysql {
namespace {

/// "rpl_semi_sync_master_enabled" and "rpl_semi_sync_source_enabled" are one thing.
struct SemiSyncName {
    SemiSyncRole role;
    bool is_new;
    std::string_view rest;
};

std::optional<SemiSyncName> parse_semi_sync(std::string_view name) {
    constexpr std::string_view prefix = "rpl_semi_sync_";
    if (!name.starts_with(prefix)) {
        return std::nullopt;
    }
    name.remove_prefix(prefix.size());
    struct Word {
        std::string_view text;
        SemiSyncRole role;
        bool is_new;
    };
    static constexpr std::array<Word, 4> words = {
        Word{"master_", SemiSyncRole::source, false},
        Word{"source_", SemiSyncRole::source, true},
        Word{"slave_", SemiSyncRole::replica, false},
        Word{"replica_", SemiSyncRole::replica, true},
    };
    for (const auto& word : words) {
        if (name.starts_with(word.text)) {
            return SemiSyncName{word.role, word.is_new, name.substr(word.text.size())};
        }
    }
    return std::nullopt;
}

std::uint64_t number_in(const std::string& text) {
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

template <typename Each>
void each_pair(const ResultSet& set, const Each& each) {
    for (const auto& row : set.rows) {
        if (row.size() >= 2 && row[0] && row[1]) {
            each(to_lower(*row[0]), *row[1]);
        }
    }
}

bool is_on(const std::string& value) { return value == "1" || to_lower(value) == "on"; }

}  // namespace

SemiSyncNames semi_sync_names(const ResultSet& variables) {
    SemiSyncNames out;
    each_pair(variables, [&](const std::string& name, const std::string&) {
        const auto parsed = parse_semi_sync(name);
        if (parsed && parsed->rest == "enabled") {
            (parsed->role == SemiSyncRole::source ? out.source_enabled : out.replica_enabled) = name;
        }
    });
    return out;
}

void read_semi_sync_variables(const ResultSet& variables, model::SemiSync& into) {
    bool has_source = false;
    bool has_replica = false;
    each_pair(variables, [&](const std::string& name, const std::string& value) {
        const auto parsed = parse_semi_sync(name);
        if (!parsed) {
            return;
        }
        const bool is_source = parsed->role == SemiSyncRole::source;
        if (parsed->rest == "enabled") {
            (is_source ? has_source : has_replica) = true;
            (is_source ? into.source_enabled : into.replica_enabled) = is_on(value);
            (is_source ? into.source_plugin_is_new : into.replica_plugin_is_new) = parsed->is_new;
        } else if (is_source && parsed->rest == "timeout") {
            into.timeout =
                Millis(static_cast<std::int64_t>(std::min<std::uint64_t>(number_in(value), INT64_MAX / 1000)));
        } else if (is_source && (parsed->rest == "wait_for_slave_count" || parsed->rest == "wait_for_replica_count")) {
            into.acks_wanted = static_cast<std::uint32_t>(number_in(value));
        }
    });
    into.available = has_source && has_replica;
    if (has_source && into.acks_wanted == 0) {
        into.acks_wanted = 1;  // MariaDB has no such variable and always waits for one
    }
}

std::optional<Seconds> read_status_counters(const ResultSet& status, model::SemiSync& into) {
    std::optional<Seconds> uptime;
    each_pair(status, [&](const std::string& name, const std::string& value) {
        if (name == "uptime") {
            uptime = Seconds(static_cast<std::int64_t>(number_in(value)));
            return;
        }
        const auto parsed = parse_semi_sync(name);
        if (!parsed) {
            return;
        }
        const bool is_source = parsed->role == SemiSyncRole::source;
        if (parsed->rest == "status") {
            (is_source ? into.source_active : into.replica_active) = is_on(value);
        } else if (is_source && parsed->rest == "clients") {
            into.clients = static_cast<std::uint32_t>(number_in(value));
        }
    });
    return uptime;
}

const std::vector<std::string_view>& column_names(StatusField field) {
    static const std::array<std::vector<std::string_view>, status_field_count> names = {{
        {"Channel_Name", "Connection_name"},
        {"Replica_IO_State", "Slave_IO_State"},
        {"Source_Host", "Master_Host"},
        {"Source_User", "Master_User"},
        {"Source_Port", "Master_Port"},
        {"Source_Log_File", "Master_Log_File"},
        {"Read_Source_Log_Pos", "Read_Master_Log_Pos"},
        {"Relay_Log_File"},
        {"Relay_Log_Pos"},
        {"Relay_Source_Log_File", "Relay_Master_Log_File"},
        {"Exec_Source_Log_Pos", "Exec_Master_Log_Pos"},
        {"Replica_IO_Running", "Slave_IO_Running"},
        {"Replica_SQL_Running", "Slave_SQL_Running"},
        {"Replicate_Do_DB"},
        {"Replicate_Ignore_DB"},
        {"Replicate_Do_Table"},
        {"Replicate_Ignore_Table"},
        {"Replicate_Wild_Do_Table"},
        {"Replicate_Wild_Ignore_Table"},
        {"Source_SSL_Allowed", "Master_SSL_Allowed"},
        {"Source_SSL_CA_File", "Master_SSL_CA_File"},
        {"Source_SSL_CA_Path", "Master_SSL_CA_Path"},
        {"Source_SSL_Cert", "Master_SSL_Cert"},
        {"Source_SSL_Cipher", "Master_SSL_Cipher"},
        {"Source_SSL_Key", "Master_SSL_Key"},
        {"Source_SSL_Verify_Server_Cert", "Master_SSL_Verify_Server_Cert"},
        {"Source_SSL_Crl", "Master_SSL_Crl"},
        {"Source_SSL_Crlpath", "Master_SSL_Crlpath"},
        {"Source_TLS_Version", "Master_TLS_Version"},
        {"Source_public_key_path", "Master_public_key_path"},
        {"Get_Source_public_key", "Get_master_public_key"},
        {"Seconds_Behind_Source", "Seconds_Behind_Master"},
        {"SQL_Delay"},
        {"Last_IO_Errno"},
        {"Last_IO_Error"},
        {"Last_SQL_Errno"},
        {"Last_SQL_Error"},
        {"Source_Server_Id", "Master_Server_Id"},
        {"Source_UUID", "Master_UUID"},
        {"Retrieved_Gtid_Set"},
        {"Auto_Position"},
        {"Using_Gtid"},
        {"Gtid_IO_Pos"},
        {"Slave_received_heartbeats"},
        {"Slave_heartbeat_period"},
    }};
    return names.at(static_cast<std::size_t>(field));
}

model::GtidUse gtid_use(std::string_view text) {
    const auto lower = to_lower(text);
    if (lower == "slave_pos") {
        return model::GtidUse::replica_position;
    }
    return lower == "current_pos" ? model::GtidUse::current_position : model::GtidUse::none;
}

bool is_system_session(std::string_view user, std::string_view command) {
    // One that is still logging in cannot write yet, and may be ours.
    static constexpr std::array<std::string_view, 5> users = {
        "system user", "event_scheduler", "mysql.session", "mysql.infoschema", "unauthenticated user"
    };
    static constexpr std::array<std::string_view, 6> prefixes = {
        "binlog dump", "daemon", "slave_", "replica_", "register ", "group replication"
    };
    const auto lower = to_lower(command);
    return std::find(users.begin(), users.end(), user) != users.end() ||
           std::any_of(prefixes.begin(), prefixes.end(), [&](auto prefix) { return lower.starts_with(prefix); });
}

}  // namespace orc::mysql
