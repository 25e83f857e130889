// A server of canned packets on a loopback port, one thread per connection: says exactly what a test wants a server to
// say, and stays silent where the test wants silence.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/endpoint.h"

namespace orc::mysql {

/// Payloads of packets, without their headers.
namespace canned {
std::string counted(std::string_view text);
std::string greeting(std::string_view plugin = "mysql_native_password");
std::string ok(bool more = false);
std::string error(int number, std::string_view text);
std::string column(std::string_view name);
std::string row(const std::vector<std::optional<std::string>>& cells);
std::string end(bool more = false);
}  // namespace canned

/// The server's side of one connection.
class Peer {
public:
    explicit Peer(int fd) : fd_(fd) {}
    void send(std::string_view bytes);
    /// One packet with the next sequence number.
    void send_packet(std::string_view payload);
    /// The next command's or answer's payload; nullopt when the client closed.
    std::optional<std::string> read_packet();
    void restart_sequence() { sequence_ = 1; }
    /// Greets and lets everybody in.
    void log_in();
    /// A whole result set; the first packet of an answer has sequence number 1.
    void send_set(
        const std::vector<std::string>& columns,
        const std::vector<std::vector<std::optional<std::string>>>& rows,
        bool more = false
    );
    /// Silence until the client closes.
    void wait_until_closed();

private:
    int fd_;
    unsigned char sequence_ = 0;
};

class FakeServer {
public:
    using Script = std::function<void(Peer&)>;

    /// Every connection runs the script, then is closed.
    explicit FakeServer(Script script);
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;
    Endpoint endpoint() const { return {"127.0.0.1", port_}; }
    int connections() const { return connections_; }

private:
    void serve();

    Script script_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::atomic<int> connections_ = 0;
    std::mutex mutex_;
    bool is_stopping_ = false;
    std::vector<int> open_;
    std::list<std::thread> threads_;
    std::thread acceptor_;
};

/// A port whose connection attempts are never answered: its queue is full.
class BlackHole {
public:
    BlackHole();
    ~BlackHole();
    BlackHole(const BlackHole&) = delete;
    BlackHole& operator=(const BlackHole&) = delete;
    Endpoint endpoint() const { return {"127.0.0.1", port_}; }

private:
    std::vector<int> fds_;
    std::uint16_t port_ = 0;
};

}  // namespace orc::mysql
