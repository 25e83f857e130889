// How far two words are apart, to suggest what somebody may have meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace orc {

/// Levenshtein distance: so many letters must be put in, left out or replaced.
std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace orc
