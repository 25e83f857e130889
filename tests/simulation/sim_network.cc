#include "sim_network.h"

namespace orc::simulation {

std::string_view name(Wire wire) {
    switch (wire) {
        case Wire::up:
            return "up";
        case Wire::silent:
            return "silent";
        case Wire::refusing:
            return "refusing";
    }
    return "?";
}

Wire Network::wire(int a, int b) const {
    const auto found = broken_.find(key(a, b));
    return found == broken_.end() ? Wire::up : found->second;
}

void Network::set(int a, int b, Wire to) {
    if (wire(a, b) == to) {
        return;
    }
    if (to == Wire::up) {
        broken_.erase(key(a, b));
    } else {
        broken_[key(a, b)] = to;
    }
    if (listener_) {
        listener_(a, b, to);
    }
}

void Network::restore_all() {
    const auto broken = broken_;
    for (const auto& [pair, wire] : broken) {
        set(pair.first, pair.second, Wire::up);
    }
}

Micros Network::latency(int, int) {
    const auto usual = static_cast<std::uint64_t>(latency_.count());
    return Micros(static_cast<std::int64_t>((usual / 2 + rng_.below(usual + 1)) * slow_ + 1));
}

}  // namespace orc::simulation
