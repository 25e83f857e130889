// The edge of this room: finding and reading the files, asking the environment.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/load.h"

namespace orc::config {

/// The files to read, in order, later ones over earlier ones: only `given` when there is one, else the classic places.
std::vector<std::string> search_order(const std::optional<std::string>& given);

/// What may be read. Others than regular files, a pipe for example, can keep their reader waiting for ever: a process
/// that starts may wait for the person who gave it one, a process that works may not.
enum class FileKind { any, regular };

/// The whole file; errors: not_found, denied, invalid (not of that kind, or unreasonably large), each naming the path.
Result<std::string> read_file(const std::string& path, FileKind kind = FileKind::any);

/// The process's own environment and file system.
Environment process_environment(FileKind kind);

/// The configuration files of a process: found at start, read again by each reload.
class Files {
public:
    /// Only `given` when there is one, which must be readable; else the classic places.
    explicit Files(std::optional<std::string> given) : given_(std::move(given)) {}

    /// At start. Places where nothing is are skipped, and no file at all means the defaults; a file that is there but
    /// cannot be read is an error.
    Result<Loaded> load();
    /// The same again, then `extra`, as the reload request of the API may name one for this one time; regular files
    /// only. One that was read before and is gone is an error: its keys would silently return to their defaults.
    Result<Loaded> reload(const std::optional<std::string>& extra);

private:
    Result<std::vector<Source>> read(FileKind kind) const;
    Result<Loaded> load_all(FileKind kind, const std::optional<std::string>& extra);

    std::optional<std::string> given_;
    std::vector<std::string> known_;  ///< what the last good load has read, extra files aside
};

}  // namespace orc::config
