// Errant transactions: what a replica has executed and its source never had. Which of the two forms is right depends on
// the order in which the two servers were read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gtid/gtid_set.h"
#include "gtid/mariadb_position.h"

namespace orc::gtid {

/// Exact, given that the source was read after the replica: whatever came from the source is in its set by then.
GtidSet errant(const GtidSet& replica_executed, const GtidSet& source_executed_read_after);

/// Where a server stands in its topology, as far as errant transactions care.
struct Lineage {
    std::string own_uuid;
    std::vector<std::string>
        ancestors;               ///< uuids of all sources up to the top, and the replication group's name if any
    bool is_co_primary = false;  ///< replicates in a ring: its own writes may simply not have come round yet
};

/// For a source that was read before the replica: numbers of its own and its ancestors' uuids run ahead innocently, so
/// they are left out. Misses errant transactions that carry an ancestor's uuid. Empty if either set is empty, because
/// then there is nothing to compare with.
GtidSet errant_redacted(
    const GtidSet& replica_executed, const GtidSet& source_executed_read_before, const Lineage& lineage
);

/// MariaDB: GTIDs of the replica's own binlog position that it wrote itself and that are beyond the source's binlog
/// position, and those in domains the source does not know. `private_domains` are ignored. Exact under the same reading
/// order as errant(); a position shows only the last GTID of a domain, so older ones stay invisible.
std::vector<MariadbGtid> errant(
    const MariadbPosition& replica_binlog,
    std::uint32_t replica_server_id,
    const MariadbPosition& source_binlog_read_after,
    std::span<const std::uint32_t> private_domains = {}
);

}  // namespace orc::gtid
