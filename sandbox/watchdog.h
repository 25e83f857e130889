// Cleans up after a process that was killed: a child of ours that waits for our end and then removes our folder.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "base/result.h"

namespace orc::sandbox {

class Watchdog {
public:
    /// `folder` is removed when this process ends without destroying the watchdog, after the servers whose process ids
    /// are in its */pid files have been killed.
    static Result<Watchdog> set(const std::filesystem::path& folder);
    Watchdog(Watchdog&& other) noexcept;
    Watchdog& operator=(Watchdog&&) = delete;
    /// Sends it home; nothing is removed.
    ~Watchdog();

private:
    Watchdog(pid_t pid, int line) : pid_(pid), line_(line) {}
    pid_t pid_;
    int line_;  // the writing end of a pipe; the kernel closes it when we end
};

}  // namespace orc::sandbox
