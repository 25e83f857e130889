// The seam to the disk. Intended state is written through (apply returns when it is durable), observed state behind in
// batches.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/intent.h"
#include "model/topology.h"
#include "runtime/task.h"
#include "store/meter.h"

namespace orc::store {

/// A server known from an earlier run: its address and what was last seen of its place, enough to probe it again.
struct KnownServer {
    Endpoint endpoint;
    std::optional<Endpoint> source;
    ClusterName cluster;
    model::ServerPtr observed = nullptr;  ///< as much as the tables hold of it; null when it was never read
};

struct Page {
    std::size_t number = 0;  ///< from 0
    std::size_t size = 20;

    /// How many rows come before it; of a page beyond all counting, as many as a database counts.
    std::int64_t offset() const {
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        const bool is_countable = size == 0 || number <= static_cast<std::size_t>(most) / size;
        return is_countable ? static_cast<std::int64_t>(number * size) : most;
    }
};

/// Which recoveries to list, newest first. At most one selector is used, in this order.
struct RecoveryQuery {
    std::optional<std::int64_t> id;
    std::optional<RecoveryUid> uid;
    std::optional<ClusterName> cluster;
    std::optional<std::string> alias;
    bool unacknowledged_only = false;
    Page page;
};

/// Which detections to list, newest first. At most one selector is used, in this order.
struct DetectionQuery {
    std::optional<std::int64_t> id;
    std::optional<std::string> alias;  ///< of the cluster
    Page page;
};

/// The verdict on a server became another one.
struct AnalysisChange {
    Endpoint endpoint;
    std::string code;
    WallTime at;
    friend bool operator==(const AnalysisChange&, const AnalysisChange&) = default;
};
/// What a name was resolved to.
struct ResolvedName {
    std::string host;
    std::string resolved;
    WallTime at;
    friend bool operator==(const ResolvedName&, const ResolvedName&) = default;
};
struct HostAddresses {
    std::string host;
    std::string ipv4;  ///< "" if it has none
    std::string ipv6;
    WallTime at;
};
/// Whether a server refuses connections without TLS.
struct TlsRequirement {
    Endpoint endpoint;
    bool is_required = false;
    friend bool operator==(const TlsRequirement&, const TlsRequirement&) = default;
};
struct ClusterDomain {
    ClusterName cluster;
    std::string domain;
    WallTime at;
    friend bool operator==(const ClusterDomain&, const ClusterDomain&) = default;
};
/// Observed facts beside servers.
using Note = std::variant<AnalysisChange, ResolvedName, HostAddresses, TlsRequirement, ClusterDomain>;

/// This process in node_health.
struct NodeRecord {
    std::string host;
    NodeToken token;
    std::string version;
    std::string command;
    std::string backend;
    WallTime first_seen;  ///< by its own clock
    WallTime last_seen;   ///< by the database's clock; told, never asked for
};

/// Who is active on the database (active_node).
struct ActiveNode {
    std::string host;
    NodeToken token;
    WallTime first_seen;  ///< since when it is active
    WallTime last_seen;
    Seconds age{0};  ///< how long ago that was, by the database's clock
};

/// All intended state, if any of it changed.
struct IntentSince {
    std::string mark;
    std::optional<model::Intent> intent;
};

/// A lease that must still be held when a commit is made: checked in the commit's own transaction.
struct Fence {
    ClusterName lease;
    std::uint64_t term = 0;
    NodeToken holder;
};

/// What a client wanted of a node that stands by: the active one does it in its place. Handed over in the database,
/// because that is the one thing that nodes surely share.
struct Errand {
    std::string id;  ///< unique
    std::string method;
    std::string target;  ///< as the client sent it
    std::string user;    ///< who asked; was found to have the right to
};
struct ErrandAnswer {
    unsigned status = 0;
    std::string headers;  ///< "Name: value", one a line
    std::string body;
};
/// How far an errand has come. An answer: it is done. Else `taken_by` the node that does it, "" nobody yet.
struct ErrandState {
    bool is_known = false;
    NodeToken taken_by;
    std::optional<ErrandAnswer> answer;
};
/// An errand that nobody has taken up for so long is not done any more: whoever waited for it has given up.
inline constexpr Seconds errand_life{15};

/// How long rows live that nobody takes away.
struct Retention {
    Seconds history = std::chrono::days(7);       ///< audit, recoveries, steps, detections
    Seconds unseen = std::chrono::hours(240);     ///< servers, and what was noted of them
    Seconds resolves = std::chrono::minutes(60);  ///< names; the cache keeps them twice as long
};

class Store {
public:
    virtual ~Store() = default;

    /// Opens, migrates to the classic schema, and reads everything that decisions need. One that is open is only read,
    /// and stays open when that fails.
    virtual Task<model::Intent> open() = 0;
    /// Makes what tables lack, whatever is recorded of them (redeploy-internal-db); where open() must come first and
    /// cannot for want of a table, this may come before it. Errors besides those of open(): refused, naming the rule.
    virtual Task<void> redeploy() = 0;
    /// What open() read, as it is now, unless nothing was committed since an earlier answer with that `mark`. "" reads
    /// in any case.
    virtual Task<IntentSince> intent_since(std::string mark) = 0;
    virtual Task<std::vector<KnownServer>> known_servers() = 0;
    /// What the active node last wrote of each server that is kept: as much as the classic columns hold.
    virtual Task<std::vector<model::ServerPtr>> observed_servers() = 0;

    /// One durable transaction. `commit_id` makes a retry harmless: applied once, success again.
    virtual Task<void> apply(std::string commit_id, std::vector<model::Change> changes) = 0;
    /// The same under a fence: not_leader, and nothing is changed, when somebody else has taken the lease. A database
    /// that only one process can have open needs none.
    virtual Task<void> apply_fenced(Fence fence, std::string commit_id, std::vector<model::Change> changes) = 0;
    /// Says that `self` is the active node (active_node), unless another one said so within `patience` by the
    /// database's clock. Returns who is active then: `self`, if the token is its own.
    virtual Task<ActiveNode> claim_activity(NodeRecord self, Seconds patience) = 0;
    /// Who said so last, without saying anything; nullopt: nobody.
    virtual Task<std::optional<ActiveNode>> active_node() = 0;
    /// Lets another node be active at once; harmless for one that is not.
    virtual Task<void> release_activity(NodeToken self) = 0;

    /// Hands an errand over; it is there when this returns.
    virtual Task<void> put_errand(Errand errand) = 0;
    /// Those that nobody has taken up are from now on `self`'s to do, oldest first. What is too old is dropped.
    virtual Task<std::vector<Errand>> take_errands(NodeToken self) = 0;
    /// Says what came of one. Whatever was written before is there for whoever reads the answer.
    virtual Task<void> answer_errand(std::string id, ErrandAnswer answer) = 0;
    virtual Task<ErrandState> errand(std::string id) = 0;
    /// Nobody waits for it any more. False: it has been taken up, and is left as it is unless it is answered.
    virtual Task<bool> drop_errand(std::string id) = 0;

    /// Written behind: later, in batches; losing the last one costs nothing. Never blocks, keeps the newest of each
    /// server.
    virtual void write_observed(model::ServerPtr server) = 0;
    virtual void forget_observed(Endpoint endpoint) = 0;
    /// Written behind as well, in order. The oldest are dropped when too many wait for a disk that cannot be written.
    virtual void note(Note note) = 0;
    /// Whether anything is written behind at all. A node that stands by leaves that to the active one: what waits, and
    /// what comes meanwhile, is dropped. True at first.
    virtual void keep_observations(bool keep) = 0;

    // History for people.
    virtual Task<std::vector<model::RecoveryRecord>> recoveries(RecoveryQuery query) = 0;
    virtual Task<std::vector<model::RecoveryStep>> recovery_steps(RecoveryUid uid) = 0;
    virtual Task<std::vector<model::Detection>> detections(DetectionQuery query) = 0;
    virtual Task<std::vector<model::AuditEntry>> audit(std::optional<Endpoint> endpoint, Page page) = 0;

    /// By server, oldest first.
    virtual Task<std::vector<AnalysisChange>> analysis_changes() = 0;
    /// When snapshots of all topologies were taken, oldest first.
    virtual Task<std::vector<WallTime>> snapshot_times() = 0;
    /// The snapshot of that second; empty if there is none.
    virtual Task<std::vector<model::SnapshotPlace>> snapshot(WallTime at) = 0;

    /// The cache of names, by host.
    virtual Task<std::vector<ResolvedName>> resolved_names() = 0;
    virtual Task<void> forget_resolved_names() = 0;
    /// By every name that another one was ever resolved to: the last such one.
    virtual Task<std::vector<ResolvedName>> former_names() = 0;
    /// What was noted of servers' TLS, by server.
    virtual Task<std::vector<TlsRequirement>> tls_requirements() = 0;
    /// What was noted of clusters' domains and has not expired, by cluster.
    virtual Task<std::vector<ClusterDomain>> cluster_domains() = 0;

    /// All processes that were seen within `fresh`, by the database's clock.
    virtual Task<std::vector<NodeRecord>> live_nodes(Seconds fresh) = 0;
    /// Registers this process as seen now and returns live_nodes(); an error means that the store cannot be written.
    virtual Task<std::vector<NodeRecord>> register_node(NodeRecord self, Seconds fresh) = 0;
    /// Deletes what is older than the retention times, in small pieces between which others have their turn. May take
    /// minutes; what has gone when it fails or is cancelled stays gone.
    virtual Task<void> expire(WallTime now, Retention retention) = 0;

    /// "host:port/schema" or the file's path.
    virtual std::string describe() const = 0;
    /// Writes what is pending and closes.
    virtual Co<void> close() = 0;

    /// Whether AppendAudit makes rows (AuditToBackendDB); it does until told otherwise. Any thread.
    void keep_audit(bool is_kept) { keeps_audit_ = is_kept; }

    /// How writing goes. Any thread.
    const Meter& meter() const { return *meter_; }
    /// How it is paced now. Any thread.
    const WritePace& pace() const { return *pace_; }

protected:
    std::atomic<bool> keeps_audit_ = true;
    /// Shared with writes that go on when the store has gone.
    const std::shared_ptr<Meter> meter_ = std::make_shared<Meter>();
    std::shared_ptr<const WritePace> pace_ = std::make_shared<const WritePace>();
};

}  // namespace orc::store
