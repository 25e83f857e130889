// Errant transactions of a MariaDB replica, kept between probes: what errant_upkeep.h is for MySQL's sets. A binary
// log's state tells only the last GTID of each writer, so some of the proof comes from having watched the replica
// before. Pure.
#pragma once

#include <optional>
#include <vector>

#include "discovery/table/errant_upkeep.h"
#include "model/topology.h"

namespace orc::discovery {

/// One successful reading of a server.
struct Look {
    const model::Facts* facts = nullptr;  ///< null: never read
    Instant began;
    Instant ended;
};

class MariadbErrant {
public:
    using Ask = ErrantUpkeep::Ask;

    /// What an earlier run had proven.
    void recall(const Endpoint& source, std::vector<gtid::MariadbGtid> errant);
    /// The source has another name from now on.
    void source_renamed(const Endpoint& to) {
        if (source_) {
            source_ = to;
        }
    }
    /// The replica was read again. `source_is_failing`: no reading of it will prove anything soon.
    void replica_read(
        const std::optional<Endpoint>& source,
        const Look& replica,
        const Look& source_read,
        const Ask& circumstances,
        bool source_is_failing
    );
    /// The source was read again.
    void source_read(const Look& replica, const Look& source_read, const Ask& circumstances);

    /// The last one of each domain and writer.
    const std::vector<gtid::MariadbGtid>& errant() const { return errant_; }

private:
    void keep_own_writes(const model::Facts& replica);
    bool is_written_below_the_source(const model::Facts& replica, const gtid::MariadbGtid& gtid) const;
    void put(const gtid::MariadbGtid& gtid);

    std::optional<Endpoint> source_;
    bool is_compared_ = false;  ///< in the right order, at least once, with this source
    /// What the replica had written itself, by domain, when it was first seen with this source.
    std::optional<gtid::MariadbPosition> own_before_;
    std::vector<gtid::MariadbGtid> errant_;
};

}  // namespace orc::discovery
