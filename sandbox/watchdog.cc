#include "sandbox/watchdog.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "sandbox/process.h"

extern char** environ;

namespace orc::sandbox {

namespace {

// "home" arrives on an orderly end; the end of the file on any other. A process id is used only if that process still
// runs from our folder.
constexpr const char* guard_script = R"(
trap '' HUP INT TERM
read -r word
[ "$word" = home ] && exit 0
cd / || exit 1
for file in "$1"/*/pid; do
    read -r pid < "$file" || continue
    tr '\0' '\n' < "/proc/$pid/cmdline" | grep -qF -- "$1/" && kill -KILL "$pid"
done 2> /dev/null
for attempt in 1 2 3 4 5; do
    rm -rf -- "$1" && exit 0
    sleep 0.2
done 2> /dev/null
)";

}  // namespace

Result<Watchdog> Watchdog::set(const std::filesystem::path& folder) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return fail(ErrorCode::invalid, std::string("pipe: ") + std::strerror(errno));
    }
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);  // a terminal's Ctrl-C is not for it
    std::string words[] = {"sh", "-c", guard_script, "sandbox-watchdog", folder.string()};
    char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), nullptr};
    pid_t pid = -1;
    const int rc = ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv, environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[0]);
    if (rc != 0) {
        ::close(ends[1]);
        return fail(ErrorCode::invalid, std::string("start the watchdog: ") + std::strerror(rc));
    }
    return Watchdog(pid, ends[1]);
}

Watchdog::Watchdog(Watchdog&& other) noexcept : pid_(other.pid_), line_(std::exchange(other.line_, -1)) {}

Watchdog::~Watchdog() {
    if (line_ < 0) {
        return;
    }
    // Fails only if somebody killed the watchdog, and then there is nobody to send home.
    [[maybe_unused]] const ssize_t sent = ::write(line_, "home\n", 5);
    ::close(line_);
    reap(pid_, std::chrono::seconds{5});
}

}  // namespace orc::sandbox
