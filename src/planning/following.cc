// Can one server replicate from another?
#include "planning/candidates.h"
#include "planning/eligibility.h"

namespace orc::planning {
namespace {

std::optional<std::string> why_not_by_gtid(const Standing& follower, const Standing& source) {
    const auto* follower_set = std::get_if<gtid::GtidSet>(&follower.executed);
    if (follower_set != nullptr) {
        if (source.facts().gtid_mode != "ON" && !source.facts().gtid_mode.empty()) {
            return source.endpoint.text() + " has gtid_mode " + source.facts().gtid_mode;
        }
        const gtid::GtidSet gone = source.purged.minus(*follower_set);
        if (!gone.empty()) {
            return source.endpoint.text() + " has purged " + std::to_string(gone.count()) +
                   " transactions that it lacks (" + gone.text() + ")";
        }
        const auto* owned = std::get_if<gtid::GtidSet>(&source.owned);
        if (owned != nullptr && owned->has_tags() && !follower.facts().version.at_least(8, 3)) {
            return "tagged GTIDs need version 8.3 or newer";
        }
        return std::nullopt;
    }
    const auto* position = std::get_if<gtid::MariadbPosition>(&follower.executed);
    const auto* owned = std::get_if<gtid::MariadbPosition>(&source.owned);
    if (position == nullptr || owned == nullptr) {
        return std::nullopt;
    }
    if (position->conflicts_with(*owned)) {
        return "its history has parted from that of " + source.endpoint.text();
    }
    if (source.facts().gtid_strict) {
        for (const auto& gtid : position->gtids()) {
            if (!owned->in(gtid.domain)) {
                return "it has GTID domain " + std::to_string(gtid.domain) + ", which " + source.endpoint.text() +
                       " does not know";
            }
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> why_not_below(const Standing& follower, const Standing& source) {
    if (!follower.server->facts || !source.server->facts) {
        return "too little is known";
    }
    const model::Facts& below = follower.facts();
    const model::Facts& above = source.facts();
    if (!above.log_bin || !above.log_replica_updates) {
        return source.endpoint.text() + " does not log what it replicates";
    }
    if (below.version.is_mariadb() != above.version.is_mariadb()) {
        return "MySQL and MariaDB do not share GTIDs";
    }
    if (compare_versions(below.version.major_text(), above.version.major_text()) < 0) {
        return "its version " + below.version.major_text() + " is older than " + above.version.major_text() + " of " +
               source.endpoint.text();
    }
    if (below.log_bin && below.log_replica_updates &&
        format_rank(below.binlog_format) < format_rank(above.binlog_format)) {
        return "its binlog format " + below.binlog_format + " cannot hold that of " + source.endpoint.text() + ", " +
               above.binlog_format;
    }
    if (below.server_id != 0 && below.server_id == above.server_id) {
        return "both have server id " + std::to_string(below.server_id);
    }
    if (!follower.uses_gtid()) {
        return "it does not use GTIDs";
    }
    return why_not_by_gtid(follower, source);
}

}  // namespace orc::planning
