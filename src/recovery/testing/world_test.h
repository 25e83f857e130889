// A handful of MySQL or MariaDB servers in memory, as the recovery loop sees them: a gateway and the eyes of discovery.
// Small on purpose; the big simulator has networks and disks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "recovery/eyes.h"
#include "runtime/simulated.h"
#include "runtime/task_group.h"

namespace orc::recovery {

struct FakeServer {
    Endpoint endpoint;
    bool mariadb = false;
    std::uint32_t server_id = 1;
    std::string uuid;
    bool alive = true;
    bool hung = false;
    bool read_only = true;
    gtid::Progress executed;
    gtid::Progress received;
    gtid::GtidSet purged;
    std::optional<Endpoint> source;
    bool receiver = true;
    bool applier = true;
    Micros apply_delay{0};
    Instant applies_at{};
    std::string applier_error;  ///< what the applier stumbles over as soon as it has something to apply
    bool stumbled = false;
    bool uses_gtid = true;
    bool log_bin = true;
    std::string version = "8.0.36";
    std::string binlog_format = "ROW";
    std::string data_center = "dc1";
    model::PromotionRule rule = model::PromotionRule::neutral;
    model::SemiSync semi_sync;
    int semi_sync_priority = 0;
    Seconds lag{0};
    std::uint64_t written = 0;
    /// Operations that fail, by name, with what; each entry is used once unless it stays.
    std::map<std::string, std::pair<Error, bool>> failures;
    std::vector<std::string> log;  ///< operations done, in order
};

class World final : public mysql::Gateway, public Eyes {
public:
    World(runtime::SimulatedClock& clock, Executor executor);
    ~World() override;

    /// "db1": writable primary; the others replicate from it.
    FakeServer& add(const std::string& host, std::optional<std::string> source, bool mariadb = false);
    FakeServer& at(const std::string& host);
    static Endpoint name(const std::string& host) { return Endpoint{host, 3306}; }
    /// The primary commits; live receivers get it at once, appliers apply it after their delay. False: read-only.
    bool write(const std::string& host);
    /// The replica commits something of its own.
    void write_errant(const std::string& host);
    void see_everything();
    void poll_every(Micros span);
    void use_ledger(const ledger::Ledger* ledger) { ledger_ = ledger; }
    std::vector<std::string> writable() const;
    /// Called before each operation with its name and server; for tests that kill something at a certain moment.
    std::function<void(const std::string&, FakeServer&)> before_operation;
    bool credentials_known = true;        ///< servers can tell replication's account
    std::vector<std::string> violations;  ///< a second writable primary, a MariaDB relay log thrown away, ...
    std::string alias;                    ///< that the servers tell of their cluster; "" none
    Micros round_trip = Millis(1);

    // Eyes
    model::TopologyPtr topology() const override;
    model::ClusterPtr cluster_now(const Endpoint& server) const override;
    Co<void> refresh(std::vector<Endpoint> servers, Deadline deadline) override;
    void suspect(const Endpoint& server, std::string why) override;
    void on_cluster_changed(std::function<void(model::ClusterPtr)> listener) override;

    // Gateway
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
    void on_session_broken(std::function<void(Endpoint)>) override {}
    void forget(Endpoint) override {}
    Co<void> stop() override;

private:
    Task<FakeServer*> reach(std::string operation, Endpoint server, Deadline deadline);
    void settle(FakeServer& server);
    void empty_relay_log(FakeServer& server);
    void settle_all();
    model::Facts facts_of(FakeServer& server);
    model::Channel channel_of(FakeServer& server);
    Co<void> look_at(Endpoint server, Deadline deadline);
    Co<void> poll(Micros span);
    Co<void> look_soon(Endpoint server);
    Endpoint root_of(Endpoint server) const;
    model::ClusterPtr cluster_of_root(const Endpoint& root) const;
    void commit_on(FakeServer& server);

    runtime::SimulatedClock& clock_;
    const ledger::Ledger* ledger_ = nullptr;
    std::map<Endpoint, FakeServer> servers_;
    std::map<Endpoint, model::Server> seen_;
    std::vector<std::function<void(model::ClusterPtr)>> listeners_;
    std::set<Endpoint> suspected_;
    runtime::TaskGroup group_;  // last: it goes first
};

}  // namespace orc::recovery
