#include "api/snapshots.h"

#include "api/servers.h"

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

}  // namespace orc::api
