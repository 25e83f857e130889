// One blocking HTTP request: enough for a short-lived process (the command line, the demo, tests) to ask a service.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"

namespace orc::runtime {

struct HttpAnswer {
    int status = 0;
    std::string body;
};

/// Whom to trust, and what to show. A service is trusted when it shows the very certificate that is expected, or one
/// that an authority vouches for; its name is not looked at, because its address comes from our own configuration.
struct HttpTls {
    std::string expected_certificate_file;  ///< PEM; "" none is expected
    std::string ca_file;                    ///< PEM; "" no authority is trusted
    bool is_unverified = false;             ///< everybody is trusted
    std::string client_certificate_file;    ///< PEM; "" none is shown
    std::string client_key_file;
};

/// Where a service listens: an IPv4 address and port, or a unix socket when `socket` is not empty.
struct HttpTarget {
    Endpoint server;
    std::string socket;
    std::string authorization = {};  ///< value of the Authorization header; "" none
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::optional<HttpTls> tls = std::nullopt;
};

/// `path` is "/api/health". Errors: unreachable, timed_out, invalid (no HTTP answer, bad certificate files), denied
/// (not trusted). `timeout` bounds each wait.
Result<HttpAnswer> http_call(
    const HttpTarget& target, const std::string& method, const std::string& path, std::chrono::milliseconds timeout
);
Result<HttpAnswer> http_get(const HttpTarget& target, const std::string& path, std::chrono::milliseconds timeout);

}  // namespace orc::runtime
