// The half of the table that compares a replica with its source.
#include <variant>

#include "discovery/topology_table.h"

namespace orc::discovery {

Executed TopologyTable::executed_of(const Record& record) const {
    Executed out{nullptr, record.read_began, record.read_ended};
    if (record.facts != nullptr) {
        out.set = std::get_if<gtid::GtidSet>(&record.facts->executed);
    }
    return out;
}

gtid::Lineage TopologyTable::lineage_of(const Record& record) const {
    gtid::Lineage lineage;
    lineage.own_uuid = record.facts->server_uuid;
    lineage.is_co_primary = record.place.is_co_primary;
    std::set<Endpoint> seen;
    const Record* at = &record;
    while (at != nullptr && at->facts != nullptr && seen.insert(at->endpoint).second) {
        for (const auto& channel : at->facts->channels) {
            if (!channel.source_uuid.empty()) {
                lineage.ancestors.push_back(channel.source_uuid);
            }
        }
        if (at != &record && !at->facts->server_uuid.empty()) {
            lineage.ancestors.push_back(at->facts->server_uuid);
        }
        if (at->facts->group && !at->facts->group->group_name.empty()) {
            lineage.ancestors.push_back(at->facts->group->group_name);
        }
        const auto above = at->parent ? records_.find(*at->parent) : records_.end();
        at = above == records_.end() ? nullptr : &above->second;
    }
    return lineage;
}

void TopologyTable::update_own_errant(Record& record) {
    const auto above = record.parent ? records_.find(*record.parent) : records_.end();
    const bool has_source = above != records_.end();
    const Executed own = executed_of(record);
    const Executed source = has_source ? executed_of(above->second) : Executed{};
    if (own.set == nullptr || source.set == nullptr) {
        record.errant.replica_read(record.parent, own, source, [] { return gtid::Lineage{}; }, false);
        return;
    }
    const auto lineage = [this, &record] { return lineage_of(record); };
    record.errant.replica_read(record.parent, own, source, lineage, above->second.check.failures > 0);
}

void TopologyTable::update_errant_of_children(const Record& source, WallTime wall) {
    const auto children = children_.find(source.endpoint);
    const Executed executed = executed_of(source);
    if (children == children_.end() || executed.set == nullptr) {
        return;
    }
    for (const auto& child : children->second) {
        Record& record = records_.at(child);
        if (record.facts == nullptr) {
            continue;
        }
        gtid::Lineage lineage;
        lineage.own_uuid = record.facts->server_uuid;
        lineage.is_co_primary = record.place.is_co_primary;
        record.errant.source_read(executed_of(record), executed, lineage);
        if (record.server == nullptr || record.server->errant != record.errant.errant()) {
            remake(record, wall);
        }
    }
}

}  // namespace orc::discovery
