// The connection below http_get: TCP or a unix socket, with TLS or without; blocking, each wait bounded.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/http_get.h"

namespace orc::runtime {

class Wire {
public:
    virtual ~Wire() = default;
    /// Writes all of it. Errors: unreachable, timed_out.
    virtual Result<void> send(std::string_view text) = 0;
    /// What has come, "" at the end. Errors: unreachable, timed_out.
    virtual Result<std::string> receive() = 0;
};

/// Errors: invalid (address, certificate files), unreachable, timed_out, denied (the certificate is not trusted).
Result<std::unique_ptr<Wire>> open_wire(const HttpTarget& target, std::chrono::milliseconds timeout);

}  // namespace orc::runtime
