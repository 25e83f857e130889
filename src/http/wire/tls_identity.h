// Certificate, key and authorities of the server as OpenSSL wants them. Heavy; only byte_stream.cc and tls_identity.cc
// include it.
#pragma once

#include <boost/asio/ssl.hpp>

#include "http/wire/byte_stream.h"

namespace orc::http {

struct TlsIdentity {
    TlsIdentity() : context(asio::ssl::context::tls_server) {}
    asio::ssl::context context;
};

/// Who the peer of an established session is.
ClientIdentity identity_of(SSL* session);

}  // namespace orc::http
