// Names of hosts: what they resolve to, and what stands for them in replication settings.
#include <map>

#include "api/names.h"
#include "base/text.h"
#include "cli/commands.h"

namespace orc::cli::commands {

Task<Lines> resolve(Call call) {
    CO_TRY(const std::string text, required(call, "i"));
    const auto port = std::uint16_t(call.use_cases.settings()->default_instance_port);
    auto given = Endpoint::parse(trim(call.instance.value_or(text)), port);
    if (!given) {
        co_return tl::unexpected(with_context("-i", given.error()));
    }
    CO_TRY(const Endpoint known, co_await api::resolve_and_reach(call.use_cases, *std::move(given)));
    co_return line(known.text());
}

Task<Lines> reset_resolve_cache(Call call) {
    CO_TRY(co_await api::forget_resolved_names(call.use_cases));
    co_return line("hostname resolve cache cleared");
}

Task<Lines> show_resolved(Call call) {
    std::map<std::string, std::string> names;
    CO_TRY(const auto written, co_await call.use_cases.seams().store.resolved_names());
    for (const auto& name : written) {
        names[name.host] = name.resolved;
    }
    // What this process knows is newer than what it has written.
    for (const auto& name : api::resolved_names(call.use_cases)) {
        names[name.host] = name.resolved;
    }
    Lines out;
    for (const auto& [host, resolved] : names) {
        out += line(host + " " + resolved);
    }
    co_return out;
}

Task<Lines> show_virtual_names(Call call) {
    Lines out;
    for (const auto& record : api::virtual_names(call.use_cases)) {
        out += line(record.host + " " + record.unresolved);
    }
    co_return out;
}

Task<Lines> register_virtual_name(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    const std::string name(trim(call.flags.text("hostname")));
    if (name.empty()) {
        CO_TRY(const Endpoint done, co_await api::deregister_virtual_name(call.use_cases, endpoint));
        co_return line(done.text());
    }
    CO_TRY(const Endpoint done, co_await api::register_virtual_name(call.use_cases, endpoint, name));
    co_return line(done.text());
}

Task<Lines> deregister_virtual_name(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    CO_TRY(const Endpoint done, co_await api::deregister_virtual_name(call.use_cases, endpoint));
    co_return line(done.text());
}

}  // namespace orc::cli::commands
