// One connection's bytes, whatever carries them: TCP, unix socket or TLS. Only byte_stream.cc sees the sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/wire/message.h"
#include "runtime/task.h"

namespace orc::http {

class ByteStream {
public:
    virtual ~ByteStream() = default;
    /// What must happen before the first byte (TLS). False: the peer is not welcome.
    virtual Co<bool> handshake() = 0;
    /// Bytes read, at least one; 0 when the peer has ended or the connection broke or was closed.
    virtual Co<std::size_t> read(std::span<char> into) = 0;
    /// Writes both, or says false. The memory must stay until then.
    virtual Co<bool> write(std::string_view head, std::string_view body) = 0;
    /// Ends all waiting reads and writes.
    virtual void close() = 0;
    /// Tells the peer politely that no more comes.
    virtual Co<void> shutdown() = 0;
    virtual const std::string& peer() const = 0;
    /// Known after the handshake.
    virtual const ClientIdentity& identity() const = 0;
};

/// Certificate and key of the server, ready to use.
struct TlsIdentity;

struct TlsFiles {
    std::string certificate;
    std::string key;            ///< PEM, may be encrypted: the passphrase is then asked for on the terminal
    std::string authorities;    ///< who vouches for clients; empty: whom the system trusts
    bool asks_clients = false;  ///< clients may show a certificate; one that nobody vouches for ends the connection
};

/// TLS 1.2 or newer. Errors (invalid) name the key of the configuration and the file that cannot be used.
Result<std::shared_ptr<TlsIdentity>> load_tls(const TlsFiles& files);

/// A listening socket.
class Acceptor {
public:
    virtual ~Acceptor() = default;
    /// The next connection; null when closed, or when the system has none to give for now.
    virtual Co<std::unique_ptr<ByteStream>> accept() = 0;
    virtual void close() = 0;
    /// Of a TCP listener, else 0.
    virtual std::uint16_t port() const = 0;
    virtual bool is_open() const = 0;
};

/// `address` is ":port" or "host:port". Without TLS when `tls` is null. Errors name the address.
Result<std::unique_ptr<Acceptor>> listen_tcp(
    Executor executor, const std::string& address, std::shared_ptr<TlsIdentity> tls
);
/// Takes over a path that a dead process has left behind. `mode` is what the umask is taken from. Errors name the path.
Result<std::unique_ptr<Acceptor>> listen_unix(Executor executor, const std::string& path, unsigned mode = 0777);

}  // namespace orc::http
