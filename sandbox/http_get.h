// One blocking HTTP request to a service on this machine: enough to watch and steer it from the demo, tests and
// benchmarks.
#pragma once

#include <chrono>
#include <string>

#include "base/endpoint.h"
#include "base/result.h"

namespace orc::sandbox {

struct HttpAnswer {
    int status = 0;
    std::string body;
};

/// GET `target` ("/api/health"). Errors: unreachable, timed_out, invalid (no HTTP answer).
Result<HttpAnswer> http_get(const Endpoint& server, const std::string& target, std::chrono::milliseconds timeout);

}  // namespace orc::sandbox
