// The half of the table that compares a replica with its source.
#include <algorithm>
#include <variant>

#include "discovery/table/topology_table.h"

namespace orc::discovery {

Executed TopologyTable::executed_of(const Record& record) {
    Executed out{nullptr, false, record.read_began, record.read_ended};
    if (record.facts != nullptr) {
        out.set = std::get_if<gtid::GtidSet>(&record.facts->executed);
        out.uses_gtid = !record.facts->gtid_mode.empty() && record.facts->gtid_mode != "OFF";
    }
    return out;
}

Look TopologyTable::look_at(const Record& record) { return {record.facts.get(), record.read_began, record.read_ended}; }

Circumstances TopologyTable::circumstances_of(const Record& record) const {
    Circumstances out;
    gtid::Lineage& lineage = out.lineage;
    lineage.own_uuid = record.facts->server_uuid;
    lineage.is_co_primary = record.place.is_co_primary;
    out.has_other_sources = !record.side_sources.empty();
    if (record.facts->group) {
        out.group_name = record.facts->group->group_name;
    }
    const auto source = record.parent ? records_.find(*record.parent) : records_.end();
    if (source != records_.end() && source->second.facts != nullptr) {
        const auto& sides = source->second.side_sources;
        lineage.is_co_primary |= std::find(sides.begin(), sides.end(), record.endpoint) != sides.end();
        out.source_awaits_acks = source->second.facts->semi_sync.source_enabled;
    }
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
    return out;
}

void TopologyTable::update_own_errant(Record& record) {
    const auto above = record.parent ? records_.find(*record.parent) : records_.end();
    const bool has_source = above != records_.end();
    const Executed source = has_source ? executed_of(above->second) : Executed{};
    const bool is_failing = has_source && above->second.check.failures > 0;
    const auto circumstances = [this, &record] { return circumstances_of(record); };
    record.errant.replica_read(record.parent, executed_of(record), source, circumstances, is_failing);
    const Look above_look = has_source ? look_at(above->second) : Look{};
    record.errant_mariadb.replica_read(record.parent, look_at(record), above_look, circumstances, is_failing);
}

void TopologyTable::update_errant_of_children(const Record& source, WallTime wall) {
    const auto children = children_.find(source.endpoint);
    if (children == children_.end()) {
        return;
    }
    const Executed executed = executed_of(source);
    for (const auto& child : children->second) {
        Record& record = records_.at(child);
        if (record.facts == nullptr) {
            continue;
        }
        const auto circumstances = [this, &record] { return circumstances_of(record); };
        record.errant.source_read(executed_of(record), executed, circumstances);
        record.errant_mariadb.source_read(look_at(record), look_at(source), circumstances);
        if (record.server == nullptr || record.server->errant != record.errant.errant() ||
            record.server->errant_mariadb != record.errant_mariadb.errant()) {
            remake(record, wall);
        }
    }
}

}  // namespace orc::discovery
