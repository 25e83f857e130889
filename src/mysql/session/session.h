// What the rest of this room sees of a connection: no Boost.MySQL, no OpenSSL headers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "runtime/clock.h"
#include "runtime/task.h"

namespace orc::mysql {

/// From the most lenient to the strictest.
enum class TlsMode {
    off,
    on_demand,  ///< only with servers that refuse a session without it
    prefer,     ///< with all that offer it
    require,
    verify_ca,
    verify_identity
};

/// How to reach and log in to a server; the same for all monitored servers, or the backend's.
struct Access {
    std::string user;
    std::string password;
    TlsMode tls = TlsMode::prefer;
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    bool get_public_key = true;               ///< RSA exchange for caching_sha2_password when TLS is off
    std::uint64_t answer_limit = 64U << 20U;  ///< bytes of one answer; more is an error, never memory without end
    std::string schema;                       ///< "" none
    Micros connect_limit{0};                  ///< for the connection itself, each address; 0: the operation's deadline

    friend bool operator==(const Access&, const Access&) = default;
};

/// One result set: column names and rows of text cells (nullopt: NULL).
struct ResultSet {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
    std::uint64_t affected = 0;  ///< rows that a statement without a result set changed

    /// Index of a column, ignoring case; npos when absent.
    std::size_t column(std::string_view name) const;
};

/// Answer to one text, possibly of several statements: the sets before an error are kept.
struct Answer {
    std::vector<ResultSet> sets;
    std::optional<Error> error;  ///< the server's complaint (number set); the session stays usable
};

class Session {
public:
    virtual ~Session() = default;
    /// Connects and logs in. Errors: unreachable, timed_out, denied (number set), invalid.
    virtual Task<void> open(Deadline deadline) = 0;
    /// Runs a text. A Result error means that the session is gone; the server's own errors are in the Answer.
    virtual Task<Answer> query(std::string sql, Deadline deadline) = 0;
    virtual Task<void> ping(Deadline deadline) = 0;
    /// Returns when the peer closes or speaks while nothing is asked, or when cancelled. Not while a query runs.
    virtual Co<void> wait_for_end() = 0;
    virtual bool is_open() const = 0;
    virtual bool uses_tls() const = 0;
    /// The server would not have had this session without TLS (found out in mode on_demand only).
    virtual bool needed_tls() const { return false; }
    /// Closes at once; running operations end with `cancelled`.
    virtual void close() = 0;
    virtual std::uint32_t connection_id() const = 0;
};

/// Makes sessions. `address` is already resolved text or a name for the resolver pool.
class Dialer {
public:
    virtual ~Dialer() = default;
    virtual std::unique_ptr<Session> make(Endpoint server, Access access) = 0;
    /// In mode on_demand, TLS is to be tried first with this server.
    virtual void expect_tls(const Endpoint& server) { static_cast<void>(server); }
};

}  // namespace orc::mysql
