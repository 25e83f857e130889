#include "discovery/table/errant_upkeep.h"

#include <span>
#include <utility>

namespace orc::discovery {
namespace {

/// No commit takes this long unless it waits for replicas.
constexpr Micros commit_max = Seconds(1);

gtid::GtidSet only_own(const gtid::GtidSet& set, const std::string& uuid) {
    return set.only_uuids(std::span<const std::string>(&uuid, 1));
}

}  // namespace

void ErrantUpkeep::recall(const Endpoint& source, gtid::GtidSet errant) {
    source_ = source;
    proven_ = std::move(errant);
    errant_ = proven_;
}

void ErrantUpkeep::replica_read(
    const std::optional<Endpoint>& source,
    const Executed& replica,
    const Executed& source_read,
    const Ask& circumstances,
    bool source_is_failing
) {
    if (source != source_) {
        *this = {};
        source_ = source;
    }
    if (!source || replica.set == nullptr) {
        errant_ = {};
        return;
    }
    // What was proven stays so until the replica loses it (reset) or the source gets it (an empty transaction
    // injected).
    if (!proven_.empty()) {
        proven_ = proven_.intersect(*replica.set);
    }
    errant_ = proven_;
    if (source_read.set == nullptr) {
        return;
    }
    proven_ = proven_.minus(*source_read.set);
    errant_ = proven_;
    // A source that does not answer proves nothing more. It had all that the replica wrote before it became its
    // replica; what has come since under the replica's own uuid is its own.
    if (source_is_failing && is_compared_) {
        const auto now = circumstances();
        if (!now.lineage.is_co_primary) {
            errant_ = errant_.plus(only_own(replica.set->minus(*source_read.set), now.lineage.own_uuid));
        }
    }
}

void ErrantUpkeep::source_read(const Executed& replica, const Executed& source_read, const Ask& circumstances) {
    if (replica.set == nullptr || source_read.set == nullptr || (source_read.set->empty() && !source_read.uses_gtid)) {
        return;
    }
    if (source_read.began < replica.ended) {
        return;  // the two probes overlapped: either may have seen more
    }
    is_compared_ = true;
    auto found = gtid::errant(*replica.set, *source_read.set);
    if (!found.empty()) {
        const auto now = circumstances();
        if (now.lineage.is_co_primary) {
            found = found.without_uuid(now.lineage.own_uuid);
        }
        if (!now.group_name.empty()) {
            found = found.without_uuid(now.group_name);  // members commit in an order of their own
        }
        if (now.has_other_sources) {
            found = only_own(found, now.lineage.own_uuid);
        }
        auto beyond = gtid::beyond_source(found, *source_read.set, now.lineage);
        if (!beyond.empty()) {
            found = found.minus(beyond);
            if (now.source_awaits_acks) {
                beyond = beyond.minus(beyond.only_uuids(now.lineage.ancestors));
            }
            found = found.plus(confirmed(beyond, source_read));
        }
    }
    proven_ = std::move(found);
    errant_ = proven_;
}

gtid::GtidSet ErrantUpkeep::confirmed(const gtid::GtidSet& beyond, const Executed& source_read) {
    auto known = proven_.intersect(beyond);
    const auto rest = beyond.minus(known);
    auto still = beyond_.intersect(rest);
    if (still.empty()) {
        beyond_ = rest;
        beyond_since_ = source_read.began;
    } else if (source_read.began - beyond_since_ >= commit_max) {
        known = known.plus(still);
        beyond_ = {};
    } else {
        beyond_ = std::move(still);
    }
    return known;
}

}  // namespace orc::discovery
