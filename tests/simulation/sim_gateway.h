// The Gateway to simulated servers. Sessions open, break and stay silent exactly when TCP would show it; a statement
// that was sent takes effect when the server gets to it, whether or not anybody still waits for the answer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mysql/gateway.h"
#include "sim_fleet.h"
#include "sim_loop.h"

namespace orc::simulation {

enum class StatementKind {
    set_read_only,
    stop_receiver,
    start_receiver,
    restart_receiver,
    start_applier,
    stop_replication,
    start_replication,
    change_source,
    reset_replication,
    semi_sync_source,
    semi_sync_replica
};
std::string_view name(StatementKind kind);

/// A write of the manager's.
struct Statement {
    StatementKind kind = StatementKind::set_read_only;
    mysql::ReadOnlyChange read_only;
    mysql::SourceChange source;
    bool flag = false;  ///< enabled, or discard
    std::string text() const;
};

/// Somebody who sees each write of the manager's.
class StatementWatch {
public:
    virtual ~StatementWatch() = default;
    /// The manager is about to read positions.
    virtual void on_read() = 0;
    /// The manager is about to send it.
    virtual void on_sent(const SimServer& server, const Statement& statement) = 0;
    /// The server is about to execute it, and has executed it. Late: whoever sent it has given up meanwhile.
    virtual void before_effect(SimServer& server, const Statement& statement, bool is_late) = 0;
    virtual void after_effect(SimServer& server, const Statement& statement, const Result<void>& result) = 0;
};

class SimGateway final : public mysql::Gateway {
public:
    SimGateway(Fleet& fleet, SimLoop& loop, runtime::Rng& rng, StatementWatch& watch);
    ~SimGateway() override;

    Task<model::Facts> probe(Endpoint server, Deadline deadline) override;
    Task<mysql::Pulse> pulse(Endpoint server, Deadline deadline) override;
    Task<void> knock(Endpoint server, Deadline deadline) override;
    Task<mysql::Positions> positions(Endpoint server, Deadline deadline) override;
    Task<mysql::Credentials> replication_credentials(Endpoint server, Deadline deadline) override;
    Task<void> set_read_only(Endpoint server, mysql::ReadOnlyChange change, Deadline deadline) override;
    Task<void> stop_receiver(Endpoint server, std::string channel, Deadline deadline) override;
    Task<void> restart_receiver(Endpoint server, std::string channel, Deadline deadline) override;
    Task<void> start_receiver(Endpoint server, std::string channel, Deadline deadline) override;
    Task<void> start_applier(Endpoint server, std::string channel, Deadline deadline) override;
    Task<void> stop_replication(Endpoint server, std::string channel, Deadline deadline) override;
    Task<void> start_replication(Endpoint server, std::string channel, Deadline deadline) override;
    Task<void> change_source(Endpoint server, mysql::SourceChange change, Deadline deadline) override;
    Task<void> reset_replication(Endpoint server, std::string channel, bool discard, Deadline deadline) override;
    Task<void> wait_until_applied(Endpoint server, gtid::Progress target, Deadline deadline) override;
    Task<void> set_semi_sync_source(Endpoint server, bool enabled, Deadline deadline) override;
    Task<void> set_semi_sync_replica(Endpoint server, bool enabled, Deadline deadline) override;
    void on_session_broken(std::function<void(Endpoint)> listener) override;
    void forget(Endpoint server) override;
    Co<void> stop() override;

    // ---- what the world does to it ----
    /// The server's host ended its connections to the manager.
    void connections_reset(SimServer& server);
    void thawed(SimServer& server);
    /// The manager's process is gone. Statements under way arrive, or do not.
    void manager_died();
    std::uint64_t reads() const { return reads_; }

private:
    enum class Lane { kept, work, fresh };
    struct Session {
        bool is_open = false;
        std::uint64_t incarnation = 0;
    };
    struct Call;
    using Effect = std::function<std::optional<Result<void>>(const Call& call)>;  ///< nullopt: not yet
    struct Call {
        SimServer* server = nullptr;
        Lane lane = Lane::work;
        Deadline deadline;
        Effect effect;
        std::uint64_t incarnation = 0;  ///< of the server that the session leads to
        std::uint64_t wait = 0;
        Instant begun;
        bool is_sent = false;
        bool is_write = false;
        bool survives_manager = false;
        bool has_ended = false;
        Result<void> result;
    };

    std::shared_ptr<Call> make(SimServer& server, Lane lane, Deadline deadline, Effect effect);
    Task<void> run(std::shared_ptr<Call> call);
    Task<void> write(Endpoint server, Statement statement, Deadline deadline);
    Result<void> perform(SimServer& server, const Statement& statement);
    Session& session(const Call& call);
    void connect(const std::shared_ptr<Call>& call);
    void knock_arrives(const std::shared_ptr<Call>& call);
    void send(const std::shared_ptr<Call>& call);
    void arrives(const std::shared_ptr<Call>& call);
    void executes(const std::shared_ptr<Call>& call);
    void answers(const std::shared_ptr<Call>& call, Result<void> result);
    void returns(const std::shared_ptr<Call>& call, const Result<void>& result);
    void ends(const std::shared_ptr<Call>& call, Result<void> result);
    void later(const std::shared_ptr<Call>& call, Micros span, void (SimGateway::*what)(const std::shared_ptr<Call>&));
    Micros latency(const Call& call);

    Fleet& fleet_;
    SimLoop& loop_;
    runtime::Rng& rng_;
    StatementWatch& watch_;
    std::map<int, Session> kept_;
    std::map<int, Session> work_;
    std::map<int, std::vector<std::shared_ptr<Call>>> open_calls_;
    std::map<int, std::vector<std::shared_ptr<Call>>> at_frozen_;  ///< wait in the sockets of a frozen server
    std::function<void(Endpoint)> on_broken_;
    std::shared_ptr<bool> is_alive_;
    bool is_dead_ = false;  ///< the manager's process
    bool is_stopped_ = false;
    std::uint64_t reads_ = 0;
};

}  // namespace orc::simulation
