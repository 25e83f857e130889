#include <charconv>

#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {
Task<api::Health> checked_health(api::UseCases& use_cases) {
    api::Health out = co_await use_cases.health();
    co_return out;
}

namespace {

/// The status that the client wants to see from a node that does not lead.
unsigned wanted_status(const Params& params) {
    const std::string& text = params["errorStatusCode"];
    unsigned value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = !text.empty() && end.ec == std::errc() && end.ptr == text.data() + text.size();
    return is_number && value >= 200 && value <= 999 ? value : 404;
}

}  // namespace

Co<Response> health(DeskPtr desk, Call /*call*/) {
    auto work = checked_health(desk->use_cases);
    const auto health = co_await desk->on_control(std::move(work));
    if (!health) {
        co_return envelope_error(health.error());
    }
    const std::string details = legacy::health(legacy::View(desk->use_cases), *health);
    if (!health->error.empty()) {
        co_return envelope_error("Application node is unhealthy: " + health->error, details);
    }
    const std::string warning = health->warning.empty() ? "" : ", but " + health->warning;
    co_return envelope_ok("Application node is healthy" + warning, details);
}

Co<Response> alive(DeskPtr /*desk*/, Call /*call*/) { co_return bare("\"OK\""); }

Co<Response> leader_check(DeskPtr desk, Call call) {
    const auto standing = co_await desk->standing();
    if (standing && standing->leadership.is_leader) {
        co_return bare("\"OK\"");
    }
    Response out = bare("\"Not leader\"");
    out.status = wanted_status(call.params);
    co_return out;
}

}  // namespace orc::http::routes
