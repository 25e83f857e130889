// Sessions over TCP, once logged in: the text protocol is read by wire.h straight from the connection's stream. One
// timer per session ends whatever runs by closing the socket.
#include <sys/socket.h>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include "mysql/session/dialer.h"
#include "mysql/session/tcp_core.h"
#include "mysql/session/wire.h"

namespace orc::mysql {
namespace tcp {
namespace {

constexpr std::size_t read_buffer_kept = 64U << 10U;

}  // namespace

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
    const std::string what(doing);
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

}  // namespace tcp

namespace {

using tcp::Core;
using tcp::Shared;

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
    bool needed_tls() const override { return core_->needed_tls(); }
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

    void expect_tls(const Endpoint& server) override { shared_->wants_tls.insert(server); }

private:
    std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<Dialer> make_dialer(runtime::Clock& clock, Executor executor, Resolver& resolver) {
    return std::make_unique<TcpDialer>(clock, executor, resolver);
}

}  // namespace orc::mysql
