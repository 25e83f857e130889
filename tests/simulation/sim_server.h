// One simulated MySQL or MariaDB server: what it holds, and what it says about itself. How transactions travel between
// servers is in sim_fleet.h.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/gateway.h"

namespace orc::simulation {

/// One committed change. Named by who wrote it and its number there (MySQL); `sequence` counts over all writers, as
/// MariaDB's do.
struct Transaction {
    int origin = 0;
    std::uint64_t number = 0;
    std::uint64_t sequence = 0;
    Instant born;
    std::uint64_t write = 0;  ///< the client's name of it
};

enum class Process {
    running,
    frozen,   ///< stopped by a signal: the kernel answers, nobody else
    dead,     ///< killed: the host refuses connections
    vanished  ///< the whole host is gone: silence
};
std::string_view name(Process process);

struct ServerOptions {
    bool is_mariadb = false;
    bool starts_read_only = true;    ///< read_only in its configuration file
    bool starts_replication = true;  ///< no skip-replica-start
    bool relay_log_recovery = true;  ///< MySQL: drops unapplied relay logs at start
    bool has_semi_sync = false;
    bool semi_sync_source = false;  ///< switched on from the start and in the file
    bool semi_sync_replica = false;
    Micros semi_sync_timeout{0};
    unsigned acks_wanted = 1;
    Micros net_timeout = Seconds(10);
    Micros heartbeat = Seconds(1);
    Micros connect_retry = Seconds(5);
    Micros apply_cost{300};
    std::string data_center = "dc1";
};

struct SimChannel {
    Endpoint source;
    model::GtidUse gtid = model::GtidUse::none;
    bool receiver_on = false;
    bool applier_on = false;
    enum class Link { idle, connecting, connected };
    Link link = Link::idle;
    std::uint64_t epoch = 0;               ///< of the link; what belongs to an earlier one is void
    std::uint64_t source_incarnation = 0;  ///< a source that has started anew knows nothing of the link
    bool acks = false;                     ///< this link acknowledges (semi-sync)
    bool in_flight = false;                ///< a delivery is under way
    std::size_t cursor = 0;                ///< next place in the source's log
    std::size_t acked = 0;                 ///< the source knows that everything before was received

    struct Received {
        Transaction transaction;
        std::size_t place;  ///< in the log of the source it came from
    };
    std::deque<Received> relay;
    /// First and last number received of each origin since the relay logs were last dropped; 0, 0: none.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> retrieved;
    std::optional<Transaction> last_received;  ///< MariaDB's Gtid_IO_Pos
    std::size_t read_place = 0;
    std::size_t applied_place = 0;
    std::uint64_t heartbeats = 0;
    Instant last_heard;
    bool applier_scheduled = false;
    std::uint64_t applier_epoch = 0;
    int receiver_errno = 0;
    std::string receiver_error;
    int applier_errno = 0;
    std::string applier_error;
};

class SimServer {
public:
    SimServer(int number, int fleet_size, ServerOptions options);

    int number() const { return number_; }
    const Endpoint& endpoint() const { return endpoint_; }
    const ServerOptions& options() const { return options_; }
    ServerOptions& options() { return options_; }
    std::string uuid() const { return uuid_of(number_); }
    static std::string uuid_of(int number);
    static std::uint32_t id_of(int number) { return std::uint32_t(number + 1); }

    // ---- state, changed by the fleet ----
    Process process = Process::running;
    std::uint64_t incarnation = 1;  ///< grows with each start
    bool read_only = true;
    bool super_read_only = false;
    std::vector<Transaction> log;  ///< its binary log
    std::size_t committed = 0;     ///< so much of it counts as executed
    std::size_t purged = 0;        ///< so much of it is gone from disk
    std::optional<SimChannel> channel;
    std::optional<Transaction> replica_position;  ///< MariaDB gtid_slave_pos
    bool semi_sync_source = false;
    bool semi_sync_replica = false;
    bool semi_sync_active = false;
    Micros apply_cost{300};
    bool applier_will_fail = false;  ///< the next transaction cannot be applied
    Instant started;

    bool is_running() const { return process == Process::running; }
    bool is_writable() const { return is_running() && !read_only; }
    /// How many of `origin`'s transactions are in its log; they are contiguous from 1.
    std::uint64_t logged(int origin) const { return logged_[std::size_t(origin)]; }
    std::uint64_t executed(int origin) const { return executed_[std::size_t(origin)]; }
    /// Executed or received.
    std::uint64_t owned(int origin) const;
    std::uint64_t last_sequence() const { return log.empty() ? 0 : log.back().sequence; }
    int fleet_size() const { return int(logged_.size()); }
    /// Every transaction that it owns.
    bool owns(const Transaction& transaction) const { return owned(transaction.origin) >= transaction.number; }
    bool has_executed(const Transaction& t) const { return executed(t.origin) >= t.number; }
    void append(const Transaction& transaction);
    void commit_up_to(std::size_t end);
    bool has_unapplied() const { return channel && !channel->relay.empty(); }

    // ---- what it says ----
    gtid::BinlogCoordinates coordinates(std::size_t place) const;
    gtid::Progress executed_progress() const;
    model::Channel describe_channel(const SimServer* source, Instant now) const;
    model::Facts facts(const SimServer* source, unsigned acking_replicas, std::vector<Endpoint> replicas, Instant now)
        const;
    mysql::Positions positions(const SimServer* source, Instant now) const;
    void note_restart() { rotations_.push_back(log.size()); }

private:
    gtid::GtidSet set_of(const std::vector<std::uint64_t>& counts) const;
    gtid::MariadbBinlogState binlog_state() const;
    gtid::MariadbPosition position_of(const std::optional<Transaction>& transaction) const;
    std::optional<Transaction> last_committed() const;
    gtid::MariadbPosition current_position() const;
    gtid::Progress received_progress() const;

    int number_;
    Endpoint endpoint_;
    ServerOptions options_;
    std::vector<std::uint64_t> logged_;
    std::vector<std::uint64_t> executed_;
    std::vector<std::size_t> rotations_{0};
};

}  // namespace orc::simulation
