#include "discovery/errant_upkeep.h"

namespace orc::discovery {

void ErrantUpkeep::replica_read(
    const std::optional<Endpoint>& source,
    const Executed& replica,
    const Executed& source_read,
    const std::function<gtid::Lineage()>& lineage,
    bool source_is_failing
) {
    if (source != source_) {
        *this = {};
        source_ = source;
    }
    if (!source || replica.set == nullptr || source_read.set == nullptr) {
        errant_ = {};
        return;
    }
    // What was proven stays so until the replica loses it (reset) or the source gets it (an empty transaction
    // injected).
    if (!proven_.empty()) {
        proven_ = proven_.intersect(*replica.set).minus(*source_read.set);
    }
    errant_ = proven_;
    if (!is_exact_ || source_is_failing) {
        errant_ = errant_.plus(gtid::errant_redacted(*replica.set, *source_read.set, lineage()));
    }
}

void ErrantUpkeep::source_read(const Executed& replica, const Executed& source_read, const gtid::Lineage& lineage) {
    if (replica.set == nullptr || source_read.set == nullptr || source_read.set->empty()) {
        return;
    }
    if (source_read.began < replica.ended) {
        return;  // the two probes overlapped: either may have seen more
    }
    is_exact_ = true;
    proven_ = gtid::errant(*replica.set, *source_read.set);
    if (lineage.is_co_primary && !proven_.empty()) {
        proven_ = proven_.without_uuid(lineage.own_uuid);
    }
    errant_ = proven_;
}

}  // namespace orc::discovery
