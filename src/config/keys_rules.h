// What involves several keys at once: former names, values derived from others, combinations that make no sense.
// Internal.
#pragma once

#include <string_view>

#include "config/draft.h"

namespace orc::config {

/// Applied once, to the whole set after all files (the classic program checked after each file, so that every prefix of
/// the files had to make sense by itself).
void apply_rules(Draft& draft);

/// About keys that nothing in this build obeys, where a file gives them a value other than the default.
void warn_about_pending(Draft& draft);

/// scheme://host:port and nothing behind it, not even a slash.
bool is_advertisable(std::string_view url);

}  // namespace orc::config
