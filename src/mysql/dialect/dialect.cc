#include "mysql/dialect/dialect.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace orc::mysql {
namespace {

std::string seconds_text(Micros span) {
    // Decimal seconds; both servers take fractions where they take decimals at all.
    const auto millis = std::max<std::int64_t>(1, std::chrono::duration_cast<Millis>(span).count());
    const std::string out = std::to_string(millis / 1000) + ".";
    const auto rest = std::to_string(millis % 1000);
    return out + std::string(3 - rest.size(), '0') + rest;
}

std::int64_t whole_seconds(Micros span) { return std::max<std::int64_t>(1, std::chrono::ceil<Seconds>(span).count()); }

std::string_view expression(Variable variable, bool new_words) {
    switch (variable) {
        case Variable::hostname:
            return "@@global.hostname";
        case Variable::report_host:
            return "@@global.report_host";
        case Variable::server_uuid:
            return "@@global.server_uuid";
        case Variable::log_bin:
            return "@@global.log_bin";
        case Variable::log_replica_updates:
            return new_words ? "@@global.log_replica_updates" : "@@global.log_slave_updates";
        case Variable::require_tls:
            return "@@global.require_secure_transport";
        case Variable::server_id:
            return "@@global.server_id";
        case Variable::read_only:
            return "@@global.read_only";
        case Variable::super_read_only:
            return "@@global.super_read_only";
        case Variable::binlog_format:
            return "@@global.binlog_format";
        case Variable::binlog_row_image:
            return "@@global.binlog_row_image";
        case Variable::gtid_mode:
            return "@@global.gtid_mode";
        case Variable::gtid_executed:
            return "@@global.gtid_executed";
        case Variable::gtid_purged:
            return "@@global.gtid_purged";
        case Variable::gtid_current:
            return "@@global.gtid_current_pos";
        case Variable::gtid_binlog:
            return "@@global.gtid_binlog_pos";
        case Variable::gtid_replica:
            return "@@global.gtid_slave_pos";
        case Variable::gtid_binlog_state:
            return "@@global.gtid_binlog_state";
        case Variable::gtid_strict:
            return "@@global.gtid_strict_mode";
        case Variable::gtid_domain:
            return "@@global.gtid_domain_id";
    }
    return "NULL";
}

}  // namespace

std::string_view variable_name(Variable variable) {
    auto text = expression(variable, true);
    text.remove_prefix(std::string_view("@@global.").size());
    return text;
}

std::optional<Variable> variable_named_in(std::string_view error, const std::vector<Variable>& wanted) {
    for (const auto variable : wanted) {
        for (const bool new_words : {true, false}) {
            auto name = expression(variable, new_words);
            name.remove_prefix(std::string_view("@@global.").size());
            if (contains_ignoring_case(error, "'" + std::string(name) + "'")) {
                return variable;
            }
        }
    }
    return std::nullopt;
}

std::string sql_literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        switch (c) {
            case '\'':
                out += "''";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\0':
                out += "\\0";
                break;
            default:
                out += c;
        }
    }
    return out + "'";
}

std::string without_semicolon(std::string_view sql) {
    sql = trim(sql);
    while (!sql.empty() && sql.back() == ';') {
        sql = trim(sql.substr(0, sql.size() - 1));
    }
    return std::string(sql);
}

// The new words came bit by bit between 8.0.22 and 8.0.26; from there on all of them but one are understood.
// MaxScale counts its versions by years (22.08) and knows the old words only.
bool Dialect::is_mysql() const {
    return version_.flavor == model::Flavor::mysql || version_.flavor == model::Flavor::percona;
}
bool Dialect::speaks_new_words() const { return is_mysql() && version_.at_least(8, 0, 26); }
bool Dialect::has_super_read_only() const { return is_mysql() && version_.at_least(5, 7, 8); }
bool Dialect::has_group_replication() const { return has_super_read_only() && version_.at_least(8, 0); }

std::string_view Dialect::noun() const { return speaks_new_words() ? "REPLICA" : "SLAVE"; }

std::string_view Dialect::hello() { return "SELECT @@global.version, @@global.version_comment"; }
std::string_view Dialect::session_id() { return "SELECT CONNECTION_ID()"; }
std::string_view Dialect::maxscale_check() { return "SHOW VARIABLES LIKE 'maxscale%'"; }

std::vector<Variable> Dialect::identity_variables() const {
    std::vector<Variable> out = {
        Variable::hostname, Variable::report_host, Variable::log_bin, Variable::log_replica_updates
    };
    if (!is_mariadb()) {
        out.push_back(Variable::server_uuid);
    }
    if (is_mariadb() ? version_.at_least(10, 5, 2) : version_.at_least(5, 7, 8)) {
        out.push_back(Variable::require_tls);
    }
    return out;
}

std::vector<Variable> Dialect::changing_variables() const {
    std::vector<Variable> out = {
        Variable::server_id, Variable::read_only, Variable::binlog_format, Variable::binlog_row_image
    };
    if (has_super_read_only()) {
        out.push_back(Variable::super_read_only);
    }
    if (is_mariadb()) {
        out.insert(
            out.end(),
            {Variable::gtid_current,
             Variable::gtid_binlog,
             Variable::gtid_replica,
             Variable::gtid_binlog_state,
             Variable::gtid_strict,
             Variable::gtid_domain}
        );
    } else {
        out.insert(out.end(), {Variable::gtid_mode, Variable::gtid_executed, Variable::gtid_purged});
    }
    return out;
}

std::string Dialect::select(const std::vector<Variable>& variables) const {
    std::string out = "SELECT ";
    for (std::size_t i = 0; i < variables.size(); ++i) {
        out += i == 0 ? "" : ",";
        out += expression(variables[i], speaks_new_words());
    }
    return out;
}

std::string Dialect::replica_status() const {
    if (is_mariadb()) {
        return "SHOW ALL SLAVES STATUS";
    }
    return "SHOW " + std::string(noun()) + " STATUS";
}

std::string Dialect::own_position() const {
    const bool is_new = is_mysql() && version_.at_least(8, 2);
    return is_new ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
}

std::string Dialect::registered_replicas() const { return speaks_new_words() ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS"; }

std::string Dialect::dump_threads() const {
    return select_sessions("HOST, USER", "COMMAND IN ('Binlog Dump', 'Binlog Dump GTID')");
}

std::string Dialect::sessions() const { return select_sessions("ID, USER, COMMAND", "TRUE"); }

std::string Dialect::session_with(std::uint64_t id) const {
    return select_sessions("ID, USER, COMMAND", "ID = " + std::to_string(id));
}

std::string Dialect::select_sessions(const std::string& columns, const std::string& condition) const {
    const std::string old_list = "SELECT " + columns + " FROM information_schema.processlist WHERE " + condition;
    if (!is_mysql() || !version_.at_least(8, 0, 22)) {
        return old_list;
    }
    // The new list does not lock, but is empty where the performance schema is switched off.
    return "SELECT " + columns + " FROM performance_schema.processlist WHERE " + condition + " UNION ALL " + old_list +
           " AND NOT @@global.performance_schema";
}

std::string_view Dialect::semi_sync_variables() { return "SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync%'"; }

std::string Dialect::status_counters() const {
    return "SHOW GLOBAL STATUS WHERE Variable_name = 'Uptime' OR Variable_name LIKE 'Rpl_semi_sync%'";
}

std::optional<std::string> Dialect::heartbeats() const {
    if (!has_super_read_only()) {
        return std::nullopt;
    }
    const std::string suites = version_.at_least(8, 0, 19) ? "c.TLS_CIPHERSUITES" : "NULL";
    return "SELECT s.CHANNEL_NAME, s.COUNT_RECEIVED_HEARTBEATS, c.HEARTBEAT_INTERVAL, " + suites +
           " FROM performance_schema.replication_connection_status s "
           "JOIN performance_schema.replication_connection_configuration c USING (CHANNEL_NAME)";
}

std::optional<std::string> Dialect::ndb_peers() const {
    if (!version_.is_ndb()) {
        return std::nullopt;
    }
    // "mysql://host": from its ninth character on, the host, perhaps with a port.
    return "SELECT SUBSTRING(service_URI, 9) FROM ndbinfo.processes WHERE process_name = 'mysqld'";
}

std::optional<std::string> Dialect::group_members() const {
    if (!has_group_replication()) {
        return std::nullopt;
    }
    return "SELECT MEMBER_ID, MEMBER_HOST, MEMBER_PORT, MEMBER_STATE, MEMBER_ROLE, "
           "@@global.group_replication_group_name, @@global.group_replication_single_primary_mode "
           "FROM performance_schema.replication_group_members WHERE MEMBER_STATE <> 'OFFLINE'";
}

std::optional<std::string> Dialect::has_stored_credentials() const {
    if (!has_super_read_only()) {
        return std::nullopt;
    }
    return "SELECT COUNT(*) FROM mysql.slave_master_info WHERE User_name <> ''";
}

std::optional<std::string> Dialect::stored_credentials(std::string_view channel) const {
    if (!has_super_read_only()) {
        return std::nullopt;
    }
    return "SELECT User_name, User_password FROM mysql.slave_master_info WHERE User_name <> '' "
           "ORDER BY Channel_name = " +
           sql_literal(channel) + " DESC LIMIT 1";
}

std::string Dialect::prepare_session(Micros limit) {
    // The comment is code to MariaDB and nothing to MySQL, so that one text serves before the flavour is known.
    return "SET SESSION sql_mode = '', lock_wait_timeout = " + std::to_string(whole_seconds(limit)) +
           " /*M!, max_statement_time = " + seconds_text(limit) +
           " */; SELECT @@global.version, @@global.version_comment, CONNECTION_ID()";
}

// MariaDB puts the connection's name behind the noun, MySQL a channel at the end. The default channel is named too:
// without a name MySQL means all of them, also the group's own.
std::string Dialect::name_in_front(std::string_view channel) const {
    return is_mariadb() && !channel.empty() ? " " + sql_literal(channel) : "";
}
std::string Dialect::name_behind(std::string_view channel) const {
    return has_super_read_only() ? " FOR CHANNEL " + sql_literal(channel) : "";
}

std::string Dialect::threads_words(Threads threads) const {
    switch (threads) {
        case Threads::both:
            return "";
        case Threads::receiver:
            return " IO_THREAD";
        case Threads::applier:
            return " SQL_THREAD";
    }
    return "";
}

std::string Dialect::start(Threads threads, std::string_view channel) const {
    return "START " + std::string(noun()) + name_in_front(channel) + threads_words(threads) + name_behind(channel);
}
std::string Dialect::stop(Threads threads, std::string_view channel) const {
    return "STOP " + std::string(noun()) + name_in_front(channel) + threads_words(threads) + name_behind(channel);
}
std::string Dialect::reset_relay(std::string_view channel) const {
    return "RESET " + std::string(noun()) + name_in_front(channel) + name_behind(channel);
}
std::string Dialect::forget_source(std::string_view channel) const {
    return "RESET " + std::string(noun()) + name_in_front(channel) + " ALL" + name_behind(channel);
}

std::string Dialect::change_source(const SourceChange& change, std::optional<Micros> heartbeat) const {
    const bool is_new = speaks_new_words();
    const std::string word = is_new ? "SOURCE_" : "MASTER_";
    std::vector<std::string> clauses;
    const auto add = [&](const std::string& name, const std::string& value) {
        clauses.push_back(word + name + " = " + value);
    };
    const auto add_text = [&](const std::string& name, const std::string& value) {
        if (!value.empty()) {
            add(name, sql_literal(value));
        }
    };
    add("HOST", sql_literal(change.source.host));
    add("PORT", std::to_string(change.source.port));
    if (change.user) {
        add("USER", sql_literal(*change.user));
    }
    if (change.password) {
        add("PASSWORD", sql_literal(*change.password));
    }
    if (change.connect_retry) {
        add("CONNECT_RETRY", std::to_string(change.connect_retry->count()));
    }
    if (change.heartbeat) {
        add("HEARTBEAT_PERIOD", std::to_string(change.heartbeat->count()));
    } else if (heartbeat && *heartbeat > Micros{0}) {
        add("HEARTBEAT_PERIOD", seconds_text(*heartbeat));
    }
    if (change.gtid == model::GtidUse::none) {
        add("LOG_FILE", sql_literal(change.coordinates.file));
        add("LOG_POS", std::to_string(change.coordinates.position));
    }
    if (is_mariadb()) {
        static constexpr std::array<std::string_view, 4> uses = {"no", "no", "slave_pos", "current_pos"};
        add("USE_GTID", std::string(uses.at(static_cast<std::size_t>(change.gtid))));
    } else {
        add("AUTO_POSITION", change.gtid == model::GtidUse::none ? "0" : "1");
    }
    const auto& tls = change.tls;
    if (tls.enabled) {
        add("SSL", "1");
        add_text("SSL_CA", tls.ca_file);
        add_text("SSL_CAPATH", tls.ca_path);
        add_text("SSL_CERT", tls.certificate);
        add_text("SSL_CIPHER", tls.cipher);
        add_text("SSL_CRL", tls.crl_file);
        add_text("SSL_CRLPATH", tls.crl_path);
        add_text("SSL_KEY", tls.key);
        if (tls.verify_server_certificate) {
            add("SSL_VERIFY_SERVER_CERT", *tls.verify_server_certificate ? "1" : "0");
        }
        if (!is_mariadb()) {
            add_text("TLS_VERSION", tls.tls_version);
            add_text("TLS_CIPHERSUITES", tls.tls_ciphersuites);
        }
    }
    if (is_mysql() && version_.at_least(8, 0, 4)) {
        add_text("PUBLIC_KEY_PATH", tls.public_key_path);
        // New log-in data without TLS: the default plugin cannot log in unless it may ask for the key.
        const bool ask = tls.get_public_key.value_or(!tls.enabled && change.user && tls.public_key_path.empty());
        if (tls.get_public_key || ask) {
            clauses.push_back(
                std::string(is_new ? "GET_SOURCE_PUBLIC_KEY = " : "GET_MASTER_PUBLIC_KEY = ") + (ask ? "1" : "0")
            );
        }
    }
    return (is_new ? std::string("CHANGE REPLICATION SOURCE") : "CHANGE MASTER" + name_in_front(change.channel)) +
           " TO " + join(clauses, ", ") + name_behind(change.channel);
}

std::string Dialect::keep_relay(std::string_view channel, const gtid::BinlogCoordinates& relay) const {
    return "CHANGE MASTER" + name_in_front(channel) +
           " TO MASTER_USE_GTID = no, RELAY_LOG_FILE = " + sql_literal(relay.file) +
           ", RELAY_LOG_POS = " + std::to_string(relay.position);
}
std::string Dialect::set_replica_position(const gtid::MariadbPosition& position) {
    return "SET GLOBAL gtid_slave_pos = " + sql_literal(position.text());
}
std::string Dialect::set_read_only(bool on) { return std::string("SET GLOBAL read_only = ") + (on ? "1" : "0"); }
std::string Dialect::set_super_read_only(bool on) {
    return std::string("SET GLOBAL super_read_only = ") + (on ? "1" : "0");
}
std::string Dialect::set_semi_sync(std::string_view variable, bool on) {
    return "SET GLOBAL " + std::string(variable) + " = " + (on ? "1" : "0");
}
std::string_view Dialect::shorten_farewell() {
    return "SET @farewell=@@global.rpl_semi_sync_slave_kill_conn_timeout,"
           "@@global.rpl_semi_sync_slave_kill_conn_timeout=1";
}

std::string_view Dialect::restore_farewell() { return "SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout=@farewell"; }

std::string Dialect::kill(std::uint64_t session) { return "KILL " + std::to_string(session); }

Result<std::string> Dialect::wait_until_applied(const gtid::Progress& target, Micros limit) const {
    if (const auto* set = std::get_if<gtid::GtidSet>(&target)) {
        const auto time = version_.at_least(8, 0) ? seconds_text(limit) : std::to_string(whole_seconds(limit));
        return "SELECT WAIT_FOR_EXECUTED_GTID_SET(" + sql_literal(set->text()) + ", " + time + ")";
    }
    if (const auto* position = std::get_if<gtid::MariadbPosition>(&target)) {
        return "SELECT MASTER_GTID_WAIT(" + sql_literal(position->text()) + ", " + seconds_text(limit) + ")";
    }
    return fail(ErrorCode::invalid, "nothing to wait for: the position is unknown");
}

}  // namespace orc::mysql
