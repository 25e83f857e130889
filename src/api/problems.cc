#include "api/problems.h"

#include <algorithm>

#include "api/instance_state.h"
#include "api/servers.h"
#include "base/text.h"
#include "config/filters.h"

namespace orc::api {
namespace {

bool is_of_cluster(const model::Topology& topology, const model::Server& server, std::string_view wanted) {
    if (wanted.empty() || is_like(server.cluster.text(), wanted)) {
        return true;
    }
    const auto home = topology.cluster(server.endpoint);
    return home != nullptr && is_like(home->alias, wanted);
}

}  // namespace

std::vector<model::ServerPtr> problems(
    const model::Topology& topology, const config::Settings& settings, Instant now, std::string_view cluster
) {
    const InstanceJudge judge(settings, now);
    const config::HostFilters ignored(settings.problem_ignore_hostname_filters);
    return servers_where(topology, [&](const model::Server& server) {
        return !server.downtime && is_of_cluster(topology, server, cluster) && judge.is_listed(server) &&
               !ignored.matches(server.endpoint);
    });
}

bool replicates_from(const model::Server& server, const Endpoint& source) {
    return server.facts != nullptr &&
           std::any_of(server.facts->channels.begin(), server.facts->channels.end(), [&](const auto& channel) {
               return channel.source == source;
           });
}

bool is_like(std::string_view text, std::string_view pattern) {
    const auto pieces = split(pattern, '%');
    if (pieces.size() == 1) {
        return text == pattern;
    }
    if (!text.starts_with(pieces.front())) {
        return false;
    }
    text.remove_prefix(pieces.front().size());
    for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
        const auto at = text.find(pieces[i]);
        if (at == std::string_view::npos) {
            return false;
        }
        text.remove_prefix(at + pieces[i].size());
    }
    return text.ends_with(pieces.back());
}

}  // namespace orc::api
