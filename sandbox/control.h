// How a person's second terminal talks to the program that holds a sandbox: one request and one answer over a unix
// socket in the sandbox's folder. The holder does the work, because only a parent can start, reap and clean up its
// servers.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace orc::sandbox {

using Words = std::vector<std::string>;

/// Sends `request` to the holder of the sandbox in `folder` and returns its answer. `until_gone`: wait until the holder
/// has ended, too. Errors: not_found when nobody holds one there, and whatever the holder answered.
Result<std::string> ask(const std::filesystem::path& folder, const Words& request, bool until_gone = false);

class ControlSocket {
public:
    /// Errors: conflict when another holder answers there.
    static Result<ControlSocket> listen(const std::filesystem::path& folder);
    ControlSocket(ControlSocket&& other) noexcept;
    ControlSocket& operator=(ControlSocket&&) = delete;
    ~ControlSocket();

    /// For poll(2): readable when somebody asks.
    int fd() const { return fd_; }
    /// Takes one request and answers it. What does not look like a request is dropped.
    void serve_one(const std::function<Result<std::string>(const Words&)>& answer);

private:
    explicit ControlSocket(int fd) : fd_(fd) {}
    int fd_;
    std::vector<int> held_;  // connections of askers who wait for our end: closed by it
};

}  // namespace orc::sandbox
