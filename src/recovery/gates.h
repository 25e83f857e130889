// Why an automated recovery may not act now. Pure: everything is a parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analysis.h"
#include "model/intent.h"

namespace orc::recovery {

/// Recoveries block only those of their own class: an adjustment of semi-sync must not keep a dead primary from being
/// replaced.
enum class BlockClass { primary, intermediate, semi_sync, not_writable };
BlockClass block_class_of(std::string_view code);
BlockClass block_class_of(analysis::Handling handling);

/// True when something may be done about the finding at all.
bool is_recovery(analysis::Handling handling);

struct GateFacts {
    bool is_noop = false;
    bool is_leader = true;
    WallTime now;
    NodeToken self;
    bool others_may_act = true;  ///< a node that led before may not have noticed yet that it does not any more
};

/// Nobody else may change the cluster. A lease of another node counts for as long only as that one may act: it keeps
/// time by another clock.
bool is_held(const model::ClusterLease& lease, const GateFacts& facts);

/// Every rule that keeps an automated recovery from starting; empty: go.
std::vector<std::string> rules_against(
    const analysis::Finding& finding,
    const model::Intent& intent,
    const config::Settings& settings,
    const GateFacts& facts
);

/// The newest recovery that holds back one for this finding; nullopt: none does.
std::optional<std::int64_t> blocking_recovery(
    const analysis::Finding& finding, const model::Intent& intent, const config::Settings& settings, WallTime now
);

/// RecoveryPeriodBlockSeconds, or the older key in minutes when that is 0.
Seconds block_period(const config::Settings& settings);

/// Whether the recovery named by a record of a blocked one still holds others back: not when it was acknowledged, its
/// period is over, or it is not known any more.
bool still_blocks(
    const model::BlockedRecovery& blocked, const model::Intent& intent, const config::Settings& settings, WallTime now
);

}  // namespace orc::recovery
