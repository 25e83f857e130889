// The keyed half of a GTID set's normal form, and what counts as a name in it. Internal to this room.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "gtid/gtid_set.h"

namespace orc::gtid {

using Entries = std::vector<GtidSet::Entry>;

inline std::strong_ordering compare_keys(const GtidSet::Entry& a, const GtidSet::Entry& b) {
    const auto by_uuid = a.uuid <=> b.uuid;
    return by_uuid != 0 ? by_uuid : a.tag <=> b.tag;
}

/// Something that may stand in a uuid's place: not empty, no blank, no separator.
bool is_identifier(std::string_view text);
/// [a-z_][a-z0-9_]{0,31}, any case.
bool is_tag(std::string_view text);

/// Any list of entries into normal form; cheap if it is in it already.
void normalise(Entries& entries);

}  // namespace orc::gtid
