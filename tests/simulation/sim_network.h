// The wires: between any two of servers, manager and clients, with latency, silence or refusal.
#pragma once

#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "runtime/rng.h"

namespace orc::simulation {

/// Servers are 0, 1, ...; these two are nobody's number.
inline constexpr int manager_node = -1;
inline constexpr int clients_node = -2;

enum class Wire {
    up,
    silent,    ///< everything vanishes; connections stay as they are until somebody loses patience
    refusing,  ///< everything is answered by a reset
};
std::string_view name(Wire wire);

class Network {
public:
    Network(runtime::Rng& rng, Micros latency) : rng_(rng), latency_(latency) {}

    Wire wire(int a, int b) const;
    void set(int a, int b, Wire wire);
    void restore_all();
    bool is_up(int a, int b) const { return wire(a, b) == Wire::up; }
    /// One way, drawn anew each time; `slow` times the usual while a spike lasts.
    Micros latency(int a, int b);
    void set_slowness(unsigned slow) { slow_ = slow; }
    /// Told after each change of a wire.
    void on_change(std::function<void(int, int, Wire)> listener) { listener_ = std::move(listener); }

private:
    static std::pair<int, int> key(int a, int b) { return a < b ? std::pair(a, b) : std::pair(b, a); }

    runtime::Rng& rng_;
    Micros latency_;
    unsigned slow_ = 1;
    std::map<std::pair<int, int>, Wire> broken_;
    std::function<void(int, int, Wire)> listener_;
};

}  // namespace orc::simulation
