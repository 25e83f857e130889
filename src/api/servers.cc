#include "api/servers.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "config/filters.h"

namespace orc::api {
namespace {

using Servers = std::vector<model::ServerPtr>;

/// How many servers replicate from it.
std::size_t fan_out(const model::Cluster& cluster, const model::Server& server) {
    return cluster.replicas_of(server.endpoint).size();
}

/// The first `most` of them, those with the most replicas first; of equals the one whose address comes first.
Servers busiest(const model::Cluster& cluster, Servers candidates, std::size_t most) {
    std::stable_sort(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) {
        return fan_out(cluster, *a) > fan_out(cluster, *b);
    });
    candidates.resize(std::min(most, candidates.size()));
    return candidates;
}

Seconds lag_or_none(const model::Server& server) { return server.lag().value_or(Seconds{-1}); }

Servers most_lagging(Servers candidates, std::size_t most) {
    std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
        return lag_or_none(*a) > lag_or_none(*b);
    });
    candidates.resize(std::min(most, candidates.size()));
    return candidates;
}

void add(Servers& to, const Servers& from) {
    for (const auto& server : from) {
        if (std::find(to.begin(), to.end(), server) == to.end()) {
            to.push_back(server);
        }
    }
}

/// Members of a cluster that may be asked to watch lag.
class Watchable {
public:
    Watchable(const model::Cluster& cluster, const config::Settings& settings)
        : cluster_(cluster), ignored_(settings.osc_ignore_hostname_filters) {}

    Servers where(const std::function<bool(const model::Server&)>& wanted) const {
        Servers out;
        for (const auto& server : cluster_.servers) {
            if (may_be_asked(*server) && wanted(*server)) {
                out.push_back(server);
            }
        }
        return out;
    }

private:
    bool may_be_asked(const model::Server& server) const {
        return server.check.is_valid() && server.facts != nullptr && !server.facts->version.is_binlog_server() &&
               !ignored_.matches(server.endpoint);
    }

    const model::Cluster& cluster_;
    config::HostFilters ignored_;
};

}  // namespace

Servers servers_where(const model::Topology& topology, const std::function<bool(const model::Server&)>& wanted) {
    Servers out;
    for (const auto& [name, cluster] : topology.clusters) {
        std::copy_if(cluster->servers.begin(), cluster->servers.end(), std::back_inserter(out), [&](const auto& s) {
            return wanted(*s);
        });
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a->endpoint < b->endpoint; });
    return out;
}

Servers all_servers(const model::Topology& topology) {
    return servers_where(topology, [](const model::Server&) { return true; });
}

bool mentions(const model::Server& server, std::string_view text) {
    if (contains_ignoring_case(server.endpoint.text(), text) || contains_ignoring_case(server.cluster.text(), text)) {
        return true;
    }
    const model::Facts* facts = server.facts.get();
    return facts != nullptr &&
           (contains_ignoring_case(facts->version.text, text) || contains_ignoring_case(facts->version.comment, text) ||
            contains_ignoring_case(facts->instance_alias, text) || contains_ignoring_case(facts->region, text) ||
            contains_ignoring_case(facts->data_center, text));
}

model::ServerPtr leading_server(const model::Cluster& cluster) {
    const auto primaries = cluster.primaries();
    for (const auto& server : cluster.servers) {
        if (!primaries.empty() && server.get() == primaries.front()) {
            return server;
        }
    }
    return nullptr;
}

Servers writable_primaries(const model::Topology& topology) {
    Servers out;
    for (const auto& [name, cluster] : topology.clusters) {
        auto leading = leading_server(*cluster);
        if (leading != nullptr && leading->facts != nullptr && !leading->facts->read_only) {
            out.push_back(std::move(leading));
        }
    }
    return out;
}

Servers control_replicas(const model::Cluster& cluster, const config::Settings& settings) {
    const Watchable watchable(cluster, settings);
    const auto feeds = [&](const model::Server& server) { return fan_out(cluster, server) > 0; };
    const auto below = [&](const model::Server& source, std::size_t most) {
        return busiest(
            cluster, watchable.where([&](const model::Server& s) { return s.source() == source.endpoint; }), most
        );
    };
    const Servers intermediates =
        busiest(cluster, watchable.where([&](const model::Server& s) { return s.depth == 1 && feeds(s); }), 2);
    Servers out = intermediates;
    for (const auto& intermediate : intermediates) {
        add(out, below(*intermediate, intermediates.size() == 1 ? 2 : 1));
    }
    add(out, busiest(cluster, watchable.where([](const model::Server& s) { return s.depth == 3; }), 2));
    add(out, most_lagging(watchable.where([&](const model::Server& s) { return s.depth == 1 && !feeds(s); }), 2));
    return out;
}

Servers binlog_readable_replicas(const model::Cluster& cluster) {
    Servers out;
    for (const auto& server : cluster.servers) {
        const model::Facts* facts = server->facts.get();
        if (server->depth > 0 && server->check.is_valid() && facts != nullptr && facts->binlog_format == "ROW" &&
            facts->log_bin && facts->log_replica_updates && !facts->version.is_binlog_server()) {
            out.push_back(server);
        }
    }
    std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
        return fan_out(cluster, *a) < fan_out(cluster, *b);
    });
    return out;
}

Result<Seconds> greatest_lag(const Servers& servers) {
    std::optional<Seconds> out;
    for (const auto& server : servers) {
        const auto lag = server->lag();
        if (lag && (!out || *lag > *out)) {
            out = lag;
        }
    }
    if (!out) {
        return fail(
            ErrorCode::not_found, servers.empty() ? "no replicas to judge lag by" : "no replica reports its lag"
        );
    }
    return *out;
}

}  // namespace orc::api
