#include "api/problems.h"
#include "api/servers.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {

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
    const auto replicates_from = [&](const model::Server& server) { return api::replicates_from(server, known); };
    co_return bare(legacy::instances(view, api::servers_where(*view.topology, replicates_from)));
}

Co<Response> all_instances(DeskPtr desk, Call /*call*/) {
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::instances(view, api::all_servers(*view.topology)));
}

Co<Response> search(DeskPtr desk, Call call) {
    std::string text = call.params["searchString"];
    if (text.empty()) {
        text = call.request.parts.query_value("s");
    }
    const legacy::View view(desk->use_cases);
    const auto has_text = [&](const model::Server& server) { return api::mentions(server, text); };
    co_return bare(legacy::instances(view, api::servers_where(*view.topology, has_text)));
}

Co<Response> problems(DeskPtr desk, Call call) {
    const legacy::View view(desk->use_cases);
    const std::string& cluster = call.params["clusterName"];
    co_return bare(legacy::instances(view, api::problems(*view.topology, view.settings, view.now, cluster)));
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
    co_return bare(legacy::instances(view, api::servers_where(*view.topology, is_wanted)));
}

Co<Response> primary(DeskPtr desk, Call call) {
    const auto cluster = desk->use_cases.cluster(cluster_hint_param(call.params));
    if (!cluster) {
        co_return envelope_error(cluster.error());
    }
    const auto leading = api::leading_server(**cluster);
    if (leading == nullptr) {
        co_return envelope_error("No primary found for " + (*cluster)->name.text());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::instance(view, *leading));
}

Co<Response> primaries(DeskPtr desk, Call /*call*/) {
    const legacy::View view(desk->use_cases);
    const auto out = api::writable_primaries(*view.topology);
    co_return bare(out.empty() ? "null" : legacy::instances(view, out));
}

}  // namespace orc::http::routes
