// The fake fleet in a process of its own, so that its cost is not counted as the service's.
#pragma once

#include <sys/types.h>

#include <memory>

#include "fake_fleet.h"

namespace orc::bench {

/// What the fleet has seen since the last reset: seconds between two probes of a server.
struct FleetReport {
    double probes = 0;
    double gap_p50 = 0;
    double gap_p95 = 0;
    double gap_p99 = 0;
    double gap_max = 0;
};

class FleetProcess {
public:
    /// Forks: to be called before any thread is started. Errors: those of FakeFleet::open().
    static Result<std::unique_ptr<FleetProcess>> start(FleetOptions options);
    /// Kills it.
    ~FleetProcess();

    const std::vector<Endpoint>& primaries() const { return primaries_; }
    std::size_t size() const { return size_; }
    pid_t pid() const { return pid_; }

    void silence() { (void)ask('s'); }
    void reset() { (void)ask('r'); }
    FleetReport report() { return ask('t'); }

private:
    FleetProcess() = default;
    FleetReport ask(char what);

    std::vector<Endpoint> primaries_;
    std::size_t size_ = 0;
    pid_t pid_ = 0;
    int line_ = -1;  ///< a socket: a letter there, a FleetReport back
};

}  // namespace orc::bench
