#include "api/figures.h"

namespace orc::api {
namespace {

template <typename Number>
std::int64_t whole(Number number) {
    return static_cast<std::int64_t>(number);
}

}  // namespace

std::vector<Figure> classic_figures(const UseCases& use_cases, bool is_healthy) {
    const discovery::Counters counters = use_cases.counters();
    return {
        {"discoveries.attempt", whole(counters.probes), true},
        {"discoveries.fail", whole(counters.probes_failed), true},
        {"discoveries.instance_poll_seconds_exceeded", whole(counters.probes_late), true},
        {"discoveries.queue_length", whole(counters.in_flight), false},
        {"elect.is_elected", use_cases.leadership().is_leader ? 1 : 0, false},
        {"health.is_healthy", is_healthy ? 1 : 0, false},
        {"instance.read_topology", whole(counters.probes), true},
        {"raft.is_healthy", 0, false},  // no group in this release
        {"raft.is_leader", 0, false},
        {"recover.pending", whole(use_cases.running().size()), false},
    };
}

}  // namespace orc::api
