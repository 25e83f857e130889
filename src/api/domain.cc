#include "api/domain.h"

#include "api/servers.h"

namespace orc::api {
namespace {

/// Attributes of this host are about no host at all.
constexpr const char* general = "*";

tl::unexpected<Error> no_domain(const model::Cluster& cluster) {
    return fail(ErrorCode::not_found, "Cluster " + cluster.name.text() + " has no domain");
}

}  // namespace

Result<Endpoint> domain_writer(const UseCases& use_cases, const model::Cluster& cluster) {
    if (cluster.domain.empty()) {
        return no_domain(cluster);
    }
    const auto intent = use_cases.intent();
    const auto found = intent->attributes.find({general, cluster.domain});
    if (found == intent->attributes.end()) {
        return fail(ErrorCode::not_found, "No writer is recorded for domain " + cluster.domain);
    }
    return Endpoint::parse(found->second, std::uint16_t(use_cases.settings()->default_instance_port));
}

Task<Endpoint> record_domain_writer(UseCases& use_cases, model::ClusterPtr cluster) {
    if (cluster->domain.empty()) {
        co_return no_domain(*cluster);
    }
    const auto primary = leading_server(*cluster);
    if (primary == nullptr) {
        co_return fail(ErrorCode::not_found, "No primary found for cluster " + cluster->name.text());
    }
    model::PutAttribute change{general, cluster->domain, primary->endpoint.text(), use_cases.clock().wall()};
    std::vector<model::Change> changes;
    changes.push_back(std::move(change));
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return primary->endpoint;
}

}  // namespace orc::api
