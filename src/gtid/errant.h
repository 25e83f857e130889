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

/// The part of `errant` that is beyond the source's last number of its uuid and tag, where the uuid is an ancestor's or
/// the source has some of it. A source sends a transaction before it counts it as executed (while it commits, or waits
/// for semi-sync replicas), so this part alone proves nothing at once. Never the replica's own uuid.
GtidSet beyond_source(const GtidSet& errant, const GtidSet& source_executed, const Lineage& lineage);

/// What a MariaDB server is known to have had.
struct MariadbHistory {
    const MariadbBinlogState& logged;     ///< gtid_binlog_state
    const MariadbPosition& replicated;    ///< gtid_slave_pos
    bool logs_what_it_replicates = true;  ///< log_slave_updates

    /// It has had the GTID, or nothing says that it has not: it may have replicated it before its binary log began.
    bool may_have_had(const MariadbGtid& gtid) const;
};

/// MariaDB: what the replica has logged, by any server, and its source never had; of each domain and server the last
/// GTID. Exact under the same reading order as errant(): a source logs a transaction before it sends it.
std::vector<MariadbGtid> errant(const MariadbBinlogState& replica_logged, const MariadbHistory& source_read_after);

/// MariaDB, where positions are all that is known: GTIDs of the replica's own binlog position that it wrote itself and
/// that are beyond the source's binlog position, and those in domains the source does not know. `private_domains` are
/// ignored. Exact under the same reading order as errant(); a position shows only the last GTID of a domain, so older
/// ones stay invisible.
std::vector<MariadbGtid> errant(
    const MariadbPosition& replica_binlog,
    std::uint32_t replica_server_id,
    const MariadbPosition& source_binlog_read_after,
    std::span<const std::uint32_t> private_domains = {}
);

}  // namespace orc::gtid
