// Picking servers out of a snapshot: what both skins list.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "model/topology.h"

namespace orc::api {

/// All known servers for which `wanted` holds, by host and port.
std::vector<model::ServerPtr> servers_where(
    const model::Topology& topology, const std::function<bool(const model::Server&)>& wanted
);
std::vector<model::ServerPtr> all_servers(const model::Topology& topology);

/// Whether the classic search finds `text` in it: address, cluster, version, alias, data centre, region; any case.
bool mentions(const model::Server& server, std::string_view text);

/// The server that leads a cluster: a writable one if there is any, else one that replicates from nobody; null for
/// none.
model::ServerPtr leading_server(const model::Cluster& cluster);
/// The leading servers that can be written to, one for each cluster.
std::vector<model::ServerPtr> writable_primaries(const model::Topology& topology);

/// The few replicas whose lag an online schema change should watch, by the classic choice: two busy ones directly
/// below the primary, two of their busiest replicas, two busy ones of the third level, two leaves directly below the
/// primary. Left out: those that do not answer and those of OSCIgnoreHostnameFilters.
std::vector<model::ServerPtr> control_replicas(const model::Cluster& cluster, const config::Settings& settings);
/// Replicas from whose row-based binary log an online schema change can read, those with the fewest replicas first.
std::vector<model::ServerPtr> binlog_readable_replicas(const model::Cluster& cluster);
/// The largest known lag among them. Errors: not_found when none is given or none reports its lag.
Result<Seconds> greatest_lag(const std::vector<model::ServerPtr>& servers);

}  // namespace orc::api
