// The lists of filters in the configuration, compiled once into values that are cheap to copy and to ask. An entry that
// is no valid expression never matches; load() warns about it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "config/pattern.h"
#include "config/settings.h"

namespace orc::config {

class Draft;

/// Whether the text is an IPv4 or IPv6 address, without brackets and zone.
bool is_ip_address(std::string_view text);

/// The ...HostnameFilters keys: an IP address stands for that very host, anything else is searched for in "host:port".
class HostFilters {
public:
    HostFilters() = default;
    explicit HostFilters(const TextList& filters);

    bool matches(const Endpoint& server) const;
    bool empty() const { return addresses_.empty() && patterns_.empty(); }

private:
    std::vector<std::string> addresses_;
    std::vector<Pattern> patterns_;
};

/// The lists of clusters to recover. An entry is the cluster's name or alias, "alias=text",
/// "alias~=expression", "*", or an expression searched for in the name.
class ClusterFilters {
public:
    ClusterFilters() = default;
    explicit ClusterFilters(const TextList& filters);

    bool matches(std::string_view name, std::string_view alias) const;

private:
    bool matches_all_ = false;
    std::vector<std::string> exact_;    ///< name or alias
    std::vector<std::string> aliases_;  ///< alias only
    std::vector<Pattern> alias_patterns_;
    std::vector<Pattern> name_patterns_;
};

/// Plain lists of expressions, as DiscoveryIgnoreReplicationUsernameFilters.
class NameFilters {
public:
    NameFilters() = default;
    explicit NameFilters(const TextList& filters);

    /// An empty name (unknown, nobody) matches nothing, whatever the expressions would say.
    bool matches(std::string_view name) const;

private:
    std::vector<Pattern> patterns_;
};

/// ClusterNameToAlias: the alias whose expression matches the name, the first in order of the expressions' text.
class ClusterAliases {
public:
    ClusterAliases() = default;
    explicit ClusterAliases(const TextMap& aliases);

    /// Empty: none matches.
    std::string alias_of(std::string_view cluster_name) const;

private:
    std::vector<std::pair<Pattern, std::string>> aliases_;
};

/// Warns about every entry of every such key that is no valid expression, or that matches everything because it is
/// empty.
void warn_about_patterns(Draft& draft);

}  // namespace orc::config
