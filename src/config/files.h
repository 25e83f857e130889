// The edge of this room: finding and reading the files, asking the environment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/load.h"

namespace orc::config {

/// The files to read, in order, later ones over earlier ones: only `given` when there is one, else the classic places.
std::vector<std::string> search_order(const std::optional<std::string>& given);

/// The whole file; errors: not_found, denied, invalid (no plain file, or unreasonably large), each naming the path.
Result<std::string> read_file(const std::string& path);

/// The process's own environment and file system.
Environment process_environment();

/// Loads `given`, which must be readable, or the classic places, where missing files are skipped (one that is there but
/// cannot be read is noted); then `extra`, as the reload request of the API may name one. No file at all means the
/// defaults.
Result<Loaded> load_files(const std::optional<std::string>& given, const std::optional<std::string>& extra = {});

}  // namespace orc::config
