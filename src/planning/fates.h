// What becomes of every replica under a given successor, and what is lost with the old primary.
#pragma once

#include "planning/candidates.h"

namespace orc::planning {

struct Outcomes {
    std::vector<ReplicaFate> fates;  ///< one per standing, in order
    ExpectedLoss loss;
    gtid::Progress target;  ///< what the successor will own when it is promoted
};

Outcomes outcomes_of(const Field& field, const Policy& policy, const Choice& choice, bool is_planned);

}  // namespace orc::planning
