#include "sandbox/sandbox.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "base/text.h"
#include "sandbox/blueprint.h"
#include "sandbox/process.h"
#include "sandbox/sandbox_state.h"
#include "sandbox/site.h"

namespace orc::sandbox {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds replicate_limit{60'000};

Result<Style> style_of(const Options& options, const std::vector<Endpoint>& endpoints, const fs::path& folder) {
    Style style;
    style.semi_sync = options.semi_sync;
    style.gtid = options.gtid;
    style.own_gtid_domain = options.layout == Layout::co_primary || options.layout == Layout::multi_source;
    if (options.tls) {
        TRY(style.certificates, make_certificates(folder / "tls", endpoints));
    }
    if (options.layout == Layout::group) {
        style.group_name = "0a0a0a0a-0000-4000-8000-00000000000a";
        style.group_seeds = endpoints;
    }
    return style;
}

}  // namespace

Result<std::unique_ptr<Sandbox>> Sandbox::start(Options options) {
    if (options.servers < 1 || options.servers > 250) {
        return fail(ErrorCode::invalid, fmt::format("a sandbox has 1 to 250 servers, not {}", options.servers));
    }
    if (const auto wrong = what_is_wrong_with(options.layout, options.servers); !wrong.empty()) {
        return fail(ErrorCode::invalid, wrong);
    }
    if (options.layout == Layout::group && (options.flavor != Flavor::mysql || !options.gtid || options.semi_sync)) {
        return fail(ErrorCode::invalid, "a replication group is MySQL's, with GTID and without semi-sync");
    }
    auto state = std::make_unique<State>();
    TRY(state->installation, find_installation(options.flavor));
    const bool is_group = options.layout == Layout::group;
    TRY(state->endpoints, is_group ? free_ports(options.servers) : free_endpoints(options.servers));
    TRY(state->folder, private_folder(options.folder));
    state->options = std::move(options);
    TRY(state->style, style_of(state->options, state->endpoints, state->folder));
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
    TRY(sandbox->wait_until_replicating(replicate_limit));
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
fs::path Sandbox::authority() const {
    const auto& made = state_->style.certificates;
    return made.empty() ? fs::path() : made.authority();
}
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
        const bool is_grouped = state_->options.layout == Layout::group;
        TRY(is_grouped ? state_->rejoin_group(i) : state_->all_sql(i, {start_replication(flavor())}));
    }
    return {};
}

Result<void> Sandbox::reseed(int i, int source) {
    State::Server& server = state_->server(i);
    const std::lock_guard lock(server.mutex);
    const auto attempt = [&]() -> Result<void> {
        TRY(state_->end_process(server, SIGKILL));
        TRY(furnish(state_->installation, state_->blueprint, server.place, state_->style));
        return state_->start_process(server);
    };
    if (auto done = attempt(); !done) {
        return tl::unexpected(state_->named(i, done.error()));
    }
    if (state_->options.layout == Layout::group) {
        return state_->rejoin_group(i);
    }
    return state_->all_sql(i, replicate_from(flavor(), state_->following({i, source, ""})));
}

Result<void> Sandbox::replicate(int i, int source) {
    Following following = state_->following({i, source, ""});
    if (following.from) {
        TRY(*following.from, state_->position(source));
    }
    return state_->all_sql(i, replicate_from(flavor(), following));
}

Result<Rows> Sandbox::sql(int i, std::string_view text) const {
    auto root = Client::connect(socket(i), std::string(root_account.user), milliseconds{30'000});
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
    const int most_writable = static_cast<int>(writable_in(state_->options.layout).size());
    while (true) {
        const auto seen = status();
        int writable = 0;
        bool all = true;
        for (const auto& one : seen) {
            const bool replicates = one.answers && one.source && one.io && one.sql;
            const bool is_member = one.answers && one.group_state == "ONLINE";
            const bool primary = one.answers && !one.source && !one.read_only;
            writable += primary ? 1 : 0;
            all = all && (!one.running || replicates || is_member || primary);
        }
        if (all && writable <= most_writable) {
            return {};
        }
        if (std::chrono::steady_clock::now() > end) {
            return fail(ErrorCode::timed_out, "not every server replicates:\n" + to_text(seen));
        }
        std::this_thread::sleep_for(between_looks);
    }
}

/// From the top down: what a replica has executed is what its own replicas wait for.
Result<void> Sandbox::wait_by_position(std::chrono::steady_clock::time_point end) const {
    for (int depth = 0; depth < size(); ++depth) {
        const auto seen = status();
        for (int i = 1; i <= size(); ++i) {
            const auto& one = seen[static_cast<std::size_t>(i - 1)];
            const auto found = std::find(state_->endpoints.begin(), state_->endpoints.end(), one.source);
            if (!one.running || !one.source || found == state_->endpoints.end()) {
                continue;
            }
            TRY(const Coordinates goal, state_->position(static_cast<int>(found - state_->endpoints.begin()) + 1));
            const auto left = std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count();
            TRY(const Rows answer, sql(i, wait_for_position(flavor(), goal, left)));
            if (answer.scalar().starts_with('-')) {
                return tl::unexpected(
                    state_->named(i, {.code = ErrorCode::timed_out, .message = "has not executed its source's log"})
                );
            }
        }
    }
    return {};
}

Result<void> Sandbox::wait_until_caught_up(int source, Timeout timeout) const {
    const auto end = std::chrono::steady_clock::now() + timeout;
    TRY(wait_until_replicating(timeout));
    if (!state_->style.gtid) {
        return wait_by_position(end);
    }
    TRY(const Rows goal, sql(source, executed_gtids_query(flavor())));
    const auto left = std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count();
    const auto seen = status();
    return for_each_at_once(size(), [&](int i) -> Result<void> {
        const auto& one = seen[static_cast<std::size_t>(i - 1)];
        const bool follows = one.source.has_value() || !one.group_state.empty();
        if (i == source || !one.running || !follows) {
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
