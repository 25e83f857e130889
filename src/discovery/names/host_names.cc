#include "discovery/names/host_names.h"

#include <algorithm>

namespace orc::discovery {
namespace {

constexpr Micros look_up_max = Seconds(2);
constexpr Micros keep_failure = Seconds(60);
constexpr std::size_t answers_max = 50'000;

std::string_view first_of(const HostIps& ips) { return ips.v4.empty() ? ips.v6 : ips.v4; }

}  // namespace

HostResolution::HostResolution(const config::Settings& settings, runtime::Clock& clock, HostNames* names)
    : clock_(clock), names_(names) {
    adopt(settings);
}

void HostResolution::adopt(const config::Settings& settings) {
    keep_ = std::chrono::minutes(settings.expiry_hostname_resolves_minutes);
    if (method_ == settings.hostname_resolve_method && rejected_text_ == settings.reject_hostname_resolve_pattern) {
        return;
    }
    method_ = settings.hostname_resolve_method;
    rejected_text_ = settings.reject_hostname_resolve_pattern;
    rejected_.reset();
    answers_.clear();
    if (!rejected_text_.empty()) {
        if (auto pattern = config::Pattern::compile(rejected_text_)) {
            rejected_ = *std::move(pattern);
        }
    }
}

std::optional<HostResolution::Known> HostResolution::known(const std::string& host) const {
    const auto found = answers_.find(host);
    if (found == answers_.end()) {
        return std::nullopt;
    }
    return Known{found->second.host, found->second.until > clock_.now()};
}

std::optional<std::string> HostResolution::usable(const Result<std::string>& answer) const {
    if (!answer || answer->empty() || answer->find_first_of(", \t\r\n/") != std::string::npos) {
        return std::nullopt;
    }
    if (rejected_ && rejected_->is_found_in(*answer)) {
        return std::nullopt;
    }
    return *answer;
}

void HostResolution::put(const std::string& host, Answer answer) {
    if (answers_.size() >= answers_max) {
        answers_.clear();
    }
    const auto back = answers_.find(answer.host);
    if (back != answers_.end() && answer.host != host && back->second.host == host) {
        answers_.erase(back);  // the older half of a loop
    }
    answers_[host] = std::move(answer);
}

Co<std::optional<std::string>> HostResolution::ask(std::string host) {
    const Deadline deadline = clock_.deadline_in(look_up_max);
    Result<std::string> answer = fail(ErrorCode::unreachable, "not asked");
    if (method_ == "cname") {
        answer = co_await names_->canonical(host, deadline);
    } else {
        const Result<HostIps> found = co_await names_->addresses(host, deadline);
        if (found) {
            answer = std::string(first_of(*found));
        }
    }
    auto resolved = usable(answer);
    if (resolved) {
        put(host, Answer{*resolved, clock_.now() + keep_});
    } else {
        // An answer that was thrown away is not for showing; a failure is.
        const auto earlier = answers_.try_emplace(host, Answer{host, clock_.now(), !answer.has_value()}).first;
        earlier->second.until = clock_.now() + keep_failure;
    }
    co_return resolved;
}

void HostResolution::recall(const std::string& host, const std::string& resolved, Instant until) {
    if (until <= clock_.now() || !usable(resolved)) {
        return;
    }
    if (!is_active()) {
        tell(host, resolved, until);
        return;
    }
    const auto back = answers_.find(resolved);
    const bool is_older_half =
        back != answers_.end() && host != resolved && back->second.host == host && back->second.until > until;
    if (!is_older_half) {
        put(host, Answer{resolved, until});
    }
}

void HostResolution::tell(const std::string& host, const std::string& own, Instant until) {
    if (told_.size() >= answers_max) {
        told_.clear();
    }
    told_[host] = Answer{own, until};
}

std::vector<CachedName> HostResolution::aging() const {
    std::vector<CachedName> out;
    for (const auto& [host, answer] : told_) {
        if (answer.until - clock_.now() < keep_ / 2) {
            out.push_back({host, answer.host, answer.until});
        }
    }
    return out;
}

std::vector<CachedName> HostResolution::remembered() const {
    std::vector<CachedName> out;
    for (const auto* answers : {&answers_, &told_}) {
        for (const auto& [host, answer] : *answers) {
            if (answer.until > clock_.now() && answer.is_shown) {
                out.push_back({host, answer.host, answer.until});
            }
        }
    }
    // The name service's word stands first, and is the one that counts.
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.host < b.host; });
    const auto is_same = [](const auto& a, const auto& b) { return a.host == b.host; };
    out.erase(std::unique(out.begin(), out.end(), is_same), out.end());
    return out;
}

void HostResolution::forget_all() {
    answers_.clear();
    told_.clear();
}

}  // namespace orc::discovery
