// Names of servers: what they resolve to, and the virtual names that replication settings use in their place.
#pragma once

#include <string>
#include <vector>

#include "api/use_cases.h"
#include "discovery/names/host_names.h"

namespace orc::api {

/// The name under which a server is kept, once something there has answered on its port. Errors: unreachable,
/// timed_out.
Task<Endpoint> resolve_and_reach(UseCases& use_cases, Endpoint server);

/// What names were resolved to lately, by name.
std::vector<discovery::CachedName> resolved_names(const UseCases& use_cases);
/// Forgets all that was resolved, in memory and in the store.
Task<void> forget_resolved_names(UseCases& use_cases);

/// `name` will stand for the server's host in replication settings. Errors: invalid (no host, no name).
Task<Endpoint> register_virtual_name(UseCases& use_cases, Endpoint server, std::string name);
Task<Endpoint> deregister_virtual_name(UseCases& use_cases, Endpoint server);
/// All of them, by host. Control executor.
std::vector<model::Unresolve> virtual_names(const UseCases& use_cases);

}  // namespace orc::api
