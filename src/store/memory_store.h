// The twin of the SQLite store for the simulator: same answers, on the caller's executor, with faults on demand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.h"
#include "store/store.h"

namespace orc::store {

/// What goes wrong; may be changed at any time.
struct MemoryFaults {
    Micros delay{0};            ///< before each commit takes effect
    unsigned fail_next = 0;     ///< so many commits fail and do nothing (unreachable)
    unsigned unknown_next = 0;  ///< so many commits are applied and reported as timed_out
    bool read_only = false;     ///< commits and registrations are denied, observations wait
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
    std::map<std::string, HostAddresses> addresses;
    std::map<Endpoint, TlsRequirement> tls;
    std::map<ClusterName, ClusterDomain> domains;
    std::map<std::string, WallTime> commits;
    std::map<Endpoint, KnownServer> servers;
    std::map<Endpoint, WallTime> servers_seen;
    std::map<std::pair<std::string, NodeToken>, NodeRecord> nodes;
    std::optional<ActiveNode> active;
    std::uint64_t applied = 0;  ///< commits that took effect
    bool is_shared = false;     ///< several processes use it: commits are fenced
    MemoryFaults faults;
};

/// A store on `disk`. Commits take effect in the order in which they were made. Observations reach the disk at
/// the next commit, query or close.
std::unique_ptr<Store> make_memory_store(std::shared_ptr<MemoryDisk> disk, runtime::Clock& clock);

}  // namespace orc::store
