// The inside of a Sandbox, shared by its files.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/ensure.h"
#include "sandbox/process.h"
#include "sandbox/sandbox.h"
#include "sandbox/watchdog.h"

namespace orc::sandbox {

/// Runs one function for each server at once; the first error in their order.
Result<void> for_each_at_once(int count, const std::function<Result<void>(int)>& function);

/// Between two looks at servers that something is awaited of.
inline constexpr std::chrono::milliseconds between_looks{20};

struct Sandbox::State {
    struct Server {
        Place place;
        mutable std::mutex mutex;  // held while its process starts or ends
        mutable pid_t pid = 0;     // 0 once reaped

        /// With the mutex held: notices an end that nobody asked for.
        pid_t running() const {
            if (pid != 0 && reap(pid, std::chrono::milliseconds{0})) {
                pid = 0;
            }
            return pid;
        }
    };

    Options options;
    std::filesystem::path folder;
    Installation installation;
    std::filesystem::path blueprint;
    std::vector<Endpoint> endpoints;
    Style style;
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
    Result<void> found_group() const;
    /// Once the others have expelled who stood in this server's place.
    Result<void> rejoin_group(int i) const;
    /// How the replica of `link` follows, from the beginning of its source's history.
    Following following(const Link& link) const;
    Result<Coordinates> position(int i) const;
    ServerStatus look_at(int i) const;
};

}  // namespace orc::sandbox
