// Semi-synchronous replication around a promotion: who acknowledges under the new primary.
#pragma once

#include <cstddef>
#include <vector>

#include "planning/builder.h"

namespace orc::planning {

/// Makes the new primary wait for acknowledgements if the old one did, and enough of its replicas acknowledge.
/// `reset`: the winner replicates from nobody; `decided`: before that. Returns the steps that must have ended before
/// the winner is opened: afterwards its first commit would wait for them.
std::vector<int> add_acknowledging(Draft& draft, int decided, int reset);

/// The former primary waits for nobody any more, and acknowledges if its successor did. Returns the last step, or
/// `opened`.
int add_acknowledging_of_demoted(Draft& draft, int opened);

/// Indices of the standings, those that acknowledge first: the new primary's commits wait for them.
std::vector<std::size_t> ackers_first(const Plan& plan, const Field& field);

}  // namespace orc::planning
