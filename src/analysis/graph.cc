#include <algorithm>

#include "analysis/case.h"

namespace orc::analysis {
namespace {

struct Found {
    std::size_t source;
    Edge edge;
};

// Neighbours in the list mostly share a source, so the last one found is tried first.
class SourceIndex {
public:
    explicit SourceIndex(const model::Cluster& cluster) : servers_(cluster.servers) {}

    std::optional<std::size_t> of(const Endpoint& endpoint) {
        if (last_ < servers_.size() && servers_[last_]->endpoint == endpoint) {
            return last_;
        }
        const auto at = std::lower_bound(
            servers_.begin(),
            servers_.end(),
            endpoint,
            [](const model::ServerPtr& s, const Endpoint& e) { return s->endpoint < e; }
        );
        if (at == servers_.end() || (*at)->endpoint != endpoint) {
            return std::nullopt;
        }
        last_ = std::size_t(at - servers_.begin());
        return last_;
    }

private:
    const std::vector<model::ServerPtr>& servers_;
    std::size_t last_ = 0;
};

std::vector<Found> find_edges(const model::Cluster& cluster) {
    std::vector<Found> found;
    found.reserve(cluster.servers.size());
    SourceIndex index(cluster);
    for (const auto& server : cluster.servers) {
        if (server->facts == nullptr) {
            continue;
        }
        const std::size_t own = found.size();
        for (const auto& channel : server->facts->channels) {
            const auto source = index.of(channel.source);
            // Two channels from one source are one replica.
            const bool is_new =
                source && std::none_of(found.begin() + std::ptrdiff_t(own), found.end(), [&](const Found& f) {
                    return f.source == *source;
                });
            if (is_new) {
                found.push_back({*source, {server.get(), &channel}});
            }
        }
    }
    return found;
}

}  // namespace

Graph::Graph(const model::Cluster& cluster) : first_(cluster.servers.size() + 1, 0) {
    const std::vector<Found> found = find_edges(cluster);
    for (const auto& f : found) {
        ++first_[f.source + 1];
    }
    for (std::size_t i = 1; i < first_.size(); ++i) {
        first_[i] += first_[i - 1];
    }
    edges_.resize(found.size());
    std::vector<std::size_t> next(first_.begin(), first_.end());
    for (const auto& f : found) {
        edges_[next[f.source]++] = f.edge;
    }
}

}  // namespace orc::analysis
