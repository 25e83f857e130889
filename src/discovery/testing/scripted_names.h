// A name service that says what a test wrote down. For tests only.
#pragma once

#include <map>
#include <string>

#include "discovery/names/host_names.h"

namespace orc::discovery::testing {

class ScriptedNames final : public HostNames {
public:
    std::map<std::string, std::string> canonical_names;
    std::map<std::string, HostIps> ips;
    unsigned asked = 0;
    unsigned addresses_asked = 0;
    /// Each answer takes so long by that clock.
    runtime::Clock* clock = nullptr;
    Micros delay{0};

    Task<std::string> canonical(std::string host, Deadline) override {
        ++asked;
        if (clock != nullptr) {
            co_await clock->sleep_for(delay);
        }
        const auto found = canonical_names.find(host);
        if (found == canonical_names.end()) {
            co_return fail(ErrorCode::unreachable, "no such name");
        }
        co_return found->second;
    }
    Task<HostIps> addresses(std::string host, Deadline) override {
        ++addresses_asked;
        const auto found = ips.find(host);
        if (found == ips.end()) {
            co_return fail(ErrorCode::unreachable, "no such name");
        }
        co_return found->second;
    }
};

}  // namespace orc::discovery::testing
