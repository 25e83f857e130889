// Servers that somebody should look at, as both skins list them. Pure: a snapshot goes in.
#pragma once

#include <string_view>
#include <vector>

#include "config/settings.h"
#include "model/topology.h"

namespace orc::api {

/// Those with problems that nobody has put up with: no downtime, not in ProblemIgnoreHostnameFilters; by host and port.
/// `cluster` "" for all, else a name or alias, in which % stands for any text.
std::vector<model::ServerPtr> problems(
    const model::Topology& topology, const config::Settings& settings, Instant now, std::string_view cluster = {}
);

/// `server` replicates from `source` by any channel.
bool replicates_from(const model::Server& server, const Endpoint& source);

/// SQL's LIKE without its single-character wildcard: % stands for any text; upper and lower case differ.
bool is_like(std::string_view text, std::string_view pattern);

}  // namespace orc::api
