#include "gtid/errant.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/text.h"

namespace orc::gtid {

GtidSet errant(const GtidSet& replica_executed, const GtidSet& source_executed_read_after) {
    return replica_executed.minus(source_executed_read_after);
}

GtidSet beyond_source(const GtidSet& errant, const GtidSet& source_executed, const Lineage& lineage) {
    const auto own = to_lower(lineage.own_uuid);
    GtidSet out;
    for (const auto& entry : errant.entries()) {
        const std::uint64_t last = source_executed.last(entry.uuid, entry.tag);
        const bool may_come =
            last > 0 || std::any_of(lineage.ancestors.begin(), lineage.ancestors.end(), [&](const auto& uuid) {
                return to_lower(uuid) == entry.uuid;
            });
        if (entry.uuid == own || !may_come) {
            continue;
        }
        for (const auto& interval : entry.intervals) {
            if (interval.last > last) {
                const auto added = out.add(entry.uuid, entry.tag, std::max(interval.first, last + 1), interval.last);
                ENSURE(added.has_value(), "parts of a set can be added to a set");
            }
        }
    }
    return out;
}

bool MariadbHistory::may_have_had(const MariadbGtid& gtid) const {
    const auto last = logged.last(gtid.domain, gtid.server);
    if (last && *last >= gtid.sequence) {
        return true;
    }
    // It knows the writer and has logged less of it: whatever came later would be in the log, too.
    if (last && logs_what_it_replicates) {
        return false;
    }
    const auto reached = replicated.in(gtid.domain);
    return reached && reached->sequence >= gtid.sequence;
}

std::vector<MariadbGtid> errant(const MariadbBinlogState& replica_logged, const MariadbHistory& source_read_after) {
    std::vector<MariadbGtid> out;
    for (const auto& gtid : replica_logged.gtids()) {
        if (!source_read_after.may_have_had(gtid)) {
            out.push_back(gtid);
        }
    }
    return out;
}

std::vector<MariadbGtid> errant(
    const MariadbPosition& replica_binlog,
    std::uint32_t replica_server_id,
    const MariadbPosition& source_binlog_read_after,
    std::span<const std::uint32_t> private_domains
) {
    std::vector<MariadbGtid> out;
    for (const auto& gtid : replica_binlog.gtids()) {
        if (std::find(private_domains.begin(), private_domains.end(), gtid.domain) != private_domains.end()) {
            continue;
        }
        const auto source = source_binlog_read_after.in(gtid.domain);
        const bool source_had_it = source && (source->sequence > gtid.sequence ||
                                              (source->sequence == gtid.sequence && source->server == gtid.server));
        if (!source || (gtid.server == replica_server_id && !source_had_it)) {
            out.push_back(gtid);
        }
    }
    return out;
}

}  // namespace orc::gtid
