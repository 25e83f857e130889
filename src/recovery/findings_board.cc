#include "recovery/findings_board.h"

namespace orc::recovery {

void FindingsBoard::put(const ClusterName& cluster, std::vector<analysis::Finding> found) {
    if (found.empty() && !by_cluster_.contains(cluster)) {
        return;
    }
    const std::scoped_lock lock(mutex_);
    all_ = nullptr;
    if (found.empty()) {
        by_cluster_.erase(cluster);
    } else {
        by_cluster_.insert_or_assign(cluster, std::move(found));
    }
}

void FindingsBoard::keep_only_those_of(const model::Topology& topology) {
    const std::scoped_lock lock(mutex_);
    const auto gone =
        std::erase_if(by_cluster_, [&](const auto& entry) { return !topology.clusters.contains(entry.first); });
    if (gone > 0) {
        all_ = nullptr;
    }
}

const std::vector<analysis::Finding>& FindingsBoard::of(const ClusterName& cluster) const {
    static const std::vector<analysis::Finding> none;
    const auto found = by_cluster_.find(cluster);
    return found == by_cluster_.end() ? none : found->second;
}

std::vector<Endpoint> FindingsBoard::subjects() const {
    std::vector<Endpoint> subjects;
    subjects.reserve(by_cluster_.size());
    for (const auto& [name, some] : by_cluster_) {
        subjects.push_back(some.front().subject);
    }
    return subjects;
}

std::shared_ptr<const std::vector<analysis::Finding>> FindingsBoard::all() const {
    const std::scoped_lock lock(mutex_);
    if (!all_) {
        auto fresh = std::make_shared<std::vector<analysis::Finding>>();
        for (const auto& [name, some] : by_cluster_) {
            fresh->insert(fresh->end(), some.begin(), some.end());
        }
        all_ = std::move(fresh);
    }
    return all_;
}

}  // namespace orc::recovery
