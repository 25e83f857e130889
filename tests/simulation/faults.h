// What can go wrong in a story: each fault with its end, its times and sizes drawn from the seed.
#pragma once

#include <algorithm>

#include "runtime/rng.h"
#include "scenario.h"

namespace orc::simulation {

/// A story that is being told. The order of the draws decides what a seed means.
class Faults {
protected:
    // Neighbouring seeds must not give the same numbers one draw later.
    explicit Faults(std::uint64_t seed) : rng_(runtime::SeededRng(seed).next() ^ 0x5bd1e995) { story_.seed = seed; }

    // ---- dice ----
    std::uint64_t below(std::uint64_t bound) { return rng_.below(bound); }
    bool one_in(std::uint64_t n) { return rng_.one_in(n); }
    Micros between(Micros low, Micros high) {
        return low + Micros(static_cast<std::int64_t>(below(std::uint64_t((high - low).count()) + 1)));
    }
    int any_server() { return int(below(story_.servers.size())); }
    Wire any_wire() { return one_in(3) ? Wire::refusing : Wire::silent; }
    void add(Micros at, HappeningKind kind, int a = 0, int b = 0, Wire wire = Wire::silent, std::int64_t amount = 0) {
        story_.happenings.push_back({at, kind, a, b, wire, amount});
    }
    Micros any_time() { return between(story_.begin, story_.faults_end); }
    Micros soon_after(Micros at) { return std::min(at + between(Millis(1), Seconds(15)), story_.faults_end); }

    // ---- faults ----
    void add_crash(int server, Micros at);
    void add_freeze(int server, Micros at);
    void add_cut(int a, int b, Micros at);
    void add_isolation(int server, Micros at, bool from_clients);
    void add_spike(Micros at);
    void add_applier_rest(int server, Micros at);
    void add_slow_applier(int server, Micros at);
    void add_noise(Micros at);
    void add_store_trouble(Micros at);
    void add_primary_loss(Micros at);
    void add_switchover(Micros at);

    runtime::SeededRng rng_;
    Scenario story_;
};

}  // namespace orc::simulation
