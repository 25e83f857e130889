// A small blocking client of the MySQL text protocol, for accounts without a password. Tests use it to write and count
// rows beside the program under test, so it shares no code with that program. No TLS, no prepared statements.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"

namespace orc::sandbox {

/// One answer: a table of texts (nullopt is SQL NULL), or the count of changed rows.
struct Rows {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> cells;
    std::uint64_t affected = 0;

    bool empty() const { return cells.empty(); }
    /// The text in `row` under `column`; nullopt when it is NULL or when there is no such row or column.
    std::optional<std::string> at(std::size_t row, std::string_view column) const;
    /// The first cell as text; "" when there is none or it is NULL.
    std::string scalar() const;
};

class Client {
public:
    using Timeout = std::chrono::milliseconds;

    /// Logs in over TCP. Errors: unreachable, timed_out, denied (with the server's error number).
    static Result<Client> connect(const Endpoint& server, const std::string& user, Timeout timeout);
    /// Logs in over a unix socket.
    static Result<Client> connect(const std::filesystem::path& socket, const std::string& user, Timeout timeout);

    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;
    ~Client();

    /// Runs one statement; each read and write may take up to the timeout given at connect. The server's errors keep
    /// its number and text; after unreachable or timed_out the connection is closed and the effect is unknown.
    Result<Rows> query(std::string_view sql);
    bool is_open() const { return fd_ >= 0; }

private:
    explicit Client(int fd) : fd_(fd) {}

    Result<void> login(const std::string& user);
    Result<void> send_packet(std::string_view payload);
    Result<std::string> receive_packet();
    Result<void> receive_exactly(char* into, std::size_t size);
    Result<Rows> read_table(std::uint64_t columns);
    tl::unexpected<Error> broken(std::string_view doing);
    void close();

    int fd_ = -1;
    std::uint8_t sequence_ = 0;
};

}  // namespace orc::sandbox
