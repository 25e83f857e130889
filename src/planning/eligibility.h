// The rules that keep a replica from being promoted.
#pragma once

#include <string>
#include <vector>

#include "planning/candidates.h"

namespace orc::planning {

/// What most replicas that keep binary logs are like: a newer version or a stricter format than theirs could not feed
/// them.
struct Majority {
    std::string version;  ///< "8.0"; "" nobody
    std::string binlog_format;
};
Majority majority_of(const std::vector<Standing>& standings);

/// Negative: a is older than b. Compares the dotted numbers, not the text.
int compare_versions(const std::string& a, const std::string& b);
/// STATEMENT < MIXED < ROW; unknown ones last.
int format_rank(const std::string& format);

/// Every rule that speaks against promoting it; empty: it may be. Errant transactions are not judged here.
std::vector<std::string> objections(
    const Standing& standing,
    const Field& field,
    const Majority& majority,
    const Policy& policy,
    const ChoiceRequest& request
);

}  // namespace orc::planning
