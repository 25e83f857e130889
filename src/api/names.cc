#include "api/names.h"

#include "base/text.h"

namespace orc::api {
namespace {

constexpr Millis reach_limit{5000};

}  // namespace

Task<Endpoint> resolve_and_reach(UseCases& use_cases, Endpoint server) {
    const Seams& seams = use_cases.seams();
    CO_TRY(const Endpoint known, co_await seams.discovery.kept_as(server));
    const auto reached = co_await seams.gateway.knock(known, seams.clock.deadline_in(reach_limit));
    // Whoever refuses the log-in has answered.
    if (!reached && (reached.error().code == ErrorCode::unreachable || reached.error().code == ErrorCode::timed_out ||
                     reached.error().code == ErrorCode::cancelled)) {
        co_return tl::unexpected<Error>(with_context("resolve " + server.text(), reached.error()));
    }
    co_return known;
}

std::vector<discovery::CachedName> resolved_names(const UseCases& use_cases) {
    return use_cases.seams().discovery.cached_names();
}

Task<void> forget_resolved_names(UseCases& use_cases) {
    use_cases.seams().discovery.forget_cached_names();
    co_return co_await use_cases.seams().store.forget_resolved_names();
}

Task<Endpoint> register_virtual_name(UseCases& use_cases, Endpoint server, std::string name) {
    model::Unresolve record;
    const Endpoint known = use_cases.resolve(server);
    record.host = known.host;
    record.unresolved = std::string(trim(name));
    record.registered = use_cases.clock().wall();
    if (record.host.empty() || record.unresolved.empty()) {
        co_return fail(ErrorCode::invalid, "a virtual name needs a host and the name");
    }
    std::vector<model::Change> changes;
    changes.push_back(use_cases.audited("register-hostname-unresolve", known, record.unresolved));
    changes.push_back(model::PutUnresolve{std::move(record)});
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return known;
}

Task<Endpoint> deregister_virtual_name(UseCases& use_cases, Endpoint server) {
    const Endpoint known = use_cases.resolve(server);
    if (known.host.empty()) {
        co_return fail(ErrorCode::invalid, "whose virtual name? No host is given");
    }
    std::vector<model::Change> changes;
    changes.push_back(model::DropUnresolve{known.host});
    changes.push_back(use_cases.audited("deregister-hostname-unresolve", known, ""));
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return known;
}

std::vector<model::Unresolve> virtual_names(const UseCases& use_cases) {
    std::vector<model::Unresolve> out;
    const auto intent = use_cases.intent();
    for (const auto& [host, record] : intent->unresolves) {
        out.push_back(record);
    }
    return out;
}

}  // namespace orc::api
