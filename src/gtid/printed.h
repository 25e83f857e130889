// Sets for classic readers, who get them letter by letter as the server prints them.
#pragma once

#include <string>

#include "gtid/gtid_set.h"

namespace orc::gtid {

/// As MySQL prints the set: a newline behind each comma. GtidSet::parse reads it.
std::string printed(const GtidSet& set);

}  // namespace orc::gtid
