// What a reload changes: which keys differ, and which of them only a restart would bring in.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace orc::config {

/// Names of keys, in the order of the table.
struct Changes {
    std::vector<std::string> live;           ///< in force with the next use
    std::vector<std::string> needs_restart;  ///< read once at start: the running value stays

    friend bool operator==(const Changes&, const Changes&) = default;
};

/// Compares what runs with what was loaded, and puts back into `loaded` the running values of keys that are read once
/// at start. So `loaded` says what is in force, and a later reload names the same keys again.
Changes keep_start_values(const Settings& running, Settings& loaded);

}  // namespace orc::config
