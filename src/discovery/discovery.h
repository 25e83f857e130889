// Owns what we know: one due time per server, one probe in flight per server, observations folded into the table,
// snapshots for everybody. Lives on the control executor; topology() alone may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "config/settings.h"
#include "ledger/ledger.h"
#include "model/topology.h"
#include "mysql/gateway.h"
#include "runtime/clock.h"
#include "runtime/rng.h"
#include "runtime/task_group.h"
#include "store/store.h"

namespace orc::discovery {

class HostNames;
struct CachedName;
class ProbeHistory;

/// Everything injected; all outlive the loop.
struct Seams {
    mysql::Gateway& gateway;
    store::Store& store;
    ledger::Ledger& ledger;
    runtime::Clock& clock;
    runtime::Rng& rng;
    Executor executor;
    /// Who may commit the promotion rules and aliases that servers tell; null: nobody does.
    const ledger::Leadership* leadership = nullptr;
    /// The name service (host_names.h), for HostnameResolveMethod cname and ip; null: names stay as they are.
    HostNames* host_names = nullptr;
};

struct Counters {
    std::uint64_t probes = 0;
    std::uint64_t probes_failed = 0;
    std::uint64_t pulses = 0;
    std::uint64_t probes_late = 0;  ///< started more than 10 % of the interval after their due time
    /// How long after its due time a probe of a server that answers started, when nobody had asked for it.
    Histogram lateness;
    std::uint64_t servers = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t slow_lane = 0;  ///< servers in the lane of those that do not answer
};

/// The longest wait for a server's answers while it is read: MySQLDiscoveryReadTimeoutSeconds, whose 0, no limit in the
/// classic program, means its default here.
Micros probe_read_limit(const config::Settings& settings);

class DiscoveryLoop {
public:
    DiscoveryLoop(Seams seams, config::Settings settings);
    ~DiscoveryLoop();

    /// Loads the servers known from earlier runs, seeds of the configuration, and begins.
    Task<void> start();
    /// Stops new work, cancels, waits.
    Co<void> stop();

    /// Another node probes from now on: lets go of every server and shows what that one writes down, read again each
    /// second or, where that takes long, less often. Before start() it says how to begin.
    void follow();
    /// The end of following: every server is read at once, as after a start. Nothing happens to a loop that probes.
    Co<void> lead();
    /// While following, shows what has been written by now.
    Co<void> look();

    /// From now on with these settings. Control executor.
    void adopt(const config::Settings& settings);

    /// The newest published snapshot (at most ~50 ms old). Never null. Any thread.
    model::TopologyPtr topology() const;
    /// From now on topology() shows all that is known at this moment, as somebody who has just changed something
    /// expects. Control executor only.
    void publish();
    /// The cluster of a server as of this moment; null if unknown. Control executor only.
    model::ClusterPtr cluster_now(const Endpoint& server) const;

    /// Has a server read soon and returns the name under which it is kept; forgotten servers come back. Error: invalid.
    Task<Endpoint> take_up(Endpoint server);
    /// Reads a server at once, registers it and follows its source and replicas. Forgotten servers come back. Null: it
    /// replicates as a user that is left out of discovery.
    Task<model::ServerPtr> discover(Endpoint server, Deadline deadline);
    /// Reads all of them at once, in parallel; returns when each has answered or failed. Used to confirm a verdict.
    Co<void> refresh(std::vector<Endpoint> servers, Deadline deadline);
    /// Something smells: read it now, ahead of its due time (no-op while a probe of it is in flight, which is then
    /// repeated).
    void suspect(const Endpoint& server, std::string why);
    /// Forgets a server for a while (not_found if unknown).
    Result<void> forget(const Endpoint& server);

    /// Called on the control executor after every fold that changed anything in a cluster, with its newest value.
    void on_cluster_changed(std::function<void(model::ClusterPtr)> listener);

    Counters counters() const;
    /// How the last probes went. Control executor only.
    const ProbeHistory& history() const;

    /// The name under which a server is or would be kept: resolved, and as it calls itself where that is known.
    Task<Endpoint> kept_as(Endpoint given);
    /// The same by what is known already, as of the published snapshot; nobody is asked. Any thread.
    Endpoint known_as(const Endpoint& given) const;
    /// What host names were resolved to (host_names.h), by name.
    std::vector<CachedName> cached_names() const;
    void forget_cached_names();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace orc::discovery
