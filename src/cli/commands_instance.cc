// What people say about instances: that they exist, that they are worked on, how they rank.
#include <algorithm>

#include "api/maintenance.h"
#include "cli/commands.h"

namespace orc::cli::commands {

Task<Lines> discover(Call call) {
    CO_TRY(const Endpoint endpoint, named_instance(call));
    CO_TRY(const auto server, co_await call.use_cases.discover(endpoint));
    if (server == nullptr) {
        co_return fail(ErrorCode::refused, endpoint.text() + " is left out by the discovery filters");
    }
    co_return line(server->endpoint.text());
}

Task<Lines> forget(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    CO_TRY(const Endpoint gone, co_await call.use_cases.forget(endpoint));
    co_return line(gone.text());
}

Task<Lines> begin_maintenance(Call call) {
    CO_TRY(const std::string reason, required(call, "reason"));
    CO_TRY(const Seconds span, duration_argument(call));
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    const std::string owner = owner_argument(call);
    CO_TRY(const Endpoint done, co_await api::begin_maintenance(call.use_cases, endpoint, owner, reason, span));
    co_return line(done.text());
}

Task<Lines> end_maintenance(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    CO_TRY(co_await api::end_maintenance(call.use_cases, endpoint));
    co_return line(endpoint.text());
}

Task<Lines> in_maintenance(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    co_return api::is_in_maintenance(call.use_cases, endpoint) ? line(endpoint.text()) : Lines{};
}

Task<Lines> begin_downtime(Call call) {
    CO_TRY(const std::string reason, required(call, "reason"));
    CO_TRY(const Seconds span, duration_argument(call));
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    CO_TRY(const Endpoint done, co_await call.use_cases.begin_downtime(endpoint, owner_argument(call), reason, span));
    co_return line(done.text());
}

Task<Lines> end_downtime(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    CO_TRY(const Endpoint done, co_await call.use_cases.end_downtime(endpoint));
    co_return line(done.text());
}

Task<Lines> register_candidate(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    const std::string rule = call.flags.text("promotion-rule");
    CO_TRY(const Endpoint done, co_await call.use_cases.register_candidate(endpoint, rule));
    co_return line(done.text());
}

Task<Lines> bulk_promotion_rules(Call call) {
    std::vector<std::string> texts;
    const auto intent = call.use_cases.intent();
    for (const auto& [endpoint, candidate] : intent->candidates) {
        texts.push_back(line(endpoint.text() + " " + std::string(model::name(candidate.rule))));
    }
    std::sort(texts.begin(), texts.end());
    Lines out;
    for (const auto& text : texts) {
        out += text;
    }
    co_return out;
}

}  // namespace orc::cli::commands
