#include "discovery/table/topology_table.h"

#include <algorithm>

#include "discovery/table/stream_evidence.h"

namespace orc::discovery {

TopologyTable::TopologyTable(const config::Settings& settings, Names names, std::shared_ptr<const model::Intent> intent)
    : cluster_name_to_alias_(settings.cluster_name_to_alias),
      host_patterns_(settings),
      names_(std::move(names)),
      intent_(std::move(intent)) {}

TopologyTable::Record& TopologyTable::take_in(const Endpoint& server, Touched& touched) {
    const auto [at, is_new] = records_.try_emplace(server);
    if (is_new) {
        has_moved_ = true;
        at->second.endpoint = server;
        // Until its facts say otherwise it is a root, whose cluster its replicas may have opened already.
        at->second.place.cluster = ClusterName(server.text());
        groups_[at->second.place.cluster].members.emplace(server, &at->second);
        touched.insert(at->second.place.cluster);
    }
    return at->second;
}

void TopologyTable::resolve_names(model::Facts& facts) const {
    for (auto& channel : facts.channels) {
        if (channel.source.is_valid()) {
            channel.source = names_(channel.source);
        }
    }
    if (facts.group) {
        for (auto& member : facts.group->members) {
            member = names_(member);
        }
        if (facts.group->primary) {
            facts.group->primary = names_(*facts.group->primary);
        }
    }
}

ChangedClusters TopologyTable::fold(const Endpoint& server, model::Facts facts, const Reading& reading) {
    Touched touched;
    Record& record = take_in(server, touched);
    resolve_names(facts);
    host_patterns_.complete(facts, server.host);
    const model::Channel* before = record.facts ? record.facts->main_channel() : nullptr;
    record.stream = fold_stream(record.stream, before, facts.main_channel(), reading.ended);
    record.facts = std::make_shared<const model::Facts>(std::move(facts));
    record.remembered.reset();
    record.read_began = reading.began;
    record.read_ended = reading.ended;
    record.check.attempted = reading.began;
    record.check.completed = reading.ended;
    record.check.seen = reading.ended;
    record.check.answered = std::max(record.check.answered.value_or(reading.ended), reading.ended);
    record.check.failing_since.reset();
    record.check.failures = 0;
    record.check.partial = false;
    record.check.error.reset();
    record.check.seen_wall = reading.wall;
    set_parent(record, parent_of(server, *record.facts), touched);
    set_side_sources(record, side_sources_of(*record.facts), touched);
    update_own_errant(record);
    update_errant_of_children(record, reading.wall);
    remake(record, reading.wall);
    touched.insert(record.place.cluster);
    return rebuild(std::move(touched), reading);
}

ChangedClusters TopologyTable::fold(const Endpoint& server, Error error, const Reading& reading) {
    const auto found = records_.find(server);
    if (found == records_.end()) {
        return {};
    }
    Record& record = found->second;
    record.check.attempted = reading.began;
    record.check.completed = reading.ended;
    if (record.check.failures == 0) {
        record.check.failing_since = reading.ended;
    }
    ++record.check.failures;
    record.check.partial = error.code == ErrorCode::invalid;  // it spoke, but not all of it made sense
    record.check.error = std::move(error);
    remake(record, reading.wall);
    Touched touched{record.place.cluster};
    touch_hosts_of(record, touched);
    return rebuild(std::move(touched), reading);
}

ChangedClusters TopologyTable::note_attempt(const Endpoint& server, const Reading& now) {
    const auto found = records_.find(server);
    if (found == records_.end()) {
        return {};
    }
    Record& record = found->second;
    record.check.attempted = now.began;
    remake(record, now.wall);
    return rebuild({record.place.cluster}, now);
}

void TopologyTable::note_alive(const Endpoint& server, Instant at) {
    const auto found = records_.find(server);
    if (found != records_.end()) {
        found->second.check.answered = at;
    }
}

ChangedClusters TopologyTable::expect(const Endpoint& server, std::optional<Endpoint> source, const Reading& now) {
    store::KnownServer named;
    named.endpoint = server;
    named.source = std::move(source);
    return take_in_unread(named, now, false);
}

ChangedClusters TopologyTable::remember(const store::KnownServer& known, const Reading& now) {
    return take_in_unread(known, now, true);
}

ChangedClusters TopologyTable::take_in_unread(const store::KnownServer& known, const Reading& now, bool is_remembered) {
    if (knows(known.endpoint)) {
        return {};
    }
    Touched touched;
    Record& record = take_in(known.endpoint, touched);
    record.check.is_remembered = is_remembered && !known.source;
    record.remembered = known.observed;
    if (known.observed != nullptr && known.source) {
        record.errant.recall(*known.source, known.observed->errant);
        record.errant_mariadb.recall(*known.source, known.observed->errant_mariadb);
    }
    set_parent(record, known.source, touched);
    remake(record, now.wall);
    touched.insert(record.place.cluster);
    return rebuild(std::move(touched), now);
}

ChangedClusters TopologyTable::remove(const Endpoint& server, const Reading& now) {
    const auto found = records_.find(server);
    if (found == records_.end()) {
        return {};
    }
    Touched touched;
    set_side_sources(found->second, {}, touched);
    set_parent(found->second, std::nullopt, touched);
    const ClusterName cluster = found->second.place.cluster;
    touched.insert(cluster);
    groups_[cluster].members.erase(server);
    records_.erase(found);
    has_moved_ = true;
    // Its replicas stay together, named after a source that is not known any more.
    std::set<Endpoint> orphans;
    collect_members(cluster, orphans);
    replace(orphans, touched);
    return rebuild(std::move(touched), now);
}

void TopologyTable::clear() {
    records_.clear();
    children_.clear();
    side_children_.clear();
    groups_.clear();
    aliases_ = {};
    has_changed_ = true;
    has_moved_ = true;
}

ChangedClusters TopologyTable::rename(const Endpoint& from, const Endpoint& to, const Reading& now) {
    Touched touched;
    const std::vector<Endpoint> children = children_of(from);
    for (const auto& child : children) {
        Record& record = records_.at(child);
        record.errant.source_renamed(to);
        record.errant_mariadb.source_renamed(to);
        if (record.facts == nullptr) {
            set_parent(record, to, touched);
        } else {
            model::Facts facts = *record.facts;
            resolve_names(facts);
            record.facts = std::make_shared<const model::Facts>(std::move(facts));
            set_parent(record, parent_of(child, *record.facts), touched);
        }
        remake(record, now.wall);
        touched.insert(record.place.cluster);
    }
    const auto side = side_children_.find(from);
    const std::set<Endpoint> guests = side == side_children_.end() ? std::set<Endpoint>{} : side->second;
    for (const auto& guest : guests) {
        Record& record = records_.at(guest);
        model::Facts facts = *record.facts;
        resolve_names(facts);
        record.facts = std::make_shared<const model::Facts>(std::move(facts));
        set_side_sources(record, side_sources_of(*record.facts), touched);
        remake(record, now.wall);
        touched.insert(record.place.cluster);
    }
    ChangedClusters changed = rebuild(std::move(touched), now);
    ChangedClusters gone = remove(from, now);
    changed.insert(changed.end(), gone.begin(), gone.end());
    return changed;
}

ChangedClusters TopologyTable::review(const Endpoint& server, const Reading& now) {
    const auto found = records_.find(server);
    if (found == records_.end() || found->second.facts == nullptr) {
        return {};
    }
    Record& record = found->second;
    model::Facts facts = *record.facts;
    resolve_names(facts);
    if (facts == *record.facts) {
        return {};
    }
    Touched touched;
    record.facts = std::make_shared<const model::Facts>(std::move(facts));
    set_parent(record, parent_of(server, *record.facts), touched);
    set_side_sources(record, side_sources_of(*record.facts), touched);
    remake(record, now.wall);
    touched.insert(record.place.cluster);
    return rebuild(std::move(touched), now);
}

model::ServerPtr TopologyTable::find(const Endpoint& server) const {
    const auto found = records_.find(server);
    return found == records_.end() ? nullptr : found->second.server;
}

model::ClusterPtr TopologyTable::cluster_of(const Endpoint& server) const {
    const auto found = records_.find(server);
    return found == records_.end() ? nullptr : groups_.at(found->second.place.cluster).cluster;
}

std::vector<Endpoint> TopologyTable::children_of(const Endpoint& server) const {
    const auto found = children_.find(server);
    return found == children_.end() ? std::vector<Endpoint>{}
                                    : std::vector<Endpoint>(found->second.begin(), found->second.end());
}

std::vector<Endpoint> TopologyTable::servers() const {
    std::vector<Endpoint> out;
    out.reserve(records_.size());
    for (const auto& entry : records_) {
        out.push_back(entry.first);
    }
    std::sort(out.begin(), out.end());
    return out;
}

model::TopologyPtr TopologyTable::snapshot(const Reading& now) {
    if (published_ != nullptr && !has_changed_) {
        return published_;
    }
    auto topology = std::make_shared<model::Topology>();
    for (const auto& [name, group] : groups_) {
        topology->clusters.emplace_hint(topology->clusters.end(), name, group.cluster);
    }
    if (has_moved_ || published_ == nullptr) {
        auto members = std::make_shared<model::Topology::Members>();
        members->reserve(records_.size());
        for (const auto& [endpoint, record] : records_) {
            members->emplace(endpoint, record.place.cluster);
        }
        topology->members = std::move(members);
        has_moved_ = false;
    } else {
        topology->members = published_->members;
    }
    topology->taken = now.ended;
    topology->taken_wall = now.wall;
    topology->revision = ++revision_;
    has_changed_ = false;
    published_ = std::move(topology);
    return published_;
}

}  // namespace orc::discovery
