// Snapshots of all topologies, kept for people who ask later how it was.
#pragma once

#include "api/use_cases.h"

namespace orc::api {

/// Records source, cluster and version of every known server. How long that took. Errors: those of commit.
Task<Micros> take_snapshot(UseCases& use_cases);

/// A cluster as it was when a snapshot was taken.
struct PastTopology {
    WallTime at;
    std::string tree;  ///< see past_topology_text
};

/// The snapshots whose time, in seconds since 1970, matches the pattern, oldest first; those without the cluster are
/// left out. Errors: invalid (the pattern).
Task<std::vector<PastTopology>> past_topologies(UseCases& use_cases, ClusterName cluster, std::string pattern);

}  // namespace orc::api
