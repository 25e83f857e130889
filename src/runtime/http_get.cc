#include "runtime/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace orc::runtime {
namespace {

class Socket {
public:
    explicit Socket(int fd) : fd_(fd) {}
    ~Socket() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    int fd() const { return fd_; }

private:
    int fd_;
};

std::string name_of(const HttpTarget& target) { return target.socket.empty() ? target.server.text() : target.socket; }

tl::unexpected<Error> io_error(const std::string& server, const char* what) {
    const bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS;
    return fail(
        late ? ErrorCode::timed_out : ErrorCode::unreachable, server + ": " + what + ": " + std::strerror(errno)
    );
}

/// Once something was sent it may have been done: nobody must take this for "not there", and ask again.
tl::unexpected<Error> lost(const std::string& server, const char* what) {
    const std::string why = std::strerror(errno);
    return fail(ErrorCode::timed_out, server + ": " + what + ": " + why + ": what came of the request is not known");
}

Result<void> connect_to_file(int fd, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return fail(ErrorCode::unreachable, path + ": the path is too long for a unix socket");
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return io_error(path, "connect");
    }
    return {};
}

Result<void> connect_to_address(int fd, const Endpoint& server) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port);
    if (inet_pton(AF_INET, server.host.c_str(), &address.sin_addr) != 1) {
        return fail(ErrorCode::invalid, server.text() + " is not an IPv4 address");
    }
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return io_error(server.text(), "connect");
    }
    return {};
}

Result<Socket> open_socket(const HttpTarget& target, std::chrono::milliseconds timeout) {
    Socket socket(::socket(target.socket.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    timeval limit{};
    limit.tv_sec = timeout.count() / 1000;
    limit.tv_usec = (timeout.count() % 1000) * 1000;
    setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    TRY(target.socket.empty() ? connect_to_address(socket.fd(), target.server)
                              : connect_to_file(socket.fd(), target.socket));
    return socket;
}

Result<void> send_all(const Socket& socket, const std::string& name, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(socket.fd(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;  // stopped and continued
        }
        if (sent < 0) {
            return lost(name, "send");
        }
        text.remove_prefix(std::size_t(sent));
    }
    return {};
}

/// Up to the end of the stream.
Result<std::string> receive_all(const Socket& socket, const std::string& name) {
    std::string out;
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::recv(socket.fd(), buffer, sizeof buffer, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return lost(name, "receive");
        }
        if (got == 0) {
            return out;
        }
        out.append(buffer, std::size_t(got));
    }
}

// "Transfer-Encoding: chunked" bodies: sizes in hex on lines of their own.
std::string unchunk(const std::string& body) {
    std::string out;
    std::size_t at = 0;
    while (at < body.size()) {
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(body.data() + at, body.data() + body.size(), size, 16);
        const auto line = body.find("\r\n", at);
        if (error != std::errc() || line == std::string::npos || size == 0) {
            break;
        }
        out.append(body, line + 2, size);
        at = line + 2 + size + 2;
    }
    return out;
}

Result<HttpAnswer> parse_answer(const std::string& server, const std::string& text) {
    HttpAnswer answer;
    const auto head_end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.") || head_end == std::string::npos || text.size() < 12 ||
        std::from_chars(text.data() + 9, text.data() + 12, answer.status).ec != std::errc()) {
        return fail(ErrorCode::invalid, server + ": no HTTP answer");
    }
    const bool is_chunked = text.substr(0, head_end).find("chunked") != std::string::npos;
    answer.body = is_chunked ? unchunk(text.substr(head_end + 4)) : text.substr(head_end + 4);
    return answer;
}

}  // namespace

Result<HttpAnswer> http_get(const HttpTarget& target, const std::string& path, std::chrono::milliseconds timeout) {
    const std::string name = name_of(target);
    TRY(const auto socket, open_socket(target, timeout));
    TRY(send_all(socket, name, "GET " + path + " HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n"));
    TRY(const auto text, receive_all(socket, name));
    return parse_answer(name, text);
}

bool is_served(const std::string& socket) {
    return open_socket(HttpTarget{{}, socket}, std::chrono::seconds(1)).has_value();
}

}  // namespace orc::runtime
