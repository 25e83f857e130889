#include <charconv>

#include "api/maintenance.h"
#include "base/text.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {

Co<Response> begin_maintenance(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error(), "0");
    }
    std::string owner(trim(call.params["owner"]));
    std::string reason(trim(call.params["reason"]));
    auto work = api::begin_maintenance(desk->use_cases, *key, std::move(owner), std::move(reason), Seconds(0));
    const auto done = co_await desk->on_control(std::move(work));
    if (!done) {
        co_return envelope_error(done.error(), "0");
    }
    co_return envelope_ok("Maintenance begun: " + done->text(), legacy::text(*done));
}

Co<Response> end_maintenance(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const Endpoint known = desk->use_cases.resolve(*key);
    auto work = api::end_maintenance(desk->use_cases, known);
    const auto done = co_await desk->on_control(std::move(work));
    if (!done) {
        co_return envelope_error(done.error());
    }
    const std::string_view what = *done ? "Maintenance ended: " : "Was not in maintenance: ";
    co_return envelope_ok(std::string(what) + known.text(), legacy::text(known));
}

namespace {

std::vector<model::Maintenance> all_maintenance(const api::UseCases& use_cases) { return api::maintenance(use_cases); }

}  // namespace

Co<Response> end_maintenance_by_id(DeskPtr desk, Call call) {
    const std::string& text = call.params["maintenanceKey"];
    std::int64_t id = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), id);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size()) {
        co_return envelope_error("Invalid maintenance id: " + text);
    }
    auto question = desk->look<std::vector<model::Maintenance>>(all_maintenance);
    const auto records = co_await std::move(question);
    if (!records) {
        co_return envelope_error(records.error());
    }
    for (const auto& record : *records) {
        if (record.id != id) {
            continue;
        }
        auto work = api::end_maintenance(desk->use_cases, record.endpoint);
        const auto done = co_await desk->on_control(std::move(work));
        if (!done) {
            co_return envelope_error(done.error());
        }
    }
    co_return envelope_ok("Maintenance ended: " + text, std::to_string(id));
}

Co<Response> in_maintenance(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const Endpoint known = desk->use_cases.resolve(*key);
    auto question =
        desk->look<bool>([known](const api::UseCases& use_cases) { return api::is_in_maintenance(use_cases, known); });
    const auto is_in = co_await std::move(question);
    if (!is_in) {
        co_return envelope_error(is_in.error());
    }
    co_return envelope_ok(*is_in ? "true" : "false", json_text(*is_in ? known.text() : ""));
}

Co<Response> maintenance(DeskPtr desk, Call /*call*/) {
    auto question = desk->look<std::vector<model::Maintenance>>(all_maintenance);
    const auto records = co_await std::move(question);
    if (!records) {
        co_return envelope_error(records.error());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::maintenance(view, *records));
}

}  // namespace orc::http::routes
