// Child processes: servers that must not outlive us, and short commands.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace orc::sandbox {

/// Starts processes that the kernel kills when this process dies, however it dies. The kernel ties that promise to the
/// *thread* that forked, so the nursery has a thread of its own that lives as long as the nursery does; destroying it
/// kills its remaining children (reap them first).
class Nursery {
public:
    Nursery();
    ~Nursery();
    Nursery(const Nursery&) = delete;
    Nursery& operator=(const Nursery&) = delete;

    /// Runs argv in a session of its own (a terminal's Ctrl-C does not reach it), input from /dev/null, both outputs
    /// appended to `log`. A program that cannot be executed exits with 127.
    Result<pid_t> spawn(const std::vector<std::string>& argv, const std::filesystem::path& log);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> work_;  // what the thread shall do next; empty when it has nothing to do
    bool stopping_ = false;
    std::thread thread_;
};

/// Runs a command to its end, both outputs appended to `log`. Errors: invalid with the exit status.
Result<void> run(const std::vector<std::string>& argv, const std::filesystem::path& log);

/// Waits until child `pid` has ended and reaps it. False when it still runs after `timeout`.
bool reap(pid_t pid, std::chrono::milliseconds timeout);

/// Whether child `pid` is stopped as a whole; `wait` until it is (or has ended). The stop is left for others to see.
bool is_stopped(pid_t pid, bool wait = false);

/// The state letter of /proc/<pid>/stat ('T' is stopped, 'Z' ended and not reaped); 0 when there is no such process or
/// no /proc.
char process_state(pid_t pid);

/// The last `lines` lines of a text file, for messages about servers that did not start.
std::string tail(const std::filesystem::path& file, std::size_t lines);

}  // namespace orc::sandbox
