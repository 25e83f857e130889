// What people decided about a server, copied into its value so that a snapshot is complete.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "discovery/table/alias_claims.h"
#include "model/topology.h"

namespace orc::discovery {

/// The intent's pools by member.
using PoolsOf = std::unordered_map<Endpoint, std::vector<std::string>>;
PoolsOf pools_by_member(const model::Intent& intent);

/// Downtime, maintenance, rule, tags, pools and the other name of `server`, as they are at `wall`.
void put_intent(model::Server& server, const model::Intent& intent, const PoolsOf& pools, WallTime wall);

/// Gathers from a cluster's members, in the order of their endpoints, which alias it claims.
class AliasWitness {
public:
    void see(const model::Server& server);
    /// The alias and how good the claim to it is. An override wins, then what the servers say, then what the pattern
    /// makes of the name (`by_name`), then what was kept: that is old, and the others are how it changes. "" if there
    /// is none of them.
    AliasClaim claim(const ClusterName& name, const model::Intent& intent, const std::function<std::string()>& by_name)
        const;

private:
    const model::Server* top_ = nullptr;
    std::string detected_;
    std::size_t members_ = 0;
};

}  // namespace orc::discovery
