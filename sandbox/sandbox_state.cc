// How the servers of a sandbox are started, linked and looked at.
#include "sandbox/sandbox_state.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <future>

#include "base/text.h"
#include "sandbox/blueprint.h"

namespace orc::sandbox {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds start_limit{120'000};
constexpr milliseconds stop_limit{60'000};

}  // namespace

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

Result<void> Sandbox::State::start_process(Server& server) const {
    TRY(server.pid, start_server(installation, server.place, const_cast<Nursery&>(nursery)));
    std::ofstream(server.place.folder / "pid") << server.pid << '\n';
    auto ready = wait_until_ready(server.place, server.pid, start_limit);
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
    if (!reap(pid, stop_limit)) {
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
    auto root = Client::connect(server(i).place.socket(), std::string(root_account.user), milliseconds{30'000});
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

Following Sandbox::State::following(const Link& link) const {
    Following out;
    out.source = *server(link.source).place.listen;
    out.channel = link.channel;
    if (!style.gtid) {
        out.from.emplace();
    }
    if (!style.certificates.empty()) {
        out.authority = style.certificates.authority();
    }
    return out;
}

Result<Coordinates> Sandbox::State::position(int i) const {
    TRY(Client root, Client::connect(server(i).place.socket(), std::string(root_account.user), milliseconds{30'000}));
    TRY(const Rows rows, root.query(position_query(options.flavor)));
    Coordinates out;
    out.file = rows.at(0, "File").value_or("");
    out.position = std::strtoull(rows.at(0, "Position").value_or("0").c_str(), nullptr, 10);
    return out;
}

/// One after the other: members that join a group at the same moment hold each other up.
Result<void> Sandbox::State::found_group() const {
    for (int i = 1; i <= options.servers; ++i) {
        TRY(all_sql(i, join_group(i == 1)));
    }
    return {};
}

// Who joins while the group still counts the dead server of the same address waits for a minute and is refused.
Result<void> Sandbox::State::rejoin_group(int i) const {
    const std::string query = listed_in_group_query(server(i).place.listen->port);
    const auto is_listed = [&] {
        for (int other = 1; other <= options.servers; ++other) {
            if (other == i) {
                continue;
            }
            auto root = Client::connect(
                server(other).place.socket(), std::string(root_account.user), std::chrono::milliseconds{2000}
            );
            if (!root) {
                continue;
            }
            if (const auto rows = root->query(query); rows && rows->scalar() != "0") {
                return true;
            }
        }
        return false;
    };
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (is_listed()) {
        if (std::chrono::steady_clock::now() > end) {
            const std::string who = server(i).place.listen->text();
            return fail(
                ErrorCode::timed_out, fmt::format("server {} ({}): the group still counts it as a member", i, who)
            );
        }
        std::this_thread::sleep_for(between_looks);
    }
    return all_sql(i, join_group(false));
}

Result<void> Sandbox::State::bring_up() {
    TRY(blueprint, sandbox::blueprint(installation, folder / "0", nursery));
    const auto links = links_of(options.layout, options.servers);
    TRY(for_each_at_once(options.servers, [&](int i) -> Result<void> {
        Server& one = server(i);
        const std::lock_guard lock(one.mutex);
        TRY(furnish(installation, blueprint, one.place, style));
        if (auto started = start_process(one); !started) {
            return tl::unexpected(named(i, started.error()));
        }
        for (const auto& link : links) {
            if (link.replica == i) {
                TRY(all_sql(i, replicate_from(options.flavor, following(link))));
            }
        }
        return {};
    }));
    if (options.layout == Layout::group) {
        return found_group();
    }
    for (const int i : writable_in(options.layout)) {
        std::vector<std::string> opening = open_for_writes(options.flavor);
        if (options.semi_sync) {
            // Only on primaries: a replica that waits for acknowledgements too would stall its own applier.
            opening.push_back(acknowledge_on_primary(options.flavor));
        }
        TRY(all_sql(i, opening));
    }
    return {};
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
        TRY(Client root, Client::connect(one.place.socket(), std::string(root_account.user), milliseconds{2000}));
        TRY(const Rows read_only, root.query("SELECT @@global.read_only"));
        TRY(const Rows gtid, root.query(executed_gtids_query(options.flavor)));
        TRY(seen.channels, replication_of(root, options.flavor));
        if (!style.group_name.empty()) {
            TRY(const GroupState group, group_state_of(root));
            seen.group_state = group.state;
            seen.is_group_primary = group.is_primary;
        }
        seen.read_only = read_only.scalar() != "0";
        seen.gtid = replace_all(gtid.scalar(), "\n", "");
        if (!seen.channels.empty()) {
            seen.source = seen.channels.front().source;
            seen.io = seen.sql = true;
        }
        for (const auto& channel : seen.channels) {
            seen.io = seen.io && channel.io;
            seen.sql = seen.sql && channel.sql;
            seen.error = seen.error.empty() ? channel.error : seen.error;
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

}  // namespace orc::sandbox
