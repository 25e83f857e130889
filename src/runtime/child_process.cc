#include "runtime/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <memory>
#include <system_error>

#include "runtime/task_group.h"

extern char** environ;

namespace orc::runtime {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

std::string errno_text(int number) { return std::generic_category().message(number); }

std::vector<std::string> environment_of(const ChildCommand& command) {
    std::vector<std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::string key(text.substr(0, text.find('=')));
        if (!command.environment.contains(key)) {
            out.emplace_back(text);
        }
    }
    for (const auto& [key, value] : command.environment) {
        out.push_back(key + "=" + value);
    }
    return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (auto& text : texts) {
        out.push_back(text.data());
    }
    out.push_back(nullptr);
    return out;
}

struct SpawnSettings {
    SpawnSettings() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
    }
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
};

void prepare(SpawnSettings& settings, int output) {
    posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output >= 0) {
        posix_spawn_file_actions_adddup2(&settings.actions, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&settings.actions, output, STDERR_FILENO);
    } else {
        posix_spawn_file_actions_addopen(&settings.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&settings.actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    posix_spawn_file_actions_addclosefrom_np(&settings.actions, STDERR_FILENO + 1);
    sigset_t none;
    sigemptyset(&none);
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawnattr_setsigmask(&settings.attributes, &none);
    posix_spawnattr_setsigdefault(&settings.attributes, &pipe);
    posix_spawnattr_setpgroup(&settings.attributes, 0);
    posix_spawnattr_setflags(
        &settings.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    );
}

/// A started child. Destroyed while it runs: its whole group is killed and it is reaped.
struct Child {
    pid_t pid = -1;
    int pidfd = -1;
    bool runs_by_itself = false;  ///< started in the background: never killed by us

    Child() = default;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid > 0 && !runs_by_itself) {
            kill_group();
            reap();
        }
        if (pidfd >= 0) {
            ::close(pidfd);
        }
    }
    void kill_group() const { ::kill(-pid, SIGKILL); }
    int reap() {
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        pid = -1;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
};

Result<void> spawn(Child& child, const ChildCommand& command, int output) {
    SpawnSettings settings;
    prepare(settings, output);
    auto arguments = command.arguments;
    auto environment = environment_of(command);
    const auto argument_list = pointers_to(arguments);
    const auto environment_list = pointers_to(environment);
    const int failed = ::posix_spawnp(
        &child.pid,
        arguments.front().c_str(),
        &settings.actions,
        &settings.attributes,
        argument_list.data(),
        environment_list.data()
    );
    if (failed != 0) {
        child.pid = -1;
        return fail(
            ErrorCode::invalid, "cannot start '" + command.arguments.front() + "': " + errno_text(failed), failed
        );
    }
    child.pidfd = static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0));
    if (child.pidfd < 0) {
        return fail(
            ErrorCode::invalid, "cannot watch '" + command.arguments.front() + "': " + errno_text(errno), errno
        );
    }
    return {};
}

Co<void> read_output(Descriptor& pipe, std::string& output, std::size_t limit) {
    const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
    std::array<char, 8192> buffer{};
    while (true) {
        const auto result = co_await pipe.async_read_some(asio::buffer(buffer), token);
        const std::size_t count = std::get<1>(result);
        output.append(buffer.data(), std::min(count, limit - std::min(limit, output.size())));
        if (std::get<0>(result)) {
            co_return;
        }
    }
}

Co<void> wait_for_exit(Descriptor& watched, bool& has_ended) {
    const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
    const auto result = co_await watched.async_wait(Descriptor::wait_read, token);
    has_ended = !std::get<0>(result);
}

/// What is left in the pipe, without waiting for background processes that still hold it.
void read_rest(int pipe, std::string& output, std::size_t limit) {
    std::array<char, 8192> buffer{};
    pollfd ready{pipe, POLLIN, 0};
    while (output.size() < limit && ::poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0) {
        const ssize_t count = ::read(pipe, buffer.data(), buffer.size());
        if (count <= 0) {
            return;
        }
        output.append(buffer.data(), std::min(static_cast<std::size_t>(count), limit - output.size()));
    }
}

}  // namespace

Task<ChildResult> run_child(Clock& clock, ChildCommand command, Deadline deadline) {
    const Instant began = clock.now();
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::this_coro::throw_if_cancelled(false);
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        co_return fail(
            ErrorCode::invalid, "no pipe for '" + command.arguments.front() + "': " + errno_text(errno), errno
        );
    }
    Descriptor pipe(executor, ends[0]);
    auto child = std::make_unique<Child>();
    const auto spawned = spawn(*child, command, ends[1]);
    ::close(ends[1]);
    CO_TRY(spawned);
    Descriptor watched(executor, ::dup(child->pidfd));
    ChildResult out;
    bool has_ended = false;
    bool is_cancelled = false;
    TaskGroup group(executor);
    group.spawn(read_output(pipe, out.output, command.output_limit));
    group.spawn(wait_for_exit(watched, has_ended));
    group.spawn(clock.sleep_until(deadline.at));
    while (!has_ended && !is_cancelled && !deadline.has_passed(clock.now())) {
        co_await group.next_end();
        const auto state = co_await asio::this_coro::cancellation_state;
        is_cancelled = state.cancelled() != asio::cancellation_type::none;
    }
    co_await group.stop();
    co_await asio::this_coro::throw_if_cancelled(true);
    if (!has_ended) {
        child.reset();  // kills the group
        if (is_cancelled) {
            co_return fail(ErrorCode::cancelled, "'" + command.arguments.front() + "' was stopped");
        }
        co_return fail(
            ErrorCode::timed_out,
            "'" + command.arguments.front() + "' did not end within " +
                std::to_string((clock.now() - began).count() / 1000) + " ms and was killed with all it had started"
        );
    }
    read_rest(pipe.native_handle(), out.output, command.output_limit);
    out.exit_code = child->reap();
    out.took = clock.now() - began;
    co_return out;
}

namespace {

Co<void> reap_later(std::unique_ptr<Child> child) {
    const auto executor = co_await asio::this_coro::executor;
    Descriptor watched(executor, ::dup(child->pidfd));
    bool has_ended = false;
    co_await wait_for_exit(watched, has_ended);
    if (has_ended) {
        child->reap();
    }
}

}  // namespace

Result<void> start_child(Executor executor, ChildCommand command) {
    auto child = std::make_unique<Child>();
    child->runs_by_itself = true;
    TRY(spawn(*child, command, -1));
    // The one detached coroutine: it owns all it touches, and ends with the child or with the loop.
    asio::co_spawn(executor, reap_later(std::move(child)), asio::detached);
    return {};
}

}  // namespace orc::runtime
