// The program under test as a child process: its own folder, configuration, SQLite file, log and port.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "runtime/http_get.h"
#include "sandbox/process.h"

namespace orc::sandbox {

struct ServiceProcessOptions {
    std::filesystem::path program;  ///< the orchestrator binary
    std::filesystem::path folder;   ///< existing; configuration, database and log go there
    /// Configuration keys over the sandbox's own (log-in of the monitored servers, SQLite, recover every cluster), as
    /// JSON texts.
    std::map<std::string, std::string> settings;
    std::string level = "--verbose";  ///< --quiet, --verbose or --debug
    std::vector<std::string> flags;   ///< further ones, before "http"
    bool must_lead = true;            ///< false: it is up when it answers
    std::vector<std::string> runner;  ///< a program and its arguments that run the binary; none: it runs by itself
};

class ServiceProcess {
public:
    /// Returns when the service leads (or answers, see must_lead). Errors carry the end of its log.
    static Result<std::unique_ptr<ServiceProcess>> start(ServiceProcessOptions options);
    /// Ends it (SIGTERM, then SIGKILL).
    ~ServiceProcess();

    const Endpoint& endpoint() const { return endpoint_; }
    std::string url() const { return "http://" + endpoint_.text(); }
    pid_t pid() const { return pid_; }
    std::filesystem::path log() const;
    std::filesystem::path configuration() const;
    /// How long it took from start to leading.
    std::chrono::milliseconds start_took() const { return start_took_; }

    Result<runtime::HttpAnswer> get(
        const std::string& target, std::chrono::milliseconds timeout = std::chrono::seconds(10)
    ) const;
    /// SIGKILL; gone when it returns.
    void kill();
    /// SIGTERM; false if it had to be killed.
    bool terminate();
    /// Starts again on the same folder and port, after kill() or terminate().
    Result<void> restart();

private:
    explicit ServiceProcess(ServiceProcessOptions options) : options_(std::move(options)) {}
    Result<void> launch();

    ServiceProcessOptions options_;
    Endpoint endpoint_;
    pid_t pid_ = 0;
    std::chrono::milliseconds start_took_{0};
    Nursery nursery_;
};

}  // namespace orc::sandbox
