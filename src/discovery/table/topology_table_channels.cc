// The half of the table about channels beside the main one, and what follows from a server's sources: its guests' view
// and its ancestry.
#include <algorithm>

#include "discovery/table/topology_table.h"

namespace orc::discovery {

void TopologyTable::set_side_sources(Record& record, std::vector<Endpoint> sources, Touched& touched) {
    touch_hosts_of(record, touched);
    if (record.side_sources == sources) {
        return;
    }
    for (const auto& source : record.side_sources) {
        const auto found = side_children_.find(source);
        found->second.erase(record.endpoint);
        if (found->second.empty()) {
            side_children_.erase(found);
        }
    }
    for (const auto& source : sources) {
        side_children_[source].insert(record.endpoint);
    }
    record.side_sources = std::move(sources);
    touch_hosts_of(record, touched);
}

/// The clusters that show the server as a guest have a new value with it.
void TopologyTable::touch_hosts_of(const Record& record, Touched& touched) const {
    for (const auto& source : record.side_sources) {
        const auto found = records_.find(source);
        if (found != records_.end()) {
            touched.insert(found->second.place.cluster);
        }
    }
}

std::vector<model::ServerPtr> TopologyTable::guests_of(const ClusterName& name, const Group& group) const {
    std::set<Endpoint> guests;
    if (!side_children_.empty()) {
        for (const auto& entry : group.members) {
            const auto found = side_children_.find(entry.first);
            if (found != side_children_.end()) {
                guests.insert(found->second.begin(), found->second.end());
            }
        }
    }
    std::vector<model::ServerPtr> out;
    for (const auto& guest : guests) {
        const Record& record = records_.at(guest);
        if (record.place.cluster != name && record.server != nullptr) {
            out.push_back(record.server);
        }
    }
    return out;
}

std::string TopologyTable::ancestry_of(const Record& record) const {
    std::vector<std::string_view> up;
    const auto add = [&up](const std::string& uuid) {
        if (!uuid.empty() && std::find(up.begin(), up.end(), uuid) == up.end()) {
            up.emplace_back(uuid);
        }
    };
    const Record* at = &record;
    for (unsigned steps = 0; at != nullptr && at->facts != nullptr && steps <= record.place.depth; ++steps) {
        if (at->facts->group) {
            add(at->facts->group->group_name);
        }
        add(at->facts->server_uuid);
        if (at->place.is_co_primary) {
            if (const model::Channel* main = at->facts->main_channel()) {
                add(main->source_uuid);
            }
            break;
        }
        const auto above = at->parent ? records_.find(*at->parent) : records_.end();
        at = above == records_.end() ? nullptr : &above->second;
    }
    std::string out;
    for (auto uuid = up.rbegin(); uuid != up.rend(); ++uuid) {
        out += (out.empty() ? "" : ",") + std::string(*uuid);
    }
    return out;
}

}  // namespace orc::discovery
