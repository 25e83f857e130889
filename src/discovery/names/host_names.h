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

/// Addresses of a host; "" where it has none of a kind.
struct HostIps {
    std::string v4;
    std::string v6;
    friend bool operator==(const HostIps&, const HostIps&) = default;
};

class HostNames {
public:
    virtual ~HostNames() = default;
    /// The canonical name, without a dot at its end. Errors: unreachable, timed_out, cancelled.
    virtual Task<std::string> canonical(std::string host, Deadline deadline) = 0;
    /// Its addresses, at least one. Errors: the same.
    virtual Task<HostIps> addresses(std::string host, Deadline deadline) = 0;
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

    /// From now on by these settings; what the name service answered is forgotten when it would be asked otherwise.
    void adopt(const config::Settings& settings);
    /// Names may change at all: otherwise nobody need ask.
    bool is_active() const { return names_ != nullptr && (method_ == "cname" || method_ == "ip"); }
    /// How long an answer is believed.
    Micros life() const { return keep_; }

    struct Known {
        std::string host;
        bool is_fresh = true;  ///< otherwise it is to be asked again
    };
    /// What is remembered of a name, a failure included (the name stays as it is); nullopt: nothing.
    std::optional<Known> known(const std::string& host) const;
    /// Asks the name service and remembers what came of it. nullopt: it fails, or answers what is no host name or what
    /// RejectHostnameResolvePattern matches. An earlier answer then stays in force.
    Co<std::optional<std::string>> ask(std::string host);
    /// An answer of an earlier run. Of two that contradict each other (a is b, b is a) the later one counts.
    void recall(const std::string& host, const std::string& resolved, Instant until);
    /// A server told its own name; `host` may lead to others on other ports, so this is only shown.
    void tell(const std::string& host, const std::string& own, Instant until);
    /// What servers told that is believed for less than half of its life, to be told again or to be forgotten.
    std::vector<CachedName> aging() const;

    /// What is remembered, by name.
    std::vector<CachedName> remembered() const;
    void forget_all();

private:
    struct Answer {
        std::string host;
        Instant until;
        bool is_shown = true;
    };
    using Answers = std::unordered_map<std::string, Answer>;
    std::optional<std::string> usable(const Result<std::string>& answer) const;
    void put(const std::string& host, Answer answer);

    std::string method_;
    std::string rejected_text_;
    std::optional<config::Pattern> rejected_;
    Micros keep_{0};
    runtime::Clock& clock_;
    HostNames* names_;
    Answers answers_;
    Answers told_;
};

}  // namespace orc::discovery
