// What people are told about one server at a glance: is our knowledge of it fresh, and what is wrong with it. Both
// skins print it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "model/topology.h"

namespace orc::api {

/// Judges servers as of `now` by the settings' limits.
class InstanceJudge {
public:
    InstanceJudge(const config::Settings& settings, Instant now);

    /// The last attempt to read it succeeded.
    static bool is_last_check_valid(const model::Server& server) { return server.check.is_valid(); }
    /// Checked within one poll interval.
    bool is_up_to_date(const model::Server& server) const { return is_checked_within(server, poll_); }
    /// Checked within five poll intervals.
    bool is_recently_checked(const model::Server& server) const { return is_checked_within(server, 5 * poll_); }
    /// Its lag, a wanted delay aside, is small enough for maintenance on the topology.
    bool has_reasonable_maintenance_lag(const model::Server& server) const;
    /// Classic words: last_check_invalid, not_recently_checked, not_replicating, replication_lag, errant_gtid,
    /// group_replication_member_not_online.
    std::vector<std::string> problems(const model::Server& server) const;
    /// It belongs into the list of problems: it has one, or its main channel lags, whatever ReplicationLagQuery says.
    bool is_listed(const model::Server& server) const;

private:
    bool is_checked_within(const model::Server& server, Micros span) const;
    bool is_behind(const std::optional<Seconds>& lag, const model::Channel* channel) const;
    bool is_lagging(const model::Server& server) const;

    Instant now_;
    Micros poll_;
    Seconds lag_limit_;
    Seconds maintenance_lag_limit_;
};

}  // namespace orc::api
