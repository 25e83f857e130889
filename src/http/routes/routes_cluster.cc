#include "api/tags.h"
#include "api/topology_text.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {
namespace {

/// The cluster with this alias or name, no other way of asking.
Result<model::ClusterPtr> named_cluster(const Desk& desk, const std::string& alias) {
    auto found = desk.use_cases.topology()->cluster_named(alias);
    if (found == nullptr) {
        return fail(ErrorCode::not_found, "Unknown cluster alias: " + alias);
    }
    return found;
}

Response instances_of(const Desk& desk, const Result<model::ClusterPtr>& cluster) {
    if (!cluster) {
        return envelope_error(cluster.error());
    }
    const legacy::View view(desk.use_cases);
    return bare(legacy::instances(view, (*cluster)->servers));
}

Response info_of(const Desk& desk, const Result<model::ClusterPtr>& cluster) {
    if (!cluster) {
        return envelope_error(cluster.error());
    }
    return bare(legacy::cluster_info(desk.use_cases.summary(**cluster)));
}

Response tree_of(const Desk& desk, const Call& call, api::TreeForm form, const api::TagTexts& tags = {}) {
    const auto cluster = desk.use_cases.cluster(cluster_hint_param(call.params));
    if (!cluster) {
        return envelope_error(cluster.error());
    }
    const auto now = desk.use_cases.clock().now();
    const std::string text = api::topology_text(**cluster, form, *desk.use_cases.settings(), now, tags);
    return envelope_ok("Topology for cluster " + (*cluster)->name.text(), json_text(text));
}

template <typename Wanted>
Response analyses_where(const Desk& desk, Wanted wanted) {
    const legacy::View view(desk.use_cases);
    std::vector<analysis::Finding> out;
    const auto findings = desk.use_cases.findings();
    for (const auto& finding : *findings) {
        if (wanted(finding)) {
            out.push_back(finding);
        }
    }
    return envelope_ok("Analysis", legacy::analyses(view, out));
}

}  // namespace

Co<Response> cluster(DeskPtr desk, Call call) {
    co_return instances_of(*desk, desk->use_cases.cluster(cluster_hint_param(call.params)));
}

Co<Response> cluster_by_alias(DeskPtr desk, Call call) {
    co_return instances_of(*desk, named_cluster(*desk, call.params["clusterAlias"]));
}

Co<Response> cluster_info(DeskPtr desk, Call call) {
    co_return info_of(*desk, desk->use_cases.cluster(cluster_hint_param(call.params)));
}

Co<Response> cluster_info_by_alias(DeskPtr desk, Call call) {
    co_return info_of(*desk, named_cluster(*desk, call.params["clusterAlias"]));
}

Co<Response> clusters(DeskPtr desk, Call /*call*/) {
    const auto topology = desk->use_cases.topology();
    if (topology->clusters.empty()) {
        co_return bare("null");
    }
    JsonWriter json;
    json.begin_array();
    for (const auto& [name, value] : topology->clusters) {
        json.text(name.text());
    }
    json.end_array();
    co_return bare(std::move(json).str());
}

Co<Response> clusters_info(DeskPtr desk, Call /*call*/) {
    co_return bare(legacy::cluster_infos(desk->use_cases.summaries()));
}

Co<Response> topology(DeskPtr desk, Call call) { co_return tree_of(*desk, call, api::TreeForm::plain); }
Co<Response> topology_tabulated(DeskPtr desk, Call call) { co_return tree_of(*desk, call, api::TreeForm::tabulated); }

Co<Response> topology_tags(DeskPtr desk, Call call) {
    auto question = desk->look<api::TagTexts>(api::tag_texts);
    const auto tags = co_await std::move(question);
    if (!tags) {
        co_return envelope_error(tags.error());
    }
    co_return tree_of(*desk, call, api::TreeForm::tags, *tags);
}

Co<Response> replication_analysis(DeskPtr desk, Call /*call*/) {
    co_return analyses_where(*desk, [](const analysis::Finding&) { return true; });
}

Co<Response> replication_analysis_of_cluster(DeskPtr desk, Call call) {
    const std::string& name = call.params["clusterName"];
    const auto known = desk->use_cases.topology()->cluster_named(name);
    const std::string wanted = known == nullptr ? name : known->name.text();
    co_return analyses_where(*desk, [&](const analysis::Finding& f) { return f.cluster.text() == wanted; });
}

Co<Response> replication_analysis_of_instance(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const Endpoint wanted = desk->use_cases.resolve(*key);
    co_return analyses_where(*desk, [&](const analysis::Finding& f) { return f.subject == wanted; });
}

}  // namespace orc::http::routes
