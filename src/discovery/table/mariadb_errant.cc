#include "discovery/table/mariadb_errant.h"

#include <algorithm>

namespace orc::discovery {
namespace {

bool is_mariadb(const model::Facts* facts) { return facts != nullptr && facts->version.is_mariadb(); }

bool has_logged(const model::Facts& server, const gtid::MariadbGtid& gtid) {
    const auto last = server.binlog_state.last(gtid.domain, gtid.server);
    return last && *last >= gtid.sequence;
}

}  // namespace

/// A binary log that was reset begins to count anew, and so does what was there before.
void MariadbErrant::keep_own_writes(const model::Facts& replica) {
    gtid::MariadbPosition now;
    for (const auto& gtid : replica.binlog_state.gtids()) {
        const auto before = own_before_ ? own_before_->in(gtid.domain) : std::nullopt;
        if (gtid.server == replica.server_id && (!own_before_ || before)) {
            now.advance(before && before->sequence < gtid.sequence ? *before : gtid);
        }
    }
    own_before_ = std::move(now);
}

/// It wrote this while it was a replica of this source already, which therefore gets it from nowhere.
bool MariadbErrant::is_written_below_the_source(const model::Facts& replica, const gtid::MariadbGtid& gtid) const {
    if (gtid.server != replica.server_id || !own_before_) {
        return false;
    }
    const auto before = own_before_->in(gtid.domain);
    return !before || before->sequence < gtid.sequence;
}

void MariadbErrant::put(const gtid::MariadbGtid& gtid) {
    const auto same = std::find_if(errant_.begin(), errant_.end(), [&](const auto& known) {
        return known.domain == gtid.domain && known.server == gtid.server;
    });
    if (same == errant_.end()) {
        errant_.push_back(gtid);
    } else {
        *same = gtid;
    }
}

void MariadbErrant::recall(const Endpoint& source, std::vector<gtid::MariadbGtid> errant) {
    source_ = source;
    errant_ = std::move(errant);
}

void MariadbErrant::replica_read(
    const std::optional<Endpoint>& source,
    const Look& replica,
    const Look& source_read,
    const Ask& circumstances,
    bool source_is_failing
) {
    if (source != source_) {
        *this = {};
        source_ = source;
    }
    if (!source || !is_mariadb(replica.facts)) {
        errant_.clear();
        return;
    }
    keep_own_writes(*replica.facts);
    // What was proven stays so until the replica loses it (reset) or the source gets it.
    std::erase_if(errant_, [&](const gtid::MariadbGtid& gtid) {
        return !has_logged(*replica.facts, gtid) ||
               (is_mariadb(source_read.facts) && has_logged(*source_read.facts, gtid));
    });
    if (!source_is_failing || !is_compared_) {
        return;
    }
    for (const auto& gtid : replica.facts->binlog_state.gtids()) {
        if (is_written_below_the_source(*replica.facts, gtid) && !circumstances().lineage.is_co_primary) {
            put(gtid);
        }
    }
}

void MariadbErrant::source_read(const Look& replica, const Look& source_read, const Ask& circumstances) {
    if (!is_mariadb(replica.facts) || !is_mariadb(source_read.facts) || !source_read.facts->log_bin) {
        return;
    }
    if (source_read.began < replica.ended) {
        return;  // the two probes overlapped: either may have seen more
    }
    is_compared_ = true;
    const model::Facts& below = *replica.facts;
    const model::Facts& above = *source_read.facts;
    const gtid::MariadbHistory history{above.binlog_state, above.replica_position, above.log_replica_updates};
    errant_ = gtid::errant(below.binlog_state, history);
    for (const auto& gtid : below.binlog_state.gtids()) {
        // By its number the source may have had it long ago; but it was written here since.
        if (above.log_replica_updates && is_written_below_the_source(below, gtid) && !has_logged(above, gtid)) {
            put(gtid);
        }
    }
    if (errant_.empty()) {
        return;
    }
    const auto now = circumstances();
    std::erase_if(errant_, [&](const gtid::MariadbGtid& gtid) {
        const bool is_own = gtid.server == below.server_id;
        return is_own ? now.lineage.is_co_primary : now.has_other_sources;
    });
}

}  // namespace orc::discovery
