// One table of words: what is said to which flavour and version, and what its answers call things. Every statement of
// the program that differs between servers is made here; nobody else writes SQL of replication.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/facts.h"
#include "mysql/gateway.h"
#include "mysql/session/session.h"

namespace orc::mysql {

/// Values that a probe selects in one row.
enum class Variable {
    hostname,
    report_host,
    server_uuid,
    log_bin,
    log_replica_updates,
    require_tls,
    server_id,
    read_only,
    super_read_only,
    binlog_format,
    binlog_row_image,
    gtid_mode,
    gtid_executed,
    gtid_purged,
    gtid_current,  ///< MariaDB from here on
    gtid_binlog,
    gtid_replica,
    gtid_binlog_state,
    gtid_strict,
    gtid_domain,
};

/// What a row of replica status tells.
enum class StatusField {
    channel,
    receiver_status,
    source_host,
    source_user,
    source_port,
    read_file,
    read_position,
    relay_file,
    relay_position,
    executed_file,
    executed_position,
    receiver_running,
    applier_running,
    filter_do_db,
    filter_ignore_db,
    filter_do_table,
    filter_ignore_table,
    filter_wild_do_table,
    filter_wild_ignore_table,
    tls_allowed,
    tls_ca_file,
    tls_ca_path,
    tls_certificate,
    tls_cipher,
    tls_key,
    tls_verify,
    tls_crl_file,
    tls_crl_path,
    tls_version,
    public_key_path,
    get_public_key,
    lag,
    delay,
    receiver_errno,
    receiver_error,
    applier_errno,
    applier_error,
    source_server_id,
    source_uuid,
    received_gtids,    ///< MySQL
    auto_position,     ///< MySQL
    using_gtid,        ///< MariaDB
    gtid_io_position,  ///< MariaDB
    heartbeats_received,
    heartbeat_period,
};
constexpr std::size_t status_field_count = static_cast<std::size_t>(StatusField::heartbeat_period) + 1;

/// The names a status column goes by, newest first.
const std::vector<std::string_view>& column_names(StatusField field);
/// The server's name of a variable, for error texts that mention it.
std::string_view variable_name(Variable variable);

enum class Threads { both, receiver, applier };
enum class SemiSyncRole { source, replica };

/// A text as an SQL literal. Sessions that use it have an empty sql_mode.
std::string sql_literal(std::string_view text);
/// A site's text without what may follow its statement: an empty second one would be an error.
std::string without_semicolon(std::string_view sql);
/// Which of `wanted` the text of an "unknown system variable" error names.
std::optional<Variable> variable_named_in(std::string_view error, const std::vector<Variable>& wanted);

/// How MariaDB's list of sessions names a receiver, in lower case.
inline constexpr std::string_view receiver_command = "slave_io";

/// Statements for one server.
class Dialect {
public:
    Dialect() = default;
    explicit Dialect(model::Version version) : version_(std::move(version)) {}

    const model::Version& version() const { return version_; }
    bool is_mariadb() const { return version_.is_mariadb(); }
    /// MySQL or Percona Server, the only ones whose words change with the version.
    bool is_mysql() const;
    bool has_super_read_only() const;
    bool has_group_replication() const;

    // Reading.
    /// Asked before anything is known: version and its comment.
    static std::string_view hello();
    static std::string_view session_id();
    /// A row if the server is MaxScale.
    static std::string_view maxscale_check();
    /// Values that only a restart changes.
    std::vector<Variable> identity_variables() const;
    std::vector<Variable> changing_variables() const;
    std::string select(const std::vector<Variable>& variables) const;
    std::string replica_status() const;  ///< one row per channel
    std::string own_position() const;    ///< File, Position
    std::string registered_replicas() const;
    std::string dump_threads() const;              ///< host:port, user
    std::optional<std::string> ndb_peers() const;  ///< hosts of the cluster's SQL nodes; nullopt: no NDB Cluster
    static std::string_view semi_sync_variables();
    /// Uptime and semi-sync counters.
    std::string status_counters() const;
    /// Channel, count, period in seconds, TLS cipher suites; nullopt: in replica status.
    std::optional<std::string> heartbeats() const;
    std::optional<std::string> group_members() const;
    std::optional<std::string> has_stored_credentials() const;  ///< a count
    std::optional<std::string> stored_credentials(std::string_view channel) const;
    std::string sessions() const;  ///< id, user, command
    static std::string_view binary_logs() { return "SHOW BINARY LOGS"; }
    /// Those that say what a binary log begins with.
    static std::string first_events(std::string_view file) {
        return "SHOW BINLOG EVENTS IN " + sql_literal(file) + " LIMIT 5";
    }
    std::string session_with(std::uint64_t id) const;  ///< the same of one, if it is there

    // Writing.
    /// Empty sql_mode and limits on the server's side; the last set answers version, its comment and the session's id.
    static std::string prepare_session(Micros limit);
    std::string start(Threads threads, std::string_view channel) const;
    std::string stop(Threads threads, std::string_view channel) const;
    std::string reset_relay(std::string_view channel) const;
    std::string forget_source(std::string_view channel) const;
    /// `heartbeat`: the period the channel has now; changing the source would reset it.
    std::string change_source(const SourceChange& change, std::optional<Micros> heartbeat = {}) const;
    /// MariaDB: applies what is in the relay log from here on, without GTID.
    std::string keep_relay(std::string_view channel, const gtid::BinlogCoordinates& relay) const;
    static std::string set_replica_position(const gtid::MariadbPosition& position);  ///< MariaDB
    static std::string set_read_only(bool on);
    static std::string set_super_read_only(bool on);
    static std::string set_semi_sync(std::string_view variable, bool on);
    static std::string kill(std::uint64_t session);
    /// MariaDB: how long a receiver that acknowledges may wait for its source when it ends; set for the server, and set
    /// back within the same session.
    static std::string_view shorten_farewell();
    static std::string_view restore_farewell();
    /// First cell: 0 or more when reached, -1 or 1 (see `is_reached`) when time ran out. Errors: an unknown progress.
    Result<std::string> wait_until_applied(const gtid::Progress& target, Micros limit) const;

private:
    bool speaks_new_words() const;
    std::string_view noun() const;
    std::string threads_words(Threads threads) const;
    std::string name_in_front(std::string_view channel) const;
    std::string name_behind(std::string_view channel) const;
    std::string select_sessions(const std::string& columns, const std::string& condition) const;

    model::Version version_;
};

/// MariaDB's Using_Gtid.
model::GtidUse gtid_use(std::string_view text);
/// Whether a name in the list of sessions is the server's own or a replica's stream, never a client that writes.
bool is_system_session(std::string_view user, std::string_view command);

/// Semi-sync settings and counters out of name/value rows, whichever spelling the server uses.
struct SemiSyncNames {
    std::string source_enabled;  ///< the variable to set; "" if the plugin is not there
    std::string replica_enabled;
};
SemiSyncNames semi_sync_names(const ResultSet& variables);
void read_semi_sync_variables(const ResultSet& variables, model::SemiSync& into);
/// Also finds the uptime.
std::optional<Seconds> read_status_counters(const ResultSet& status, model::SemiSync& into);

}  // namespace orc::mysql
