// What the twin of the store keeps, and how changes and questions work on it: no clock, no waiting.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace orc::store {

/// What goes wrong; may be changed at any time.
struct MemoryFaults {
    Micros delay{0};            ///< before each commit takes effect
    unsigned fail_next = 0;     ///< so many commits fail and do nothing (unreachable)
    unsigned unknown_next = 0;  ///< so many commits are applied and reported as timed_out
    unsigned deaf_next = 0;     ///< so many times nothing can be learnt of an errand (unreachable)
    Seconds clock_ahead{0};     ///< how far the database's clock is from that of whoever claims activity
    bool read_only = false;     ///< commits and registrations are denied, observations wait
};

struct MemoryErrand {
    Errand errand;
    WallTime asked;
    ErrandState state;
};

/// What a disk holds. Outlives the stores that are opened on it, one after another.
struct MemoryDisk {
    model::Intent intent;
    std::map<std::int64_t, model::RecoveryRecord> recoveries;
    std::map<std::int64_t, model::Detection> detections;
    std::vector<model::RecoveryStep> steps;
    std::vector<model::AuditEntry> audit;
    std::vector<model::TopologySnapshot> snapshots;
    std::vector<AnalysisChange> analysis_changes;
    std::map<std::string, ResolvedName> resolved_names;
    std::map<std::string, ResolvedName> former_names;  ///< by what they were resolved to
    std::map<std::string, HostAddresses> addresses;
    std::map<Endpoint, TlsRequirement> tls;
    std::map<ClusterName, ClusterDomain> domains;
    std::map<std::string, WallTime> commits;
    std::map<Endpoint, KnownServer> servers;
    std::map<Endpoint, WallTime> servers_seen;
    std::map<Endpoint, model::ServerPtr> observed;  ///< as they were written last
    std::vector<MemoryErrand> errands;              ///< oldest first
    std::map<std::pair<std::string, NodeToken>, NodeRecord> nodes;
    std::optional<ActiveNode> active;
    std::uint64_t applied = 0;  ///< commits that took effect
    bool is_shared = false;     ///< several processes use it: commits are fenced
    MemoryFaults faults;
};

/// Folds one committed change in, as the tables would keep it.
void keep(MemoryDisk& disk, const model::Change& change);
/// No server: it is forgotten.
void keep_observed(MemoryDisk& disk, const Endpoint& endpoint, const model::ServerPtr& server);
void keep(MemoryDisk& disk, const Note& note);
/// The number of a maintenance row is unique, as in the table.
bool is_number_taken(const model::Intent& intent, const model::Change& change);

// See the functions of Store with these names.
std::vector<model::RecoveryRecord> recoveries(const MemoryDisk& disk, const RecoveryQuery& query);
std::vector<model::RecoveryStep> recovery_steps(const MemoryDisk& disk, const RecoveryUid& uid);
std::vector<model::Detection> detections(const MemoryDisk& disk, const DetectionQuery& query);
std::vector<model::AuditEntry> audit(const MemoryDisk& disk, const std::optional<Endpoint>& endpoint, Page page);
std::vector<AnalysisChange> analysis_changes(const MemoryDisk& disk);
std::vector<WallTime> snapshot_times(const MemoryDisk& disk);
std::vector<model::SnapshotPlace> snapshot(const MemoryDisk& disk, WallTime at);
std::vector<Errand> take_errands(MemoryDisk& disk, const NodeToken& self, WallTime now);
/// Null when it is not there.
MemoryErrand* errand(MemoryDisk& disk, const std::string& id);
bool drop_errand(MemoryDisk& disk, const std::string& id);
void expire(MemoryDisk& disk, WallTime now, const Retention& retention);

}  // namespace orc::store
