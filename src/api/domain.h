// Which server writes for the domain of a cluster: what recoveries and people recorded for programs that follow a name.
#pragma once

#include "api/use_cases.h"

namespace orc::api {

/// The writer recorded for the cluster's domain. Errors: not_found when the cluster has no domain or nothing was
/// recorded. Control executor.
Result<Endpoint> domain_writer(const UseCases& use_cases, const model::Cluster& cluster);
/// Records the cluster's primary as the writer of its domain. Errors: not_found when it has no domain or no primary.
Task<Endpoint> record_domain_writer(UseCases& use_cases, model::ClusterPtr cluster);

}  // namespace orc::api
