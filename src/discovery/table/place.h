// Where a server stands: the cluster that it belongs to and how deep, found by walking from source to source. Pure.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/id.h"
#include "model/topology.h"

namespace orc::discovery {

struct Place {
    ClusterName cluster;  ///< host:port of the root
    unsigned depth = 0;   ///< steps to the root
    bool is_co_primary = false;
    friend bool operator==(const Place&, const Place&) = default;
};

/// The one server that places `self` in its topology: the main channel's source, else for a member of a group that is
/// not its primary the group's primary (the smallest member when none is known). nullopt: it is a root.
std::optional<Endpoint> parent_of(const Endpoint& self, const model::Facts& facts);

/// Sources of all other channels, without repetition and without the one that places the server.
std::vector<Endpoint> side_sources_of(const model::Facts& facts);

/// `parent` gives a server's parent, nullopt for a root or a server not known. The root of a ring is its smallest
/// member; a source that is not known is a root by its name.
Place place_of(const Endpoint& server, const std::function<std::optional<Endpoint>(const Endpoint&)>& parent);

}  // namespace orc::discovery
