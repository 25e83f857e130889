// For tests of this room and of ledger: run a coroutine to its end, make a directory that goes away.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "base/time.h"
#include "runtime/task.h"

namespace orc::store::testing {

inline const WallTime noon{Seconds(1'700'000'000)};

/// Runs `work` on `io` until it has ended.
template <typename T>
T run(asio::io_context& io, Co<T> work) {
    std::optional<T> out;
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
        failure = e;
        out.emplace(std::move(value));
    });
    io.restart();
    while (!out) {
        io.run_one();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    return std::move(*out);
}

inline void run(asio::io_context& io, Co<void> work) {
    bool ended = false;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr) { ended = true; });
    io.restart();
    while (!ended) {
        io.run_one();
    }
}

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "orc-store-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

}  // namespace orc::store::testing
