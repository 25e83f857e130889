#include "planning/standing.h"

#include <algorithm>
#include <set>

#include "gtid/errant.h"

namespace orc::planning {
namespace {

using gtid::GtidSet;
using gtid::MariadbPosition;
using gtid::Progress;

/// Domains the source is known to have written or passed on; empty when unknown, which restricts nothing.
std::vector<std::uint32_t> domains_of(const model::Server& source) {
    if (!source.facts) {
        return {};
    }
    std::set<std::uint32_t> out;
    for (const auto domain : source.facts->binlog_position.domains()) {
        out.insert(domain);
    }
    if (const auto* executed = std::get_if<MariadbPosition>(&source.facts->executed)) {
        for (const auto domain : executed->domains()) {
            out.insert(domain);
        }
    }
    return {out.begin(), out.end()};
}

Progress restricted(const Progress& progress, const std::vector<std::uint32_t>& domains) {
    const auto* position = std::get_if<MariadbPosition>(&progress);
    if (position == nullptr || domains.empty()) {
        return progress;
    }
    return position->restricted_to(domains);
}

// Transactions that cannot have come from the source: neither executed by it when it was last read, nor written by it
// since. A co-primary's own writes may simply not have come round yet.
GtidSet errant_in(const Standing& standing, const model::Server& source) {
    GtidSet errant = standing.server->errant;
    const auto* owned = std::get_if<GtidSet>(&standing.owned);
    if (owned == nullptr || !source.facts || source.facts->server_uuid.empty()) {
        return errant;
    }
    const auto* known = std::get_if<GtidSet>(&source.facts->executed);
    if (known == nullptr || known->empty()) {
        return errant;
    }
    // A source that replicates itself passes on what others wrote since it was last read.
    if (source.is_replica() || source.facts->group) {
        return errant;
    }
    GtidSet foreign = owned->minus(*known).without_uuid(source.facts->server_uuid);
    if (standing.server->is_co_primary) {
        foreign = foreign.without_uuid(standing.facts().server_uuid);
    }
    return errant.minus(*known).plus(foreign);
}

MariadbPosition mariadb_errant_in(
    const Standing& standing, const MariadbPosition& binlog, const model::Server& source
) {
    MariadbPosition out;
    if (!source.facts || source.facts->binlog_position.empty() || standing.server->is_co_primary) {
        return out;
    }
    for (const auto& gtid : gtid::errant(binlog, standing.facts().server_id, source.facts->binlog_position)) {
        // Positions in domains of its own do not compete with the source's.
        if (source.facts->binlog_position.in(gtid.domain)) {
            out.advance(gtid);
        }
    }
    // What watching it has proven, where other servers' transactions have followed since.
    for (const auto& gtid : standing.server->errant_mariadb) {
        if (source.facts->binlog_position.in(gtid.domain)) {
            out.advance(gtid);
        }
    }
    return out;
}

void note_errant(Standing& standing, const model::Server& source, const MariadbPosition& binlog) {
    if (standing.is_mariadb) {
        const MariadbPosition errant = mariadb_errant_in(standing, binlog, source);
        standing.errant = errant.text();
        standing.errant_set = errant;
    } else {
        const GtidSet errant = errant_in(standing, source);
        standing.errant = errant.text();
        standing.errant_set = errant;
    }
}

}  // namespace

bool Standing::is_drained() const {
    if (uses_gtid() && !gtid::empty(received)) {
        return gtid::covers(executed, received);
    }
    if (!channel) {
        return true;
    }
    if (!read.empty() && !applied.empty()) {
        return read == applied;
    }
    // Nothing received since the channel was made, as far as GTIDs tell.
    return uses_gtid() && gtid::empty(received) && !gtid::empty(executed);
}

const model::Channel* channel_from(const model::Server& replica, const Endpoint& source) {
    if (!replica.facts) {
        return nullptr;
    }
    const auto& channels = replica.facts->channels;
    const auto found =
        std::find_if(channels.begin(), channels.end(), [&](const auto& channel) { return channel.source == source; });
    return found == channels.end() ? nullptr : &*found;
}

Standing standing_of(const model::Server& server, const model::Server& source, const TruePosition* fresh) {
    Standing out;
    out.server = &server;
    out.endpoint = server.endpoint;
    if (!server.facts) {
        out.silence = "never read";
        return out;
    }
    const model::Facts& facts = *server.facts;
    out.is_mariadb = facts.version.is_mariadb();
    out.answers = server.check.is_valid();
    if (!out.answers) {
        out.silence = server.check.error ? server.check.error->message : "last check failed";
    }
    const model::Channel* known = channel_from(server, source.endpoint);
    const model::Channel* channel = known != nullptr ? known : facts.main_channel();
    if (channel != nullptr) {
        out.channel = *channel;
    }
    out.executed = facts.executed;
    out.purged = facts.purged;
    MariadbPosition binlog = facts.binlog_position;
    if (fresh != nullptr) {
        out.answers = fresh->answered;
        out.silence = fresh->silence;
        if (fresh->answered) {
            out.executed = fresh->executed;
            out.purged = fresh->purged;
            binlog = fresh->binlog_position;
            // The reading tells of the main channel only.
            if (fresh->channel && (!out.channel || out.channel->name == fresh->channel->name)) {
                out.channel = fresh->channel;
            }
        }
    }
    if (out.channel) {
        out.received = out.channel->received;
        out.read = out.channel->read;
        out.applied = out.channel->executed;
    }
    if (fresh != nullptr && fresh->answered && !gtid::empty(fresh->received)) {
        out.received = fresh->received;
    }
    const auto domains = out.is_mariadb ? domains_of(source) : std::vector<std::uint32_t>{};
    out.executed = restricted(out.executed, domains);
    out.received = restricted(out.received, domains);
    out.owned = gtid::union_of(out.executed, out.received);
    note_errant(out, source, binlog);
    return out;
}

}  // namespace orc::planning
