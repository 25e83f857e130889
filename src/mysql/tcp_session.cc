// Sessions over TCP. Boost.MySQL logs in (plugins, TLS upgrade); after that the text protocol is read by wire.h
// straight from the connection's stream. One timer per session ends whatever runs by closing the socket.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/mysql/client_errc.hpp>
#include <boost/mysql/connection.hpp>
#include <boost/mysql/error_categories.hpp>
#include <unordered_map>

#include "mysql/dialer.h"
#include "mysql/errors.h"
#include "mysql/login.h"
#include "mysql/session_stream.h"
#include "mysql/tls.h"
#include "mysql/wire.h"

namespace orc::mysql {
namespace {

namespace ssl = asio::ssl;
namespace driver = boost::mysql;

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Token = asio::as_tuple_t<asio::use_awaitable_t<Executor>>;
using PlainConnection = driver::connection<WireStream>;
using TlsConnection = driver::connection<ssl::stream<WireStream>>;

constexpr std::size_t read_buffer_initial = 4096;
constexpr std::size_t read_buffer_kept = 64U << 10U;
constexpr Micros no_tls_memory = Seconds(500);

const Token as_result{};

/// What sessions of one dialer share.
struct Shared {
    Shared(runtime::Clock& c, Executor e, Resolver& r) : clock(c), executor(e), resolver(r) {}
    runtime::Clock& clock;
    Executor executor;
    Resolver& resolver;
    TlsContexts tls;
    std::unordered_map<Endpoint, Instant> without_tls;  ///< servers that offered none, until when to believe it

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
    std::uint32_t connection_id() const { return connection_id_; }
    void close();

private:
    class Busy;

    static Task<void> attempt(std::shared_ptr<Core> self, std::string address, Instant limit);
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

WireStream* Core::wire() {
    if (plain_) {
        return &plain_->stream();
    }
    return tls_ ? &tls_->stream().next_layer() : nullptr;
}

Socket* Core::socket() {
    auto* stream = wire();
    return stream == nullptr ? nullptr : &stream->lowest_layer();
}

void Core::close_socket() {
    if (auto* open_one = socket(); open_one != nullptr && open_one->is_open()) {
        SystemError ignored;
        open_one->close(ignored);
    }
}

void Core::close() {
    is_closing_ = true;
    // A server that is told goodbye does not count an aborted client. TLS would need a whole exchange for that.
    if (is_open() && !is_busy_ && plain_) {
        const auto goodbye = wire::packet(0, std::string_view(&wire::command_quit, 1));
        [[maybe_unused]] const auto sent =
            ::send(socket()->native_handle(), goodbye.data(), goodbye.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    end();
    timer_.cancel();
}

void Core::arm(Instant at) {
    limit_ = at;
    // The timer of the operation before may go on: when it fires it looks at the limit of that moment. Most operations
    // so never touch the timer queue.
    if (!is_timer_running_ || timer_at_ > at) {
        start_timer(at);
    }
}

void Core::start_timer(Instant at) {
    timer_at_ = at;
    is_timer_running_ = true;
    const auto round = ++timer_round_;
    timer_.expires_after(Deadline{at}.left(shared_->clock.now()));
    timer_.async_wait([weak = weak_from_this(), round](SystemError error) {
        const auto self = weak.lock();
        if (error || !self || self->timer_round_ != round) {
            return;
        }
        self->is_timer_running_ = false;
        if (!self->is_busy_) {
            return;
        }
        if (self->shared_->clock.now() < self->limit_) {
            self->start_timer(self->limit_);
            return;
        }
        self->has_timed_out_ = true;
        self->end();
    });
}

Error Core::error_of(std::string_view doing, const SystemError& error) const {
    std::string what(doing);
    if (has_timed_out_) {
        return Error{ErrorCode::timed_out, what + ": no answer in time"};
    }
    if (is_closing_ || error == asio::error::operation_aborted) {
        return Error{ErrorCode::cancelled, what + ": cancelled"};
    }
    if (error == asio::error::message_size) {
        return Error{ErrorCode::invalid, what + ": the server says too much before the log-in ends"};
    }
    if (error == asio::error::eof || error == ssl::error::stream_truncated) {
        return Error{ErrorCode::unreachable, what + ": the server closed the connection"};
    }
    return Error{ErrorCode::unreachable, what + ": " + error.message()};
}

Error Core::login_error(const SystemError& error, const driver::diagnostics& diagnostics) const {
    const std::string doing = "log in to " + server_.text() + " as " + access_.user;
    const auto& category = error.category();
    if (category == driver::get_client_category()) {
        switch (static_cast<driver::client_errc>(error.value())) {
            case driver::client_errc::server_unsupported:
                return Error{
                    ErrorCode::invalid, doing + ": the server is too old (MySQL 5.7 or MariaDB 10.2 is needed)"
                };
            case driver::client_errc::unknown_auth_plugin:
                return Error{
                    ErrorCode::denied,
                    doing +
                        ": the account (or the server's default) uses an authentication plugin that is not "
                        "supported; supported are caching_sha2_password and mysql_native_password. MySQL says the "
                        "same of a user name that does not exist"
                };
            case driver::client_errc::auth_plugin_requires_ssl:
                return Error{
                    ErrorCode::denied,
                    doing + ": caching_sha2_password needs TLS or the server's public key; allow one of them"
                };
            case driver::client_errc::server_doesnt_support_ssl:
                return Error{ErrorCode::denied, doing + ": TLS is required but the server offers none"};
            default:
                return Error{ErrorCode::invalid, doing + ": " + error.message()};
        }
    }
    if (category == driver::get_common_server_category() || category == driver::get_mysql_server_category() ||
        category == driver::get_mariadb_server_category()) {
        const std::string_view text(diagnostics.server_message());
        return with_context(doing, server_error(error.value(), text));
    }
    if (category == asio::error::get_ssl_category()) {
        return Error{ErrorCode::unreachable, doing + ": TLS: " + error.message()};
    }
    return error_of(doing, error);
}

Result<void> Core::make_connection(bool with_tls) {
    drop_connection();
    const driver::buffer_params login_buffer(1024);
    if (!with_tls) {
        plain_ = std::make_unique<PlainConnection>(login_buffer, shared_->executor);
        return {};
    }
    TRY(context_, shared_->tls.context_for(access_));
    tls_ = std::make_unique<TlsConnection>(login_buffer, shared_->executor, *context_);
    if (access_.tls == TlsMode::verify_identity) {
        SystemError error;
        tls_->stream().set_verify_callback(ssl::host_name_verification(server_.host), error);
    }
    return {};
}

void Core::drop_connection() {
    plain_.reset();
    tls_.reset();
}

void Core::set_socket_options() {
    SystemError ignored;
    auto& to = *socket();
    to.set_option(asio::ip::tcp::no_delay(true), ignored);
    to.set_option(asio::socket_base::keep_alive(true), ignored);
    const auto set = [&](int option, int value) {
        ::setsockopt(to.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
    };
    set(TCP_KEEPIDLE, 30);
    set(TCP_KEEPINTVL, 10);
    set(TCP_KEEPCNT, 3);
}

Task<void> Core::open(std::shared_ptr<Core> self, Deadline deadline) {
    if (self->is_logged_in_ || !self->is_alive_) {
        co_return fail(ErrorCode::invalid, "a session opens once");
    }
    auto& shared = *self->shared_;
    CO_TRY(const auto addresses, co_await shared.resolver.resolve(self->server_.host, deadline));
    if (!self->is_alive_) {
        co_return fail(ErrorCode::cancelled, "connect to " + self->server_.text() + ": cancelled");
    }
    Busy busy(*self, deadline.at);
    Result<void> result = fail(ErrorCode::unreachable, self->server_.host + " has no address");
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        // A dead address must leave time for the ones after it.
        const auto share = deadline.left(shared.clock.now()) / static_cast<std::int64_t>(addresses.size() - i);
        const Instant limit = i + 1 == addresses.size() ? deadline.at : shared.clock.now() + share;
        result = co_await attempt(self, addresses[i], limit);
        const bool may_retry =
            !result && !self->is_closing_ &&
            (result.error().code == ErrorCode::unreachable || result.error().code == ErrorCode::timed_out) &&
            result.error().number == 0 && !deadline.has_passed(shared.clock.now());
        if (!may_retry) {
            break;
        }
        self->has_timed_out_ = false;
        self->is_alive_ = true;
    }
    if (result) {
        self->is_logged_in_ = true;
        busy.finish();
    }
    co_return result;
}

Task<void> Core::attempt(std::shared_ptr<Core> self, std::string address, Instant limit) {
    auto& shared = *self->shared_;
    const bool may_go_plain = self->access_.tls == TlsMode::prefer;
    bool with_tls = self->access_.tls != TlsMode::off && !(may_go_plain && shared.lacks_tls(self->server_));
    self->arm(limit);
    while (true) {
        CO_TRY(self->make_connection(with_tls));
        const asio::ip::tcp::endpoint peer(asio::ip::make_address(address), self->server_.port);
        const auto connected = co_await self->socket()->async_connect(peer, as_result);
        if (const auto error = std::get<0>(connected); error || !self->is_alive_) {
            co_return tl::unexpected<Error>(self->error_of("connect to " + self->server_.text(), error));
        }
        self->set_socket_options();

        driver::handshake_params params(self->access_.user, self->access_.password, self->access_.schema);
        params.set_multi_queries(true);
        params.set_ssl(may_go_plain ? driver::ssl_mode::enable : driver::ssl_mode::require);
        driver::diagnostics diagnostics;
        SystemError error;
        if (with_tls) {
            const auto done = co_await self->tls_->async_handshake(params, diagnostics, as_result);
            error = std::get<0>(done);
        } else {
            const auto done = co_await self->plain_->async_handshake(params, diagnostics, as_result);
            error = std::get<0>(done);
        }
        const auto login = read_login(self->wire()->recorded());
        self->connection_id_ = login ? login->connection_id : 0;
        if (with_tls && may_go_plain && login && !self->has_timed_out_ && !self->is_closing_) {
            const bool tls_failed = login->offers_tls && error &&
                                    (error.category() == asio::error::get_ssl_category() ||
                                     error.category() == ssl::error::get_stream_category());
            if (!login->offers_tls || tls_failed) {
                shared.without_tls[self->server_] = shared.clock.now() + no_tls_memory;
            }
            if (tls_failed) {
                with_tls = false;
                continue;
            }
        }
        if (error == driver::client_errc::auth_plugin_requires_ssl && self->access_.get_public_key && login &&
            login->wants_full_exchange) {
            CO_TRY(co_await exchange_password(self));
        } else if (error || !self->is_alive_) {
            co_return tl::unexpected<Error>(self->login_error(error, diagnostics));
        }
        self->wire()->stop_recording();
        co_return Result<void>{};
    }
}

Task<void> Core::exchange_password(std::shared_ptr<Core> self) {
    const std::string doing = "log in to " + self->server_.text() + " as " + self->access_.user;
    constexpr char ask_for_key = 0x02;
    auto login = read_login(self->wire()->recorded());
    auto request = wire::packet(static_cast<std::uint8_t>(login->sequence + 1), std::string_view(&ask_for_key, 1));
    const auto asked = co_await self->write(self, std::move(request));
    if (asked) {
        co_return tl::unexpected<Error>(self->error_of(doing, asked));
    }
    CO_TRY(const auto key, co_await read_packet(self));
    if (key.empty() || key.front() != 0x01) {
        co_return fail(ErrorCode::invalid, doing + ": the server gives no public key");
    }
    auto sealed = encrypt_password(self->access_.password, login->nonce, std::string_view(key).substr(1));
    if (!sealed) {
        co_return tl::unexpected<Error>(with_context(doing, std::move(sealed).error()));
    }
    auto answer = wire::packet(static_cast<std::uint8_t>(login->sequence + 3), *sealed);
    const auto sent = co_await self->write(self, std::move(answer));
    if (sent) {
        co_return tl::unexpected<Error>(self->error_of(doing, sent));
    }
    CO_TRY(const auto verdict, co_await read_packet(self));
    if (!verdict.empty() && verdict.front() == static_cast<char>(0xff)) {
        co_return tl::unexpected<Error>(with_context(doing, wire::read_error(verdict)));
    }
    if (verdict.empty() || verdict.front() != 0x00) {
        co_return fail(ErrorCode::invalid, doing + ": unexpected answer to the password");
    }
    co_return Result<void>{};
}

/// Whole packets only, one at a time: what the log-in needs.
Task<std::string> Core::read_packet(std::shared_ptr<Core> self) {
    self->buffer_.resize(read_buffer_initial);
    self->filled_ = 0;
    while (true) {
        if (self->filled_ >= 4) {
            wire::Cursor in(std::string_view(self->buffer_).substr(0, self->filled_));
            const auto size = static_cast<std::size_t>(in.fixed(3));
            if (size + 4 > WireStream::login_bytes_max) {
                co_return tl::unexpected<Error>(self->error_of("log in", asio::error::message_size));
            }
            self->buffer_.resize(std::max(self->buffer_.size(), size + 4));
            if (self->filled_ >= size + 4) {
                std::string payload = self->buffer_.substr(4, size);
                self->filled_ = 0;
                co_return payload;
            }
        }
        const auto got = co_await self->read_some();
        if (std::get<0>(got)) {
            co_return tl::unexpected<Error>(self->error_of("log in to " + self->server_.text(), std::get<0>(got)));
        }
        self->filled_ += std::get<1>(got);
    }
}

Co<SystemError> Core::write(std::shared_ptr<Core> self, std::string bytes) {
    if (self->uses_tls()) {
        const auto done = co_await asio::async_write(self->tls_->stream(), asio::buffer(bytes), as_result);
        co_return std::get<0>(done);
    }
    // A statement nearly always fits the socket's buffer: one system call and no turn of the loop.
    std::size_t sent = 0;
    const auto now = ::send(self->socket()->native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (now > 0) {
        sent = static_cast<std::size_t>(now);
    }
    if (sent == bytes.size()) {
        co_return SystemError{};
    }
    const auto rest = asio::buffer(bytes) + sent;
    const auto done = co_await asio::async_write(*self->socket(), rest, as_result);
    co_return std::get<0>(done);
}

Co<std::tuple<SystemError, std::size_t>> Core::read_some() {
    const auto free = asio::buffer(buffer_) + filled_;
    if (uses_tls()) {
        return tls_->stream().async_read_some(free, as_result);
    }
    return socket()->async_read_some(free, as_result);
}

Task<Answer> Core::ask(std::shared_ptr<Core> self, char command, std::string text, Deadline deadline) {
    if (!self->is_open()) {
        co_return fail(ErrorCode::unreachable, self->server_.text() + ": the session is closed");
    }
    if (self->is_busy_) {
        co_return fail(ErrorCode::invalid, self->server_.text() + ": the session is busy");
    }
    if (text.size() + 1 >= wire::packet_max) {
        co_return fail(ErrorCode::invalid, "statement is too long");
    }
    Busy busy(*self, deadline.at);
    std::string payload(1, command);
    payload += text;
    auto request = wire::packet(0, payload);
    const auto unsent = co_await self->write(self, std::move(request));
    if (unsent || !self->is_alive_) {
        co_return tl::unexpected<Error>(self->error_of(self->server_.text(), unsent));
    }
    wire::AnswerReader reader(self->access_.answer_limit);
    if (self->buffer_.size() < read_buffer_initial) {
        self->buffer_.resize(read_buffer_initial);
    }
    self->filled_ = 0;
    while (!reader.is_done()) {
        if (self->filled_ == self->buffer_.size()) {
            self->buffer_.resize(self->buffer_.size() * 2);
        }
        const auto got = co_await self->read_some();
        if (std::get<0>(got) || !self->is_alive_) {
            co_return tl::unexpected<Error>(self->error_of(self->server_.text(), std::get<0>(got)));
        }
        self->filled_ += std::get<1>(got);
        auto consumed = reader.feed(std::string_view(self->buffer_).substr(0, self->filled_));
        if (!consumed) {
            co_return tl::unexpected<Error>(with_context(self->server_.text(), std::move(consumed).error()));
        }
        self->filled_ -= *consumed;
        if (self->filled_ > 0 && *consumed > 0) {
            self->buffer_.erase(0, *consumed);
            self->buffer_.resize(self->buffer_.size() + *consumed);
        }
    }
    if (self->filled_ > 0) {
        co_return fail(ErrorCode::invalid, self->server_.text() + ": malformed answer: bytes after its end");
    }
    if (self->buffer_.size() > read_buffer_kept) {
        self->buffer_ = {};
    }
    busy.finish();
    co_return reader.take();
}

bool Core::peer_has_ended() {
    char byte = 0;
    const auto got = ::recv(socket()->native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

Co<void> Core::wait_for_end(std::shared_ptr<Core> self) {
    // Armed all the time, also while a query runs: its answer wakes us, and we wait again. That is cheaper than ending
    // and starting a wait around each query.
    while (self->is_open()) {
        const auto seen = self->operations_;
        const auto done = co_await self->socket()->async_wait(Socket::wait_read, as_result);
        if (std::get<0>(done)) {
            co_return;
        }
        if (self->is_open() && !self->is_busy_ && self->operations_ == seen && self->peer_has_ended()) {
            self->end();
        }
    }
}

class TcpSession final : public Session {
public:
    explicit TcpSession(std::shared_ptr<Core> core) : core_(std::move(core)) {}
    ~TcpSession() override { core_->close(); }

    Task<void> open(Deadline deadline) override { return Core::open(core_, deadline); }
    Task<Answer> query(std::string sql, Deadline deadline) override {
        return Core::ask(core_, wire::command_query, std::move(sql), deadline);
    }
    Task<void> ping(Deadline deadline) override { return ping_once(core_, deadline); }
    Co<void> wait_for_end() override { return Core::wait_for_end(core_); }
    bool is_open() const override { return core_->is_open(); }
    bool uses_tls() const override { return core_->uses_tls(); }
    void close() override { core_->close(); }
    std::uint32_t connection_id() const override { return core_->connection_id(); }

private:
    static Task<void> ping_once(std::shared_ptr<Core> core, Deadline deadline) {
        CO_TRY(auto answer, co_await Core::ask(std::move(core), wire::command_ping, std::string(), deadline));
        if (answer.error) {
            co_return tl::unexpected<Error>(std::move(*answer.error));
        }
        co_return Result<void>{};
    }

    std::shared_ptr<Core> core_;
};

class TcpDialer final : public Dialer {
public:
    TcpDialer(runtime::Clock& clock, Executor executor, Resolver& resolver)
        : shared_(std::make_shared<Shared>(clock, executor, resolver)) {}

    std::unique_ptr<Session> make(Endpoint server, Access access) override {
        return std::make_unique<TcpSession>(std::make_shared<Core>(shared_, std::move(server), std::move(access)));
    }

private:
    std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<Dialer> make_dialer(runtime::Clock& clock, Executor executor, Resolver& resolver) {
    return std::make_unique<TcpDialer>(clock, executor, resolver);
}

}  // namespace orc::mysql
