#include "sandbox/control.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace orc::sandbox {

namespace {

constexpr std::size_t longest_message = 1 << 20;
constexpr char between_words = '\0';

Result<sockaddr_un> address_in(const std::filesystem::path& folder) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (folder / "control").string();
    if (path.size() >= sizeof address.sun_path) {
        return fail(ErrorCode::invalid, "the folder's path is too long for a socket: " + folder.string());
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

Result<int> connect_to(const std::filesystem::path& folder) {
    TRY(const sockaddr_un address, address_in(folder));
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return fail(ErrorCode::not_found, "no sandbox is up in " + folder.string());
    }
    return fd;
}

/// A message is its length in decimal, a space, and that many bytes.
void send_message(int fd, const std::string& text) {
    const std::string message = std::to_string(text.size()) + " " + text;
    std::string_view left = message;
    while (!left.empty()) {
        const ssize_t sent = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
        if (sent <= 0 && errno != EINTR) {
            return;  // the asker went away; nobody to tell
        }
        left.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
    }
}

Result<std::string> receive_message(int fd) {
    std::string got;
    while (true) {
        const std::size_t space = got.find(' ');
        if (space != std::string::npos) {
            const std::size_t size = std::strtoull(got.c_str(), nullptr, 10);
            if (size > longest_message) {
                return fail(ErrorCode::invalid, "message too long");
            }
            if (got.size() >= space + 1 + size) {
                return got.substr(space + 1, size);
            }
        } else if (got.size() > 20) {
            return fail(ErrorCode::invalid, "not a message");
        }
        char piece[4096];
        const ssize_t size = ::recv(fd, piece, sizeof piece, 0);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return fail(ErrorCode::unreachable, "the sandbox ended before it answered");
        }
        got.append(piece, static_cast<std::size_t>(size));
    }
}

}  // namespace

Result<std::string> ask(const std::filesystem::path& folder, const Words& request, bool until_gone) {
    TRY(const int fd, connect_to(folder));
    send_message(fd, join(request, std::string_view(&between_words, 1)));
    auto answer = receive_message(fd);
    char nothing = 0;
    while (until_gone && answer && ::recv(fd, &nothing, 1, 0) > 0) {
    }
    ::close(fd);
    TRY(const std::string text, std::move(answer));
    if (!text.starts_with('+')) {
        return fail(ErrorCode::refused, text.empty() ? "no answer" : text.substr(1));
    }
    return text.substr(1);
}

Result<ControlSocket> ControlSocket::listen(const std::filesystem::path& folder) {
    TRY(const sockaddr_un address, address_in(folder));
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ControlSocket made(fd);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 16) != 0) {
        return fail(ErrorCode::conflict, "listen on " + std::string(address.sun_path) + ": " + std::strerror(errno));
    }
    return made;
}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), held_(std::move(other.held_)) {}

ControlSocket::~ControlSocket() {
    for (const int held : held_) {
        ::close(held);
    }
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

void ControlSocket::serve_one(const std::function<Result<std::string>(const Words&)>& answer) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    const timeval limit{.tv_sec = 2, .tv_usec = 0};  // an asker who says nothing must not hold up the others
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const auto request = receive_message(fd);
    if (!request) {
        ::close(fd);
        return;
    }
    Words words;
    for (const auto word : split(*request, between_words)) {
        words.emplace_back(word);
    }
    const auto answered = answer(words);
    send_message(fd, answered ? "+" + *answered : "-" + answered.error().message);
    if (words.front() == "down") {
        held_.push_back(fd);
    } else {
        ::close(fd);
    }
}

}  // namespace orc::sandbox
