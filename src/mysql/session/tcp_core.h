// What a session over TCP is made of: the connection as Boost.MySQL logged it in, one timer, the bytes of an answer.
// Heavy; only tcp_login.cc and tcp_session.cc include it.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/mysql/connection.hpp>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "mysql/session/login.h"
#include "mysql/session/resolver.h"
#include "mysql/session/session.h"
#include "mysql/session/session_stream.h"
#include "mysql/session/tls.h"

namespace orc::mysql::tcp {

namespace ssl = asio::ssl;
namespace driver = boost::mysql;

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Token = asio::as_tuple_t<asio::use_awaitable_t<Executor>>;
using PlainConnection = driver::connection<WireStream>;
using TlsConnection = driver::connection<ssl::stream<WireStream>>;

constexpr std::size_t read_buffer_initial = 4096;

inline const Token as_result{};

/// What sessions of one dialer share.
struct Shared {
    Shared(runtime::Clock& c, Executor e, Resolver& r) : clock(c), executor(e), resolver(r) {}
    runtime::Clock& clock;
    Executor executor;
    Resolver& resolver;
    TlsContexts tls;
    std::unordered_map<Endpoint, Instant> without_tls;  ///< servers that offered none, until when to believe it

    std::unordered_set<Endpoint> wants_tls;  ///< servers that refused a session without it

    bool lacks_tls(const Endpoint& server) {
        const auto known = without_tls.find(server);
        if (known == without_tls.end()) {
            return false;
        }
        if (clock.now() < known->second) {
            return true;
        }
        without_tls.erase(known);
        return false;
    }
};

/// The session itself. Coroutines hold it, so that it outlives whoever drops the handle.
class Core : public std::enable_shared_from_this<Core> {
public:
    Core(std::shared_ptr<Shared> shared, Endpoint server, Access access)
        : shared_(std::move(shared)),
          server_(std::move(server)),
          access_(std::move(access)),
          timer_(shared_->executor) {}

    static Task<void> open(std::shared_ptr<Core> self, Deadline deadline);
    static Task<Answer> ask(std::shared_ptr<Core> self, char command, std::string text, Deadline deadline);
    static Co<void> wait_for_end(std::shared_ptr<Core> self);

    bool is_open() const { return is_logged_in_ && is_alive_; }
    bool uses_tls() const { return tls_ && tls_->uses_ssl(); }
    bool needed_tls() const { return uses_tls() && access_.tls == TlsMode::on_demand; }
    std::uint32_t connection_id() const { return connection_id_; }
    void close();

private:
    class Busy;

    static Task<void> attempt(std::shared_ptr<Core> self, std::string address, Instant limit);
    /// How to begin; and what to do after a log-in that failed.
    bool begins_with_tls() const;
    bool may_go_plain() const { return access_.tls == TlsMode::prefer || access_.tls == TlsMode::on_demand; }
    bool should_add_tls(const Error& why, const std::optional<LoginSoFar>& login);
    static Task<void> connect(std::shared_ptr<Core> self, std::string address, Instant limit);
    static Task<std::string> peek_plugin(std::shared_ptr<Core> self, std::string address, Instant limit);
    static Task<void> exchange_password(std::shared_ptr<Core> self);
    static Task<std::string> read_packet(std::shared_ptr<Core> self);
    Co<SystemError> write(std::shared_ptr<Core> self, std::string bytes);
    Co<std::tuple<SystemError, std::size_t>> read_some();

    Result<void> make_connection(bool with_tls);
    void drop_connection();
    WireStream* wire();
    Socket* socket();
    void set_socket_options();
    void arm(Instant at);
    void start_timer(Instant at);
    void close_socket();
    void end() {
        is_alive_ = false;
        close_socket();
    }
    Error error_of(std::string_view doing, const SystemError& error) const;
    Error login_error(const SystemError& error, const driver::diagnostics& diagnostics) const;
    Error unknown_plugin(const std::string& plugin) const;
    bool peer_has_ended();

    std::shared_ptr<Shared> shared_;
    Endpoint server_;
    Access access_;
    std::unique_ptr<PlainConnection> plain_;
    std::unique_ptr<TlsConnection> tls_;
    std::shared_ptr<ssl::context> context_;
    bool is_logged_in_ = false;
    bool is_alive_ = true;
    bool is_closing_ = false;     ///< close() was called
    bool has_timed_out_ = false;  ///< the running operation's deadline fired
    bool is_busy_ = false;
    std::uint64_t operations_ = 0;
    std::uint32_t connection_id_ = 0;
    std::string buffer_;  ///< bytes of an answer; [0, filled_) are not consumed yet
    std::size_t filled_ = 0;

    Timer timer_;
    bool is_timer_running_ = false;
    std::uint64_t timer_round_ = 0;
    Instant timer_at_{};
    Instant limit_{};  ///< of the running operation
};

/// One operation. Unless it finished, the session's conversation is in an unknown state and ends with it: also when a
/// cancelled coroutine unwinds.
class Core::Busy {
public:
    Busy(Core& core, Instant limit) : core_(core) {
        core_.is_busy_ = true;
        ++core_.operations_;
        core_.has_timed_out_ = false;
        core_.arm(limit);
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy() {
        core_.is_busy_ = false;
        if (!is_finished_) {
            core_.end();
        }
    }
    void finish() { is_finished_ = true; }

private:
    Core& core_;
    bool is_finished_ = false;
};

}  // namespace orc::mysql::tcp
