// Who replicates from whom in each layout. Pure.
#pragma once

#include <string>
#include <vector>

namespace orc::sandbox {

enum class Layout {
    flat,          ///< all replicate from server 1
    chain,         ///< each from the one before
    tree,          ///< server i from server i / 2
    co_primary,    ///< servers 1 and 2 from each other, the rest from server 1; server 2 stays read-only
    multi_source,  ///< servers 1 and 2 from nobody; the rest from 1, and from 2 over the channel "second"
    group,         ///< one replication group with a single primary; MySQL only
};

/// The channel that leads to server 2 in a multi-source layout.
inline constexpr const char* second_channel = "second";

/// One replication channel; "" is the default one.
struct Link {
    int replica = 0;
    int source = 0;
    std::string channel;
    friend bool operator==(const Link&, const Link&) = default;
};

/// In order of replicas.
std::vector<Link> links_of(Layout layout, int servers);
/// Servers that take writes.
std::vector<int> writable_in(Layout layout);
/// "" if the layout can be built with so many servers, else why not.
std::string what_is_wrong_with(Layout layout, int servers);

}  // namespace orc::sandbox
