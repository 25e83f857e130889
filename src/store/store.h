// The seam to the disk. Intended state is written through (apply returns when it is durable), observed state behind in
// batches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/intent.h"
#include "model/topology.h"
#include "runtime/task.h"

namespace orc::store {

/// A server known from an earlier run: its address and what was last seen of its place, enough to probe it again.
struct KnownServer {
    Endpoint endpoint;
    std::optional<Endpoint> source;
    ClusterName cluster;
};

struct Page {
    std::size_t number = 0;  ///< from 0
    std::size_t size = 20;
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

/// This process in node_health.
struct NodeRecord {
    std::string host;
    NodeToken token;
    std::string version;
    std::string command;
    std::string backend;
    WallTime first_seen;
    WallTime last_seen;
};

class Store {
public:
    virtual ~Store() = default;

    /// Opens, migrates to the classic schema, and reads everything that decisions need.
    virtual Task<model::Intent> open() = 0;
    virtual Task<std::vector<KnownServer>> known_servers() = 0;

    /// One durable transaction. `commit_id` makes a retry harmless: applied once, success again.
    virtual Task<void> apply(std::string commit_id, std::vector<model::Change> changes) = 0;
    /// Written behind: later, in batches; losing the last one costs nothing. Never blocks, keeps the newest of each
    /// server.
    virtual void write_observed(model::ServerPtr server) = 0;
    virtual void forget_observed(Endpoint endpoint) = 0;

    // History for people.
    virtual Task<std::vector<model::RecoveryRecord>> recoveries(RecoveryQuery query) = 0;
    virtual Task<std::vector<model::RecoveryStep>> recovery_steps(RecoveryUid uid) = 0;
    virtual Task<std::vector<model::Detection>> detections(Page page) = 0;
    virtual Task<std::vector<model::AuditEntry>> audit(std::optional<Endpoint> endpoint, Page page) = 0;

    /// Registers this process and returns all that were seen within `fresh`; an error means that the store cannot be
    /// written.
    virtual Task<std::vector<NodeRecord>> register_node(NodeRecord self, Seconds fresh) = 0;
    /// Deletes what is older than the retention times.
    virtual Task<void> expire(WallTime now, Seconds history, Seconds unseen_servers) = 0;

    /// "host:port/schema" or the file's path.
    virtual std::string describe() const = 0;
    /// Writes what is pending and closes.
    virtual Co<void> close() = 0;
};

}  // namespace orc::store
