// How stories are told by hand, and what is asked of how they end.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/log.h"
#include "world.h"

namespace orc::simulation {

using Kind = HappeningKind;

constexpr Micros at(double seconds) { return Micros(static_cast<std::int64_t>(seconds * 1e6)); }

inline ServerOptions mariadb() {
    ServerOptions out;
    out.is_mariadb = true;
    return out;
}

inline ServerOptions semi_sync() {
    ServerOptions out;
    out.has_semi_sync = true;
    out.semi_sync_replica = true;
    out.semi_sync_timeout = Seconds(10);
    return out;
}

inline Verdict tell(const Scenario& story) {
    runtime::configure_log(runtime::LogLevel::error, runtime::LogFormat::text);
    Verdict verdict = run_story(story);
    std::string trace;
    for (const auto& line : verdict.trace) {
        trace += line + "\n";
    }
    EXPECT_TRUE(verdict.is_clean()) << verdict.text() << trace;
    return verdict;
}

inline const Endpoint db1{"db1", 3306};
inline const Endpoint db2{"db2", 3306};
inline const Endpoint db3{"db3", 3306};

/// When a story's trace first has a line that ends like one of these.
inline Micros time_of(const Scenario& story, const std::vector<std::string>& endings) {
    WorldOptions options;
    options.is_traced = true;
    const Verdict verdict = World(story, options).run();
    for (const auto& line : verdict.trace) {
        for (const auto& ending : endings) {
            if (line.ends_with(ending)) {
                return at(std::stod(line));
            }
        }
    }
    ADD_FAILURE() << "never: " << endings.front();
    return Micros(0);
}

}  // namespace orc::simulation
