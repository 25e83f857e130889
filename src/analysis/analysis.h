// The verdict on one cluster at one moment. Pure: a snapshot, settings and now go in; findings with their evidence come
// out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/codes.h"
#include "config/filters.h"
#include "config/settings.h"
#include "model/topology.h"

namespace orc::analysis {

enum class Testimony { alive, dead, unknown };

/// The enumerator's name.
std::string_view name(Testimony testimony);

/// What one observer says about the subject, with its reason in words people read.
struct Witness {
    std::string who;  ///< "this node" or the replica's host:port
    Testimony says = Testimony::unknown;
    std::string why;  ///< "IO thread running, stream moved 0.3s ago"
    std::optional<Instant> at;
    friend bool operator==(const Witness&, const Witness&) = default;
};

/// What kind of answer a code asks for.
enum class Handling {
    none,
    detect,
    recover_dead_primary,
    recover_dead_co_primary,
    recover_dead_intermediate,
    recover_group_member,
    recover_semi_sync,
    recover_not_writable
};

struct Counts {
    unsigned replicas = 0;
    unsigned valid = 0;
    unsigned valid_replicating = 0;  ///< valid, both threads running, stream not proven silent
    unsigned valid_receiving = 0;    ///< valid, receiver running and stream not proven silent: living witnesses
    unsigned failing_to_connect = 0;
    unsigned lagging = 0;
    unsigned delayed = 0;
    unsigned downtimed = 0;
    unsigned semi_sync_enabled = 0;
    unsigned logging = 0;
    unsigned statement_logging = 0;
    unsigned mixed_logging = 0;
    unsigned row_logging = 0;
    unsigned major_versions_logging = 0;
    unsigned valid_auto_position = 0;
    unsigned valid_mariadb_gtid = 0;
    unsigned valid_binlog_servers = 0;
    /// The immediate topology's ways to move replicas: all valid replicas do it, and there is one.
    bool all_auto_position() const { return valid > 0 && valid_auto_position == valid; }
    bool all_mariadb_gtid() const { return valid > 0 && valid_mariadb_gtid == valid; }
    bool all_binlog_servers() const { return valid > 0 && valid_binlog_servers == valid; }
    friend bool operator==(const Counts&, const Counts&) = default;
};

struct Finding {
    Code code = Code::no_problem;
    std::vector<StructureCode> structure;
    Endpoint subject;
    std::optional<Endpoint> source;
    ClusterName cluster;
    std::string cluster_alias;
    std::string cluster_domain;
    bool is_primary = false;
    bool is_co_primary = false;
    bool is_group_member = false;
    bool last_check_valid = false;
    bool last_check_partial = false;
    bool is_failing_to_connect = false;
    bool is_downtimed = false;
    bool are_replicas_downtimed = false;
    bool is_skippable_by_downtime = false;
    bool automated_primary_recovery = false;       ///< RecoverMasterClusterFilters matches
    bool automated_intermediate_recovery = false;  ///< RecoverIntermediateMasterClusterFilters matches
    unsigned depth = 0;
    Counts counts;
    std::string min_replica_gtid_mode;
    std::string max_replica_gtid_mode;
    std::string max_replica_errant;
    std::vector<Endpoint> replicas;
    std::vector<Witness> witnesses;
    Handling handling = Handling::none;
    /// Acting by itself is allowed by the evidence; `hesitation` says why not otherwise ("no replica confirms ...").
    bool is_actionable = false;
    std::string hesitation;
    /// No further reading is under way that would change the verdict soon. A code that is only detected should be made
    /// known when settled: in the first milliseconds after a crash, replicas have not noticed yet.
    bool is_settled = true;
    std::string description;  ///< one sentence for people and hooks
};

/// Settings that analysis needs, compiled once.
struct Policy {
    explicit Policy(const config::Settings& settings);
    config::Settings settings;
    config::ClusterFilters primary_recovery;
    config::ClusterFilters intermediate_recovery;
    config::HostFilters ignored_hosts;  ///< RecoveryIgnoreHostnameFilters
};

/// Is there doubt about a server that more reading would settle? Who should be read again at once, and how soon after
/// that. May be asked after every change: a server is named only when its next reading is due and none is in flight.
struct Doubt {
    std::vector<Endpoint> read_again;
    Micros again_in{0};  ///< ask again after that long, at the latest; zero: no doubt
    std::string why;
};

struct Verdict {
    std::vector<Finding> findings;  ///< see analyse()
    Doubt doubt;
};

/// Findings and doubts from one look at the cluster. Subjects in maintenance are left out.
Verdict judge(const model::Cluster& cluster, const Policy& policy, Instant now, bool with_no_problem = false);

/// Every subject of the cluster that has a problem or a structure warning, primaries first (failure-detection order);
/// healthy subjects too when `with_no_problem`. Subjects in maintenance or ignored by filters are left out.
std::vector<Finding> analyse(
    const model::Cluster& cluster, const Policy& policy, Instant now, bool with_no_problem = false
);

/// A receiver that should be started anew to learn whether its source still serves.
struct StreamTest {
    Endpoint subject;
    Endpoint replica;
    std::string channel;
    friend bool operator==(const StreamTest&, const StreamTest&) = default;
};

/// While a subject's checks fail and its replicas' streams run but bring nothing: one replica whose receiver may be
/// started anew, the least valuable; when it cannot connect, as many more as make a majority. Never one whose
/// acknowledgement is needed, nor one in maintenance or downtime, nor a MariaDB replica with unapplied events. Empty
/// while anybody hears from the subject, and where heartbeats tell as fast. How often is for the caller.
std::vector<StreamTest> streams_to_test(const model::Cluster& cluster);

}  // namespace orc::analysis
