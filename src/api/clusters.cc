#include "api/clusters.h"

#include "base/text.h"

namespace orc::api {

Task<Endpoint> discover_later(UseCases& use_cases, Endpoint server) {
    co_return co_await use_cases.seams().discovery.take_up(use_cases.spelled(server));
}

Task<ClusterName> forget_cluster(UseCases& use_cases, std::string hint) {
    CO_TRY(const model::ClusterPtr cluster, use_cases.cluster(hint));
    std::vector<model::Change> changes;
    for (const auto& server : cluster->servers) {
        changes.push_back(use_cases.audited("forget", server->endpoint, "with its cluster"));
        const auto gone = use_cases.seams().discovery.forget(server->endpoint);
        if (!gone && gone.error().code != ErrorCode::not_found) {
            co_return tl::unexpected<Error>(gone.error());
        }
    }
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return cluster->name;
}

Task<void> set_cluster_alias(UseCases& use_cases, ClusterName cluster, std::string alias) {
    if (cluster.empty()) {
        co_return fail(ErrorCode::invalid, "an alias needs a cluster to belong to");
    }
    alias = std::string(trim(alias));
    std::vector<model::Change> changes;
    if (alias.empty()) {
        changes.push_back(model::DropAliasOverride{cluster});
    } else {
        changes.push_back(model::PutAliasOverride{cluster, alias});
    }
    co_return co_await use_cases.commit(std::move(changes));
}

}  // namespace orc::api
