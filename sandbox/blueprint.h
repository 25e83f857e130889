// An initialised data folder with accounts and tables, made once per server version and kept in the user's cache; every
// sandbox server starts from a copy, which takes a fraction of a second where initialising takes several.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "sandbox/dialect.h"
#include "sandbox/process.h"

namespace orc::sandbox {

/// The data folder to copy, made now (in the empty folder `workshop`) if need be. Any number of processes may ask at
/// the same time. Errors carry the end of the server's log.
Result<std::filesystem::path> blueprint(
    const Installation& installation, const std::filesystem::path& workshop, Nursery& nursery
);

/// Copies the blueprint to `place` and writes its settings file; what was there before is removed.
Result<void> furnish(
    const Installation& installation, const std::filesystem::path& blueprint, const Place& place, const Style& style
);

/// Starts the server of a furnished place; `wait_until_ready` tells when it answers.
Result<pid_t> start_server(const Installation& installation, const Place& place, Nursery& nursery);

/// A root session as soon as the server answers on its socket. Errors: timed_out; unreachable when the process ended,
/// with the end of its log.
Result<Client> wait_until_ready(const Place& place, pid_t pid, std::chrono::milliseconds timeout);

}  // namespace orc::sandbox
