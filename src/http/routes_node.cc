// What concerns this node and not the servers it watches: its configuration, whether it is well, what it counts.
#include "base/text.h"
#include "http/json_writer.h"
#include "http/routes.h"

namespace orc::http::routes {
namespace {

constexpr Row rows[] = {
    {"api/reload-configuration", Right::act, reload_configuration},
};

}  // namespace

Co<Response> reload_configuration(DeskPtr desk, Call call) {
    const std::string extra(call.request.parts.query_value("config"));
    std::optional<std::string> file;
    if (!extra.empty()) {
        file = extra;
    }
    auto work = desk->use_cases.reload_configuration("API", std::move(file));
    const auto changes = co_await desk->on_control(std::move(work));
    if (!changes) {
        co_return envelope_error(changes.error(), json_text(extra));
    }
    std::string message = "Config reloaded";
    if (!changes->live.empty()) {
        message += "; changed: " + join(changes->live, ", ");
    }
    if (!changes->needs_restart.empty()) {
        message += "; needs a restart: " + join(changes->needs_restart, ", ");
    }
    co_return envelope_ok(message, json_text(extra));
}

void add_node_rows(Router& router, const std::shared_ptr<Desk>& desk) { add_rows(router, desk, "", rows); }

}  // namespace orc::http::routes
