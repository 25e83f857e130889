// A fleet of fake MySQL servers in one thread: enough of the protocol to be probed, so that a machine can be sized
// without one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"

namespace orc::bench {

struct FleetOptions {
    int clusters = 250;
    int replicas = 3;                ///< of each cluster's primary
    int latency_microseconds = 500;  ///< before each answer
    std::uint16_t port = 0;          ///< 0: picked
    int second_octet = 64;           ///< addresses are 127.second.x.y
};

struct FleetStats {
    std::uint64_t probes = 0;
    std::vector<double> gaps;  ///< seconds between two probes of the same server, sorted
};

/// Host i of the fleet is 127.second.(i / 250).(i % 250 + 1); the first of each cluster is its primary.
class FakeFleet {
public:
    /// Opens all listeners. Errors: an address that cannot be bound, too few file descriptors.
    static Result<std::unique_ptr<FakeFleet>> open(FleetOptions options);
    ~FakeFleet();

    std::vector<Endpoint> primaries() const;
    std::size_t size() const;
    /// Serves until `keep_going` is false, looked at every 50 ms.
    void serve(const volatile bool& keep_going);
    /// Forgets what was counted.
    void reset_stats();
    FleetStats stats() const;

private:
    struct State;
    explicit FakeFleet(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace orc::bench
