// What we know: facts and failures in, clusters and snapshots out. No I/O, no clock. Folding one server touches its
// cluster, and a second one when it moves; nothing else.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "config/filters.h"
#include "config/settings.h"
#include "discovery/names/host_patterns.h"
#include "discovery/table/alias_claims.h"
#include "discovery/table/errant_upkeep.h"
#include "discovery/table/mariadb_errant.h"
#include "discovery/table/place.h"
#include "model/topology.h"
#include "store/store.h"

namespace orc::discovery {

/// When one look at a server took place.
struct Reading {
    Instant began;
    Instant ended;
    WallTime wall;  ///< of the end
};

/// The newest values of the clusters that a change touched. A cluster that is no more comes with no servers.
using ChangedClusters = std::vector<model::ClusterPtr>;

class TopologyTable {
public:
    /// The name that a server is kept under, from any name that others use for it.
    using Names = std::function<Endpoint(const Endpoint&)>;

    TopologyTable(const config::Settings& settings, Names names, std::shared_ptr<const model::Intent> intent);

    /// Another ClusterNameToAlias: every cluster is named anew.
    ChangedClusters adopt(const config::Settings& settings, const Reading& now);

    /// A successful probe. A server not known before is taken in.
    ChangedClusters fold(const Endpoint& server, model::Facts facts, const Reading& reading);
    /// A failed check. Nothing changes for a server not known.
    ChangedClusters fold(const Endpoint& server, Error error, const Reading& reading);
    /// A look at the server has begun. Nothing changes for a server not known.
    ChangedClusters note_attempt(const Endpoint& server, const Reading& now);
    /// A sign of life between probes. Shown by the next snapshot of the server, not by a new one.
    void note_alive(const Endpoint& server, Instant at);
    /// A server that should be there but has not been read: known from an earlier run, or named as a source.
    /// `source` places it until it is read.
    ChangedClusters expect(const Endpoint& server, std::optional<Endpoint> source, const Reading& now);
    /// The same of one that an earlier run, or another node, has kept.
    ChangedClusters remember(const store::KnownServer& known, const Reading& now);
    /// What an earlier run knew of a cluster's domain: counts until its primary has been read.
    void recall_domain(const ClusterName& cluster, std::string domain) {
        recalled_domains_[cluster] = std::move(domain);
    }
    ChangedClusters remove(const Endpoint& server, const Reading& now);
    /// No server is known any more. What was recalled of domains stays.
    void clear();
    /// `names` now maps `from` to `to`: what refers to it follows, the server known as `from` goes.
    ChangedClusters rename(const Endpoint& from, const Endpoint& to, const Reading& now);
    /// The server does not answer: what it said last is read again by the names as they lead now.
    ChangedClusters review(const Endpoint& server, const Reading& now);
    /// The intended state is now `intent`; `changes` say what is new about it, none that
    /// anything may be.
    ChangedClusters intend(
        std::shared_ptr<const model::Intent> intent, const std::vector<model::Change>& changes, const Reading& now
    );

    bool knows(const Endpoint& server) const { return records_.contains(server); }
    /// Null when not known.
    model::ServerPtr find(const Endpoint& server) const;
    model::ClusterPtr cluster_of(const Endpoint& server) const;
    /// Those that the server places (its replicas by the main channel), in order.
    std::vector<Endpoint> children_of(const Endpoint& server) const;
    bool has_children(const Endpoint& server) const { return children_.contains(server); }
    std::vector<Endpoint> servers() const;
    std::size_t size() const { return records_.size(); }

    /// Everything known, made only if something has changed since the last call. Costs one pointer for each cluster;
    /// who belongs where is copied only when that changed.
    model::TopologyPtr snapshot(const Reading& now);
    bool has_changed() const { return has_changed_; }

private:
    struct Record {
        Endpoint endpoint;
        std::shared_ptr<const model::Facts> facts;
        model::ServerPtr remembered;  ///< until it is read
        model::Check check;
        model::StreamEvidence stream;
        std::optional<Endpoint> parent;
        std::vector<Endpoint> side_sources;  ///< of channels other than the main one
        Place place;
        Instant read_began;
        Instant read_ended;
        ErrantUpkeep errant;
        MariadbErrant errant_mariadb;
        model::ServerPtr server;
    };
    struct Group {
        std::map<Endpoint, const Record*> members;
        model::ClusterPtr cluster;
        std::optional<std::string> alias_by_name;  ///< ClusterNameToAlias's answer, asked once
    };
    using Touched = std::set<ClusterName>;

    Record& take_in(const Endpoint& server, Touched& touched);
    ChangedClusters take_in_unread(const store::KnownServer& known, const Reading& now, bool is_remembered);
    void resolve_names(model::Facts& facts) const;
    void set_side_sources(Record& record, std::vector<Endpoint> sources, Touched& touched);
    void touch_hosts_of(const Record& record, Touched& touched) const;
    void set_parent(Record& record, std::optional<Endpoint> parent, Touched& touched);
    void replace(const std::set<Endpoint>& servers, Touched& touched);
    void put_place(model::Server& server, const Place& place) const;
    void collect_members(const ClusterName& cluster, std::set<Endpoint>& out) const;
    static Executed executed_of(const Record& record);
    static Look look_at(const Record& record);
    Circumstances circumstances_of(const Record& record) const;
    std::string ancestry_of(const Record& record) const;
    void update_own_errant(Record& record);
    void update_errant_of_children(const Record& source, WallTime wall);
    void remake(Record& record, WallTime wall);
    static model::ServerPtr as_remembered(const model::Server& now, const model::Server& before);
    std::vector<model::ServerPtr> guests_of(const ClusterName& name, const Group& group) const;
    AliasClaim claim_of(const ClusterName& name, Group& group) const;
    std::string domain_of(const ClusterName& name, const Group& group) const;
    model::ClusterPtr make_cluster(const ClusterName& name, const Group& group, const Reading& now) const;
    ChangedClusters rebuild(Touched touched, const Reading& now);

    config::ClusterAliases cluster_name_to_alias_;
    HostPatterns host_patterns_;
    Names names_;
    std::shared_ptr<const model::Intent> intent_;
    std::unordered_map<Endpoint, Record> records_;  // an entry stays where it is until it is erased
    std::unordered_map<Endpoint, std::set<Endpoint>> children_;
    std::unordered_map<Endpoint, std::set<Endpoint>> side_children_;  ///< by a channel that is not their main one
    std::map<ClusterName, Group> groups_;
    AliasClaims aliases_;
    std::map<ClusterName, std::string> recalled_domains_;
    std::unordered_map<Endpoint, std::vector<std::string>> pools_of_;  ///< the intent's pools by member
    bool has_changed_ = true;
    bool has_moved_ = true;  ///< a server came, went, or belongs to another cluster
    std::uint64_t revision_ = 0;
    model::TopologyPtr published_;
};

}  // namespace orc::discovery
