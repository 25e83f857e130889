// What has outlived its time among the things people decided.
#pragma once

#include <vector>

#include "model/intent.h"

namespace orc::model {

/// How long records live that nobody renews. Zero: for ever.
struct Lifetimes {
    Seconds candidates{0};
    Seconds pools{0};
    Seconds unresolves{0};
    Seconds access_tokens{0};  ///< those that may be acquired once only
    Seconds blocked{0};        ///< since they were last seen blocked
};

/// The changes that end what is over at `now`: downtime and maintenance past their end, locks of processes that live no
/// more, and what is older than its lifetime. `alive`: the tokens of all live processes; empty if that is not known.
std::vector<Change> expired(
    const Intent& intent, const Lifetimes& lifetimes, const std::set<NodeToken>& alive, WallTime now
);

}  // namespace orc::model
