// Errant transactions of a replica, kept between probes. They are claimed only on proof: the source was read after the
// replica and still lacks what the replica has. Whatever is merely on its way is never taken for errant, on chains of
// any depth, with several sources, in rings, in groups and under semi-sync. Pure.
#pragma once

#include <functional>

#include "gtid/errant.h"
#include "model/topology.h"

namespace orc::discovery {

/// One successful reading of a server: what it has executed, and when that was.
struct Executed {
    const gtid::GtidSet* set = nullptr;  ///< null: not read, or no MySQL set
    /// Its transactions have GTIDs, so that an empty set means: it has executed none.
    bool uses_gtid = false;
    Instant began;
    Instant ended;
};

/// What else bears on the comparison of a replica with its source.
struct Circumstances {
    gtid::Lineage lineage;
    /// It receives from others besides: only what it wrote itself can be held against it.
    bool has_other_sources = false;
    /// The source commits what replicas have received already only when enough of them say so.
    bool source_awaits_acks = false;
    std::string group_name;  ///< uuid of what a replication group writes; "" for none
};

class ErrantUpkeep {
public:
    using Ask = std::function<Circumstances()>;  ///< asked only when it matters

    /// What an earlier run had proven.
    void recall(const Endpoint& source, gtid::GtidSet errant);
    /// The source has another name from now on.
    void source_renamed(const Endpoint& to) {
        if (source_) {
            source_ = to;
        }
    }
    /// The replica was read again. `source_is_failing`: no reading of it will prove anything soon.
    void replica_read(
        const std::optional<Endpoint>& source,
        const Executed& replica,
        const Executed& source_read,
        const Ask& circumstances,
        bool source_is_failing
    );
    /// The source was read again.
    void source_read(const Executed& replica, const Executed& source_read, const Ask& circumstances);

    const gtid::GtidSet& errant() const { return errant_; }

private:
    /// What is beyond the source's last numbers is errant if it is still so a second later.
    gtid::GtidSet confirmed(const gtid::GtidSet& beyond, const Executed& source_read);

    std::optional<Endpoint> source_;
    bool is_compared_ = false;  ///< in the right order, at least once, with this source
    gtid::GtidSet proven_;
    gtid::GtidSet beyond_;  ///< suspected since
    Instant beyond_since_{};
    gtid::GtidSet errant_;
};

}  // namespace orc::discovery
