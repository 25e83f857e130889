// What people or automation decided: the truth of the ledger, as values. Each kind of record has one Change that puts
// it and one that takes it away; store/ maps them to rows of the classic tables.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/id.h"
#include "base/time.h"

namespace orc::model {

enum class PromotionRule { must, prefer, neutral, prefer_not, must_not };
std::string_view name(PromotionRule rule);
Result<PromotionRule> parse_promotion_rule(std::string_view text);

struct Downtime {
    Endpoint endpoint;
    WallTime begin;
    WallTime end;
    std::string owner;
    std::string reason;
    friend bool operator==(const Downtime&, const Downtime&) = default;
};
/// The reason that marks a server left behind by a recovery.
inline constexpr std::string_view lost_in_recovery = "lost-in-recovery";

struct Maintenance {
    Endpoint endpoint;
    WallTime begin;
    WallTime end;
    std::string owner;
    std::string reason;
    std::string node_host;
    NodeToken node_token;
    /// The row's number, by which people end it; see Intent::last_maintenance_id. 0: the database numbers it.
    std::int64_t id = 0;
    /// Asked for by a person: lives until its end. Otherwise the lock goes with the process that took it.
    bool explicitly_bounded = false;
    friend bool operator==(const Maintenance&, const Maintenance&) = default;
};

struct Tag {
    Endpoint endpoint;
    std::string name;
    std::string value;  ///< may be empty
    WallTime updated;
    friend bool operator==(const Tag&, const Tag&) = default;
};

/// Servers that share the traffic of one kind; always replaced as a whole.
struct Pool {
    std::string name;
    std::set<Endpoint> members;
    WallTime registered;
    friend bool operator==(const Pool&, const Pool&) = default;
};

/// The name to write into replication settings in place of a host's canonical one (a virtual address, an alias).
struct Unresolve {
    std::string host;
    std::string unresolved;
    WallTime registered;
    friend bool operator==(const Unresolve&, const Unresolve&) = default;
};

struct AccessToken {
    std::string public_token;
    std::string secret_token;
    WallTime generated;
    std::string generated_by;
    bool is_acquired = false;
    bool is_reentrant = false;  ///< may be acquired again, and does not expire
    std::optional<WallTime> acquired;
    friend bool operator==(const AccessToken&, const AccessToken&) = default;
};

/// A recovery that another one holds back. For people: says nothing about what may be done.
struct BlockedRecovery {
    Endpoint endpoint;
    std::string code;  ///< analysis code
    ClusterName cluster;
    WallTime at;
    std::optional<std::int64_t> blocking_recovery;
    friend bool operator==(const BlockedRecovery&, const BlockedRecovery&) = default;
};

/// Where one server stood at the time of a snapshot.
struct SnapshotPlace {
    Endpoint endpoint;
    std::optional<Endpoint> source;
    ClusterName cluster;
    std::string version;
    friend bool operator==(const SnapshotPlace&, const SnapshotPlace&) = default;
};

/// All topologies at one second.
struct TopologySnapshot {
    WallTime at;
    std::vector<SnapshotPlace> places;
    friend bool operator==(const TopologySnapshot&, const TopologySnapshot&) = default;
};

struct Candidate {
    Endpoint endpoint;
    PromotionRule rule = PromotionRule::neutral;
    WallTime suggested;
    friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// Row of topology_failure_detection.
struct Detection {
    std::int64_t id = 0;  ///< given by the deciding node; unique and rising
    Endpoint endpoint;
    std::string code;  ///< analysis code
    ClusterName cluster;
    std::string cluster_alias;
    bool is_actionable = false;
    std::vector<Endpoint> replicas;
    WallTime start;
    std::optional<WallTime> ended;  ///< nullopt while in its active period
    std::string node_host;
    NodeToken node_token;
    std::int64_t related_recovery = 0;  ///< the newest recovery made for it; 0: none, or not read back
    friend bool operator==(const Detection&, const Detection&) = default;
};

/// Row of topology_recovery. "Active" (blocking) until acknowledged or its period ends; "unresolved" until end_recovery
/// is set.
struct RecoveryRecord {
    std::int64_t id = 0;
    RecoveryUid uid;
    Endpoint failed;
    std::string code;
    ClusterName cluster;
    std::string cluster_alias;
    std::vector<Endpoint> replicas;
    WallTime start;
    std::optional<WallTime> ended;              ///< resolved when set
    std::optional<WallTime> active_period_end;  ///< blocks further recoveries until set
    bool is_successful = false;
    std::optional<Endpoint> successor;
    std::string successor_alias;
    std::vector<Endpoint> lost;
    std::vector<Endpoint> participants;
    std::vector<std::string> errors;
    bool acknowledged = false;
    std::optional<WallTime> acknowledged_at;
    std::string acknowledged_by;
    std::string acknowledge_comment;
    std::int64_t last_detection_id = 0;
    std::string node_host;
    NodeToken node_token;
    friend bool operator==(const RecoveryRecord&, const RecoveryRecord&) = default;
};

/// Ours: how far a running recovery or switchover has come, so that another process can finish or undo it.
enum class RecoveryPhase { preparing, positions_known, promoting, promoted, undoing };
std::string_view name(RecoveryPhase phase);
Result<RecoveryPhase> parse_recovery_phase(std::string_view text);

struct RecoveryProgress {
    RecoveryUid uid;
    RecoveryPhase phase = RecoveryPhase::preparing;
    std::string plan;  ///< JSON of the plan in execution (planning/plan_text.h)
    WallTime at;
    friend bool operator==(const RecoveryProgress&, const RecoveryProgress&) = default;
};

/// Ours: exclusive right to change one cluster, fenced by a term that only grows.
struct ClusterLease {
    ClusterName cluster;
    std::uint64_t term = 0;
    std::string purpose;  ///< recovery uid or the name of the planned operation
    NodeToken holder;
    WallTime expires;
    friend bool operator==(const ClusterLease&, const ClusterLease&) = default;
};

/// Ours: who was the last known good primary of a topology, and what it had at least executed (demand: a stale node
/// that comes back first must not be promoted). Keyed by every member's endpoint so that renaming a cluster loses
/// nothing.
struct PrimaryTerm {
    Endpoint member;
    std::uint64_t term = 0;
    Endpoint primary;
    std::string executed;  ///< text of the progress known at that time
    WallTime since;
    friend bool operator==(const PrimaryTerm&, const PrimaryTerm&) = default;
};

struct RecoveryStep {
    RecoveryUid uid;
    WallTime at;
    std::string message;
    std::int64_t id = 0;  ///< the row's number; 0 until it is read back
    friend bool operator==(const RecoveryStep&, const RecoveryStep&) = default;
};

struct AuditEntry {
    WallTime at;
    std::string type;
    std::optional<Endpoint> endpoint;
    std::string cluster;
    std::string message;
    std::int64_t id = 0;  ///< the row's number; 0 until it is read back
    friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

// ---- changes ----
struct PutDowntime {
    Downtime record;
};
struct EndDowntime {
    Endpoint endpoint;
};
struct PutMaintenance {
    Maintenance record;
};  ///< replaces an active one of the same server; a number that another row has is a conflict
struct EndMaintenance {
    Endpoint endpoint;
    WallTime at;
};
struct PutCandidate {
    Candidate record;
};
struct DropCandidate {
    Endpoint endpoint;
};
struct PutTag {
    Tag record;
};
struct DropTag {
    Endpoint endpoint;
    std::string name;
};
struct PutPool {
    Pool record;
};  ///< replaces the pool; without members it is gone
struct PutUnresolve {
    Unresolve record;
};
struct DropUnresolve {
    std::string host;
};
struct PutAccessToken {
    AccessToken record;
};  ///< upsert by public token
struct DropAccessToken {
    std::string public_token;
};
struct PutBlockedRecovery {
    BlockedRecovery record;
};
struct DropBlockedRecovery {
    Endpoint endpoint;
};
struct AppendSnapshot {
    TopologySnapshot record;
};
struct PutDetection {
    Detection record;
};  ///< upsert by id
struct PutRecovery {
    RecoveryRecord record;
};  ///< upsert by uid
struct AppendRecoveryStep {
    RecoveryStep record;
};
struct PutRecoveryProgress {
    RecoveryProgress record;
};
struct DropRecoveryProgress {
    RecoveryUid uid;
};
struct PutLease {
    ClusterLease record;
};
struct DropLease {
    ClusterName cluster;
};  ///< the term is kept, so that it only grows
struct PutPrimaryTerm {
    PrimaryTerm record;
};
struct SetRecoveriesDisabled {
    bool disabled = false;
};
struct PutClusterAlias {
    ClusterName cluster;
    std::string alias;
};
struct DropClusterAlias {
    ClusterName cluster;
};
struct PutAliasOverride {
    ClusterName cluster;
    std::string alias;
};
struct DropAliasOverride {
    ClusterName cluster;
};
struct PutAttribute {
    std::string host;
    std::string name;
    std::string value;
    WallTime at;
};
struct PutKeyValue {
    std::string key;
    std::string value;
    WallTime at;
};
struct AppendAudit {
    AuditEntry record;
};

using Change = std::variant<
    PutDowntime,
    EndDowntime,
    PutMaintenance,
    EndMaintenance,
    PutCandidate,
    DropCandidate,
    PutTag,
    DropTag,
    PutPool,
    PutUnresolve,
    DropUnresolve,
    PutAccessToken,
    DropAccessToken,
    PutBlockedRecovery,
    DropBlockedRecovery,
    AppendSnapshot,
    PutDetection,
    PutRecovery,
    AppendRecoveryStep,
    PutRecoveryProgress,
    DropRecoveryProgress,
    PutLease,
    DropLease,
    PutPrimaryTerm,
    SetRecoveriesDisabled,
    PutClusterAlias,
    DropClusterAlias,
    PutAliasOverride,
    DropAliasOverride,
    PutAttribute,
    PutKeyValue,
    AppendAudit>;

/// All intended state that decisions need, in memory. History (steps, audit, resolved and unblocking recoveries) is
/// read from the store instead.
struct Intent {
    std::map<Endpoint, Downtime> downtimes;
    std::map<Endpoint, Maintenance> maintenance;
    std::map<Endpoint, Candidate> candidates;
    std::map<Endpoint, std::map<std::string, Tag>> tags;  ///< by name; no server without tags
    std::map<std::string, Pool> pools;                    ///< by name; none without members
    std::map<std::string, Unresolve> unresolves;          ///< by canonical name
    std::map<std::string, AccessToken> access_tokens;     ///< by public token
    std::map<Endpoint, BlockedRecovery> blocked;
    std::map<std::int64_t, Detection> detections;      ///< in their active period
    std::map<RecoveryUid, RecoveryRecord> recoveries;  ///< unresolved, or still in their active period
    std::map<RecoveryUid, RecoveryProgress> progress;
    std::map<ClusterName, ClusterLease> leases;
    std::map<Endpoint, PrimaryTerm> primary_terms;
    std::map<ClusterName, std::string> aliases;
    std::map<ClusterName, std::string> alias_overrides;
    std::map<std::pair<std::string, std::string>, std::string> attributes;  ///< (host, name) -> value
    std::map<std::string, std::string> key_values;
    bool recoveries_disabled = false;
    std::int64_t last_detection_id = 0;
    std::int64_t last_recovery_id = 0;
    std::int64_t last_maintenance_id = 0;

    /// Folds one committed change in. Pure; the same changes in the same order give the same value.
    void apply(const Change& change);
    /// The downtime in force at `now`, or null.
    const Downtime* downtime_of(const Endpoint& endpoint, WallTime now) const;
    PromotionRule rule_of(const Endpoint& endpoint) const;
    /// The name to write into replication settings for `host`: what was registered for it, else itself.
    const std::string& unresolved(const std::string& host) const;
};

}  // namespace orc::model
