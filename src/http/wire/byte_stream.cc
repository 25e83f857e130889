#include "http/wire/byte_stream.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/endpoint.h"
#include "http/wire/tls_identity.h"

namespace orc::http {

namespace {

namespace ip = asio::ip;
using boost::system::error_code;
using TcpSocket = asio::basic_stream_socket<ip::tcp, Executor>;
using UnixSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;
using TlsSocket = asio::ssl::stream<TcpSocket>;

/// Operations return (error, value) instead of throwing.
auto quietly() { return asio::as_tuple(asio::use_awaitable_t<Executor>{}); }

std::string address_of(const TcpSocket& socket) {
    error_code ignored;
    const auto remote = socket.remote_endpoint(ignored);
    return ignored ? "" : remote.address().to_string();
}
std::string address_of(const UnixSocket& /*socket*/) { return ""; }
std::string address_of(const TlsSocket& socket) { return address_of(socket.next_layer()); }

template <typename Socket>
class StreamOver final : public ByteStream {
public:
    explicit StreamOver(Socket socket, std::shared_ptr<TlsIdentity> tls = nullptr)
        : tls_(std::move(tls)), socket_(std::move(socket)), peer_(address_of(socket_)) {}

    Co<bool> handshake() override {
        if constexpr (std::is_same_v<Socket, TlsSocket>) {
            const auto result = co_await socket_.async_handshake(asio::ssl::stream_base::server, quietly());
            if (std::get<0>(result)) {
                co_return false;
            }
            identity_ = identity_of(socket_.native_handle());
        }
        co_return true;
    }

    Co<std::size_t> read(std::span<char> into) override {
        const auto buffer = asio::buffer(into.data(), into.size());
        const auto result = co_await socket_.async_read_some(buffer, quietly());
        co_return std::get<0>(result) ? 0 : std::get<1>(result);
    }

    Co<bool> write(std::string_view head, std::string_view body) override {
        const std::array<asio::const_buffer, 2> buffers = {
            asio::buffer(head.data(), head.size()), asio::buffer(body.data(), body.size())
        };
        const auto result = co_await asio::async_write(socket_, buffers, quietly());
        co_return !std::get<0>(result);
    }

    void close() override {
        error_code ignored;
        socket_.lowest_layer().close(ignored);
    }

    Co<void> shutdown() override {
        error_code ignored;
        if constexpr (std::is_same_v<Socket, TlsSocket>) {
            co_await socket_.async_shutdown(quietly());
        }
        socket_.lowest_layer().shutdown(asio::socket_base::shutdown_send, ignored);
    }

    const std::string& peer() const override { return peer_; }
    const ClientIdentity& identity() const override { return identity_; }

private:
    std::shared_ptr<TlsIdentity> tls_;  // outlives the stream that uses its context
    Socket socket_;
    std::string peer_;
    ClientIdentity identity_;
};

std::unique_ptr<ByteStream> stream_over(TcpSocket socket, const std::shared_ptr<TlsIdentity>& tls) {
    error_code ignored;
    socket.set_option(ip::tcp::no_delay(true), ignored);
    if (tls == nullptr) {
        return std::make_unique<StreamOver<TcpSocket>>(std::move(socket));
    }
    return std::make_unique<StreamOver<TlsSocket>>(TlsSocket(std::move(socket), tls->context), tls);
}

std::unique_ptr<ByteStream> stream_over(UnixSocket socket, const std::shared_ptr<TlsIdentity>& /*tls*/) {
    return std::make_unique<StreamOver<UnixSocket>>(std::move(socket));
}

template <typename Protocol>
class AcceptorOf final : public Acceptor {
public:
    using Native = asio::basic_socket_acceptor<Protocol, Executor>;

    AcceptorOf(Native native, std::shared_ptr<TlsIdentity> tls, std::string path)
        : native_(std::move(native)), tls_(std::move(tls)), path_(std::move(path)) {}
    ~AcceptorOf() override { close(); }

    Co<std::unique_ptr<ByteStream>> accept() override {
        using Socket = asio::basic_stream_socket<Protocol, Executor>;
        Socket socket(native_.get_executor());
        const auto result = co_await native_.async_accept(socket, quietly());
        if (std::get<0>(result)) {
            co_return nullptr;
        }
        co_return stream_over(std::move(socket), tls_);
    }

    void close() override {
        error_code ignored;
        native_.close(ignored);
        if (!path_.empty()) {
            ::unlink(path_.c_str());
            path_.clear();
        }
    }

    std::uint16_t port() const override {
        if constexpr (std::is_same_v<Protocol, ip::tcp>) {
            error_code ignored;
            return native_.local_endpoint(ignored).port();
        }
        return 0;
    }
    bool is_open() const override { return native_.is_open(); }

private:
    Native native_;
    std::shared_ptr<TlsIdentity> tls_;
    std::string path_;
};

using TcpAcceptor = AcceptorOf<ip::tcp>;
using UnixAcceptor = AcceptorOf<asio::local::stream_protocol>;

tl::unexpected<Error> cannot_listen(const std::string& where, const error_code& why) {
    return fail(ErrorCode::invalid, "cannot listen on " + where + ": " + why.message());
}

error_code open_tcp(TcpAcceptor::Native& acceptor, const ip::tcp::endpoint& endpoint) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error && endpoint.protocol() == ip::tcp::v6()) {
        acceptor.set_option(ip::v6_only(false), error);  // one socket for both families
    }
    if (!error) {
        acceptor.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        error_code ignored;
        acceptor.close(ignored);
    }
    return error;
}

/// Where an address means to listen, in the order to try.
Result<std::vector<ip::tcp::endpoint>> endpoints_of(Executor executor, const std::string& address) {
    const auto colon = address.rfind(':');
    const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
        std::stoi(port) > 65535) {
        return fail(ErrorCode::invalid, "cannot listen on '" + address + "': want host:port or :port");
    }
    const auto number = static_cast<std::uint16_t>(std::stoi(port));
    std::string host = address.substr(0, colon);
    if (host.empty()) {
        return std::vector{ip::tcp::endpoint(ip::tcp::v6(), number), ip::tcp::endpoint(ip::tcp::v4(), number)};
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    ip::basic_resolver<ip::tcp, Executor> resolver(executor);
    error_code error;
    std::vector<ip::tcp::endpoint> out;
    for (const auto& entry : resolver.resolve(host, port, ip::resolver_base::passive, error)) {
        out.push_back(entry.endpoint());
    }
    if (error || out.empty()) {
        return cannot_listen(address, error);
    }
    return out;
}

}  // namespace

Result<std::unique_ptr<Acceptor>> listen_tcp(
    Executor executor, const std::string& address, std::shared_ptr<TlsIdentity> tls
) {
    TRY(const auto endpoints, endpoints_of(executor, address));
    error_code error;
    for (const auto& endpoint : endpoints) {
        TcpAcceptor::Native native(executor);
        error = open_tcp(native, endpoint);
        if (!error) {
            return std::make_unique<TcpAcceptor>(std::move(native), std::move(tls), "");
        }
    }
    return cannot_listen(address, error);
}

Result<std::unique_ptr<Acceptor>> listen_unix(Executor executor, const std::string& path, unsigned mode) {
    const asio::local::stream_protocol::endpoint endpoint = [&] {
        return path.size() < 100 ? asio::local::stream_protocol::endpoint(path)
                                 : asio::local::stream_protocol::endpoint();
    }();
    if (endpoint.path().empty()) {
        return fail(ErrorCode::invalid, "cannot listen on '" + path + "': the path of a socket is at most 99 bytes");
    }
    struct stat present{};
    if (::lstat(path.c_str(), &present) == 0 && !S_ISSOCK(present.st_mode)) {
        return fail(ErrorCode::invalid, "cannot listen on '" + path + "': it is there, and no socket");
    }
    error_code error;
    UnixSocket probe(executor);
    probe.connect(endpoint, error);
    if (error == asio::error::connection_refused) {
        ::unlink(path.c_str());
    }
    UnixAcceptor::Native native(executor);
    native.open(endpoint.protocol(), error);
    if (!error && ::fchmod(native.native_handle(), mode) != 0) {  // before anybody can see the file
        error = error_code(errno, boost::system::system_category());
    }
    if (!error) {
        native.bind(endpoint, error);
    }
    if (!error) {
        native.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return cannot_listen("'" + path + "'", error);
    }
    return std::make_unique<UnixAcceptor>(std::move(native), nullptr, path);
}

}  // namespace orc::http
