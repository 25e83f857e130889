// One blocking HTTP request: enough for a short-lived process (the command line, the demo, tests) to ask a service.
#pragma once

#include <chrono>
#include <string>

#include "base/endpoint.h"
#include "base/result.h"

namespace orc::runtime {

struct HttpAnswer {
    int status = 0;
    std::string body;
};

/// Where a service listens: an IPv4 address and port, or a unix socket when `socket` is not empty.
struct HttpTarget {
    Endpoint server;
    std::string socket;
};

/// `path` is "/api/health". Errors: unreachable (nobody was there to be asked), timed_out (also: it may have been
/// done), invalid (no address, no HTTP answer). `timeout` bounds each wait.
Result<HttpAnswer> http_get(const HttpTarget& target, const std::string& path, std::chrono::milliseconds timeout);

/// Does somebody listen on this unix socket?
bool is_served(const std::string& socket);

}  // namespace orc::runtime
