// The half of the table that groups servers: who belongs together, under which name and alias, and their snapshots.
#include <algorithm>

#include "discovery/table/intended.h"
#include "discovery/table/topology_table.h"

namespace orc::discovery {

void TopologyTable::collect_members(const ClusterName& cluster, std::set<Endpoint>& out) const {
    const auto found = groups_.find(cluster);
    if (found != groups_.end()) {
        for (const auto& entry : found->second.members) {
            out.insert(entry.first);
        }
    }
}

void TopologyTable::set_parent(Record& record, std::optional<Endpoint> parent, Touched& touched) {
    if (record.parent == parent) {
        return;
    }
    if (record.parent) {
        const auto siblings = children_.find(*record.parent);
        siblings->second.erase(record.endpoint);
        if (siblings->second.empty()) {
            children_.erase(siblings);
        }
    }
    record.parent = std::move(parent);
    std::set<Endpoint> moved;
    collect_members(record.place.cluster, moved);
    if (record.parent) {
        children_[*record.parent].insert(record.endpoint);
        const auto above = records_.find(*record.parent);
        if (above != records_.end()) {
            collect_members(above->second.place.cluster, moved);
        }
    }
    replace(moved, touched);
}

/// Finds again the place of each of `servers` and moves those that changed.
void TopologyTable::replace(const std::set<Endpoint>& servers, Touched& touched) {
    const auto parent = [this](const Endpoint& server) -> std::optional<Endpoint> {
        const auto found = records_.find(server);
        return found == records_.end() ? std::nullopt : found->second.parent;
    };
    for (const auto& server : servers) {
        Record& record = records_.at(server);
        Place place = place_of(server, parent);
        if (place == record.place) {
            continue;
        }
        if (place.cluster != record.place.cluster) {
            has_moved_ = true;
            groups_[record.place.cluster].members.erase(server);
            groups_[place.cluster].members.emplace(server, &record);
        }
        touched.insert(record.place.cluster);
        touched.insert(place.cluster);
        record.place = std::move(place);
        if (record.server != nullptr) {
            auto moved = std::make_shared<model::Server>(*record.server);
            put_place(*moved, record.place);
            if (moved->remembered != nullptr) {
                moved->remembered = as_remembered(*moved, *moved->remembered);
            }
            record.server = std::move(moved);
        }
    }
}

void TopologyTable::put_place(model::Server& server, const Place& place) const {
    server.cluster = place.cluster;
    server.depth = place.depth;
    server.is_co_primary = place.is_co_primary;
    const auto alias = aliases_.alias_of(place.cluster);
    server.cluster_alias = alias == place.cluster.text() ? "" : alias;
}

void TopologyTable::remake(Record& record, WallTime wall) {
    auto server = std::make_shared<model::Server>();
    server->endpoint = record.endpoint;
    server->facts = record.facts;
    server->check = record.check;
    server->stream = record.stream;
    put_place(*server, record.place);
    server->errant = record.errant.errant();
    server->errant_mariadb = record.errant_mariadb.errant();
    server->ancestry = ancestry_of(record);
    put_intent(*server, *intent_, pools_of_, wall);
    if (record.facts == nullptr && record.remembered != nullptr) {
        server->remembered = as_remembered(*server, *record.remembered);
    }
    record.server = std::move(server);
}

/// What is known now, and of the rest what was known before; never as if it had been read well.
model::ServerPtr TopologyTable::as_remembered(const model::Server& now, const model::Server& before) {
    auto out = std::make_shared<model::Server>(now);
    out->remembered.reset();
    out->facts = before.facts;
    out->ancestry = before.ancestry;
    out->check.seen = before.check.seen;
    out->check.seen_wall = before.check.seen_wall;
    if (now.check.failures == 0) {
        out->check.failures = 1;
        out->check.error = Error{ErrorCode::unreachable, "not read yet since this program has started to watch"};
    }
    return out;
}

ChangedClusters TopologyTable::intend(
    std::shared_ptr<const model::Intent> intent, const std::vector<model::Change>& changes, const Reading& now
) {
    intent_ = std::move(intent);
    std::set<Endpoint> servers;
    if (changes.empty()) {
        for (const auto& entry : records_) {
            servers.insert(entry.first);
        }
    }
    const auto on_host = [&](const std::string& host) {
        for (const auto& entry : records_) {
            if (entry.first.host == host) {
                servers.insert(entry.first);
            }
        }
    };
    const bool has_pools = std::any_of(changes.begin(), changes.end(), [](const model::Change& change) {
        return std::holds_alternative<model::PutPool>(change);
    });
    if (has_pools || changes.empty()) {
        for (const auto& entry : pools_of_) {
            servers.insert(entry.first);
        }
        pools_of_ = pools_by_member(*intent_);
        for (const auto& entry : pools_of_) {
            servers.insert(entry.first);
        }
    }
    Touched touched;
    const auto all_clusters = [&] {
        for (const auto& entry : groups_) {
            touched.insert(entry.first);
        }
    };
    if (changes.empty()) {
        all_clusters();
    }
    for (const auto& change : changes) {
        std::visit(
            [&](const auto& c) {
                using Kind = std::decay_t<decltype(c)>;
                if constexpr (std::is_same_v<Kind, model::PutDowntime> || std::is_same_v<Kind, model::PutMaintenance> ||
                              std::is_same_v<Kind, model::PutCandidate> || std::is_same_v<Kind, model::PutTag>) {
                    servers.insert(c.record.endpoint);
                } else if constexpr (std::is_same_v<Kind, model::EndDowntime> ||
                                     std::is_same_v<Kind, model::EndMaintenance> ||
                                     std::is_same_v<Kind, model::DropCandidate> ||
                                     std::is_same_v<Kind, model::DropTag>) {
                    servers.insert(c.endpoint);
                } else if constexpr (std::is_same_v<Kind, model::PutUnresolve>) {
                    on_host(c.record.host);
                } else if constexpr (std::is_same_v<Kind, model::DropUnresolve>) {
                    on_host(c.host);
                } else if constexpr (std::is_same_v<Kind, model::PutClusterAlias> ||
                                     std::is_same_v<Kind, model::DropClusterAlias> ||
                                     std::is_same_v<Kind, model::PutAliasOverride> ||
                                     std::is_same_v<Kind, model::DropAliasOverride>) {
                    all_clusters();  // an alias may have been taken from another cluster
                }
            },
            change
        );
    }
    for (const auto& server : servers) {
        const auto found = records_.find(server);
        if (found != records_.end()) {
            remake(found->second, now.wall);
            touched.insert(found->second.place.cluster);
        }
    }
    return rebuild(std::move(touched), now);
}

AliasClaim TopologyTable::claim_of(const ClusterName& name, Group& group) const {
    AliasWitness witness;
    for (const auto& entry : group.members) {
        if (entry.second->server != nullptr) {
            witness.see(*entry.second->server);
        }
    }
    return witness.claim(name, *intent_, [&] {
        if (!group.alias_by_name) {
            group.alias_by_name = cluster_name_to_alias_.alias_of(name.text());
        }
        return *group.alias_by_name;
    });
}

std::string TopologyTable::domain_of(const ClusterName& name, const Group& group) const {
    std::string domain;
    bool is_recalled = true;
    for (const auto& [member, known] : group.members) {
        const Record& record = *known;
        if (record.facts == nullptr) {
            continue;
        }
        is_recalled = is_recalled && member.text() != name.text() && !record.place.is_co_primary;
        if (record.facts->cluster_domain.empty()) {
            continue;
        }
        if (member.text() == name.text()) {
            return record.facts->cluster_domain;
        }
        if (record.place.is_co_primary && domain.empty()) {
            domain = record.facts->cluster_domain;
        }
    }
    const auto earlier = is_recalled ? recalled_domains_.find(name) : recalled_domains_.end();
    return earlier == recalled_domains_.end() ? domain : earlier->second;
}

model::ClusterPtr TopologyTable::make_cluster(const ClusterName& name, const Group& group, const Reading& now) const {
    auto cluster = std::make_shared<model::Cluster>();
    cluster->name = name;
    cluster->alias = aliases_.alias_of(name);
    cluster->domain = domain_of(name, group);
    cluster->servers.reserve(group.members.size());
    for (const auto& entry : group.members) {
        const model::ServerPtr& server = entry.second->server;
        cluster->has_remembered = cluster->has_remembered || server->remembered != nullptr;
        cluster->servers.push_back(server);
    }
    cluster->guests = guests_of(name, group);
    cluster->taken = now.ended;
    cluster->taken_wall = now.wall;
    return cluster;
}

ChangedClusters TopologyTable::adopt(const config::Settings& settings, const Reading& now) {
    cluster_name_to_alias_ = config::ClusterAliases(settings.cluster_name_to_alias);
    host_patterns_ = HostPatterns(settings);  // in force from each server's next reading on
    Touched all;
    for (auto& [name, group] : groups_) {
        group.alias_by_name.reset();
        all.insert(name);
    }
    return rebuild(std::move(all), now);
}

ChangedClusters TopologyTable::rebuild(Touched touched, const Reading& now) {
    // Claims first: one cluster's may take the alias of another, which then has to be made again too.
    const Touched before = touched;
    for (const auto& name : before) {
        const auto found = groups_.find(name);
        const bool is_gone = found == groups_.end() || found->second.members.empty();
        const AliasClaim claim = is_gone ? AliasClaim{} : claim_of(name, found->second);
        for (auto& other : aliases_.put(name, claim)) {
            touched.insert(std::move(other));
        }
    }
    ChangedClusters changed;
    changed.reserve(touched.size());
    for (const auto& name : touched) {
        const auto found = groups_.find(name);
        if (found == groups_.end()) {
            continue;
        }
        found->second.cluster = make_cluster(name, found->second, now);
        changed.push_back(found->second.cluster);
        if (found->second.members.empty()) {
            groups_.erase(found);
        }
    }
    has_changed_ = has_changed_ || !changed.empty();
    return changed;
}

}  // namespace orc::discovery
