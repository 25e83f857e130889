// Settings that planning needs, compiled once.
#pragma once

#include <cstdint>
#include <set>

#include "config/filters.h"
#include "config/settings.h"
#include "planning/plan.h"

namespace orc::planning {

struct Policy {
    explicit Policy(const config::Settings& settings);

    config::Settings settings;
    config::HostFilters never_promoted;  ///< PromotionIgnoreHostnameFilters
    FencingPolicy fencing = FencingPolicy::attempt;
    Millis fencing_limit{0};
    Millis drain_limit{0};
    Millis drain_stall{0};  ///< longest time without progress while draining; zero: the limit alone counts
    Millis freeze_limit{0};
    /// One small read or write on a server that answers.
    Millis server_limit{2000};
    /// Also for the winner. MariaDB needs two seconds to stop a receiver that tries to reach a silent source again.
    Millis promotion_limit{4000};
    /// Longest wait for the positions of all replicas.
    Millis reading_limit{500};
    std::set<HookList> hooks;  ///< lists with at least one command
};

}  // namespace orc::planning
