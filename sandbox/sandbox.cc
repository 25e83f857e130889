#include "sandbox/sandbox.h"

#include <fmt/format.h>
#include <signal.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <future>
#include <thread>

#include "base/ensure.h"
#include "base/text.h"
#include "sandbox/blueprint.h"
#include "sandbox/process.h"
#include "sandbox/site.h"
#include "sandbox/watchdog.h"

namespace orc::sandbox {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kStartLimit{120'000};
constexpr milliseconds kStopLimit{60'000};
constexpr milliseconds kReplicateLimit{60'000};
constexpr milliseconds kBetweenLooks{20};

int source_in(Layout layout, int i) {
    switch (layout) {
        case Layout::flat:
            return 1;
        case Layout::chain:
            return i - 1;
        case Layout::tree:
            return i / 2;
    }
    return 1;
}

/// Runs one function for each server at once; the first error in their order.
Result<void> for_each_at_once(int count, const std::function<Result<void>(int)>& function) {
    std::vector<std::future<Result<void>>> running;
    for (int i = 1; i <= count; ++i) {
        running.push_back(std::async(std::launch::async, function, i));
    }
    Result<void> all;
    for (auto& one : running) {
        auto done = one.get();
        if (!done && all) {
            all = std::move(done);
        }
    }
    return all;
}

}  // namespace

struct Sandbox::State {
    struct Server {
        Place place;
        mutable std::mutex mutex;  // held while its process starts or ends
        mutable pid_t pid = 0;     // 0 once reaped

        /// With the mutex held: notices an end that nobody asked for.
        pid_t running() const {
            if (pid != 0 && reap(pid, milliseconds{0})) {
                pid = 0;
            }
            return pid;
        }
    };

    Options options;
    fs::path folder;
    Installation installation;
    fs::path blueprint;
    std::vector<Endpoint> endpoints;
    Nursery nursery;
    std::unique_ptr<Watchdog> watchdog;
    std::vector<std::unique_ptr<Server>> servers;

    Server& server(int i) const {
        ENSURE(i >= 1 && i <= static_cast<int>(servers.size()), "servers are numbered from 1");
        return *servers[static_cast<std::size_t>(i - 1)];
    }
    Error named(int i, Error error) const {
        return with_context(fmt::format("server {} ({})", i, server(i).place.listen->text()), std::move(error));
    }
    Result<void> start_process(Server& server) const;
    Result<void> end_process(Server& server, int signal) const;
    Result<void> signal(int i, int signal) const;
    Result<void> all_sql(int i, const std::vector<std::string>& statements) const;
    Result<void> bring_up();
    ServerStatus look_at(int i) const;
};

Result<void> Sandbox::State::start_process(Server& server) const {
    TRY(server.pid, start_server(installation, server.place, const_cast<Nursery&>(nursery)));
    std::ofstream(server.place.folder / "pid") << server.pid << '\n';
    auto ready = wait_until_ready(server.place, server.pid, kStartLimit);
    if (!ready) {
        server.running();
        return tl::unexpected(ready.error());
    }
    return {};
}

Result<void> Sandbox::State::end_process(Server& server, int signal) const {
    const pid_t pid = server.running();
    if (pid == 0) {
        return {};
    }
    ::kill(pid, signal);
    ::kill(pid, SIGCONT);  // a frozen one would not notice anything but SIGKILL
    if (!reap(pid, kStopLimit)) {
        return fail(ErrorCode::timed_out, fmt::format("process {} did not end", pid));
    }
    server.pid = 0;
    std::error_code ignored;
    fs::remove(server.place.folder / "pid", ignored);
    return {};
}

Result<void> Sandbox::State::signal(int i, int signal) const {
    const Server& one = server(i);
    const std::lock_guard lock(one.mutex);
    const pid_t pid = one.running();
    if (pid == 0) {
        return tl::unexpected(named(i, {.code = ErrorCode::not_found, .message = "does not run"}));
    }
    ::kill(pid, signal);
    return {};
}

Result<void> Sandbox::State::all_sql(int i, const std::vector<std::string>& statements) const {
    auto root = Client::connect(server(i).place.socket(), std::string(kRoot.user), milliseconds{30'000});
    if (!root) {
        return tl::unexpected(named(i, root.error()));
    }
    for (const auto& statement : statements) {
        if (auto done = root->query(statement); !done) {
            return tl::unexpected(named(i, with_context(statement, done.error())));
        }
    }
    return {};
}

Result<void> Sandbox::State::bring_up() {
    TRY(blueprint, sandbox::blueprint(installation, folder / "0", nursery));
    TRY(for_each_at_once(options.servers, [this](int i) -> Result<void> {
        Server& one = server(i);
        const std::lock_guard lock(one.mutex);
        TRY(furnish(installation, blueprint, one.place, options.semi_sync));
        if (auto started = start_process(one); !started) {
            return tl::unexpected(named(i, started.error()));
        }
        if (i > 1) {
            TRY(all_sql(
                i, replicate_from(options.flavor, endpoints[static_cast<std::size_t>(source_in(options.layout, i) - 1)])
            ));
        }
        return {};
    }));
    std::vector<std::string> opening = open_for_writes(options.flavor);
    if (options.semi_sync) {
        // Only on the primary: a replica that waits for acknowledgements too would stall its own applier.
        opening.push_back(acknowledge_on_primary(options.flavor));
    }
    return all_sql(1, opening);
}

ServerStatus Sandbox::State::look_at(int i) const {
    const Server& one = server(i);
    ServerStatus seen;
    seen.endpoint = *one.place.listen;
    {
        const std::lock_guard lock(one.mutex);
        seen.pid = one.running();
    }
    seen.running = seen.pid != 0;
    seen.frozen = seen.running && is_stopped(seen.pid);
    if (!seen.running || seen.frozen) {
        return seen;
    }
    const auto read = [&]() -> Result<void> {
        TRY(Client root, Client::connect(one.place.socket(), std::string(kRoot.user), milliseconds{2000}));
        TRY(const Rows read_only, root.query("SELECT @@global.read_only"));
        TRY(const Rows gtid, root.query(executed_gtids_query(options.flavor)));
        TRY(const auto replication, replication_of(root, options.flavor));
        seen.read_only = read_only.scalar() != "0";
        seen.gtid = replace_all(gtid.scalar(), "\n", "");
        if (replication) {
            seen.source = replication->source;
            seen.io = replication->io;
            seen.sql = replication->sql;
            seen.error = replication->error;
        }
        return {};
    };
    const auto done = read();
    seen.answers = done.has_value();
    if (!done) {
        seen.error = done.error().message;
    }
    return seen;
}

Result<std::unique_ptr<Sandbox>> Sandbox::start(Options options) {
    if (options.servers < 1 || options.servers > 250) {
        return fail(ErrorCode::invalid, fmt::format("a sandbox has 1 to 250 servers, not {}", options.servers));
    }
    auto state = std::make_unique<State>();
    TRY(state->installation, find_installation(options.flavor));
    TRY(state->endpoints, free_endpoints(options.servers));
    TRY(state->folder, private_folder(options.folder));
    state->options = std::move(options);
    for (unsigned i = 1; i <= state->endpoints.size(); ++i) {
        auto server = std::make_unique<State::Server>();
        server->place = {
            .folder = state->folder / std::to_string(i), .listen = state->endpoints[i - 1], .server_id = i
        };
        state->servers.push_back(std::move(server));
    }
    if (!state->options.keep) {
        TRY(Watchdog watchdog, Watchdog::set(state->folder));
        state->watchdog = std::make_unique<Watchdog>(std::move(watchdog));
    }
    std::unique_ptr<Sandbox> sandbox(new Sandbox(std::move(state)));  // from here on its destructor cleans up
    TRY(sandbox->state_->bring_up());
    TRY(sandbox->wait_until_replicating(kReplicateLimit));
    return sandbox;
}

Sandbox::Sandbox(std::unique_ptr<State> state) : state_(std::move(state)) {}

Sandbox::~Sandbox() {
    for (int i = 1; i <= size(); ++i) {  // all first, so that they end at the same time
        const State::Server& server = state_->server(i);
        const std::lock_guard lock(server.mutex);
        if (const pid_t pid = server.running(); pid != 0) {
            ::kill(pid, SIGKILL);
        }
    }
    for (int i = 1; i <= size(); ++i) {
        [[maybe_unused]] const auto ended = kill(i);
    }
    if (!state_->options.keep) {
        std::error_code ignored;
        fs::remove_all(state_->folder, ignored);
    }
}

int Sandbox::size() const { return static_cast<int>(state_->servers.size()); }
Flavor Sandbox::flavor() const { return state_->options.flavor; }
const fs::path& Sandbox::folder() const { return state_->folder; }
fs::path Sandbox::socket(int i) const { return state_->server(i).place.socket(); }
fs::path Sandbox::log(int i) const { return state_->server(i).place.log(); }
Endpoint Sandbox::endpoint(int i) const { return *state_->server(i).place.listen; }
std::vector<Endpoint> Sandbox::endpoints() const { return state_->endpoints; }

pid_t Sandbox::pid(int i) const {
    const State::Server& server = state_->server(i);
    const std::lock_guard lock(server.mutex);
    return server.running();
}

Result<void> Sandbox::kill(int i) {
    State::Server& server = state_->server(i);
    const std::lock_guard lock(server.mutex);
    return state_->end_process(server, SIGKILL).map_error([&](Error error) {
        return state_->named(i, std::move(error));
    });
}

Result<void> Sandbox::terminate(int i) {
    State::Server& server = state_->server(i);
    const std::lock_guard lock(server.mutex);
    return state_->end_process(server, SIGTERM).map_error([&](Error error) {
        return state_->named(i, std::move(error));
    });
}

Result<void> Sandbox::freeze(int i) {
    const State::Server& server = state_->server(i);
    TRY(state_->signal(i, SIGSTOP));
    const std::lock_guard lock(server.mutex);
    if (const pid_t pid = server.running(); pid != 0) {
        is_stopped(pid, true);  // nothing is answered after this returns
    }
    return {};
}

Result<void> Sandbox::thaw(int i) { return state_->signal(i, SIGCONT); }

Result<void> Sandbox::restart(int i, RestartOptions options) {
    State::Server& server = state_->server(i);
    const std::lock_guard lock(server.mutex);
    const auto attempt = [&]() -> Result<void> {
        TRY(state_->end_process(server, SIGTERM));
        return state_->start_process(server);
    };
    if (auto done = attempt(); !done) {
        return tl::unexpected(state_->named(i, done.error()));
    }
    if (options.writable) {
        TRY(state_->all_sql(i, open_for_writes(flavor())));
    }
    if (options.replicate) {
        TRY(state_->all_sql(i, {start_replication(flavor())}));
    }
    return {};
}

Result<void> Sandbox::reseed(int i, int source) {
    State::Server& server = state_->server(i);
    const std::lock_guard lock(server.mutex);
    const auto attempt = [&]() -> Result<void> {
        TRY(state_->end_process(server, SIGKILL));
        TRY(furnish(state_->installation, state_->blueprint, server.place, state_->options.semi_sync));
        return state_->start_process(server);
    };
    if (auto done = attempt(); !done) {
        return tl::unexpected(state_->named(i, done.error()));
    }
    return replicate(i, source);
}

Result<void> Sandbox::replicate(int i, int source) {
    return state_->all_sql(i, replicate_from(flavor(), endpoint(source)));
}

Result<Rows> Sandbox::sql(int i, std::string_view text) const {
    auto root = Client::connect(socket(i), std::string(kRoot.user), milliseconds{30'000});
    if (!root) {
        return tl::unexpected(state_->named(i, root.error()));
    }
    return root->query(text).map_error([&](Error error) { return state_->named(i, std::move(error)); });
}

Result<Client> Sandbox::connect(int i, const std::string& user, Timeout timeout) const {
    return Client::connect(endpoint(i), user, timeout);
}

std::vector<ServerStatus> Sandbox::status() const {
    std::vector<ServerStatus> all(static_cast<std::size_t>(size()));
    [[maybe_unused]] const auto done = for_each_at_once(size(), [&](int i) -> Result<void> {
        all[static_cast<std::size_t>(i - 1)] = state_->look_at(i);
        return {};
    });
    return all;
}

Result<void> Sandbox::wait_until_replicating(Timeout timeout) const {
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (true) {
        const auto seen = status();
        int writable = 0;
        bool all = true;
        for (const auto& one : seen) {
            const bool replicates = one.answers && one.source && one.io && one.sql;
            const bool primary = one.answers && !one.source && !one.read_only;
            writable += primary ? 1 : 0;
            all = all && (!one.running || replicates || primary);
        }
        if (all && writable <= 1) {
            return {};
        }
        if (std::chrono::steady_clock::now() > end) {
            return fail(ErrorCode::timed_out, "not every server replicates:\n" + to_text(seen));
        }
        std::this_thread::sleep_for(kBetweenLooks);
    }
}

Result<void> Sandbox::wait_until_caught_up(int source, Timeout timeout) const {
    const auto end = std::chrono::steady_clock::now() + timeout;
    TRY(wait_until_replicating(timeout));
    TRY(const Rows goal, sql(source, executed_gtids_query(flavor())));
    const auto left = std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count();
    return for_each_at_once(size(), [&](int i) -> Result<void> {
        if (i == source || pid(i) == 0) {
            return {};
        }
        TRY(const Rows answer, sql(i, wait_for_gtids(flavor(), goal.scalar(), left > 0.1 ? left : 0.1)));
        if (answer.scalar() != "0") {
            return tl::unexpected(
                state_->named(i, {.code = ErrorCode::timed_out, .message = "has not executed " + goal.scalar()})
            );
        }
        return {};
    });
}

}  // namespace orc::sandbox
