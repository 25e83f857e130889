#include "api/pools.h"
#include "api/servers.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {

Co<Response> submit_pool(DeskPtr desk, Call call) {
    const std::string pool = call.params["pool"];
    auto work = api::submit_pool(desk->use_cases, pool, call.request.parts.query_value("instances"));
    const auto done = co_await desk->on_control(std::move(work));
    if (!done) {
        co_return envelope_error(done.error());
    }
    co_return envelope_ok("Applied " + std::to_string(*done) + " instances to pool " + pool, json_text(pool));
}

namespace {

using Members = std::vector<api::PoolMember>;
using Servers = std::vector<model::ServerPtr>;

Task<Servers> reachable(DeskPtr desk, ClusterName cluster, std::string pool) {
    const auto ask = [cluster, pool](const api::UseCases& use_cases) {
        return api::reachable_pool_members(use_cases, cluster, pool);
    };
    return desk->look<Servers>(ask);
}

}  // namespace

Co<Response> cluster_pools(DeskPtr desk, Call call) {
    const ClusterName cluster(call.params["clusterName"]);
    const std::string pool = call.params["pool"];
    const auto ask = [cluster, pool](const api::UseCases& use_cases) {
        return api::pool_members(use_cases, cluster, pool);
    };
    auto question = desk->look<Members>(ask);
    const auto found = co_await std::move(question);
    if (!found) {
        co_return envelope_error(found.error());
    }
    co_return envelope_ok("Cluster pool instances for " + cluster.text(), legacy::pools(*found));
}

Co<Response> reachable_pools(DeskPtr desk, Call call) {
    const auto cluster = desk->use_cases.cluster(call.params["clusterName"]);
    if (!cluster) {
        co_return envelope_error(cluster.error());
    }
    auto work = reachable(desk, (*cluster)->name, call.params["pool"]);
    const auto found = co_await std::move(work);
    if (!found) {
        co_return envelope_error(found.error());
    }
    const legacy::View view(desk->use_cases);
    co_return envelope_ok("Heuristic pool instances for " + (*cluster)->name.text(), legacy::instances(view, *found));
}

Co<Response> pool_lag(DeskPtr desk, Call call) {
    const auto cluster = desk->use_cases.topology()->cluster_named(call.params["clusterName"]);
    if (cluster == nullptr) {
        co_return envelope_error("No cluster with this name or alias: " + call.params["clusterName"]);
    }
    auto work = reachable(desk, cluster->name, call.params["pool"]);
    const auto found = co_await std::move(work);
    if (!found) {
        co_return envelope_error(found.error());
    }
    const auto lag = api::greatest_lag(*found);
    if (!lag) {
        co_return envelope_error(lag.error());
    }
    co_return envelope_ok("Heuristic pool lag for " + cluster->name.text(), std::to_string(lag->count()));
}

}  // namespace orc::http::routes
