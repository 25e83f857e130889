// What the recovery loop needs of discovery, as a seam: the real one is the discovery loop, tests draw their own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "discovery/discovery.h"
#include "model/topology.h"
#include "runtime/task.h"

namespace orc::recovery {

class Eyes {
public:
    virtual ~Eyes() = default;
    virtual model::TopologyPtr topology() const = 0;
    /// The cluster of a server as of this moment; null if unknown.
    virtual model::ClusterPtr cluster_now(const Endpoint& server) const = 0;
    virtual Co<void> refresh(std::vector<Endpoint> servers, Deadline deadline) = 0;
    virtual void suspect(const Endpoint& server, std::string why) = 0;
    virtual void on_cluster_changed(std::function<void(model::ClusterPtr)> listener) = 0;
};

/// `discovery` outlives it.
std::unique_ptr<Eyes> make_eyes(discovery::DiscoveryLoop& discovery);

}  // namespace orc::recovery
