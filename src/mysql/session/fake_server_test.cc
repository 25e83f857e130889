#include "mysql/session/fake_server_test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "mysql/session/wire.h"

namespace orc::mysql {
namespace {

std::string fixed(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) {
        out += static_cast<char>(value >> (8 * i) & 0xff);
    }
    return out;
}

int listen_on_loopback(int backlog, std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, backlog) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        ::close(fd);
        return -1;
    }
    port = ntohs(address.sin_port);
    return fd;
}

}  // namespace

namespace canned {

std::string counted(std::string_view text) {
    if (text.size() < 251) {
        return fixed(text.size(), 1) + std::string(text);
    }
    return "\xfd" + fixed(text.size(), 3) + std::string(text);
}

std::string greeting(std::string_view plugin) {
    constexpr std::uint64_t capabilities =
        0x00000200 | 0x00000008 | 0x00008000 | 0x00010000 | 0x00020000 | 0x00080000 | 0x00200000 | 0x01000000;
    return std::string("\x0a") + "8.0.99-fake" + '\0' + fixed(4711, 4) + "12345678" + '\0' +
           fixed(capabilities & 0xffff, 2) + fixed(45, 1) + fixed(2, 2) + fixed(capabilities >> 16, 2) + fixed(21, 1) +
           std::string(10, '\0') + "abcdefghijkl" + '\0' + std::string(plugin) + '\0';
}

std::string ok(bool more) { return fixed(0, 3) + fixed(more ? 8 : 2, 2) + fixed(0, 2); }
std::string error(int number, std::string_view text) {
    return "\xff" + fixed(static_cast<std::uint64_t>(number), 2) + "#HY000" + std::string(text);
}
std::string column(std::string_view name) {
    return counted("def") + counted("") + counted("") + counted("") + counted(name) + counted("") + "\x0c" +
           fixed(45, 2) + fixed(1024, 4) + fixed(253, 1) + fixed(0, 2) + fixed(0, 1) + fixed(0, 2);
}
std::string row(const std::vector<std::optional<std::string>>& cells) {
    std::string out;
    for (const auto& cell : cells) {
        out += cell ? counted(*cell) : "\xfb";
    }
    return out;
}
std::string end(bool more) { return "\xfe" + fixed(0, 2) + fixed(more ? 8 : 2, 2) + fixed(0, 2); }

}  // namespace canned

void Peer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void Peer::send_packet(std::string_view payload) { send(wire::packet(sequence_++, payload)); }

std::optional<std::string> Peer::read_packet() {
    const auto receive = [&](std::size_t size) -> std::optional<std::string> {
        std::string out(size, '\0');
        std::size_t got = 0;
        while (got < size) {
            const auto now = ::recv(fd_, out.data() + got, size - got, 0);
            if (now <= 0) {
                return std::nullopt;
            }
            got += static_cast<std::size_t>(now);
        }
        return out;
    };
    const auto header = receive(4);
    if (!header) {
        return std::nullopt;
    }
    wire::Cursor in(*header);
    const auto size = static_cast<std::size_t>(in.fixed(3));
    sequence_ = static_cast<unsigned char>(in.fixed(1) + 1);
    return receive(size);
}

void Peer::log_in() {
    send_packet(canned::greeting());
    if (read_packet()) {
        send_packet(canned::ok());
    }
}

void Peer::send_set(
    const std::vector<std::string>& columns, const std::vector<std::vector<std::optional<std::string>>>& rows, bool more
) {
    std::string bytes;
    const auto add = [&](std::string_view payload) { bytes += wire::packet(sequence_++, payload); };
    add(fixed(columns.size(), 1));
    for (const auto& name : columns) {
        add(canned::column(name));
    }
    for (const auto& cells : rows) {
        add(canned::row(cells));
    }
    add(canned::end(more));
    send(bytes);
}

void Peer::wait_until_closed() {
    char byte = 0;
    while (::recv(fd_, &byte, 1, 0) > 0) {
    }
}

FakeServer::FakeServer(Script script) : script_(std::move(script)), listener_(listen_on_loopback(64, port_)) {
    acceptor_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        for (const int fd : open_) {
            ::shutdown(fd, SHUT_RDWR);
        }
    }
    acceptor_.join();
    for (auto& thread : threads_) {
        thread.join();
    }
    ::close(listener_);
}

void FakeServer::serve() {
    while (true) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const std::lock_guard lock(mutex_);
        if (fd < 0 || is_stopping_) {
            if (fd >= 0) {
                ::close(fd);
            }
            return;
        }
        const int now = 1;  // a packet a segment: without this each answer would wait for the client's delayed ACK
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
        open_.push_back(fd);
        ++connections_;
        threads_.emplace_back([this, fd] {
            Peer peer(fd);
            script_(peer);
            const std::lock_guard done(mutex_);
            std::erase(open_, fd);
            ::close(fd);
        });
    }
}

BlackHole::BlackHole() {
    fds_.push_back(listen_on_loopback(0, port_));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    for (int i = 0; i < 8; ++i) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        [[maybe_unused]] const int started = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
        fds_.push_back(fd);
    }
}

BlackHole::~BlackHole() {
    for (const int fd : fds_) {
        ::close(fd);
    }
}

}  // namespace orc::mysql
