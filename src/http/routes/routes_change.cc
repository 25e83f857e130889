#include "base/text.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {

Response key_answer(const Result<Endpoint>& done, std::string_view what, std::string_view details_on_error) {
    if (!done) {
        return envelope_error(done.error(), details_on_error);
    }
    return envelope_ok(std::string(what) + ": " + done->text(), legacy::text(*done));
}

Co<Response> discover(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = desk->use_cases.discover(*key);
    const auto server = co_await desk->on_control(std::move(work));
    if (!server) {
        co_return envelope_error(server.error());
    }
    if (*server == nullptr) {
        co_return envelope_ok("Instance is left out by the discovery filters: " + key->text());
    }
    // The snapshot knows the server's place; what discovery returned may be older than that.
    const legacy::View view(desk->use_cases);
    const model::Server* placed = view.topology->find((*server)->endpoint);
    const model::Server& shown = placed != nullptr && placed->facts != nullptr ? *placed : **server;
    co_return envelope_ok("Instance discovered: " + shown.endpoint.text(), legacy::instance(view, shown));
}

Co<Response> refresh(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = desk->use_cases.discover(desk->use_cases.resolve(*key));
    const auto server = co_await desk->on_control(std::move(work));
    if (!server || *server == nullptr) {
        co_return server ? envelope_error("Cannot refresh " + key->text()) : envelope_error(server.error());
    }
    co_return envelope_ok("Instance refreshed: " + (*server)->endpoint.text(), legacy::text((*server)->endpoint));
}

Co<Response> forget(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = desk->use_cases.forget(*key);
    const auto done = co_await desk->on_control(std::move(work));
    co_return key_answer(done, "Instance forgotten");
}

Co<Response> begin_downtime(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    Seconds span{0};
    if (call.params.has("duration")) {
        const auto parsed = parse_duration(call.params["duration"]);
        if (!parsed) {
            co_return envelope_error(parsed.error(), legacy::text(*key));
        }
        span = *parsed;
    }
    // The classic client ends both with an encoded newline.
    std::string owner(trim(call.params["owner"]));
    std::string reason(trim(call.params["reason"]));
    auto work = desk->use_cases.begin_downtime(*key, std::move(owner), std::move(reason), span);
    const auto done = co_await desk->on_control(std::move(work));
    co_return key_answer(done, "Instance downtimed", legacy::text(*key));
}

Co<Response> end_downtime(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = desk->use_cases.end_downtime(*key);
    const auto done = co_await desk->on_control(std::move(work));
    co_return key_answer(done, "Instance downtime ended");
}

Co<Response> register_candidate(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = desk->use_cases.register_candidate(*key, call.params["promotionRule"]);
    const auto done = co_await desk->on_control(std::move(work));
    co_return key_answer(done, "Registered candidate");
}

namespace {

Co<Response> set_recoveries(DeskPtr desk, bool enabled) {
    auto work = desk->use_cases.set_recoveries_enabled(enabled);
    const auto done = co_await desk->on_control(std::move(work));
    if (!done) {
        co_return envelope_error(done.error());
    }
    const std::string_view word = enabled ? "enabled" : "disabled";
    co_return envelope_ok("Globally " + std::string(word) + " recoveries", json_text(word));
}

}  // namespace

Co<Response> disable_global_recoveries(DeskPtr desk, Call /*call*/) { return set_recoveries(std::move(desk), false); }
Co<Response> enable_global_recoveries(DeskPtr desk, Call /*call*/) { return set_recoveries(std::move(desk), true); }

Co<Response> check_global_recoveries(DeskPtr desk, Call /*call*/) {
    const auto standing = co_await desk->standing();
    if (!standing) {
        co_return envelope_error(standing.error());
    }
    const std::string_view word = standing->recoveries_disabled ? "disabled" : "enabled";
    co_return envelope_ok("Global recoveries are " + std::string(word), json_text(word));
}

}  // namespace orc::http::routes
