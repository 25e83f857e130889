// A fleet of fake MySQL servers in one thread: enough of the protocol to be probed, so that a machine can be sized
// without one. On loopback only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "fleet_answers.h"

namespace orc::bench {

/// How a server that was well stops answering.
enum class Silence {
    none,
    hang,  ///< connections open, nothing is answered any more, not even to new ones
    drop,  ///< the same, and new connections are not even accepted by its kernel
};

struct FleetOptions {
    FleetShape shape;
    std::chrono::microseconds latency{500};  ///< before each answer
    /// What silence() does, to every server of every second cluster.
    Silence silence = Silence::none;
};

struct FleetStats {
    std::uint64_t probes = 0;
    /// Seconds between two probes of the same server, of those that answer; sorted.
    std::vector<double> gaps;
};

class FakeFleet {
public:
    /// Opens what it listens on. Errors: an address that cannot be bound, too few file descriptors.
    static Result<std::unique_ptr<FakeFleet>> open(FleetOptions options);
    ~FakeFleet();

    std::vector<Endpoint> primaries() const;
    std::size_t size() const;

    /// Serves until `control` (a pipe or a socket) has something to read.
    void serve_until_readable(int control);
    /// Half of the fleet stops answering.
    void silence();
    /// Forgets what was counted.
    void reset_stats();
    FleetStats stats() const;

private:
    struct State;
    explicit FakeFleet(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace orc::bench
