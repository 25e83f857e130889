// Pools: which servers share the traffic of one kind, as somebody outside tells us.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/use_cases.h"

namespace orc::api {

struct PoolMember {
    ClusterName cluster;
    std::string cluster_alias;
    std::string pool;
    Endpoint server;
};

/// Replaces a pool by the servers of a comma separated list of host[:port]; an empty list ends the pool. With
/// SupportFuzzyPoolHostnames a part of a known name will do. Errors: invalid, naming pool or member; those of commit.
Task<std::size_t> submit_pool(UseCases& use_cases, std::string pool, std::string members);

// Control executor. A pool that has not been submitted for InstancePoolExpiryMinutes no longer counts.
/// Known servers in pools, by pool, then server. Either selector empty: all. Letter case makes no second pool.
std::vector<PoolMember> pool_members(const UseCases& use_cases, const ClusterName& cluster, const std::string& pool);
/// Of these, the servers that answer.
std::vector<model::ServerPtr> reachable_pool_members(
    const UseCases& use_cases, const ClusterName& cluster, const std::string& pool
);

}  // namespace orc::api
