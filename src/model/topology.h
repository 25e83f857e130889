// What we know: servers, grouped into clusters, as immutable snapshots. discovery makes them; everybody reads them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/id.h"
#include "model/facts.h"
#include "model/intent.h"

namespace orc::model {

/// How looking at a server went lately. Instants are of the node that probes.
struct Check {
    std::optional<Instant> attempted;      ///< last probe started; one of the ordinary round is noted when it ends
    std::optional<Instant> completed;      ///< last probe ended, well or not
    std::optional<Instant> seen;           ///< last successful probe (what `facts` holds)
    std::optional<Instant> answered;       ///< last sign of life of any kind on a session of ours
    std::optional<Instant> failing_since;  ///< first failed check after the last success
    unsigned failures = 0;                 ///< consecutive failed checks
    bool partial = false;                  ///< the last check got the basics and failed later
    bool is_remembered = false;            ///< an earlier run of this program knew it, replicating from nobody
    std::optional<Error> error;            ///< of the last check, when it failed
    WallTime seen_wall;                    ///< calendar time of `seen`; the epoch when never

    bool is_valid() const { return seen.has_value() && failures == 0; }
    friend bool operator==(const Check&, const Check&) = default;
};

/// Signs of life of a replica's stream, kept between probes: when its received position or heartbeat counter last
/// moved.
struct StreamEvidence {
    std::optional<Instant> moved;   ///< last time two probes differed; the first look counts as a move
    std::optional<Instant> looked;  ///< last probe that saw the receiver running
    friend bool operator==(const StreamEvidence&, const StreamEvidence&) = default;
};

struct Server {
    Endpoint endpoint;
    std::shared_ptr<const Facts> facts;  ///< null: never read
    /// While never read: this server as an earlier run, or another node, last knew it, placed as it is now. To be
    /// shown, and for what seldom changes; no evidence of how it stands.
    std::shared_ptr<const Server> remembered;
    Check check;
    StreamEvidence stream;  ///< of the main channel
    /// Since when a primary has waited for semi-sync replicas without its binary log moving on; see ack_wait().
    std::optional<Instant> waiting_for_acks_since;

    // Derived when the snapshot was made:
    ClusterName cluster;
    unsigned depth = 0;
    bool is_co_primary = false;
    gtid::GtidSet errant;
    /// The same on MariaDB: the last one of each domain and server that wrote there.
    std::vector<gtid::MariadbGtid> errant_mariadb;
    /// The classic AncestryUUID: uuids from the topmost known source down to this server, then its group's name, joined
    /// by commas; "" where nothing has a uuid.
    std::string ancestry;
    std::string cluster_alias;  ///< of its cluster, when this was made; "" when it has none

    // Intended, copied in so that a snapshot is complete:
    std::optional<Downtime> downtime;  ///< in force when the snapshot was made
    bool in_maintenance = false;
    PromotionRule rule = PromotionRule::neutral;
    std::vector<std::pair<std::string, std::string>> tags;  ///< name and value, by name; most servers have none
    std::vector<std::string> pools;                         ///< by name
    std::string unresolved_host;  ///< name to write into replication settings in place of the own one; "" for none

    /// Source of the main channel when it is a usable address.
    std::optional<Endpoint> source() const;
    bool is_replica() const { return source().has_value(); }
    /// Replicates from nobody and is no secondary of a group.
    bool is_primary() const;
    const Channel* channel() const { return facts ? facts->main_channel() : nullptr; }
    /// What was read last by whoever read it; null for nothing.
    const Facts* last_known() const { return facts == nullptr && remembered ? remembered->facts.get() : facts.get(); }
    /// Both threads run.
    bool is_replicating() const;
    /// ReplicationLagQuery's answer if configured, else the channel's lag.
    std::optional<Seconds> lag() const;
    bool has_errant() const { return !errant.empty() || !errant_mariadb.empty(); }
    /// Errant transactions in the server's own notation; "" for none.
    std::string errant_text() const;
};

/// The next value of Server::waiting_for_acks_since after a probe at `seen` read `facts`; nullopt when the server does
/// not wait for semi-sync replicas. `before` is what was known until then, null for nothing.
std::optional<Instant> ack_wait(const Server* before, const Facts& facts, Instant seen);

using ServerPtr = std::shared_ptr<const Server>;

/// One replication topology, servers sorted by endpoint.
struct Cluster {
    ClusterName name;
    std::string alias;   ///< equals the name when there is none
    std::string domain;  ///< "" when unknown
    std::vector<ServerPtr> servers;
    /// Servers of other clusters that receive from a member over a channel that is not their main one, sorted. They are
    /// shown and may testify; they are never moved with this cluster.
    std::vector<ServerPtr> guests;
    bool has_remembered = false;  ///< some server is remembered only
    Instant taken;
    WallTime taken_wall;

    const Server* find(const Endpoint& endpoint) const;
    /// Direct replicas by any channel, in endpoint order; guests are not among them.
    std::vector<const Server*> replicas_of(const Endpoint& endpoint) const;
    /// Servers that replicate from nobody here, writable ones first.
    std::vector<const Server*> primaries() const;
};

using ClusterPtr = std::shared_ptr<const Cluster>;

/// Everything known at one moment. Snapshots that follow each other share what did not change.
struct Topology {
    using Members = std::unordered_map<Endpoint, ClusterName>;

    std::map<ClusterName, ClusterPtr> clusters;
    /// The cluster of each server; never null. Rarely changes, so it is shared.
    std::shared_ptr<const Members> members = std::make_shared<const Members>();
    Instant taken;
    WallTime taken_wall;
    std::uint64_t revision = 0;

    /// Takes a cluster in with its servers. Copies the members: for small topologies.
    void add(ClusterPtr cluster);

    bool knows(const Endpoint& endpoint) const { return members->contains(endpoint); }
    const Server* find(const Endpoint& endpoint) const;
    ClusterPtr cluster(const Endpoint& endpoint) const;
    /// By exact name, else by alias; null if neither.
    ClusterPtr cluster_named(std::string_view name_or_alias) const;
};

using TopologyPtr = std::shared_ptr<const Topology>;

/// The same with every server that is remembered only as it is remembered: for people, who want to see more than
/// nothing. Never to be decided on.
TopologyPtr as_shown(TopologyPtr topology);

}  // namespace orc::model
