#include "runtime/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

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
    int fd() const { return fd_; }

private:
    int fd_;
};

tl::unexpected<Error> io_error(const Endpoint& server, const char* what) {
    const bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS;
    return fail(
        late ? ErrorCode::timed_out : ErrorCode::unreachable, server.text() + ": " + what + ": " + std::strerror(errno)
    );
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

}  // namespace

namespace {

Result<void> connect_to(int fd, const HttpTarget& target) {
    if (!target.socket.empty()) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (target.socket.size() >= sizeof address.sun_path) {
            return fail(ErrorCode::invalid, target.socket + ": the path is too long for a unix socket");
        }
        std::memcpy(address.sun_path, target.socket.c_str(), target.socket.size() + 1);
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            return io_error(target.server, "connect");
        }
        return {};
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(target.server.port);
    if (inet_pton(AF_INET, target.server.host.c_str(), &address.sin_addr) != 1) {
        return fail(ErrorCode::invalid, target.server.text() + " is not an IPv4 address");
    }
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return io_error(target.server, "connect");
    }
    return {};
}

Result<HttpAnswer> parse_answer(const Endpoint& server, const std::string& text) {
    HttpAnswer answer;
    const auto head_end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.") || head_end == std::string::npos || text.size() < 12 ||
        std::from_chars(text.data() + 9, text.data() + 12, answer.status).ec != std::errc()) {
        return fail(ErrorCode::invalid, server.text() + ": no HTTP answer");
    }
    const bool is_chunked = text.substr(0, head_end).find("chunked") != std::string::npos;
    answer.body = is_chunked ? unchunk(text.substr(head_end + 4)) : text.substr(head_end + 4);
    return answer;
}

}  // namespace

Result<HttpAnswer> http_get(const HttpTarget& target, const std::string& path, std::chrono::milliseconds timeout) {
    const Socket socket(::socket(target.socket.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    timeval limit{};
    limit.tv_sec = timeout.count() / 1000;
    limit.tv_usec = (timeout.count() % 1000) * 1000;
    setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    TRY(connect_to(socket.fd(), target));
    std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + target.server.text() + "\r\nConnection: close\r\n";
    if (!target.authorization.empty()) {
        request += "Authorization: " + target.authorization + "\r\n";
    }
    request += "\r\n";
    if (::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) != ssize_t(request.size())) {
        return io_error(target.server, "send");
    }
    std::string text;
    char buffer[65536];
    ssize_t got = 0;
    while ((got = ::recv(socket.fd(), buffer, sizeof buffer, 0)) > 0) {
        text.append(buffer, std::size_t(got));
    }
    if (got < 0) {
        return io_error(target.server, "receive");
    }
    return parse_answer(target.server, text);
}

}  // namespace orc::runtime
