#include "discovery/table/intended.h"

namespace orc::discovery {

PoolsOf pools_by_member(const model::Intent& intent) {
    PoolsOf out;
    for (const auto& [name, pool] : intent.pools) {
        for (const auto& member : pool.members) {
            out[member].push_back(name);
        }
    }
    return out;
}

void put_intent(model::Server& server, const model::Intent& intent, const PoolsOf& pools, WallTime wall) {
    if (const auto* downtime = intent.downtime_of(server.endpoint, wall)) {
        server.downtime = *downtime;
    }
    server.in_maintenance = intent.maintenance.contains(server.endpoint);
    server.rule = intent.rule_of(server.endpoint);
    if (const auto tags = intent.tags.find(server.endpoint); tags != intent.tags.end()) {
        for (const auto& [name, tag] : tags->second) {
            server.tags.emplace_back(name, tag.value);
        }
    }
    if (const auto found = pools.find(server.endpoint); found != pools.end()) {
        server.pools = found->second;
    }
    if (const auto name = intent.unresolves.find(server.endpoint.host); name != intent.unresolves.end()) {
        server.unresolved_host = name->second.unresolved;
    }
}

void AliasWitness::see(const model::Server& server) {
    ++members_;
    const bool is_root = server.depth == 0;
    if (is_root && top_ == nullptr) {
        top_ = &server;
    }
    if (server.facts != nullptr && !server.facts->cluster_alias.empty() && (detected_.empty() || is_root)) {
        detected_ = server.facts->cluster_alias;
    }
}

AliasClaim AliasWitness::claim(
    const ClusterName& name, const model::Intent& intent, const std::function<std::string()>& by_name
) const {
    AliasClaim out;
    if (top_ != nullptr) {
        out.is_root_valid = top_->check.is_valid();
        out.is_not_lost = !top_->downtime || top_->downtime->reason != model::lost_in_recovery;
    }
    out.has_replicas = members_ > 1;
    const auto kept = intent.aliases.find(name);
    const auto override_ = intent.alias_overrides.find(name);
    if (override_ != intent.alias_overrides.end()) {
        out.alias = override_->second;
        out.is_override = true;
    } else if (!detected_.empty()) {
        out.alias = detected_;
    } else {
        out.alias = by_name();
    }
    if (out.alias.empty() && !out.is_override && kept != intent.aliases.end()) {
        out.alias = kept->second;
    }
    out.is_kept = kept != intent.aliases.end() && kept->second == out.alias;
    return out;
}

}  // namespace orc::discovery
