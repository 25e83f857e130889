// How many files and connections this process may have open.
#pragma once

#include <cstdint>

namespace orc::runtime {

/// Raises the soft limit to `wanted` as far as the hard limit lets, never lowers it. Returns what is allowed now.
std::uint64_t allow_open_files(std::uint64_t wanted);

}  // namespace orc::runtime
