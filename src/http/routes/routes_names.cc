#include "api/names.h"
#include "api/snapshots.h"
#include "base/text.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {

Co<Response> resolve(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = api::resolve_and_reach(desk->use_cases, *key);
    const auto done = co_await desk->on_control(std::move(work));
    co_return key_answer(done, "Instance resolved");
}

Co<Response> hostname_resolve_cache(DeskPtr desk, Call /*call*/) {
    auto question = desk->look<std::vector<discovery::CachedName>>(api::resolved_names);
    const auto names = co_await std::move(question);
    if (!names) {
        co_return envelope_error(names.error());
    }
    const legacy::View view(desk->use_cases);
    co_return envelope_ok("Cache retrieved", legacy::resolved_names(view, *names));
}

Co<Response> reset_hostname_resolve_cache(DeskPtr desk, Call /*call*/) {
    auto work = api::forget_resolved_names(desk->use_cases);
    const auto done = co_await desk->on_control(std::move(work));
    if (!done) {
        co_return envelope_error(done.error());
    }
    co_return envelope_ok("Hostname cache cleared");
}

Co<Response> register_hostname_unresolve(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = api::register_virtual_name(desk->use_cases, *key, call.params["virtualname"]);
    const auto done = co_await desk->on_control(std::move(work));
    co_return key_answer(done, "Hostname register unresolve completed");
}

Co<Response> deregister_hostname_unresolve(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = api::deregister_virtual_name(desk->use_cases, *key);
    const auto done = co_await desk->on_control(std::move(work));
    co_return key_answer(done, "Hostname deregister unresolve completed");
}

namespace {

/// "12.345ms", "1.5s": a duration as the classic program prints it.
std::string duration_text(Micros span) {
    std::string digits = span < Millis(1) ? std::to_string(span.count())
                                          : std::to_string(double(span.count()) / (span < Seconds(1) ? 1e3 : 1e6));
    if (span >= Millis(1)) {
        digits.erase(digits.find_last_not_of('0') + 1);
        if (digits.ends_with('.')) {
            digits.pop_back();
        }
    }
    return digits + (span < Millis(1) ? "\xC2\xB5s" : span < Seconds(1) ? "ms" : "s");
}

}  // namespace

Co<Response> snapshot_topologies(DeskPtr desk, Call /*call*/) {
    auto work = api::take_snapshot(desk->use_cases);
    const auto took = co_await desk->on_control(std::move(work));
    if (!took) {
        co_return envelope_error(took.error());
    }
    co_return envelope_ok("Topology Snapshot completed", json_text("Took " + duration_text(*took)));
}

}  // namespace orc::http::routes
