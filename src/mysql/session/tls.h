// TLS settings as a context that sessions share. Heavy; only tls.cc and tcp_session.cc include it.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <map>
#include <memory>
#include <string>

#include "mysql/session/session.h"

namespace orc::mysql {

/// One context per distinct settings; files that changed on disk are read again.
class TlsContexts {
public:
    /// Errors (invalid) name the file that cannot be used.
    Result<std::shared_ptr<boost::asio::ssl::context>> context_for(const Access& access);

private:
    std::map<std::string, std::shared_ptr<boost::asio::ssl::context>> made_;
};

}  // namespace orc::mysql
