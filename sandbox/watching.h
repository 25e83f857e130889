// What a bystander asks of a sandbox and the service beside it: who is known, what the last recovery did, whether the
// topology is whole. Shared by the demo, the benchmarks and the tests of the whole program.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"
#include "sandbox/service_process.h"

namespace orc::sandbox {

/// Asks again and again until `done`; false at the limit.
bool wait_until(
    std::chrono::milliseconds limit,
    const std::function<bool()>& done,
    std::chrono::milliseconds pause = std::chrono::milliseconds(10)
);

/// How many servers the service has read lately; 0 when it does not answer.
std::size_t known_servers(const ServiceProcess& service);

/// One line of a recovery's audit.
struct StoryLine {
    std::string at;
    std::string text;
};
/// The newest recovery, step by step; empty when there was none.
std::vector<StoryLine> newest_recovery(const ServiceProcess& service);
/// The same for people: indented, a line each; says so when there was none.
std::string story_of_newest_recovery(const ServiceProcess& service);

/// Writable servers among those that run and answer.
std::vector<Endpoint> writable(const Sandbox& servers);
/// Nothing when there is one writable server and every other running one replicates from it; else what is wrong.
std::optional<std::string> what_is_not_whole(const Sandbox& servers);

}  // namespace orc::sandbox
