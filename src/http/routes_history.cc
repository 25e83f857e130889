#include <algorithm>
#include <charconv>

#include "http/legacy_names.h"
#include "http/routes.h"

namespace orc::http::routes {
namespace {

std::optional<std::int64_t> number_param(const Params& params, std::string_view name) {
    const std::string& text = params[name];
    std::int64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && end.ec == std::errc() && end.ptr == text.data() + text.size() ? std::optional(value)
                                                                                          : std::nullopt;
}

/// Detections for which `wanted` holds: the store lists them all, page by page. `wanted` is asked at most for the
/// newest ten thousand.
struct DetectionSearch {
    std::optional<std::int64_t> id;
    std::string alias;

    bool wants(const model::Detection& detection) const {
        return id ? detection.id == *id : detection.cluster_alias == alias;
    }
};

Task<std::vector<model::Detection>> search_detections(api::UseCases& use_cases, DetectionSearch search) {
    constexpr std::size_t pages_most = 10;
    std::vector<model::Detection> out;
    for (std::size_t number = 0; number < pages_most; ++number) {
        store::Page page;
        page.number = number;
        page.size = 1000;
        CO_TRY(const auto rows, co_await use_cases.detections(page));
        std::copy_if(rows.begin(), rows.end(), std::back_inserter(out), [&](const auto& d) { return search.wants(d); });
        if (rows.size() < page.size || (search.id && !out.empty())) {
            break;
        }
    }
    co_return out;
}

template <typename T>
void cut_to_page(std::vector<T>& rows, const store::Page& page) {
    const std::size_t first = std::min(rows.size(), page.number > rows.size() ? rows.size() : page.number * page.size);
    const std::size_t last = std::min(rows.size(), first + page.size);
    rows = std::vector<T>(rows.begin() + std::ptrdiff_t(first), rows.begin() + std::ptrdiff_t(last));
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
    const store::Page page = page_param(call.params);
    DetectionSearch wanted;
    wanted.id = number_param(call.params, "id");
    wanted.alias = call.params["clusterAlias"];
    const bool is_search = wanted.id || !wanted.alias.empty();
    auto work = is_search ? search_detections(desk->use_cases, wanted) : desk->use_cases.detections(page);
    auto rows = co_await desk->on_control(std::move(work));
    if (!rows) {
        co_return envelope_error(rows.error());
    }
    if (is_search) {
        cut_to_page(*rows, page);
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
