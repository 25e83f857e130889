#include "discovery/table/borrowed_topology.h"

#include <algorithm>
#include <map>
#include <set>

#include "discovery/table/intended.h"
#include "discovery/table/place.h"

namespace orc::discovery {
namespace {

using Members = std::map<ClusterName, std::vector<model::ServerPtr>>;

Members by_cluster(const std::vector<model::ServerPtr>& servers, const model::Intent& intent, WallTime wall) {
    const PoolsOf pools = pools_by_member(intent);
    Members out;
    for (const auto& known : servers) {
        auto server = std::make_shared<model::Server>(*known);
        if (server->cluster.empty()) {
            server->cluster = ClusterName(server->endpoint.text());
        }
        put_intent(*server, intent, pools, wall);
        out[server->cluster].push_back(std::move(server));
    }
    for (auto& [name, members] : out) {
        std::ranges::sort(members, {}, [](const model::ServerPtr& server) { return server->endpoint; });
    }
    return out;
}

AliasClaim claim_of(
    const ClusterName& name,
    const std::vector<model::ServerPtr>& members,
    const model::Intent& intent,
    const config::ClusterAliases& pattern
) {
    AliasWitness witness;
    for (const auto& server : members) {
        witness.see(*server);
    }
    return witness.claim(name, intent, [&] { return pattern.alias_of(name.text()); });
}

/// Who is shown in clusters that are not its own, by them.
Members guests_in(const Members& all, const model::Topology::Members& cluster_of) {
    Members out;
    for (const auto& [name, members] : all) {
        for (const auto& server : members) {
            if (server->facts == nullptr || server->facts->channels.size() < 2) {
                continue;
            }
            for (const auto& source : side_sources_of(*server->facts)) {
                const auto host = cluster_of.find(source);
                if (host != cluster_of.end() && host->second != name) {
                    out[host->second].push_back(server);
                }
            }
        }
    }
    for (auto& [name, guests] : out) {
        std::ranges::sort(guests, {}, [](const model::ServerPtr& server) { return server->endpoint; });
        guests.erase(std::ranges::unique(guests).begin(), guests.end());
    }
    return out;
}

std::string domain_of(const ClusterName& name, const std::vector<store::ClusterDomain>& domains) {
    const auto found = std::ranges::find(domains, name, &store::ClusterDomain::cluster);
    return found == domains.end() ? std::string() : found->domain;
}

}  // namespace

std::shared_ptr<model::Topology> borrowed_topology(
    const Borrowed& from, const model::Intent& intent, const config::ClusterAliases& pattern, const Reading& now
) {
    Members all = by_cluster(from.servers, intent, now.wall);
    AliasClaims aliases;
    for (const auto& [name, members] : all) {
        aliases.put(name, claim_of(name, members, intent, pattern));
    }
    auto out = std::make_shared<model::Topology>();
    auto members_of = std::make_shared<model::Topology::Members>();
    for (const auto& [name, members] : all) {
        for (const auto& server : members) {
            members_of->emplace(server->endpoint, name);
        }
    }
    Members guests = guests_in(all, *members_of);
    for (auto& [name, members] : all) {
        auto cluster = std::make_shared<model::Cluster>();
        cluster->name = name;
        cluster->alias = aliases.alias_of(name);
        cluster->domain = domain_of(name, from.domains);
        cluster->taken = now.ended;
        cluster->taken_wall = now.wall;
        cluster->servers = std::move(members);
        if (const auto here = guests.find(name); here != guests.end()) {
            cluster->guests = std::move(here->second);
        }
        out->clusters.emplace_hint(out->clusters.end(), name, std::move(cluster));
    }
    out->members = std::move(members_of);
    out->taken = now.ended;
    out->taken_wall = now.wall;
    return out;
}

}  // namespace orc::discovery
