// Plans that put another server in a primary's place: after a failure, or by wish. Pure: the snapshot, what was read
// and the policy go in; a plan or a refusal comes out.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/intent.h"
#include "model/topology.h"
#include "planning/candidates.h"
#include "planning/plan.h"
#include "planning/policy.h"

namespace orc::planning {

struct FailoverRequest {
    PlanKind kind = PlanKind::dead_primary;
    Endpoint subject;
    std::string code;     ///< classic code text
    std::string command;  ///< classic command hint; "" automation
    std::optional<Endpoint> demanded;
    bool pick = false;  ///< takeover: choose among several, and start replication on the demoted primary
    bool is_forced = false;
    bool is_new_detection = true;  ///< the detection's hooks have not run yet
    bool skip_hooks = false;
};

/// What plans are made from. References outlive the call.
struct Basis {
    const model::Cluster& cluster;
    const model::Intent& intent;
    const Policy& policy;
};

/// Dead primary or co-primary, or a forced takeover of a living one.
Plan plan_failover(const Basis& basis, const FailoverRequest& request);
/// A planned switch with nothing lost.
Plan plan_takeover(const Basis& basis, const FailoverRequest& request);

/// The other recoveries: replicas of a dead intermediate primary or group member move elsewhere, a read-only primary is
/// opened, semi-sync replicas are switched on or off.
Plan plan_repair(const Basis& basis, const FailoverRequest& request);

/// What happened since the plan was made.
struct News {
    Positions positions;                        ///< just read
    std::map<Endpoint, std::string> ruled_out;  ///< candidates that were tried and failed, and how
    std::map<Endpoint, Endpoint> fed_in_vain;  ///< replicas that were to get what they lacked from another one, in vain
    bool can_go_back = true;                   ///< takeover: false once the old primary is closed for good
    bool credentials_unknown = false;          ///< takeover: the successor could not tell replication's account
};
/// The same plan with everything after Replan made anew: a decided successor, or a refusal.
Plan replan(Plan plan, const Basis& basis, const FailoverRequest& request, const News& news);

}  // namespace orc::planning
