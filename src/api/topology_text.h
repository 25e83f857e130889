// The tree of one cluster as classic text, exact to the character: API and command line print the same.
#pragma once

#include <map>
#include <string>

#include "api/instance_state.h"
#include "config/settings.h"
#include "model/intent.h"
#include "model/topology.h"

namespace orc::api {

enum class TreeForm {
    plain,      ///< one bracket behind each server
    tabulated,  ///< columns separated by bars
    tags,       ///< as plain, and each server's tags
};

/// Tags of servers as they are printed: name, or name=value.
using TagTexts = std::map<Endpoint, std::vector<std::string>>;

/// Lines joined by newlines, without a last one.
std::string topology_text(
    const model::Cluster& cluster,
    TreeForm form,
    const config::Settings& settings,
    Instant now,
    const TagTexts& tags = {}
);
/// The tree of places that a snapshot holds of one cluster: names only, since nothing else was kept.
std::string past_topology_text(const std::vector<model::SnapshotPlace>& places);
/// The bracket of one server: "[0s,ok,8.0.36,rw,ROW,>>,GTID]".
std::string instance_description(const model::Server& server, const config::Settings& settings, Instant now);

}  // namespace orc::api
