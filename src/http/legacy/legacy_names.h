// The classic JSON shapes: exact names, in the exact order, of values that carry our words inside. Clients, scripts and
// dashboards read them; every change here is a change of a contract. (docs/api.md, "Classic shapes")
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analysis.h"
#include "api/pools.h"
#include "api/use_cases.h"
#include "discovery/loop/probe_history.h"
#include "discovery/names/host_names.h"
#include "http/json_writer.h"
#include "model/topology.h"
#include "store/meter.h"

namespace orc::http::legacy {

/// What the shapes need to know besides the value itself.
struct View {
    View(
        const config::Settings& settings, recovery::Node node, model::TopologyPtr topology, Instant now, WallTime wall
    );
    explicit View(const api::UseCases& use_cases);
    View(const api::UseCases& use_cases, std::shared_ptr<const config::Settings> present);

    /// A stored time, as the classic backends print their columns: SQLite with T and Z, MySQL without.
    std::string column_time(WallTime when) const;
    std::string column_time(const std::optional<WallTime>& when) const { return when ? column_time(*when) : ""; }

    std::shared_ptr<const config::Settings> snapshot;  ///< keeps `settings` where they come from the use cases
    const config::Settings& settings;
    recovery::Node node;
    model::TopologyPtr topology;  ///< null where the store is read back
    Instant now;
    WallTime wall;
    bool is_sqlite;
};

/// {"Hostname":...,"Port":...}; an empty one when there is none.
void write(JsonWriter& json, const Endpoint& endpoint);
void write(JsonWriter& json, const std::vector<Endpoint>& endpoints);
std::string text(const Endpoint& endpoint);
std::string text(const std::vector<Endpoint>& endpoints);
/// {"LogFile":...,"LogPos":...,"Type":...}
void write(JsonWriter& json, const gtid::BinlogCoordinates& coordinates, bool is_relay);

/// 87 fields.
void write_instance(JsonWriter& json, const View& view, const model::Server& server);
std::string instance(const View& view, const model::Server& server);
std::string instances(const View& view, const std::vector<model::ServerPtr>& servers);

/// The replication channels of a server, 18 fields each.
std::string channels(const model::Server& server);

std::string cluster_info(const api::ClusterSummary& cluster);
std::string cluster_infos(const std::vector<api::ClusterSummary>& clusters);

/// 57 fields, and ours behind them: Witnesses and Hesitation, the evidence and why nothing is done about it. A
/// detection tells since when it is active.
void write_analysis(
    JsonWriter& json, const View& view, const analysis::Finding& finding, std::string_view active_since = ""
);
std::string analyses(const View& view, const std::vector<analysis::Finding>& findings);

/// 23 fields. The answer to the request itself carries more than what is read back from the store later.
std::string recovery(const View& view, const recovery::Outcome& outcome);
std::string recoveries(const View& view, const std::vector<model::RecoveryRecord>& records);
std::string recovery_steps(const View& view, const std::vector<model::RecoveryStep>& steps);
/// The same 23 fields.
std::string detections(const View& view, const std::vector<model::Detection>& detections);

/// 7 fields.
std::string maintenance(const View& view, const std::vector<model::Maintenance>& records);
/// 5 fields.
std::string candidates(const View& view, const std::vector<model::Candidate>& records);
/// Pool name -> servers. `members` sorted by pool.
std::string pools(const std::vector<api::PoolMember>& members);
/// 5 fields.
std::string blocked_recoveries(const View& view, const std::vector<model::BlockedRecovery>& records);
/// 2 fields for each server. `changes` sorted by server.
std::string analysis_changes(const View& view, const std::vector<store::AnalysisChange>& changes);
/// Host -> what it is resolved to, and the nanosecond when that is forgotten.
std::string resolved_names(const View& view, const std::vector<discovery::CachedName>& names);
std::string recovery_filters(const config::Settings& settings);

/// ["a","b"]
void write_texts(JsonWriter& json, const std::vector<std::string>& list);
std::string texts(const std::vector<std::string>& list);

// How the last probes and writes went, each by itself and all together. Each list is "null" when it is empty.
std::string probe_samples(const std::vector<discovery::ProbeSample>& samples);
std::string probes_together(const std::vector<discovery::ProbeSample>& samples);
std::string queue_samples(const std::vector<discovery::QueueSample>& samples);
std::string queues_together(const std::vector<discovery::QueueSample>& samples);
std::string write_samples(const std::vector<store::WriteSample>& samples);
std::string writes_together(const std::vector<store::WriteSample>& samples);
std::string batch_samples(const std::vector<store::BatchSample>& samples);
std::string batches_together(const std::vector<store::BatchSample>& samples, const store::WritePace& pace);

std::string audit(const View& view, const std::vector<model::AuditEntry>& entries);
std::string health(const View& view, const api::Health& health);

/// A Go-style quoted string in ASCII, the form in which replication errors are kept; "" stays empty.
std::string quoted_ascii(std::string_view text);

}  // namespace orc::http::legacy
