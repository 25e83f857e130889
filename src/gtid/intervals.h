// Linear merges over lists of intervals. All lists given and returned are sorted, disjoint and non-adjacent, except
// what is given to normalise. Internal to this room.
#pragma once

#include <vector>

#include "gtid/gtid_set.h"

namespace orc::gtid {

using Intervals = std::vector<GtidSet::Interval>;

/// Sorts and merges whatever overlaps or touches; cheap if there is nothing to do.
void normalise(Intervals& intervals);

Intervals unite(const Intervals& a, const Intervals& b);
Intervals subtract(const Intervals& a, const Intervals& b);
Intervals intersect(const Intervals& a, const Intervals& b);
bool covers(const Intervals& a, const Intervals& b);

}  // namespace orc::gtid
