// Who should be promoted: every replica gets a verdict with its reasons, best first.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/intent.h"
#include "planning/policy.h"
#include "planning/standing.h"

namespace orc::planning {

/// Everything a choice rests on. References outlive the call.
struct Field {
    const model::Cluster& cluster;
    const model::Server& subject;  ///< failed, or to be replaced
    const model::Intent& intent;
    std::vector<Standing> standings;  ///< of its replicas, by endpoint
};

struct ChoiceRequest {
    std::optional<Endpoint> demanded;
    /// Candidates that were tried and failed, with what happened.
    std::map<Endpoint, std::string> ruled_out;
    /// Those that were to get what they lacked from another one, which failed, and that other one.
    std::map<Endpoint, Endpoint> fed_in_vain;
    /// A planned switch: the source lives, so lag and unapplied events are waited for, not weighed.
    bool is_planned = false;
};

struct Choice {
    std::optional<std::size_t> winner;  ///< index into standings
    /// Owns what the winner lacks and hands it over before the promotion.
    std::optional<std::size_t> feeder;
    /// The feeder itself might be promoted: the winner is only preferred, so little time is spent on it.
    bool is_detour = false;
    std::vector<CandidateVerdict> verdicts;  ///< best first
    std::string reason;                      ///< why the winner
    std::vector<std::string> blocking;       ///< every rule that blocks, when there is no winner
};

Choice choose(const Field& field, const Policy& policy, const ChoiceRequest& request);

/// Why `follower` could not replicate from `source`; nullopt: it can.
std::optional<std::string> why_not_below(const Standing& follower, const Standing& source);

/// Everything that the standing owns, without its errant transactions: what it can be ranked by.
gtid::Progress owned_cleanly(const Standing& standing);

}  // namespace orc::planning
