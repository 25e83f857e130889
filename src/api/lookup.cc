// Which server or cluster a person means.
#include "api/use_cases.h"
#include "base/text.h"

namespace orc::api {
namespace {

/// An IPv4 address or an IPv6 one, or a part of one.
bool is_address(std::string_view host) {
    return host.find_first_not_of("0123456789.") == std::string_view::npos || host.find(':') != std::string_view::npos;
}

/// The only known server on that port whose host, in lower case, passes; null: none does, or several do.
template <typename Passes>
const Endpoint* only_server(const model::Topology& topology, std::uint16_t port, Passes passes) {
    const Endpoint* only = nullptr;
    for (const auto& [endpoint, cluster] : *topology.members) {
        if (endpoint.port == port && passes(to_lower(endpoint.host))) {
            if (only != nullptr) {
                return nullptr;
            }
            only = &endpoint;
        }
    }
    return only;
}

}  // namespace

Endpoint UseCases::spelled(const Endpoint& given) const {
    const auto snapshot = topology();
    if (snapshot->knows(given)) {
        return given;
    }
    const std::string host = to_lower(given.host);
    const Endpoint* known = only_server(*snapshot, given.port, [&](const std::string& it) { return it == host; });
    return known == nullptr ? given : *known;
}

Endpoint UseCases::resolve(const Endpoint& given) const {
    const auto snapshot = topology();
    if (snapshot->knows(given) || given.host.empty()) {
        return given;
    }
    Endpoint named = seams_.discovery.known_as(given);
    if (named != given && snapshot->knows(named)) {
        return named;
    }
    Endpoint spelling = spelled(given);
    if (spelling != given || is_address(given.host)) {
        return spelling;
    }
    const std::string part = to_lower(given.host);
    const Endpoint* known =
        only_server(*snapshot, given.port, [&](const std::string& it) { return it.find(part) != std::string::npos; });
    return known == nullptr ? given : *known;
}

Result<model::ServerPtr> UseCases::instance(const Endpoint& given) const {
    const auto snapshot = topology();
    const Endpoint endpoint = resolve(given);
    const auto cluster = snapshot->cluster(endpoint);
    if (cluster != nullptr) {
        for (const auto& server : cluster->servers) {
            if (server->endpoint == endpoint) {
                return server;
            }
        }
    }
    return fail(ErrorCode::not_found, "Cannot read instance: " + given.text());
}

Result<Endpoint> UseCases::member_named(std::string_view hint) const {
    const auto default_port = std::uint16_t(settings()->default_instance_port);
    TRY(const Endpoint given, Endpoint::parse(hint, default_port));
    // An IPv6 address is shown without brackets: what follows its last colon may be the port of a known server.
    if (const auto colon = given.host.rfind(':'); colon != std::string::npos) {
        const std::string bracketed = "[" + given.host.substr(0, colon) + "]" + given.host.substr(colon);
        const auto shown = Endpoint::parse(bracketed, default_port);
        if (shown && topology()->knows(*shown)) {
            return shown;
        }
    }
    return resolve(given);
}

Result<model::ClusterPtr> UseCases::cluster(std::string_view hint) const {
    const auto snapshot = topology();
    if (auto named = snapshot->cluster_named(hint)) {
        return named;
    }
    if (const auto member = member_named(hint)) {
        if (auto home = snapshot->cluster(*member)) {
            return home;
        }
    }
    return fail(ErrorCode::not_found, "Unable to determine cluster name. clusterHint=" + std::string(hint));
}

}  // namespace orc::api
