// A stage for whole-program tests: real servers, the service beside them, and a writer that counts what was
// acknowledged.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"
#include "sandbox/service_process.h"
#include "sandbox/watching.h"
#include "sandbox/writer.h"

namespace orc::integration {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct StageOptions {
    sandbox::Flavor flavor = sandbox::Flavor::mariadb;
    int servers = 4;
    sandbox::Layout layout = sandbox::Layout::flat;
    bool semi_sync = false;
    std::map<std::string, std::string> settings;  ///< configuration keys as JSON texts
    std::vector<std::string> runner;              ///< what runs the service; none: it runs by itself
};

class Stage {
public:
    /// Servers replicate, the service leads and knows all of them; null (with test failures) when that did not work.
    static std::unique_ptr<Stage> set_up(StageOptions options);

    sandbox::Sandbox& servers() { return *servers_; }
    sandbox::ServiceProcess& service() { return *service_; }
    sandbox::Writer& writer() { return writer_; }
    std::filesystem::path folder() const;

    /// The parsed body of a GET; a test failure and null when the service did not answer.
    boost::json::value get(const std::string& target);
    std::size_t known_servers();
    /// The codes that replication-analysis shows now.
    std::vector<std::string> analysis_codes();
    /// Texts of the newest recovery's steps; empty when there was none.
    std::vector<std::string> newest_recovery_steps();
    std::size_t count_recoveries();
    /// For failures: the newest recovery's steps, the analysis and the end of the service's log.
    std::string story();

    /// Writable servers among those that run and answer.
    std::vector<Endpoint> writable();
    /// Nothing when there is one writable server and every other running one replicates from it; else what is wrong.
    std::optional<std::string> what_is_not_whole();
    bool wait_until_whole(milliseconds limit);

    void start_writing();
    /// How long no write was acknowledged between `old_primary` and the next server; nullopt when none took over in
    /// time.
    std::optional<milliseconds> gap_after(const Endpoint& old_primary, Clock::time_point since, milliseconds limit);
    /// Stops the writer and returns how many acknowledged rows `server` lacks.
    std::size_t rows_lost_on(const Endpoint& server);

private:
    std::unique_ptr<sandbox::Sandbox> servers_;
    std::unique_ptr<sandbox::ServiceProcess> service_;
    sandbox::Writer writer_;
};

/// Polls `done` until it holds; false at the limit.
inline bool eventually(milliseconds limit, const std::function<bool()>& done) {
    return sandbox::wait_until(limit, done);
}

}  // namespace orc::integration
