// A client that writes all the time, like an application that asks every server "do you take writes?": what it was told
// tells how long a failover stopped writes, whether an acknowledged row was lost, and whether two servers took writes
// at once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "sandbox/client.h"

namespace orc::sandbox {

/// An acknowledged row. The server committed it somewhere between `sent` and `acked`.
struct Ack {
    std::int64_t id = 0;
    Endpoint server;
    std::chrono::steady_clock::time_point sent;
    std::chrono::steady_clock::time_point acked;
};

/// Two servers that certainly both took writes at `when`.
struct DoublePrimary {
    Endpoint one;
    Endpoint other;
    std::chrono::steady_clock::time_point when;
};

struct WriterOptions {
    std::chrono::milliseconds pace{2};        ///< between rows on a server that takes them
    std::chrono::milliseconds probe{5};       ///< between attempts on one that does not
    std::chrono::milliseconds timeout{1000};  ///< after this without an answer the row counts as unacknowledged
    std::string user = "bench";
};

/// One thread a server; each tries to insert numbered rows into lab.t there: at the writing pace while they are taken,
/// at the probing pace while they are refused (read-only) or the server is away. Any thread may ask.
class Writer {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Timeout = std::chrono::milliseconds;

    explicit Writer(WriterOptions options = {}) : options_(std::move(options)) {}
    ~Writer() { stop(); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Begins; rows are numbered after the highest one found on any server. Not to be called twice without stop().
    void start(std::vector<Endpoint> servers);
    /// Ends all attempts; within the timeout of one attempt. What was recorded stays.
    void stop();

    std::vector<Ack> acked() const;  ///< in the order of their acknowledgements
    std::size_t count() const;
    std::optional<Ack> last_ack_on(const Endpoint& server) const;
    std::optional<Ack> first_ack_not_on(const Endpoint& server, Time after) const;
    /// Why the last attempt there was refused; "" while it takes rows.
    std::string refusal_of(const Endpoint& server) const;

    /// Waits until `more` further rows have been acknowledged. False on timeout.
    bool wait_for_acks(std::size_t more, Timeout timeout) const;
    /// Waits for first_ack_not_on; nullopt on timeout.
    std::optional<Ack> wait_for_ack_not_on(const Endpoint& server, Time after, Timeout timeout) const;

    /// Ids of acknowledged rows that `client`'s server does not have.
    Result<std::vector<std::int64_t>> lost_rows(Client& client) const;
    /// See the free function.
    std::optional<DoublePrimary> double_primary() const;

private:
    void write_to(std::size_t index);
    /// One attempt; false when it was not acknowledged. Keeps or drops `session`.
    bool attempt(std::size_t index, std::optional<Client>& session);
    bool pause(std::chrono::milliseconds length);

    WriterOptions options_;
    std::vector<Endpoint> servers_;
    std::vector<std::thread> threads_;
    std::atomic<std::int64_t> next_id_{1};

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool stopping_ = false;
    std::vector<Ack> acked_;
    std::vector<std::string> refusals_;  // by server
};

/// Two servers that took writes at the same time, if the acknowledgements prove it. Acknowledgements on one server less
/// than `gap` apart make a period in which it was writable; a slow thread that reads an answer late proves nothing.
std::optional<DoublePrimary> find_double_primary(
    const std::vector<Ack>& acked, std::chrono::milliseconds gap = std::chrono::milliseconds{250}
);

}  // namespace orc::sandbox
