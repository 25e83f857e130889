// All simulated servers and what passes between them: replication streams, semi-sync acknowledgements, writes of
// clients, and the faults that processes and wires suffer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agenda.h"
#include "sim_network.h"
#include "sim_server.h"
#include "trace.h"

namespace orc::simulation {

/// How a client's write ended.
enum class WriteAnswer { acknowledged, refused, lost };

class Fleet {
public:
    Fleet(Agenda& agenda, Network& network, runtime::Rng& rng, Trace& trace)
        : agenda_(agenda), network_(network), rng_(rng), trace_(trace) {}

    SimServer& add(int fleet_size, ServerOptions options);
    int size() const { return int(servers_.size()); }
    SimServer& at(int number) { return *servers_[std::size_t(number)]; }
    const SimServer& at(int number) const { return *servers_[std::size_t(number)]; }
    /// Null if no server has that address.
    SimServer* find(const Endpoint& endpoint);
    SimServer* source_of(const SimServer& replica);
    Agenda& agenda() { return agenda_; }
    Network& network() { return network_; }
    Trace& trace() { return trace_; }

    // ---- what the manager's statements do; the server is running ----
    void set_read_only(SimServer& server, const mysql::ReadOnlyChange& change);
    void start_receiver(SimServer& server);
    void stop_receiver(SimServer& server);
    void start_applier(SimServer& server);
    void stop_applier(SimServer& server);
    Result<void> change_source(SimServer& server, const mysql::SourceChange& change);
    Result<void> reset_replication(SimServer& server, bool discard);
    void set_semi_sync_source(SimServer& server, bool enabled);
    void set_semi_sync_replica(SimServer& server, bool enabled);
    /// Calls back each time the server has applied something, as long as `again` returns true.
    void when_applied(SimServer& server, std::function<bool()> again);
    unsigned acking_replicas(const SimServer& source) const;
    std::vector<Endpoint> replicas_of(const SimServer& source) const;

    // ---- clients ----
    /// Executes a client's write on the server; `answer` comes when it is committed there, or never (a silent end).
    void write(SimServer& server, std::uint64_t name, std::function<void(WriteAnswer)> answer);

    // ---- faults ----
    void kill(SimServer& server, bool with_host);
    void start(SimServer& server);
    void freeze(SimServer& server);
    void thaw(SimServer& server);
    void set_apply_cost(SimServer& server, Micros cost);
    void purge_logs(SimServer& server);
    void wire_changed(int a, int b, Wire wire);
    /// A running process ended its connections (a kill while the host lives).
    void on_reset(std::function<void(SimServer&)> listener) { on_reset_ = std::move(listener); }
    void on_thaw(std::function<void(SimServer&)> listener) { on_thaw_ = std::move(listener); }
    /// A server began or ceased to accept writes.
    void on_writable(std::function<void(SimServer&)> listener) { on_writable_ = std::move(listener); }

    /// The replica's stream works: connected, both ends running, the wire up.
    bool is_streaming(const SimServer& replica);

private:
    struct Commit {
        std::size_t end;  ///< the log's size with it
        Instant gives_up;
        std::function<void(WriteAnswer)> answer;
    };

    void connect(SimServer& replica);
    void connect_arrives(SimServer& replica, std::uint64_t epoch);
    void fail_connect(SimServer& replica, int number, std::string text, Micros after);
    void receiver_fatal(SimServer& replica, int number, std::string text);
    Result<std::size_t> find_place(const SimServer& replica, const SimServer& source) const;
    Result<std::size_t> find_place_mysql(const SimServer& replica, const SimServer& source) const;
    Result<std::size_t> find_place_mariadb(const SimServer& replica, const SimServer& source) const;
    void pump(SimServer& replica);
    void deliver(SimServer& replica, std::uint64_t epoch, std::size_t upto);
    void beat(SimServer& replica, std::uint64_t epoch);
    void watch_silence(SimServer& replica, std::uint64_t epoch);
    void drop_link(SimServer& replica);
    void link_broke(SimServer& replica);
    void discard_relay(SimChannel& channel);
    void schedule_apply(SimServer& replica);
    void apply_one(SimServer& replica, std::uint64_t epoch);
    void pump_replicas_of(const SimServer& source);
    void acknowledged(SimServer& replica, std::uint64_t epoch, std::size_t upto);
    void advance_commits(SimServer& server);
    void commit_all_waiting(SimServer& server, WriteAnswer answer);
    void check_commit_timeouts(SimServer& server);
    void revisit(SimServer& server);

    Agenda& agenda_;
    Network& network_;
    runtime::Rng& rng_;
    Trace& trace_;
    std::vector<std::unique_ptr<SimServer>> servers_;
    std::map<int, std::vector<Commit>> commits_;
    std::map<int, std::vector<std::function<bool()>>> watchers_;
    std::function<void(SimServer&)> on_reset_ = [](SimServer&) {};
    std::function<void(SimServer&)> on_thaw_ = [](SimServer&) {};
    std::function<void(SimServer&)> on_writable_ = [](SimServer&) {};
};

}  // namespace orc::simulation
