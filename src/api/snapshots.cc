#include "api/snapshots.h"

#include "api/servers.h"
#include "api/topology_text.h"
#include "config/pattern.h"

namespace orc::api {

Task<Micros> take_snapshot(UseCases& use_cases) {
    const Instant began = use_cases.clock().now();
    model::TopologySnapshot record;
    record.at = use_cases.clock().wall();
    for (const auto& server : all_servers(*use_cases.topology())) {
        model::SnapshotPlace place;
        place.endpoint = server->endpoint;
        place.source = server->source();
        place.cluster = server->cluster;
        place.version = server->facts == nullptr ? "" : server->facts->version.text;
        record.places.push_back(std::move(place));
    }
    std::vector<model::Change> changes;
    changes.push_back(model::AppendSnapshot{std::move(record)});
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return use_cases.clock().now() - began;
}

Task<std::vector<PastTopology>> past_topologies(UseCases& use_cases, ClusterName cluster, std::string pattern) {
    auto wanted = config::Pattern::compile(pattern);
    if (!wanted) {
        co_return tl::unexpected(with_context("-pattern", wanted.error()));
    }
    store::Store& store = use_cases.seams().store;
    CO_TRY(const std::vector<WallTime> times, co_await store.snapshot_times());
    std::vector<PastTopology> out;
    for (const WallTime at : times) {
        const auto seconds = std::chrono::floor<Seconds>(at.time_since_epoch()).count();
        if (!wanted->is_found_in(std::to_string(seconds))) {
            continue;
        }
        CO_TRY(std::vector<model::SnapshotPlace> places, co_await store.snapshot(at));
        std::erase_if(places, [&](const model::SnapshotPlace& place) { return place.cluster != cluster; });
        if (!places.empty()) {
            out.push_back(PastTopology{at, past_topology_text(places)});
        }
    }
    co_return out;
}

}  // namespace orc::api
