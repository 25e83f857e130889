// Which cluster holds an alias that several claim. People and hooks find clusters by alias, so it must neither be given
// twice nor wander while a server is merely restarting. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/id.h"

namespace orc::discovery {

/// What one cluster brings forward for the alias it wants; the larger wins, member by member.
struct AliasClaim {
    std::string alias;  ///< "" claims none
    bool is_override = false;
    bool is_not_lost = true;  ///< its root was not left behind by a recovery
    bool is_kept = false;     ///< the ledger says that this cluster has it
    bool has_replicas = false;
    bool is_root_valid = false;
    friend auto operator<=>(const AliasClaim&, const AliasClaim&) = default;
};

class AliasClaims {
public:
    /// Puts or replaces the claim of a cluster; "" takes it away. Returns the other clusters whose alias changed by it.
    std::vector<ClusterName> put(const ClusterName& cluster, const AliasClaim& claim);
    /// The alias that the cluster holds; its own name when it holds none.
    std::string alias_of(const ClusterName& cluster) const;
    /// The cluster wants an alias that another one holds.
    bool is_contested(const ClusterName& cluster) const;

private:
    struct Contest {
        std::map<ClusterName, AliasClaim> claims;
        ClusterName holder;
    };
    bool is_same(const ClusterName& cluster, const AliasClaim& claim) const;
    ClusterName settle(Contest& contest) const;
    std::map<std::string, Contest> contests_;
    std::map<ClusterName, std::string> wanted_;
};

}  // namespace orc::discovery
