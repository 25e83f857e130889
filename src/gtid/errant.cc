#include "gtid/errant.h"

#include <algorithm>

#include "base/text.h"

namespace orc::gtid {

GtidSet errant(const GtidSet& replica_executed, const GtidSet& source_executed_read_after) {
    return replica_executed.minus(source_executed_read_after);
}

GtidSet errant_redacted(
    const GtidSet& replica_executed, const GtidSet& source_executed_read_before, const Lineage& lineage
) {
    if (replica_executed.empty() || source_executed_read_before.empty()) {
        return {};
    }
    auto out = replica_executed.minus(source_executed_read_before);
    const auto own = to_lower(lineage.own_uuid);
    for (const auto& ancestor : lineage.ancestors) {
        if (to_lower(ancestor) != own) {
            out = out.without_uuid(ancestor);
        }
    }
    return lineage.is_co_primary ? out.without_uuid(own) : out;
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
