#include "model/topology.h"

#include <algorithm>

namespace orc::model {

std::optional<Endpoint> Server::source() const {
    const Channel* main = channel();
    if (main == nullptr || !main->source.is_valid()) {
        return std::nullopt;
    }
    return main->source;
}

bool Server::is_primary() const {
    if (facts == nullptr || is_replica()) {
        return false;
    }
    return !facts->group || facts->group->group_name.empty() || facts->group->role == "PRIMARY";
}

bool Server::is_replicating() const {
    const Channel* main = channel();
    return main != nullptr && main->receiver == ThreadState::running && main->applier == ThreadState::running;
}

std::string Server::errant_text() const {
    std::string out = errant.text();
    for (const auto& gtid : errant_mariadb) {
        out += (out.empty() ? "" : ",") + gtid.text();
    }
    return out;
}

std::optional<Seconds> Server::lag() const { return facts == nullptr ? std::nullopt : facts->lag_on(channel()); }

std::optional<Instant> ack_wait(const Server* before, const Facts& facts, Instant seen) {
    const SemiSync& now = facts.semi_sync;
    if (!now.source_enabled || !now.source_active || now.clients >= now.acks_wanted) {
        return std::nullopt;
    }
    const bool has_stood_still = before != nullptr && before->facts != nullptr && before->facts->self == facts.self;
    return has_stood_still && before->waiting_for_acks_since ? before->waiting_for_acks_since : seen;
}

const Server* Cluster::find(const Endpoint& endpoint) const {
    const auto at = std::lower_bound(
        servers.begin(), servers.end(), endpoint, [](const ServerPtr& s, const Endpoint& e) { return s->endpoint < e; }
    );
    return at != servers.end() && (*at)->endpoint == endpoint ? at->get() : nullptr;
}

std::vector<const Server*> Cluster::replicas_of(const Endpoint& endpoint) const {
    std::vector<const Server*> out;
    for (const auto& server : servers) {
        if (server->facts == nullptr) {
            continue;
        }
        const auto& channels = server->facts->channels;
        if (std::any_of(channels.begin(), channels.end(), [&](const Channel& c) { return c.source == endpoint; })) {
            out.push_back(server.get());
        }
    }
    return out;
}

std::vector<const Server*> Cluster::primaries() const {
    std::vector<const Server*> out;
    for (const auto& server : servers) {
        if (server->is_primary() || server->is_co_primary) {
            out.push_back(server.get());
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const Server* a, const Server* b) {
        return (a->facts && !a->facts->read_only) > (b->facts && !b->facts->read_only);
    });
    return out;
}

void Topology::add(ClusterPtr cluster) {
    auto all = std::make_shared<Members>(*members);
    for (const auto& server : cluster->servers) {
        all->insert_or_assign(server->endpoint, cluster->name);
    }
    members = std::move(all);
    clusters[cluster->name] = std::move(cluster);
}

const Server* Topology::find(const Endpoint& endpoint) const {
    const auto home = cluster(endpoint);
    return home == nullptr ? nullptr : home->find(endpoint);
}

ClusterPtr Topology::cluster(const Endpoint& endpoint) const {
    const auto member = members->find(endpoint);
    if (member == members->end()) {
        return nullptr;
    }
    const auto found = clusters.find(member->second);
    return found == clusters.end() ? nullptr : found->second;
}

ClusterPtr Topology::cluster_named(std::string_view name_or_alias) const {
    const auto exact = clusters.find(ClusterName(std::string(name_or_alias)));
    if (exact != clusters.end()) {
        return exact->second;
    }
    for (const auto& [name, cluster] : clusters) {
        if (cluster->alias == name_or_alias) {
            return cluster;
        }
    }
    return nullptr;
}

namespace {

ClusterPtr cluster_as_shown(const Cluster& cluster) {
    auto out = std::make_shared<Cluster>(cluster);
    for (auto* servers : {&out->servers, &out->guests}) {
        for (auto& server : *servers) {
            if (server->facts == nullptr && server->remembered != nullptr) {
                server = server->remembered;
            }
        }
    }
    return out;
}

}  // namespace

TopologyPtr as_shown(TopologyPtr topology) {
    const auto is_remembered = [](const auto& entry) { return entry.second->has_remembered; };
    if (std::ranges::none_of(topology->clusters, is_remembered)) {
        return topology;
    }
    auto out = std::make_shared<Topology>(*topology);
    for (auto& [name, cluster] : out->clusters) {
        if (cluster->has_remembered) {
            cluster = cluster_as_shown(*cluster);
        }
    }
    return out;
}

}  // namespace orc::model
