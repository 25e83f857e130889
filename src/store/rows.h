// Values of the model as rows of the classic tables and back. Pure text and numbers: no connection is seen here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/intent.h"
#include "model/topology.h"
#include "store/store.h"
#include "store/value.h"

namespace orc::store {

/// What one change does to the tables, in order. `now` is for the columns that only say when a row was written.
std::vector<Write> writes_of(const model::Change& change, WallTime now);

/// The change as a reader of the tables gets it back: classic timestamps have whole seconds.
model::Change as_kept(model::Change change);

/// The two clocks of the moment at which an observation was handed over, to turn its instants into calendar time.
struct Moment {
    Instant instant;
    WallTime wall;
};

/// The row of a server in database_instance. A server that was never read only gets its check columns written, so that
/// what an earlier run knew survives.
Write write_of(const model::Server& server, const Moment& moment);
/// The rows of its replication channels, if it has several.
std::vector<Write> channel_writes_of(const model::Server& server);
std::vector<Write> forget_of(const Endpoint& endpoint);
/// What was noted beside servers.
std::vector<Write> writes_of(const Note& note);
/// The columns that write_of fills for a server that was read, in order.
const std::vector<std::string_view>& instance_columns();

/// Runs a query and calls back for each row; how depends on the database.
using Reader =
    std::function<Result<void>(std::string_view sql, const Row& values, const std::function<void(const Row&)>& each)>;

/// All intended state. Rows that make no sense (unparsable by any rule) are errors (corrupt) naming table and value.
Result<model::Intent> read_intent(const Reader& reader);
Result<std::vector<KnownServer>> read_known_servers(const Reader& reader, const Moment& now);
/// Every server that is kept, as much as its row holds. `now` turns calendar time into instants.
Result<std::vector<model::ServerPtr>> read_observed(const Reader& reader, const Moment& now);
Result<std::vector<model::RecoveryRecord>> read_recoveries(const Reader& reader, const RecoveryQuery& query);
Result<std::vector<model::RecoveryStep>> read_steps(const Reader& reader, const RecoveryUid& uid);
Result<std::vector<model::Detection>> read_detections(const Reader& reader, const DetectionQuery& query);
Result<std::vector<model::AuditEntry>> read_audit(
    const Reader& reader, const std::optional<Endpoint>& endpoint, Page page
);

Result<std::vector<AnalysisChange>> read_analysis_changes(const Reader& reader);
Result<std::vector<ResolvedName>> read_resolved_names(const Reader& reader);
Result<std::vector<ResolvedName>> read_former_names(const Reader& reader);
Result<std::vector<TlsRequirement>> read_tls_requirements(const Reader& reader);
Result<std::vector<ClusterDomain>> read_cluster_domains(const Reader& reader);
Result<std::vector<WallTime>> read_snapshot_times(const Reader& reader);
Result<std::vector<model::SnapshotPlace>> read_snapshot(const Reader& reader, WallTime at);

/// Registers a process as alive now, by the database's clock: those of two nodes may differ.
std::vector<Write> writes_of(const NodeRecord& self);
/// Those that were seen within `fresh`, by the same clock.
Result<std::vector<NodeRecord>> read_nodes(const Reader& reader, Seconds fresh);
/// What the database's clock says, in whole seconds.
Result<WallTime> read_clock(const Reader& reader);

/// So many rows go in one piece: others want the database meanwhile.
inline constexpr std::int64_t expired_at_once = 1000;
/// A statement that deletes what has outlived its use, `expired_at_once` rows at most: to be repeated while it finds as
/// many.
struct Expiry {
    std::string sql;
    Row values;
};
/// `there`: what the database's clock says, for what was written by it.
std::vector<Expiry> expiries(WallTime now, WallTime there, const Retention& retention);

/// Changes no row when somebody else holds the lease.
Write fence_of(const Fence& fence);

/// nullopt: nobody has been active.
Result<std::optional<ActiveNode>> read_active_node(const Reader& reader);
Write claim_of(const NodeRecord& self);
/// The active node says that it still is.
Write refresh_of_claim();

Write write_of(const Errand& errand);
Write write_of(const std::string& id, const ErrandAnswer& answer);
/// Changes no row when somebody else was faster.
Write taking_of(const std::string& id, const NodeToken& self);
/// Changes no row when it has been taken up and not answered.
Write dropping_of(const std::string& id);
struct WaitingErrand {
    Errand errand;
    Seconds age{0};  ///< by the database's clock
};
/// Those that nobody has taken up, oldest first.
Result<std::vector<WaitingErrand>> read_waiting_errands(const Reader& reader);
Result<ErrandState> read_errand(const Reader& reader, const std::string& id);

/// A text that is another one after each commit.
Result<std::string> read_commit_mark(const Reader& reader);

}  // namespace orc::store
