#include "discovery/table/place.h"

#include <algorithm>

namespace orc::discovery {
namespace {

std::optional<Endpoint> group_parent(const Endpoint& self, const model::GroupMembership& group) {
    if (group.group_name.empty() || (group.single_primary && group.role == "PRIMARY")) {
        return std::nullopt;
    }
    if (group.single_primary && group.primary && group.primary->is_valid()) {
        return *group.primary == self ? std::nullopt : group.primary;
    }
    const Endpoint* smallest = &self;
    for (const auto& member : group.members) {
        if (member.is_valid() && member < *smallest) {
            smallest = &member;
        }
    }
    return *smallest == self ? std::nullopt : std::optional(*smallest);
}

}  // namespace

std::optional<Endpoint> parent_of(const Endpoint& self, const model::Facts& facts) {
    const model::Channel* main = facts.main_channel();
    if (main != nullptr && main->source.is_valid()) {
        return main->source;
    }
    return facts.group ? group_parent(self, *facts.group) : std::nullopt;
}

std::vector<Endpoint> side_sources_of(const model::Facts& facts) {
    std::vector<Endpoint> out;
    const model::Channel* main = facts.main_channel();
    for (const auto& channel : facts.channels) {
        if (&channel != main && channel.source.is_valid() && channel.source != main->source) {
            out.push_back(channel.source);
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

Place place_of(const Endpoint& server, const std::function<std::optional<Endpoint>(const Endpoint&)>& parent) {
    std::vector<Endpoint> path{server};
    while (const auto next = parent(path.back())) {
        const auto met = std::find(path.begin(), path.end(), *next);
        if (met == path.end()) {
            path.push_back(*next);
            continue;
        }
        // A ring: everything from `met` on. Its smallest member gives the name, however often roles change.
        const auto smallest = std::min_element(met, path.end());
        const auto entry = met - path.begin();
        const auto ring = path.end() - met;
        const auto steps = (smallest - met + ring) % ring;
        return {ClusterName(smallest->text()), static_cast<unsigned>(entry + steps), entry == 0};
    }
    return {ClusterName(path.back().text()), static_cast<unsigned>(path.size() - 1), false};
}

}  // namespace orc::discovery
