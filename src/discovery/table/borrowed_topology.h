// What a node shows that does not probe: the servers as the active node wrote them down, in a snapshot like any other.
#pragma once

#include <memory>
#include <vector>

#include "config/filters.h"
#include "discovery/table/topology_table.h"
#include "store/store.h"

namespace orc::discovery {

/// What the active node wrote: places included, which it alone works out.
struct Borrowed {
    std::vector<model::ServerPtr> servers;
    std::vector<store::ClusterDomain> domains;
};

/// Servers by cluster, with what people decided copied in. The revision is left to the caller.
std::shared_ptr<model::Topology> borrowed_topology(
    const Borrowed& from, const model::Intent& intent, const config::ClusterAliases& pattern, const Reading& now
);

}  // namespace orc::discovery
