// The newest findings by cluster: written by the loop, read by anybody.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "analysis/analysis.h"
#include "base/id.h"
#include "model/topology.h"

namespace orc::recovery {

/// One cluster's change costs that cluster's findings only; the list of all is made when somebody asks, once per
/// change.
class FindingsBoard {
public:
    /// Control executor. An empty list takes the cluster off the board.
    void put(const ClusterName& cluster, std::vector<analysis::Finding> found);
    /// Control executor. Takes off all clusters that are not in `topology`.
    void keep_only_those_of(const model::Topology& topology);
    /// Control executor. Valid until the next change; empty when nothing was found.
    const std::vector<analysis::Finding>& of(const ClusterName& cluster) const;
    /// Control executor. The first subject of each cluster with findings.
    std::vector<Endpoint> subjects() const;

    /// All findings, by cluster name. Never null. Any thread.
    std::shared_ptr<const std::vector<analysis::Finding>> all() const;

private:
    mutable std::mutex mutex_;  // the control executor is the only writer, so it reads without
    std::map<ClusterName, std::vector<analysis::Finding>> by_cluster_;
    mutable std::shared_ptr<const std::vector<analysis::Finding>> all_;  // null: to be made anew
};

}  // namespace orc::recovery
