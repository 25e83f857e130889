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
        const auto circumstances = [this, &record] { return circumstances_of(record); };
        record.errant.source_read(executed_of(record), executed, circumstances);
        if (record.server == nullptr || record.server->errant != record.errant.errant()) {
            remake(record, wall);
        }
    }
}

}  // namespace orc::discovery
