// One JSON value into one setting. Internal.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>

#include "config/keys.h"

namespace orc::config {

/// What became of a value: nothing to say, an error (nothing was changed), or a warning (it was).
struct Verdict {
    std::optional<std::string> error;
    std::optional<std::string> warning;
};

/// Puts `value` into the member of `key` after checking its kind and rule. null changes nothing; a list replaces; a map
/// merges.
Verdict assign(const Key& key, const boost::json::value& value, Settings& settings);

}  // namespace orc::config
