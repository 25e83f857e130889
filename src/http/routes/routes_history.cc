#include <charconv>

#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {
namespace {

std::optional<std::int64_t> number_param(const Params& params, std::string_view name) {
    const std::string& text = params[name];
    std::int64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && end.ec == std::errc() && end.ptr == text.data() + text.size() ? std::optional(value)
                                                                                          : std::nullopt;
}

}  // namespace

Co<Response> audit_recovery(DeskPtr desk, Call call) {
    store::RecoveryQuery query;
    query.page = page_param(call.params);
    query.id = number_param(call.params, "id");
    if (call.params.has("uid")) {
        query.uid = RecoveryUid(call.params["uid"]);
    }
    if (call.params.has("clusterName")) {
        query.cluster = ClusterName(call.params["clusterName"]);
    }
    if (call.params.has("clusterAlias")) {
        query.alias = call.params["clusterAlias"];
    }
    query.unacknowledged_only = call.request.parts.query_value("unacknowledged") == "true";
    auto work = desk->use_cases.recoveries(std::move(query));
    const auto records = co_await desk->on_control(std::move(work));
    if (!records) {
        co_return envelope_error(records.error());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::recoveries(view, *records));
}

Co<Response> audit_recovery_steps(DeskPtr desk, Call call) {
    auto work = desk->use_cases.recovery_steps(RecoveryUid(call.params["uid"]));
    const auto steps = co_await desk->on_control(std::move(work));
    if (!steps) {
        co_return envelope_error(steps.error());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::recovery_steps(view, *steps));
}

Co<Response> audit_failure_detection(DeskPtr desk, Call call) {
    store::DetectionQuery query;
    query.page = page_param(call.params);
    query.id = number_param(call.params, "id");
    if (call.params.has("clusterAlias")) {
        query.alias = call.params["clusterAlias"];
    }
    auto work = desk->use_cases.detections(std::move(query));
    const auto rows = co_await desk->on_control(std::move(work));
    if (!rows) {
        co_return envelope_error(rows.error());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::detections(view, *rows));
}

Co<Response> audit(DeskPtr desk, Call call) {
    auto key = optional_endpoint_param(call.params, "host", "port");
    if (key) {
        key = desk->use_cases.resolve(*key);
    }
    auto work = desk->use_cases.audit(std::move(key), page_param(call.params));
    const auto entries = co_await desk->on_control(std::move(work));
    if (!entries) {
        co_return envelope_error(entries.error());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::audit(view, *entries));
}

}  // namespace orc::http::routes
