#include "sandbox/client.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace orc::sandbox {

namespace {

constexpr std::uint32_t long_password = 1U << 0U;
constexpr std::uint32_t long_flag = 1U << 2U;
constexpr std::uint32_t protocol41 = 1U << 9U;
constexpr std::uint32_t transactions = 1U << 13U;
constexpr std::uint32_t secure_connection = 1U << 15U;
constexpr std::uint32_t plugin_auth = 1U << 19U;
constexpr std::size_t full_packet = 0xFFFFFF;

/// Reads a packet's fields in order. Reading past its end gives zeros and sets `ok` to false.
struct Reader {
    std::string_view left;
    bool ok = true;

    std::string_view bytes(std::size_t count) {
        if (count > left.size()) {
            ok = false;
            left = {};
            return {};
        }
        const std::string_view taken = left.substr(0, count);
        left.remove_prefix(count);
        return taken;
    }
    std::uint64_t integer(std::size_t width) {
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (const char c : bytes(width)) {
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << shift;
            shift += 8;
        }
        return value;
    }
    std::uint64_t packed_integer() {
        const std::uint64_t first = integer(1);
        switch (first) {
            case 0xFC:
                return integer(2);
            case 0xFD:
                return integer(3);
            case 0xFE:
                return integer(8);
            default:
                return first;
        }
    }
    std::string_view packed_text() { return bytes(packed_integer()); }
    std::string_view zero_terminated() {
        const std::size_t end = left.find('\0');
        const std::string_view taken = bytes(end == std::string_view::npos ? left.size() : end);
        bytes(left.empty() ? 0 : 1);
        return taken;
    }
};

void put_integer(std::string& out, std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) {
        out.push_back(static_cast<char>(value >> (8 * i)));
    }
}

bool is_error(std::string_view packet) { return packet.starts_with('\xFF'); }
bool is_end(std::string_view packet) { return packet.starts_with('\xFE') && packet.size() < 9; }

/// ER_DBACCESS_DENIED, ER_ACCESS_DENIED, table and column denials, the missing privilege, and the two read-only
/// refusals.
bool is_denial(int number) {
    for (const int known : {1044, 1045, 1142, 1143, 1227, 1290, 1836}) {
        if (number == known) {
            return true;
        }
    }
    return false;
}

tl::unexpected<Error> server_error(std::string_view packet) {
    Reader in{packet};
    in.integer(1);
    const int number = static_cast<int>(in.integer(2));
    if (in.left.starts_with('#')) {
        in.bytes(6);  // SQLSTATE; absent in errors before the greeting
    }
    return fail(is_denial(number) ? ErrorCode::denied : ErrorCode::invalid, std::string(in.left), number);
}

ErrorCode code_of(int number) {
    return number == EAGAIN || number == EWOULDBLOCK || number == EINPROGRESS || number == ETIMEDOUT
               ? ErrorCode::timed_out
               : ErrorCode::unreachable;
}

/// A connected socket with its timeouts set.
Result<int> open_socket(const sockaddr* address, socklen_t size, const std::string& name, Client::Timeout timeout) {
    const int fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return fail(ErrorCode::unreachable, std::string("socket: ") + std::strerror(errno));
    }
    timeval limit{};
    limit.tv_sec = timeout.count() / 1000;
    limit.tv_usec = (timeout.count() % 1000) * 1000;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // Linux: also limits connect
    if (address->sa_family != AF_UNIX) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (::connect(fd, address, size) != 0) {
        const int number = errno;
        ::close(fd);
        return fail(code_of(number), "connect to " + name + ": " + std::strerror(number));
    }
    return fd;
}

}  // namespace

std::optional<std::string> Rows::at(std::size_t row, std::string_view column) const {
    for (std::size_t i = 0; row < cells.size() && i < columns.size(); ++i) {
        if (columns[i] == column) {
            return cells[row][i];
        }
    }
    return std::nullopt;
}

std::string Rows::scalar() const {
    return cells.empty() || cells.front().empty() ? std::string{} : cells.front().front().value_or("");
}

Client::Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), sequence_(other.sequence_) {}

Client& Client::operator=(Client&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
        sequence_ = other.sequence_;
    }
    return *this;
}

Client::~Client() { close(); }

void Client::close() {
    if (fd_ >= 0) {
        ::close(std::exchange(fd_, -1));
    }
}

Result<Client> Client::connect(const Endpoint& server, const std::string& user, Timeout timeout) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int rc = ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
        rc != 0) {
        return fail(ErrorCode::invalid, server.text() + ": " + ::gai_strerror(rc));
    }
    auto fd = open_socket(found->ai_addr, found->ai_addrlen, server.text(), timeout);
    ::freeaddrinfo(found);
    TRY(const int socket, std::move(fd));
    Client client(socket);
    if (auto in = client.login(user); !in) {
        return tl::unexpected(with_context("log in to " + server.text() + " as " + user, in.error()));
    }
    return client;
}

Result<Client> Client::connect(const std::filesystem::path& socket, const std::string& user, Timeout timeout) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket.string();
    if (path.size() >= sizeof address.sun_path) {
        return fail(ErrorCode::invalid, "socket path too long: " + path);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    TRY(const int fd, open_socket(reinterpret_cast<const sockaddr*>(&address), sizeof address, path, timeout));
    Client client(fd);
    if (auto in = client.login(user); !in) {
        return tl::unexpected(with_context("log in to " + path + " as " + user, in.error()));
    }
    return client;
}

Result<void> Client::login(const std::string& user) {
    TRY(const std::string greeting, receive_packet());
    if (is_error(greeting)) {
        return server_error(greeting);
    }
    Reader in{greeting};
    if (in.integer(1) != 10) {
        return fail(ErrorCode::invalid, "not the greeting of a MySQL server");
    }
    in.zero_terminated();     // version
    in.bytes(4 + 8 + 1 + 2);  // connection id, first salt, filler, low capabilities
    in.bytes(1 + 2 + 2);      // character set, status, high capabilities
    const std::uint64_t salt_size = in.integer(1);
    in.bytes(10);
    in.bytes(salt_size > 21 ? salt_size - 8 : 13);
    const std::string plugin(in.zero_terminated());

    std::string answer;
    put_integer(answer, long_password | long_flag | protocol41 | transactions | secure_connection | plugin_auth, 4);
    put_integer(answer, 1U << 24U, 4);
    put_integer(answer, 45, 1);  // utf8mb4
    answer.append(23, '\0');
    answer.append(user).push_back('\0');
    put_integer(answer, 0, 1);  // no password: an empty proof in every plugin served here
    answer.append(plugin).push_back('\0');
    TRY(send_packet(answer));

    while (true) {
        TRY(const std::string packet, receive_packet());
        if (is_error(packet)) {
            return server_error(packet);
        }
        if (packet.starts_with('\0')) {
            return {};
        }
        if (!packet.starts_with('\xFE')) {
            return fail(ErrorCode::invalid, "the account needs a password");
        }
        TRY(send_packet({}));  // told to switch to the account's own plugin: empty proof again
    }
}

Result<Rows> Client::query(std::string_view sql) {
    if (fd_ < 0) {
        return fail(ErrorCode::unreachable, "connection is closed");
    }
    sequence_ = 0;
    TRY(send_packet(std::string(1, '\x03').append(sql)));
    TRY(const std::string first, receive_packet());
    if (is_error(first)) {
        return server_error(first);
    }
    Reader in{first};
    if (first.starts_with('\0')) {
        in.integer(1);
        Rows rows;
        rows.affected = in.packed_integer();
        return rows;
    }
    return read_table(in.packed_integer());
}

Result<Rows> Client::read_table(std::uint64_t columns) {
    Rows rows;
    for (std::uint64_t i = 0; i < columns; ++i) {
        TRY(const std::string packet, receive_packet());
        Reader in{packet};
        for (int skipped = 0; skipped < 4; ++skipped) {
            in.packed_text();  // catalogue, schema, table, original table
        }
        rows.columns.emplace_back(in.packed_text());
    }
    TRY(receive_packet());  // end of the column list
    while (true) {
        TRY(const std::string packet, receive_packet());
        if (is_error(packet)) {
            return server_error(packet);
        }
        if (is_end(packet)) {
            return rows;
        }
        Reader in{packet};
        std::vector<std::optional<std::string>> row;
        for (std::uint64_t i = 0; i < columns; ++i) {
            if (in.left.starts_with('\xFB')) {
                in.integer(1);
                row.emplace_back(std::nullopt);
            } else {
                row.emplace_back(std::string(in.packed_text()));
            }
        }
        if (!in.ok) {
            close();
            return fail(ErrorCode::invalid, "a row ends early");
        }
        rows.cells.push_back(std::move(row));
    }
}

Result<void> Client::send_packet(std::string_view payload) {
    if (payload.size() >= full_packet) {
        return fail(ErrorCode::invalid, "statement too long");
    }
    std::string packet;
    put_integer(packet, payload.size(), 3);
    put_integer(packet, sequence_++, 1);
    packet.append(payload);
    std::string_view left = packet;
    while (!left.empty()) {
        const ssize_t sent = ::send(fd_, left.data(), left.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return broken("send");
        }
        left.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<std::string> Client::receive_packet() {
    std::string payload;
    while (true) {
        char head[4];
        TRY(receive_exactly(head, sizeof head));
        Reader in{{head, sizeof head}};
        const std::size_t size = in.integer(3);
        sequence_ = static_cast<std::uint8_t>(in.integer(1) + 1);
        const std::size_t before = payload.size();
        payload.resize(before + size);
        TRY(receive_exactly(payload.data() + before, size));
        if (size < full_packet) {
            return payload;
        }
    }
}

Result<void> Client::receive_exactly(char* into, std::size_t size) {
    while (size > 0) {
        const ssize_t got = ::recv(fd_, into, size, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got == 0) {
            errno = ECONNRESET;
        }
        if (got <= 0) {
            return broken("receive");
        }
        into += got;
        size -= static_cast<std::size_t>(got);
    }
    return {};
}

tl::unexpected<Error> Client::broken(std::string_view doing) {
    const int number = errno;
    close();
    return fail(code_of(number), std::string(doing) + ": " + std::strerror(number));
}

}  // namespace orc::sandbox
