#include "silence.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "sandbox/process.h"

namespace orc::integration {
namespace {

// Nobody has this account; what runs under it is told by it.
constexpr const char* service_account = "64123";
constexpr const char* nowhere = "nowhere";
constexpr const char* silent_table = "78";

Result<void> ip(std::vector<std::string> words) {
    words.insert(words.begin(), "ip");
    return sandbox::run(words, "/dev/null");
}

// Each kind of device throws away what is sent on it; which ones there are depends on the kernel.
bool make_device() {
    const std::array kinds = {"dummy", "ifb", "bridge"};
    return std::any_of(kinds.begin(), kinds.end(), [](const char* kind) {
        return ip({"link", "add", nowhere, "type", kind}).has_value();
    });
}

// Loopback addresses may leave by a device only where it allows that; without it sending fails instead of being silent.
bool allow_loopback_addresses() {
    std::ofstream file(std::string("/proc/sys/net/ipv4/conf/") + nowhere + "/route_localnet");
    file << "1\n" << std::flush;
    return file.good();
}

std::optional<std::string> enter() {
    if (::geteuid() != 0) {
        return "only root may make a network of its own";
    }
    if (!sandbox::run({"ip", "-V"}, "/dev/null")) {
        return "there is no `ip` (package iproute2)";
    }
    if (::unshare(CLONE_NEWNET) != 0) {
        return std::string("a network of its own is not permitted: ") + std::strerror(errno);
    }
    if (!ip({"link", "set", "lo", "up"}) || !make_device() || !ip({"link", "set", nowhere, "arp", "off"}) ||
        !ip({"link", "set", nowhere, "up"})) {
        return "no device can be made that packets vanish on";
    }
    if (!allow_loopback_addresses()) {
        return "the kernel's settings cannot be written";
    }
    // The table of local addresses comes first by default; rules of ours must come before it.
    if (!ip({"rule", "add", "pref", "100", "lookup", "local"}) || !ip({"rule", "del", "pref", "0"}) ||
        !ip({"route", "add", "default", "dev", nowhere, "table", silent_table})) {
        return "routes cannot be set";
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> Silence::unavailable() {
    static const std::optional<std::string> why = enter();
    return why;
}

// It may read what root may: only its packets shall differ. The kernel forgets whose death ends it with the change of
// account, so that is said anew.
std::vector<std::string> Silence::runner() {
    return {
        "/usr/bin/setpriv",
        std::string("--reuid=") + service_account,
        std::string("--regid=") + service_account,
        "--clear-groups",
        "--pdeathsig=KILL",
        "--inh-caps=+dac_override,+dac_read_search",
        "--ambient-caps=+dac_override,+dac_read_search"
    };
}

void Silence::add(std::vector<std::string> selector) {
    std::vector<std::string> words = {"rule", "add", "pref", std::to_string(50 + rules_.size())};
    words.insert(words.end(), selector.begin(), selector.end());
    words.insert(words.end(), {"lookup", silent_table});
    const auto added = ip(words);
    if (!added) {
        ADD_FAILURE() << added.error().message;
        return;
    }
    words[1] = "del";
    rules_.push_back(std::move(words));
}

void Silence::between_service_and(const Endpoint& server) {
    add({"uidrange", std::string(service_account) + "-" + service_account, "to", server.host});
}

void Silence::around(const Endpoint& server) {
    add({"to", server.host});
    add({"from", server.host});
}

void Silence::heal() {
    for (const auto& rule : rules_) {
        EXPECT_TRUE(ip(rule).has_value());
    }
    rules_.clear();
}

}  // namespace orc::integration
