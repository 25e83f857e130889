// The seam to the monitored servers: typed reads and writes on one server at a time. The real one speaks SQL over
// kept-open sessions (real_gateway.h); the simulator has servers of its own. Nobody above this line knows SQL,
// flavours' words or sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "model/facts.h"
#include "runtime/task.h"

namespace orc::mysql {

/// A fresh reading of what decides a promotion: taken at once, not with the rarely changing facts.
struct Positions {
    bool read_only = false;
    gtid::Progress executed;                 ///< MySQL gtid_executed; MariaDB gtid_current_pos
    gtid::Progress received;                 ///< of `channel`; empty when it has none
    gtid::GtidSet purged;                    ///< MySQL
    gtid::MariadbPosition replica_position;  ///< MariaDB gtid_slave_pos
    gtid::MariadbPosition binlog_position;   ///< MariaDB gtid_binlog_pos
    gtid::MariadbBinlogState binlog_state;   ///< MariaDB gtid_binlog_state
    gtid::BinlogCoordinates self;
    std::optional<model::Channel> channel;  ///< main channel now; nullopt: replicates from nobody
    std::vector<model::Channel> channels;   ///< all of them, the main one included

    /// Makes `channel` and `received` those of another channel; nullopt and empty when there is none of that name.
    void look_at(std::string_view name);
};

/// How to point a replica at a source. Log-in and TLS settings of the channel are kept unless given.
struct SourceChange {
    Endpoint source;
    model::GtidUse gtid = model::GtidUse::none;
    gtid::BinlogCoordinates coordinates;  ///< used when gtid is none
    std::optional<std::string> user;      ///< nullopt: as the channel has it
    std::optional<std::string> password;
    model::ChannelTls tls;                 ///< replayed with every change
    std::optional<Seconds> connect_retry;  ///< nullopt: as it was
    std::optional<Seconds> heartbeat;
    std::string channel;  ///< "" default
    /// MariaDB, demoting a former primary: put its own writes into the replica position first.
    bool include_own_writes = false;
};

/// A binary log, and what the server had logged when it began the file.
struct BinaryLog {
    std::string file;
    gtid::GtidSet before;                        ///< MySQL
    gtid::MariadbBinlogState before_on_mariadb;  ///< MariaDB
};

struct Credentials {
    std::string user;
    std::string password;
};

struct ReadOnlyChange {
    bool read_only = true;
    bool with_super = false;  ///< also super_read_only where the server has it
    /// Closing only: end client sessions that could still write (users with privileges beyond read_only, open
    /// transactions); replication's and our own sessions are spared.
    bool end_writers = false;
};

/// What `pulse` found on the kept-open session.
struct Pulse {
    Micros latency{0};
    bool session_was_open = false;
};

class Gateway {
public:
    virtual ~Gateway() = default;

    // Reads. Errors: unreachable, timed_out, denied, invalid (an answer that makes no sense), cancelled.
    /// One full probe, few round trips on the kept-open session (opened when there is none).
    virtual Task<model::Facts> probe(Endpoint server, Deadline deadline) = 0;
    /// The lightest sign of life on the kept-open session; never opens one (error not_found: there is none).
    virtual Task<Pulse> pulse(Endpoint server, Deadline deadline) = 0;
    /// Opens a second, throw-away session and logs in: tells a server that serves nobody from a broken kept-open
    /// session.
    virtual Task<void> knock(Endpoint server, Deadline deadline) = 0;
    virtual Task<Positions> positions(Endpoint server, Deadline deadline) = 0;
    virtual Task<Credentials> replication_credentials(Endpoint server, Deadline deadline) = 0;

    /// The server's binary logs, oldest first. Error: refused where they do not tell GTIDs.
    virtual Task<std::vector<BinaryLog>> binary_logs(Endpoint server, Deadline /*deadline*/) {
        co_return fail(ErrorCode::refused, server.text() + ": its binary logs cannot be read");
    }

    // Writes. Each is one idempotent step on one server.
    virtual Task<void> set_read_only(Endpoint server, ReadOnlyChange change, Deadline deadline) = 0;
    virtual Task<void> stop_receiver(Endpoint server, std::string channel, Deadline deadline) = 0;
    virtual Task<void> start_receiver(Endpoint server, std::string channel, Deadline deadline) = 0;
    /// Stops and starts it in one message: whoever asks may die meanwhile, and it runs all the same.
    virtual Task<void> restart_receiver(Endpoint server, std::string channel, Deadline deadline) = 0;
    /// Never loses what was received, also on MariaDB in GTID mode with both threads stopped: there the channel is
    /// switched to file positions until its source is changed.
    virtual Task<void> start_applier(Endpoint server, std::string channel, Deadline deadline) = 0;
    virtual Task<void> stop_replication(Endpoint server, std::string channel, Deadline deadline) = 0;
    virtual Task<void> start_replication(Endpoint server, std::string channel, Deadline deadline) = 0;
    /// Stops the channel if it runs, then points it elsewhere; leaves it stopped.
    virtual Task<void> change_source(Endpoint server, SourceChange change, Deadline deadline) = 0;
    /// Forgets the channel's source altogether (RESET ... ALL). Refuses while unapplied events exist unless `discard`.
    virtual Task<void> reset_replication(Endpoint server, std::string channel, bool discard, Deadline deadline) = 0;
    /// Returns when the server has applied at least `target`, or at the deadline (timed_out).
    virtual Task<void> wait_until_applied(Endpoint server, gtid::Progress target, Deadline deadline) = 0;
    virtual Task<void> set_semi_sync_source(Endpoint server, bool enabled, Deadline deadline) = 0;
    virtual Task<void> set_semi_sync_replica(Endpoint server, bool enabled, Deadline deadline) = 0;

    /// The next probe of the server reads also what is rarely read, for somebody who waits for the answer.
    virtual void want_all(const Endpoint& server) { static_cast<void>(server); }
    /// Called on the control executor when a kept-open session breaks by itself (closed, reset), with the server's
    /// endpoint.
    virtual void on_session_broken(std::function<void(Endpoint)> listener) = 0;
    /// An earlier run found that the server refuses sessions without TLS: what is tried first may depend on it.
    virtual void expect_tls(const Endpoint& server) { static_cast<void>(server); }
    /// Drops the kept-open session (a forgotten server).
    virtual void forget(Endpoint server) = 0;
    /// Closes every session and refuses new work.
    virtual Co<void> stop() = 0;
};

}  // namespace orc::mysql
