// What a plan in execution knows and has done so far: shared by the runner, the performer and the undoing.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mysql/gateway.h"
#include "planning/failover.h"
#include "planning/plan.h"

namespace orc::operations {

/// The time of a step that is bounded by what it waits for, not by a clock.
constexpr Micros no_limit = std::chrono::hours(24 * 365);

/// Done to a server and not yet final: what undoing must reverse.
struct Deed {
    enum class Kind { stopped_receiver, stopped_replication, moved, closed, reset };
    Kind kind = Kind::stopped_receiver;
    Endpoint server;
};

struct Journey {
    planning::Plan plan;
    planning::News news;
    std::vector<Deed> deeds;  ///< in the order they were begun
    std::optional<mysql::Credentials> credentials;
    std::map<Endpoint, mysql::Positions> latest;  ///< newest reading of each server
    std::optional<Instant> writes_stand_still_until;
    bool is_decided = false;           ///< the decision is recorded: forward only
    bool open_was_tried = false;       ///< the successor may be writable, whatever the answer was
    bool is_overtaken = false;         ///< an old primary stays closed: its successor has led meanwhile
    std::optional<Endpoint> promoted;  ///< writable, or deliberately left as it is
    std::string successor_coordinates;
    std::vector<Endpoint> failed_moves;
    std::vector<Endpoint> without_source;  ///< were to be promoted, and could not be brought back below their source
    std::vector<std::string> errors;
    bool demoted = false;         ///< the old primary follows the new one
    bool decision_tried = false;  ///< the decision may be recorded
    bool succeeded = false;       ///< known when the end begins
    std::string why;              ///< of an end without success

    const planning::Before* before(const Endpoint& server) const {
        for (const auto& b : plan.before) {
            if (b.server == server) {
                return &b;
            }
        }
        return nullptr;
    }
};

/// How it ended.
struct Outcome {
    planning::Plan plan;
    std::vector<planning::StepReport> steps;
    bool succeeded = false;
    bool cancelled = false;  ///< stopped on the way; another process goes on
    std::optional<Endpoint> promoted;
    std::string successor_coordinates;
    std::string why;  ///< of the end, when it did not succeed
};

}  // namespace orc::operations
