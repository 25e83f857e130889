// Why something is done about a server, or why not: the verdict and who testifies to it, every rule in the way, and
// what would be done. Nothing is changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/use_cases.h"

namespace orc::api {

struct Explanation {
    Endpoint subject;
    ClusterName cluster;
    std::string cluster_alias;
    /// The verdict with its witnesses; nullopt when the server is not judged, and `unjudged` says why.
    std::optional<analysis::Finding> finding;
    std::string unjudged;
    /// Classic words for what is wrong with the server itself ("replication_lag").
    std::vector<std::string> problems;
    /// Something would be done about such a verdict.
    bool is_recoverable = false;
    /// Every rule that keeps an automated recovery from starting now, or would if a healthy primary died; what is
    /// wanting in the evidence comes first.
    std::vector<std::string> rules;
    /// What a recovery would do now; for a healthy primary, what would be done if it died now.
    std::optional<planning::Plan> plan;
    bool is_hypothetical = false;  ///< the plan is for a failure that has not happened
    std::string no_plan;           ///< why there is none; may be empty
    /// The newest recovery in this cluster.
    std::optional<model::RecoveryRecord> last_recovery;
    /// The newest recovery that was held back on this server.
    std::optional<model::BlockedRecovery> last_blocked;
};

/// Errors: not_found.
Task<Explanation> explain(UseCases& use_cases, Endpoint server);
/// All servers of the cluster that others replicate from, primaries first.
Task<std::vector<Explanation>> explain_cluster(UseCases& use_cases, model::ClusterPtr cluster);

}  // namespace orc::api
