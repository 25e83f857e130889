#include <algorithm>

#include "api/instance_state.h"
#include "base/text.h"
#include "config/filters.h"
#include "http/legacy_names.h"
#include "http/routes.h"

namespace orc::http::routes {
namespace {

/// All known servers for which `wanted` holds, by host and port.
template <typename Wanted>
std::vector<model::ServerPtr> servers_where(const model::Topology& topology, Wanted wanted) {
    std::vector<model::ServerPtr> out;
    for (const auto& [name, cluster] : topology.clusters) {
        std::copy_if(cluster->servers.begin(), cluster->servers.end(), std::back_inserter(out), [&](const auto& s) {
            return wanted(*s);
        });
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a->endpoint < b->endpoint; });
    return out;
}

/// The server that leads a cluster: writable ones first, then the one nearest to the top.
model::ServerPtr leading_server(const model::Cluster& cluster) {
    const auto primaries = cluster.primaries();
    if (primaries.empty()) {
        return nullptr;
    }
    for (const auto& server : cluster.servers) {
        if (server.get() == primaries.front()) {
            return server;
        }
    }
    return nullptr;
}

bool mentions(const model::Server& server, const std::string& text) {
    if (contains_ignoring_case(server.endpoint.text(), text) || contains_ignoring_case(server.cluster.text(), text)) {
        return true;
    }
    const model::Facts* facts = server.facts.get();
    return facts != nullptr &&
           (contains_ignoring_case(facts->version.text, text) || contains_ignoring_case(facts->version.comment, text) ||
            contains_ignoring_case(facts->instance_alias, text) || contains_ignoring_case(facts->region, text) ||
            contains_ignoring_case(facts->data_center, text));
}

}  // namespace

Co<Response> instance(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const auto found = desk->use_cases.instance(*key);
    if (!found) {
        co_return envelope_error(found.error());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::instance(view, **found));
}

Co<Response> instance_replicas(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const legacy::View view(desk->use_cases);
    const Endpoint known = desk->use_cases.resolve(*key);
    const auto replicates_from = [&](const model::Server& server) {
        return server.facts != nullptr &&
               std::any_of(server.facts->channels.begin(), server.facts->channels.end(), [&](const auto& channel) {
                   return channel.source == known;
               });
    };
    co_return bare(legacy::instances(view, servers_where(*view.topology, replicates_from)));
}

Co<Response> all_instances(DeskPtr desk, Call /*call*/) {
    const legacy::View view(desk->use_cases);
    const auto any = [](const model::Server&) { return true; };
    co_return bare(legacy::instances(view, servers_where(*view.topology, any)));
}

Co<Response> search(DeskPtr desk, Call call) {
    std::string text = call.params["searchString"];
    if (text.empty()) {
        text = call.request.parts.query_value("s");
    }
    const legacy::View view(desk->use_cases);
    const auto has_text = [&](const model::Server& server) { return mentions(server, text); };
    co_return bare(legacy::instances(view, servers_where(*view.topology, has_text)));
}

Co<Response> problems(DeskPtr desk, Call call) {
    const legacy::View view(desk->use_cases);
    const api::InstanceJudge judge(view.settings, view.now);
    const std::string& cluster = call.params["clusterName"];
    const config::HostFilters ignored(view.settings.problem_ignore_hostname_filters);
    const auto has_problem = [&](const model::Server& server) {
        return (cluster.empty() || server.cluster.text() == cluster) && !server.downtime &&
               !judge.problems(server).empty() && !ignored.matches(server.endpoint);
    };
    co_return bare(legacy::instances(view, servers_where(*view.topology, has_problem)));
}

Co<Response> downtimed(DeskPtr desk, Call call) {
    const legacy::View view(desk->use_cases);
    ClusterName wanted;
    if (call.params.has("clusterHint")) {
        const auto cluster = desk->use_cases.cluster(call.params["clusterHint"]);
        if (!cluster) {
            co_return envelope_error(cluster.error());
        }
        wanted = (*cluster)->name;
    }
    const auto is_wanted = [&](const model::Server& server) {
        return server.downtime && (wanted.empty() || server.cluster == wanted);
    };
    co_return bare(legacy::instances(view, servers_where(*view.topology, is_wanted)));
}

Co<Response> primary(DeskPtr desk, Call call) {
    const auto cluster = desk->use_cases.cluster(cluster_hint_param(call.params));
    if (!cluster) {
        co_return envelope_error(cluster.error());
    }
    const auto leading = leading_server(**cluster);
    if (leading == nullptr) {
        co_return envelope_error("No primary found for " + (*cluster)->name.text());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::instance(view, *leading));
}

Co<Response> primaries(DeskPtr desk, Call /*call*/) {
    const legacy::View view(desk->use_cases);
    std::vector<model::ServerPtr> out;
    for (const auto& [name, cluster] : view.topology->clusters) {
        const auto leading = leading_server(*cluster);
        if (leading != nullptr && leading->facts != nullptr && !leading->facts->read_only) {
            out.push_back(leading);
        }
    }
    co_return bare(out.empty() ? "null" : legacy::instances(view, out));
}

}  // namespace orc::http::routes
