#include "api/clusters.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {

Co<Response> discover_later(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = api::discover_later(desk->use_cases, *key);
    const auto done = co_await desk->on_control(std::move(work));
    if (!done) {
        co_return envelope_error(done.error());
    }
    co_return envelope_ok("Asynchronous discovery initiated for Instance: " + key->text());
}

Co<Response> forget_cluster(DeskPtr desk, Call call) {
    const std::string hint = cluster_hint_param(call.params);
    auto work = api::forget_cluster(desk->use_cases, hint);
    const auto done = co_await desk->on_control(std::move(work));
    if (!done) {
        co_return envelope_error(done.error());
    }
    co_return envelope_ok("Cluster forgotten: " + done->text());
}

Co<Response> set_cluster_alias(DeskPtr desk, Call call) {
    std::string alias = call.request.parts.query_value("alias");
    const ClusterName name(call.params["clusterName"]);
    const std::string message = "Cluster " + name.text() + " now has alias '" + alias + "'";
    auto work = api::set_cluster_alias(desk->use_cases, name, std::move(alias));
    const auto done = co_await desk->on_control(std::move(work));
    if (!done) {
        co_return envelope_error(done.error());
    }
    co_return envelope_ok(message);
}

}  // namespace orc::http::routes
