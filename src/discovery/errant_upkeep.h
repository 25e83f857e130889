// Errant transactions of a replica, kept between probes: exact whenever its source was read after it, redacted as long
// as that has not happened. Pure.
#pragma once

#include <functional>

#include "gtid/errant.h"
#include "model/topology.h"

namespace orc::discovery {

/// One successful reading of a server: what it has executed, and when that was.
struct Executed {
    const gtid::GtidSet* set = nullptr;  ///< null: not read, or no MySQL set
    Instant began;
    Instant ended;
};

class ErrantUpkeep {
public:
    /// The replica was read again. `lineage` is asked only if it is
    /// needed. `source_is_failing`: no reading that follows may settle it soon.
    void replica_read(
        const std::optional<Endpoint>& source,
        const Executed& replica,
        const Executed& source_read,
        const std::function<gtid::Lineage()>& lineage,
        bool source_is_failing
    );
    /// The source was read again.
    void source_read(const Executed& replica, const Executed& source_read, const gtid::Lineage& lineage);

    const gtid::GtidSet& errant() const { return errant_; }

private:
    std::optional<Endpoint> source_;
    bool is_exact_ = false;  ///< compared in the right order at least once with this source
    gtid::GtidSet proven_;
    gtid::GtidSet errant_;
};

}  // namespace orc::discovery
