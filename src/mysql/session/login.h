// What the bytes of a log-in tell: the session's id in the greeting, the server's nonce, and the RSA answer of
// caching_sha2_password on a connection without TLS, which Boost.MySQL 1.83 does not know. Pure but for OpenSSL's
// arithmetic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orc::mysql {

/// The server's half of a log-in, as far as it has come.
struct LoginSoFar {
    std::uint32_t connection_id = 0;
    std::string server_version;
    std::string plugin;  ///< the last one named
    std::string nonce;   ///< 20 bytes that go with it
    bool offers_tls = false;
    std::uint8_t sequence = 0;         ///< of the server's last whole packet
    bool wants_full_exchange = false;  ///< its last packet said: the cached digest is unknown, send the password
};

/// Reads all bytes the server has sent since the connection was made (without TLS, or before it). nullopt: no whole
/// greeting among them.
std::optional<LoginSoFar> read_login(std::string_view server_bytes);

/// The password as the server wants it: XORed with the nonce, encrypted with the server's public key (PEM).
/// Errors (invalid): that is no RSA key.
Result<std::string> encrypt_password(std::string_view password, std::string_view nonce, std::string_view public_key);

}  // namespace orc::mysql
