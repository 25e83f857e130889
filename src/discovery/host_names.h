// The seam to the name service, for HostnameResolveMethod cname and ip, and what was answered lately.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/pattern.h"
#include "config/settings.h"
#include "runtime/clock.h"

namespace orc::discovery {

class HostNames {
public:
    virtual ~HostNames() = default;
    /// The canonical name, without a dot at its end. Errors: unreachable, timed_out, cancelled.
    virtual Task<std::string> canonical(std::string host, Deadline deadline) = 0;
    /// An address: IPv4 where there is one.
    virtual Task<std::string> address(std::string host, Deadline deadline) = 0;
};

/// What a name was resolved to, and until when that is believed.
struct CachedName {
    std::string host;
    std::string resolved;
    Instant until;
};

class HostResolution {
public:
    /// `names` null: every name stays as it is.
    HostResolution(const config::Settings& settings, runtime::Clock& clock, HostNames* names);

    /// From now on by these settings; what was answered is forgotten.
    void adopt(const config::Settings& settings);
    /// Names may change at all: otherwise nobody need ask.
    bool is_active() const { return names_ != nullptr && (method_ == "cname" || method_ == "ip"); }
    /// The name to use for `host`. It stays as it is when the name service fails or answers what
    /// RejectHostnameResolvePattern matches.
    Co<std::string> resolve(std::string host);
    /// What is remembered, by name.
    std::vector<CachedName> remembered() const;
    void forget_all() { answers_.clear(); }

private:
    struct Answer {
        std::string host;
        Instant until;
    };
    std::string method_;
    std::optional<config::Pattern> rejected_;
    Micros keep_{0};
    runtime::Clock& clock_;
    HostNames* names_;
    std::unordered_map<std::string, Answer> answers_;
};

}  // namespace orc::discovery
