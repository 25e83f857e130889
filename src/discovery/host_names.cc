#include "discovery/host_names.h"

#include <algorithm>

namespace orc::discovery {
namespace {

constexpr Micros look_up_max = Seconds(2);
constexpr Micros keep_failure = Seconds(60);
constexpr std::size_t answers_max = 50'000;

}  // namespace

HostResolution::HostResolution(const config::Settings& settings, runtime::Clock& clock, HostNames* names)
    : clock_(clock), names_(names) {
    adopt(settings);
}

void HostResolution::adopt(const config::Settings& settings) {
    method_ = settings.hostname_resolve_method;
    keep_ = std::chrono::minutes(settings.expiry_hostname_resolves_minutes);
    rejected_.reset();
    answers_.clear();
    if (!settings.reject_hostname_resolve_pattern.empty()) {
        if (auto pattern = config::Pattern::compile(settings.reject_hostname_resolve_pattern)) {
            rejected_ = *std::move(pattern);
        }
    }
}

Co<std::string> HostResolution::resolve(std::string host) {
    if (!is_active() || host.empty() || host.starts_with("//")) {
        co_return host;
    }
    const auto known = answers_.find(host);
    if (known != answers_.end() && known->second.until > clock_.now()) {
        co_return known->second.host;
    }
    const Deadline deadline = clock_.deadline_in(look_up_max);
    Result<std::string> answer = fail(ErrorCode::unreachable, "not asked");
    if (method_ == "cname") {
        answer = co_await names_->canonical(host, deadline);
    } else {
        answer = co_await names_->address(host, deadline);
    }
    if (answers_.size() >= answers_max) {
        answers_.clear();
    }
    if (!answer || answer->empty()) {
        answers_[host] = Answer{host, clock_.now() + keep_failure};
        co_return host;
    }
    if (rejected_ && rejected_->is_found_in(*answer)) {
        co_return host;
    }
    answers_[host] = Answer{*answer, clock_.now() + keep_};
    co_return *std::move(answer);
}

std::vector<CachedName> HostResolution::remembered() const {
    std::vector<CachedName> out;
    for (const auto& [host, answer] : answers_) {
        if (answer.until > clock_.now()) {
            out.push_back({host, answer.host, answer.until});
        }
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.host < b.host; });
    return out;
}

}  // namespace orc::discovery
