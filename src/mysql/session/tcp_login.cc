// Connecting and logging in: the addresses of a name, TLS or not, Boost.MySQL's exchange and the one step it lacks.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/mysql/client_errc.hpp>
#include <boost/mysql/error_categories.hpp>
#include <utility>

#include "mysql/session/errors.h"
#include "mysql/session/login.h"
#include "mysql/session/tcp_core.h"
#include "mysql/session/wire.h"

namespace orc::mysql::tcp {
namespace {

constexpr Micros no_tls_memory = Seconds(500);
constexpr int insecure_transport_refused = 3159;
constexpr int access_denied = 1045;  // also where the account requires TLS, on MariaDB where the server does

/// What people call an authentication plugin, in parentheses; "" for those that have no other name.
std::string plugin_words(std::string_view plugin) {
    static constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"client_ed25519", " (MariaDB's ed25519)"},
        {"parsec", " (MariaDB's PARSEC)"},
        {"auth_gssapi_client", " (Kerberos)"},
        {"authentication_kerberos_client", " (Kerberos)"},
        {"authentication_ldap_sasl_client", " (LDAP)"},
        {"mysql_clear_password", " (PAM or LDAP)"},
        {"dialog", " (PAM)"},
        {"mysql_old_password", " (before MySQL 4.1)"},
    };
    for (const auto& [name, said] : words) {
        if (name == plugin) {
            return std::string(said);
        }
    }
    return "";
}

}  // namespace

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
                return unknown_plugin("");
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

Error Core::unknown_plugin(const std::string& plugin) const {
    const std::string named = plugin.empty() ? "a plugin" : "the plugin " + plugin;
    return Error{
        ErrorCode::denied,
        "log in to " + server_.text() + " as " + access_.user + ": the server wants to authenticate '" + access_.user +
            "' by " + named + plugin_words(plugin) +
            ", which is not supported. Give the account mysql_native_password or caching_sha2_password instead (ALTER "
            "USER), or name another one in the configuration. MySQL says the same of a user that does not exist"
    };
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

bool Core::begins_with_tls() const {
    switch (access_.tls) {
        case TlsMode::off:
            return false;
        case TlsMode::on_demand:
            return shared_->wants_tls.contains(server_);
        case TlsMode::prefer:
            return !shared_->lacks_tls(server_);
        default:
            return true;
    }
}

/// The server refused us because we came without TLS, or may have (MariaDB does not say): then it is worth one try.
bool Core::should_add_tls(const Error& why, const std::optional<LoginSoFar>& login) {
    if (!may_go_plain() || !login || !login->offers_tls) {
        return false;
    }
    if (why.number != insecure_transport_refused && why.number != access_denied) {
        return false;
    }
    shared_->without_tls.erase(server_);
    return true;
}

Task<void> Core::connect(std::shared_ptr<Core> self, std::string address, Instant limit) {
    const Micros own_limit = self->access_.connect_limit;
    self->arm(own_limit > Micros{0} ? std::min(limit, self->shared_->clock.now() + own_limit) : limit);
    const asio::ip::tcp::endpoint peer(asio::ip::make_address(address), self->server_.port);
    const auto connected = co_await self->socket()->async_connect(peer, as_result);
    if (const auto error = std::get<0>(connected); error || !self->is_alive_) {
        co_return tl::unexpected<Error>(self->error_of("connect to " + self->server_.text(), error));
    }
    self->set_socket_options();
    self->arm(limit);
    co_return Result<void>{};
}

Task<void> Core::attempt(std::shared_ptr<Core> self, std::string address, Instant limit) {
    auto& shared = *self->shared_;
    const bool may_go_plain = self->may_go_plain();
    bool with_tls = self->begins_with_tls();
    bool has_tried_tls = with_tls;
    while (true) {
        CO_TRY(self->make_connection(with_tls));
        CO_TRY(co_await connect(self, address, limit));
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
                shared.wants_tls.erase(self->server_);
            }
            if (tls_failed) {
                with_tls = false;
                continue;
            }
        }
        Result<void> logged_in;
        if (error == driver::client_errc::auth_plugin_requires_ssl && self->access_.get_public_key && login &&
            login->wants_full_exchange) {
            logged_in = co_await exchange_password(self);
        } else if (error == driver::client_errc::unknown_auth_plugin) {
            std::string plugin = login && !with_tls ? login->plugin : std::string();
            if (with_tls && may_go_plain) {
                const auto peeked = co_await peek_plugin(self, address, limit);
                plugin = peeked.value_or("");
            }
            co_return tl::unexpected<Error>(self->unknown_plugin(plugin));
        } else if (error || !self->is_alive_) {
            logged_in = tl::unexpected<Error>(self->login_error(error, diagnostics));
        }
        if (!logged_in) {
            if (!with_tls && !std::exchange(has_tried_tls, true) && self->should_add_tls(logged_in.error(), login)) {
                with_tls = true;
                continue;
            }
            co_return logged_in;
        }
        if (self->needed_tls()) {
            shared.wants_tls.insert(self->server_);
        }
        self->wire()->stop_recording();
        co_return Result<void>{};
    }
}

/// Under TLS the plugin that the server asks for cannot be seen from here. It is asked once more, without TLS and
/// without the password, to be able to name it.
Task<std::string> Core::peek_plugin(std::shared_ptr<Core> self, std::string address, Instant limit) {
    CO_TRY(self->make_connection(false));
    CO_TRY(co_await connect(self, std::move(address), limit));
    const driver::handshake_params params(self->access_.user, std::string_view());
    driver::diagnostics diagnostics;
    const auto done = co_await self->plain_->async_handshake(params, diagnostics, as_result);
    const auto login = read_login(self->wire()->recorded());
    if (std::get<0>(done) != driver::client_errc::unknown_auth_plugin || !login) {
        co_return std::string();
    }
    co_return login->plugin;
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

}  // namespace orc::mysql::tcp
