// API v2 (docs/api.md): the same values in an envelope of its own, with status codes that mean something. Reads only.
#include <charconv>

#include "api/topology_text.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/openapi.h"
#include "http/routes/routes.h"

namespace orc::http::routes {
namespace {

Response v2_ok(std::string_view data) {
    JsonWriter json;
    json.begin_object().field("status", "ok").key("data").raw(data).end_object();
    return bare(std::move(json).str() + "\n");
}

Response v2_error(unsigned status, std::string_view code, std::string_view message) {
    JsonWriter json;
    json.begin_object().field("status", "error").key("error").begin_object();
    json.field("code", code).field("message", message).end_object().end_object();
    Response out = bare(std::move(json).str() + "\n");
    out.status = status;
    return out;
}

Response no_cluster(const Call& call) {
    return v2_error(404, "NOT_FOUND", "Cluster not found: " + call.params["name"]);
}

/// What one server's answer is made of; else why there is none.
struct Asked {
    model::ServerPtr server;
    std::optional<Response> refusal;
};

Asked asked_server(const Desk& desk, const Call& call) {
    Asked out;
    const auto key = endpoint_param(call.params);
    if (!key) {
        out.refusal = v2_error(400, "INVALID_INSTANCE", key.error().message);
        return out;
    }
    const auto found = desk.use_cases.instance(*key);
    if (!found) {
        out.refusal = v2_error(404, "NOT_FOUND", "Instance not found: " + key->text());
        return out;
    }
    out.server = *found;
    return out;
}

store::Page page_of_query(const Call& call) {
    store::Page out;
    const std::string text(call.request.parts.query_value("page"));
    std::size_t number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    out.number = end.ec == std::errc() && end.ptr == text.data() + text.size() ? number : 0;
    return out;
}

constexpr std::size_t active_max = 1000;  // newest first: nobody has more of them at a time

Co<Response> clusters_v2(DeskPtr desk, Call /*call*/) {
    co_return v2_ok(legacy::cluster_infos(desk->use_cases.summaries()));
}

Co<Response> cluster_v2(DeskPtr desk, Call call) {
    const auto cluster = desk->use_cases.cluster(call.params["name"]);
    co_return cluster ? v2_ok(legacy::cluster_info(desk->use_cases.summary(**cluster))) : no_cluster(call);
}

Co<Response> cluster_instances_v2(DeskPtr desk, Call call) {
    const auto cluster = desk->use_cases.cluster(call.params["name"]);
    const legacy::View view(desk->use_cases);
    co_return cluster ? v2_ok(legacy::instances(view, (*cluster)->servers)) : no_cluster(call);
}

Co<Response> cluster_topology_v2(DeskPtr desk, Call call) {
    const auto cluster = desk->use_cases.cluster(call.params["name"]);
    if (!cluster) {
        co_return no_cluster(call);
    }
    const auto settings = desk->use_cases.settings();
    const auto now = desk->use_cases.clock().now();
    JsonWriter json;
    json.begin_object().field("clusterName", (*cluster)->name.text());
    json.field("topology", api::topology_text(**cluster, api::TreeForm::plain, *settings, now)).end_object();
    co_return v2_ok(json.str());
}

Co<Response> instance_v2(DeskPtr desk, Call call) {
    auto asked = asked_server(*desk, call);
    if (asked.refusal) {
        co_return *std::move(asked.refusal);
    }
    const legacy::View view(desk->use_cases);
    co_return v2_ok(legacy::instance(view, *asked.server));
}

Co<Response> channels_v2(DeskPtr desk, Call call) {
    auto asked = asked_server(*desk, call);
    if (asked.refusal) {
        co_return *std::move(asked.refusal);
    }
    const bool has_several = asked.server->facts != nullptr && asked.server->facts->channels.size() > 1;
    co_return v2_ok(has_several ? legacy::channels(*asked.server) : "null");
}

Co<Response> recoveries_v2(DeskPtr desk, Call call) {
    store::RecoveryQuery query;
    query.page = page_of_query(call);
    if (const auto cluster = call.request.parts.query_value("cluster"); !cluster.empty()) {
        query.cluster = ClusterName(std::string(cluster));
    }
    if (const auto alias = call.request.parts.query_value("alias"); !alias.empty()) {
        query.alias = std::string(alias);
    }
    auto work = desk->use_cases.recoveries(std::move(query));
    const auto records = co_await desk->on_control(std::move(work));
    if (!records) {
        co_return v2_error(500, "RECOVERIES_ERROR", records.error().message);
    }
    const legacy::View view(desk->use_cases);
    co_return v2_ok(legacy::recoveries(view, *records));
}

Co<Response> active_recoveries_v2(DeskPtr desk, Call /*call*/) {
    store::RecoveryQuery query;
    query.page.size = active_max;
    auto work = desk->use_cases.recoveries(std::move(query));
    auto records = co_await desk->on_control(std::move(work));
    if (!records) {
        co_return v2_error(500, "ACTIVE_RECOVERIES_ERROR", records.error().message);
    }
    std::erase_if(*records, [](const model::RecoveryRecord& record) { return record.ended.has_value(); });
    const legacy::View view(desk->use_cases);
    co_return v2_ok(legacy::recoveries(view, *records));
}

Co<Response> status_v2(DeskPtr desk, Call /*call*/) {
    auto work = checked_health(desk->use_cases);
    const auto health = co_await desk->on_control(std::move(work));
    if (!health || !health->error.empty()) {
        co_return v2_error(500, "UNHEALTHY", health ? health->error : health.error().message);
    }
    co_return v2_ok(legacy::health(legacy::View(desk->use_cases), *health));
}

constexpr std::string_view no_proxysql_text = "ProxySQL is not configured: this release does not talk to it";

Co<Response> proxysql_v2(DeskPtr /*desk*/, Call /*call*/) {
    co_return v2_error(503, "PROXYSQL_NOT_CONFIGURED", no_proxysql_text);
}

Co<Response> proxysql_servers(DeskPtr /*desk*/, Call /*call*/) { co_return envelope_error(no_proxysql_text); }

Co<Response> instance_channels(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const auto found = desk->use_cases.instance(*key);
    co_return found ? bare(legacy::channels(**found)) : envelope_error(found.error());
}

Co<Response> openapi(DeskPtr desk, Call /*call*/) {
    co_return bare(openapi_text(desk->use_cases.settings()->url_prefix, desk->use_cases.version()));
}

constexpr Row v2_rows[] = {
    {"api/v2/clusters", Right::read, clusters_v2},
    {"api/v2/clusters/:name", Right::read, cluster_v2},
    {"api/v2/clusters/:name/instances", Right::read, cluster_instances_v2},
    {"api/v2/clusters/:name/topology", Right::read, cluster_topology_v2},
    {"api/v2/instances/:host/:port", Right::read, instance_v2},
    {"api/v2/instances/:host/:port/channels", Right::read_of_active, channels_v2},
    {"api/v2/recoveries", Right::read, recoveries_v2},
    {"api/v2/recoveries/active", Right::read, active_recoveries_v2},
    {"api/v2/status", Right::read, status_v2},
    {"api/v2/proxysql/servers", Right::read, proxysql_v2},
    {"api/v2/openapi.json", Right::read, openapi},
    // What the same fork added to the classic API.
    {"api/instance-channels/:host/:port", Right::read_of_active, instance_channels},
    {"api/proxysql/servers", Right::read, proxysql_servers},
    {"api/proxysql/servers/:hostgroup", Right::read, proxysql_servers},
};

}  // namespace

void add_v2_rows(Router& router, const std::shared_ptr<Desk>& desk) { add_rows(router, desk, "", v2_rows); }

}  // namespace orc::http::routes
