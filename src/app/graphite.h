// Sends figures to a Graphite server, in its text protocol. On a thread of its own: a server that does not answer holds
// nothing up.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api/figures.h"
#include "config/settings.h"
#include "runtime/clock.h"

namespace orc::app {

using Figures = std::vector<api::Figure>;

/// One line each, two for counters: "PATH.NAME.count 7 1700000000".
std::string graphite_text(const Figures& figures, const std::string& path, WallTime now);
/// GraphitePath with this host's name in it.
std::string graphite_path(const config::Settings& settings, std::string host);

class Graphite {
public:
    /// `collect` is called on the thread; its future may take a while.
    using Collect = std::function<std::future<Figures>()>;

    Graphite(Endpoint server, std::string path, Collect collect, const runtime::Clock& clock, Millis period);
    Graphite(const Graphite&) = delete;
    Graphite& operator=(const Graphite&) = delete;
    ~Graphite() = default;

    /// As the configuration wants it; null when it wants none. Errors: invalid (names the key).
    static Result<std::unique_ptr<Graphite>> make(
        const config::Settings& settings, const std::string& host, Collect collect, const runtime::Clock& clock
    );

private:
    void run(const std::stop_token& stop);
    Result<void> send_once(const std::stop_token& stop) const;

    const Endpoint server_;
    const std::string path_;
    const Collect collect_;
    const runtime::Clock& clock_;
    const Millis period_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: uses everything above
};

}  // namespace orc::app
