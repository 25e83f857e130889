// Verbs on clusters as a whole, and discovery that nobody waits for.
#pragma once

#include "api/use_cases.h"

namespace orc::api {

/// Has a server read soon. Error: invalid (no usable address).
Task<Endpoint> discover_later(UseCases& use_cases, Endpoint server);
/// Forgets every server of a cluster. Error: not_found, naming the hint.
Task<ClusterName> forget_cluster(UseCases& use_cases, std::string hint);
/// Overrules the alias that discovery finds; "" gives it back to discovery. `cluster` is taken literally: it may be one
/// that will be known only later. Errors: invalid (no name), those of commit.
Task<void> set_cluster_alias(UseCases& use_cases, ClusterName cluster, std::string alias);

}  // namespace orc::api
