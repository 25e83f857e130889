#include "cli/command.h"

#include "base/text.h"

namespace orc::cli {
namespace {

std::uint16_t default_port(const Call& call) { return std::uint16_t(call.use_cases.settings()->default_instance_port); }

tl::unexpected<Error> missing(const Call& call, std::string_view flag) {
    return fail(ErrorCode::invalid, "-" + std::string(flag) + " is required for " + std::string(call.command.name));
}

/// An address as a person gave it.
Result<Endpoint> address_in(const Call& call, const std::string& flag, std::string_view text) {
    if (trim(text).empty()) {
        return fail(ErrorCode::invalid, flag + " is empty: it must name an instance, host[:port]");
    }
    auto parsed = Endpoint::parse(trim(text), default_port(call));
    if (!parsed) {
        return tl::unexpected(with_context(flag, parsed.error()));
    }
    return parsed;
}

/// The same, under the name by which it is known.
Task<Endpoint> resolved(Call call, std::string flag, std::string text) {
    CO_TRY(const Endpoint given, address_in(call, flag, text));
    const Endpoint known = call.use_cases.resolve(given);
    if (!known.is_valid() || call.use_cases.topology()->knows(known)) {
        co_return known;
    }
    // Nobody knows it by this name; the name service may know another one.
    CO_TRY(const Endpoint kept, co_await call.use_cases.seams().discovery.kept_as(known));
    co_return call.use_cases.resolve(kept);
}

}  // namespace

std::string line(std::string_view text) { return std::string(text) + "\n"; }

Lines lines_of(const std::vector<Endpoint>& endpoints) {
    Lines out;
    for (const auto& endpoint : endpoints) {
        out += line(endpoint.text());
    }
    return out;
}

Lines lines_of(const std::vector<model::ServerPtr>& servers) {
    Lines out;
    for (const auto& server : servers) {
        out += line(server->endpoint.text());
    }
    return out;
}

Result<Endpoint> named_instance(const Call& call) {
    if (call.instance) {
        return address_in(call, "-i", *call.instance);
    }
    if (call.command.without_instance != WithoutInstance::this_host) {
        return missing(call, "i");
    }
    return Endpoint(call.local_host, default_port(call));
}

Task<Endpoint> instance_argument(Call call) {
    if (call.instance) {
        co_return co_await resolved(call, "-i", *call.instance);
    }
    CO_TRY(const Endpoint here, named_instance(call));
    co_return call.use_cases.resolve(here);
}

Task<model::ServerPtr> server_argument(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    co_return call.use_cases.instance(endpoint);
}

Task<std::optional<Endpoint>> destination_argument(Call call) {
    for (const std::string flag : {"d", "s"}) {
        if (call.flags.says(flag)) {
            CO_TRY(Endpoint endpoint, co_await resolved(call, "-" + flag, call.flags.text(flag)));
            co_return std::optional<Endpoint>(std::move(endpoint));
        }
    }
    co_return std::optional<Endpoint>{};
}

Task<Endpoint> required_destination(Call call) {
    CO_TRY(auto destination, co_await destination_argument(call));
    if (!destination) {
        co_return missing(call, "d");
    }
    co_return *std::move(destination);
}

Result<bool> names_cluster(const Call& call) {
    if (call.flags.has("alias") && !call.flags.says("alias") && !call.instance) {
        return fail(ErrorCode::invalid, "-alias is empty: it must name a cluster");
    }
    return call.flags.says("alias");
}

Task<model::ClusterPtr> cluster_argument(Call call) {
    CO_TRY(const bool is_named, names_cluster(call));
    if (is_named) {
        co_return call.use_cases.cluster(call.flags.text("alias"));
    }
    CO_TRY(const Endpoint member, co_await instance_argument(call));
    co_return call.use_cases.cluster(member.text());
}

Task<model::ClusterPtr> optional_cluster(Call call) {
    if (!call.flags.says("alias") && !call.instance) {
        co_return model::ClusterPtr{};
    }
    co_return co_await cluster_argument(std::move(call));
}

Result<std::string> required(const Call& call, std::string_view flag) {
    std::string value(trim(call.flags.text(flag)));
    if (value.empty()) {
        return missing(call, flag);
    }
    return value;
}

std::string owner_argument(const Call& call) {
    const std::string given(trim(call.flags.text("owner")));
    return given.empty() ? call.user : given;
}

Result<Seconds> duration_argument(const Call& call) {
    const std::string text = call.flags.text("duration");
    if (text.empty()) {
        return Seconds{0};
    }
    auto parsed = parse_duration(text);
    if (!parsed) {
        return tl::unexpected(with_context("-duration", parsed.error()));
    }
    return parsed;
}

}  // namespace orc::cli
