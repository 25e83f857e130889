#include "sandbox/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>

#include "base/text.h"

extern char** environ;

namespace orc::sandbox {

namespace {

std::vector<char*> pointers(const std::vector<std::string>& argv) {
    std::vector<char*> out;
    out.reserve(argv.size() + 1);
    for (const auto& word : argv) {
        out.push_back(const_cast<char*>(word.c_str()));
    }
    out.push_back(nullptr);
    return out;
}

/// Between fork and exec only calls that are safe in a copy of a threaded process.
[[noreturn]] void become(char* const* argv, int log, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {  // it died before the line above
        ::_exit(127);
    }
    ::setsid();
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);  // listeners of a test must not live on in a
                                                                        // server
    ::execv(argv[0], argv);
    ::_exit(127);
}

Result<int> open_log(const std::filesystem::path& log) {
    const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(ErrorCode::invalid, "open " + log.string() + ": " + std::strerror(errno));
    }
    return fd;
}

}  // namespace

Nursery::Nursery()
    : thread_([this] {
          std::unique_lock lock(mutex_);
          while (true) {
              changed_.wait(lock, [this] { return stopping_ || work_; });
              if (!work_) {
                  return;
              }
              work_();
              work_ = nullptr;
              changed_.notify_all();
          }
      }) {}

Nursery::~Nursery() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

Result<pid_t> Nursery::spawn(const std::vector<std::string>& argv, const std::filesystem::path& log) {
    TRY(const int fd, open_log(log));
    const std::vector<char*> words = pointers(argv);
    const pid_t parent = ::getpid();
    pid_t child = -1;
    int number = 0;
    bool done = false;
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !work_; });
        work_ = [&] {
            child = ::fork();
            number = errno;
            if (child == 0) {
                become(words.data(), fd, parent);
            }
            done = true;
        };
        changed_.notify_all();
        changed_.wait(lock, [&] { return done; });
    }
    ::close(fd);
    if (child < 0) {
        return fail(ErrorCode::invalid, "start " + argv.front() + ": " + std::strerror(number));
    }
    return child;
}

Result<void> run(const std::vector<std::string>& argv, const std::filesystem::path& log) {
    TRY(const int fd, open_log(log));
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO);
    pid_t child = -1;
    const int rc = ::posix_spawnp(&child, argv.front().c_str(), &actions, nullptr, pointers(argv).data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(fd);
    if (rc != 0) {
        return fail(ErrorCode::invalid, "run " + argv.front() + ": " + std::strerror(rc));
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        const int shown = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return fail(ErrorCode::invalid, argv.front() + " ended with " + std::to_string(shown) + ": " + tail(log, 5));
    }
    return {};
}

bool reap(pid_t pid, std::chrono::milliseconds timeout) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd >= 0) {
        pollfd watched{.fd = fd, .events = POLLIN, .revents = 0};
        const auto end = std::chrono::steady_clock::now() + timeout;
        int left = static_cast<int>(timeout.count());
        while (::poll(&watched, 1, left) < 0 && errno == EINTR) {
            const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            left = rest.count() > 0 ? static_cast<int>(rest.count()) : 0;
        }
        ::close(fd);
    }
    pid_t ended = 0;
    while ((ended = ::waitpid(pid, nullptr, WNOHANG)) < 0 && errno == EINTR) {
    }
    return ended != 0;  // reaped now, or (an error) not our child any more
}

bool is_stopped(pid_t pid, bool wait) {
    // A stop takes effect thread by thread; the parent is told when the last one has it. WNOWAIT: asking again says so
    // again.
    const int options = WSTOPPED | WEXITED | WNOWAIT | (wait ? 0 : WNOHANG);
    siginfo_t told{};
    while (::waitid(P_PID, static_cast<id_t>(pid), &told, options) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return told.si_pid == pid && told.si_code == CLD_STOPPED;
}

char process_state(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(in, text);
    const std::size_t name_end = text.rfind(')');  // the name may hold anything, brackets too
    return name_end == std::string::npos || name_end + 2 >= text.size() ? '\0' : text[name_end + 2];
}

std::string tail(const std::filesystem::path& file, std::size_t lines) {
    std::ifstream in(file);
    std::deque<std::string> kept;
    for (std::string line; std::getline(in, line);) {
        kept.push_back(line);
        if (kept.size() > lines) {
            kept.pop_front();
        }
    }
    return join({kept.begin(), kept.end()}, " | ");
}

}  // namespace orc::sandbox
