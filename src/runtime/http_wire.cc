#include "runtime/http_wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace orc::runtime {
namespace {

class Socket {
public:
    explicit Socket(int fd) : fd_(fd) {}
    ~Socket() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    int fd() const { return fd_; }

private:
    int fd_;
};

std::string name_of(const HttpTarget& target) { return target.socket.empty() ? target.server.text() : target.socket; }

tl::unexpected<Error> io_error(const std::string& server, const char* what) {
    const bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS;
    return fail(
        late ? ErrorCode::timed_out : ErrorCode::unreachable, server + ": " + what + ": " + std::strerror(errno)
    );
}

Result<void> connect_to(int fd, const HttpTarget& target) {
    if (!target.socket.empty()) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (target.socket.size() >= sizeof address.sun_path) {
            return fail(ErrorCode::invalid, target.socket + ": the path is too long for a unix socket");
        }
        std::memcpy(address.sun_path, target.socket.c_str(), target.socket.size() + 1);
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            return io_error(target.socket, "connect");
        }
        return {};
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(target.server.port);
    if (inet_pton(AF_INET, target.server.host.c_str(), &address.sin_addr) != 1) {
        return fail(ErrorCode::invalid, target.server.text() + " is not an IPv4 address");
    }
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return io_error(target.server.text(), "connect");
    }
    return {};
}

Result<Socket> open_socket(const HttpTarget& target, std::chrono::milliseconds timeout) {
    Socket socket(::socket(target.socket.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    timeval limit{};
    limit.tv_sec = timeout.count() / 1000;
    limit.tv_usec = (timeout.count() % 1000) * 1000;
    setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    TRY(connect_to(socket.fd(), target));
    return socket;
}

class PlainWire final : public Wire {
public:
    PlainWire(Socket socket, std::string name) : socket_(std::move(socket)), name_(std::move(name)) {}

    Result<void> send(std::string_view text) override {
        if (::send(socket_.fd(), text.data(), text.size(), MSG_NOSIGNAL) != ssize_t(text.size())) {
            return io_error(name_, "send");
        }
        return {};
    }
    Result<std::string> receive() override {
        char buffer[65536];
        const ssize_t got = ::recv(socket_.fd(), buffer, sizeof buffer, 0);
        if (got < 0) {
            return io_error(name_, "receive");
        }
        return std::string(buffer, std::size_t(got));
    }

private:
    Socket socket_;
    std::string name_;
};

// ---- TLS ----

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T* it) const {
        Free(it);
    }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL, Deleter<SSL_free>>;
using CertificatePtr = std::unique_ptr<X509, Deleter<X509_free>>;
using FilePtr = std::unique_ptr<std::FILE, Deleter<std::fclose>>;

std::string tls_reason() {
    const unsigned long code = ERR_get_error();
    char text[256] = "no reason given";
    if (code != 0) {
        ERR_error_string_n(code, text, sizeof text);
    }
    ERR_clear_error();
    return text;
}

CertificatePtr read_certificate(const std::string& file) {
    const FilePtr in(std::fopen(file.c_str(), "re"));
    CertificatePtr out(in == nullptr ? nullptr : PEM_read_X509(in.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    return out;
}

Result<ContextPtr> make_context(const HttpTls& tls) {
    ContextPtr context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    if (!tls.ca_file.empty() && SSL_CTX_load_verify_file(context.get(), tls.ca_file.c_str()) != 1) {
        return fail(ErrorCode::invalid, "certificate authorities " + tls.ca_file + ": " + tls_reason());
    }
    if (!tls.client_certificate_file.empty() &&
        (SSL_CTX_use_certificate_chain_file(context.get(), tls.client_certificate_file.c_str()) != 1 ||
         SSL_CTX_use_PrivateKey_file(context.get(), tls.client_key_file.c_str(), SSL_FILETYPE_PEM) != 1)) {
        return fail(
            ErrorCode::invalid,
            "client certificate " + tls.client_certificate_file + ", key " + tls.client_key_file + ": " + tls_reason()
        );
    }
    return context;
}

Result<void> check_peer(SSL* session, const HttpTls& tls, const std::string& name) {
    if (tls.is_unverified) {
        return {};
    }
    const CertificatePtr shown(SSL_get1_peer_certificate(session));
    const CertificatePtr expected = read_certificate(tls.expected_certificate_file);
    if (shown != nullptr && expected != nullptr && X509_cmp(shown.get(), expected.get()) == 0) {
        return {};
    }
    const long verdict = SSL_get_verify_result(session);
    if (!tls.ca_file.empty() && verdict == X509_V_OK) {
        return {};
    }
    const std::string why = tls.ca_file.empty() ? "it is not the one that is configured, and no authority is"
                                                : X509_verify_cert_error_string(verdict);
    return fail(ErrorCode::denied, name + ": its certificate is not trusted: " + why);
}

class TlsWire final : public Wire {
public:
    TlsWire(Socket socket, std::string name, ContextPtr context)
        : socket_(std::move(socket)),
          name_(std::move(name)),
          context_(std::move(context)),
          session_(SSL_new(context_.get())) {}

    Result<void> greet(const HttpTls& tls) {
        SSL_set_fd(session_.get(), socket_.fd());
        if (SSL_connect(session_.get()) != 1) {
            return refused("TLS");
        }
        return check_peer(session_.get(), tls, name_);
    }
    Result<void> send(std::string_view text) override {
        std::size_t written = 0;
        if (SSL_write_ex(session_.get(), text.data(), text.size(), &written) != 1) {
            return refused("send");
        }
        return {};
    }
    Result<std::string> receive() override {
        char buffer[65536];
        std::size_t got = 0;
        const int done = SSL_read_ex(session_.get(), buffer, sizeof buffer, &got);
        if (done != 1 && SSL_get_error(session_.get(), done) != SSL_ERROR_ZERO_RETURN) {
            return refused("receive");
        }
        return std::string(buffer, got);
    }

private:
    tl::unexpected<Error> refused(const char* what) const {
        if (ERR_peek_error() != 0) {
            return fail(ErrorCode::unreachable, name_ + ": " + what + ": " + tls_reason());
        }
        return io_error(name_, what);
    }

    Socket socket_;
    std::string name_;
    ContextPtr context_;
    SessionPtr session_;
};

}  // namespace

Result<std::unique_ptr<Wire>> open_wire(const HttpTarget& target, std::chrono::milliseconds timeout) {
    TRY(auto socket, open_socket(target, timeout));
    if (!target.tls) {
        return std::make_unique<PlainWire>(std::move(socket), name_of(target));
    }
    TRY(auto context, make_context(*target.tls));
    auto wire = std::make_unique<TlsWire>(std::move(socket), name_of(target), std::move(context));
    TRY(wire->greet(*target.tls));
    return wire;
}

}  // namespace orc::runtime
