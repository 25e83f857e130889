#include "api/replication_rules.h"

#include "base/text.h"
#include "mysql/dialect/dialect.h"
#include "planning/eligibility.h"

namespace orc::api {
namespace {

using Objection = std::optional<std::string>;

Objection why_not_by_logs(const model::Server& source) {
    if (!source.facts->log_bin) {
        return source.endpoint.text() + " keeps no binary log";
    }
    if (source.is_replica() && !source.facts->log_replica_updates) {
        return source.endpoint.text() + " does not log what it replicates";
    }
    return std::nullopt;
}

Objection why_not_by_version(
    const model::Server& replica, const model::Server& source, const config::Settings& settings
) {
    const model::Version& below = replica.facts->version;
    const model::Version& above = source.facts->version;
    if (below.is_binlog_server() || above.is_binlog_server()) {
        return std::nullopt;
    }
    if (below.is_mariadb() != above.is_mariadb()) {
        // MariaDB reads MySQL's binary logs, by file and position; the numbers of their versions say nothing to each
        // other.
        return above.is_mariadb() ? Objection(replica.endpoint.text() + " cannot read the binary log of MariaDB")
                                  : std::nullopt;
    }
    if (planning::compare_versions(below.major_text(), above.major_text()) < 0 &&
        !settings.lower_replica_version_allowed) {
        return replica.endpoint.text() + " has version " + below.text + ", older than " + above.text + " of " +
               source.endpoint.text();
    }
    return std::nullopt;
}

Objection why_not_by_format(const model::Server& replica, const model::Server& source) {
    const model::Facts& below = *replica.facts;
    const model::Facts& above = *source.facts;
    if (below.log_bin && below.log_replica_updates &&
        planning::format_rank(below.binlog_format) < planning::format_rank(above.binlog_format)) {
        return "binlog format " + below.binlog_format + " of " + replica.endpoint.text() + " cannot hold " +
               above.binlog_format + " of " + source.endpoint.text();
    }
    return std::nullopt;
}

bool has_filters(const model::Server& server) {
    const model::Channel* channel = server.channel();
    return channel != nullptr && channel->has_filters;
}

Seconds delay_of(const model::Server& server) {
    const model::Channel* channel = server.channel();
    return channel == nullptr ? Seconds{0} : channel->delay;
}

Objection why_not_by_identity(const model::Server& replica, const model::Server& source) {
    const model::Facts& below = *replica.facts;
    const model::Facts& above = *source.facts;
    if (below.server_id == above.server_id && !below.version.is_binlog_server()) {
        return "both have server id " + std::to_string(below.server_id);
    }
    if (below.server_uuid == above.server_uuid && !below.server_uuid.empty() && !below.version.is_binlog_server()) {
        return "both have server uuid " + below.server_uuid;
    }
    return std::nullopt;
}

/// A server that demands GTIDs cannot follow one that writes none, nor the reverse.
Objection why_not_by_gtid_mode(const model::Server& replica, const model::Server& source) {
    const std::string& below = replica.facts->gtid_mode;
    const std::string& above = source.facts->gtid_mode;
    if ((below == "ON" && above == "OFF") || (below == "OFF" && above == "ON")) {
        return replica.endpoint.text() + " has gtid_mode " + below + ", " + source.endpoint.text() + " has " + above;
    }
    return std::nullopt;
}

}  // namespace

Objection why_not_from(const model::Server& replica, const model::Server& source, const config::Settings& settings) {
    if (replica.endpoint == source.endpoint) {
        return replica.endpoint.text() + " cannot replicate from itself";
    }
    for (const auto* server : {&replica, &source}) {
        if (server->facts == nullptr) {
            return server->endpoint.text() + " was never read";
        }
    }
    if (auto why = why_not_by_logs(source)) {
        return why;
    }
    if (auto why = why_not_by_version(replica, source, settings)) {
        return why;
    }
    if (auto why = why_not_by_format(replica, source)) {
        return why;
    }
    if (settings.verify_replication_filters && has_filters(source) && !has_filters(replica)) {
        return source.endpoint.text() + " has replication filters, " + replica.endpoint.text() + " has none";
    }
    if (auto why = why_not_by_identity(replica, source)) {
        return why;
    }
    const Seconds limit{settings.reasonable_maintenance_replication_lag_seconds};
    if (delay_of(replica) < delay_of(source) && delay_of(source) > limit) {
        return source.endpoint.text() + " is delayed by " + std::to_string(delay_of(source).count()) + " s, " +
               replica.endpoint.text() + " by less";
    }
    return why_not_by_gtid_mode(replica, source);
}

Objection why_not_from_by_gtid(
    const model::Server& replica, const model::Server& source, const config::Settings& settings
) {
    if (auto why = why_not_from(replica, source, settings)) {
        return why;
    }
    const auto* executed = std::get_if<gtid::GtidSet>(&replica.facts->executed);
    if (executed != nullptr) {
        const gtid::GtidSet gone = source.facts->purged.minus(*executed);
        if (!gone.empty()) {
            return source.endpoint.text() + " has purged transactions that " + replica.endpoint.text() +
                   " lacks: " + gone.text();
        }
        return std::nullopt;
    }
    const auto* position = std::get_if<gtid::MariadbPosition>(&replica.facts->executed);
    const auto* owned = std::get_if<gtid::MariadbPosition>(&source.facts->executed);
    if (position == nullptr || owned == nullptr) {
        return replica.endpoint.text() + " and " + source.endpoint.text() + " do not share GTIDs";
    }
    if (position->conflicts_with(*owned)) {
        return "the history of " + replica.endpoint.text() + " has parted from that of " + source.endpoint.text();
    }
    return std::nullopt;
}

Result<std::vector<std::string>> restart_statements(const model::Server& server, std::string_view statement) {
    using mysql::Threads;
    if (server.facts == nullptr) {
        return fail(ErrorCode::invalid, server.endpoint.text() + " was never read");
    }
    const mysql::Dialect dialect(server.facts->version);
    const model::Channel* channel = server.channel();
    const auto runs = [&](model::ThreadState model::Channel::* thread) {
        return channel != nullptr && channel->*thread == model::ThreadState::running;
    };
    const bool receives = runs(&model::Channel::receiver);
    const bool applies = runs(&model::Channel::applier);
    const std::string_view name = channel == nullptr ? std::string_view() : std::string_view(channel->name);
    std::vector<std::string> out;
    if (receives) {
        out.push_back(dialect.stop(Threads::receiver, name));
    }
    if (applies) {
        out.push_back(dialect.stop(Threads::applier, name));
    }
    if (!trim(statement).empty()) {
        out.push_back(mysql::without_semicolon(trim(statement)));
    }
    if (applies) {
        out.push_back(dialect.start(Threads::applier, name));
    }
    if (receives) {
        out.push_back(dialect.start(Threads::receiver, name));
    }
    for (auto& each : out) {
        // With one channel there is nothing to tell apart, and people know the statement without it.
        if (server.facts->channels.size() == 1) {
            each = replace_all(std::move(each), " FOR CHANNEL ''", "");
        }
        each += ';';
    }
    return out;
}

}  // namespace orc::api
