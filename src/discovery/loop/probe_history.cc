#include "discovery/loop/probe_history.h"

#include <algorithm>

namespace orc::discovery {

void ProbeHistory::set_limits(Seconds span, std::size_t queue_seconds) {
    span_ = span;
    queue_max_ = queue_seconds;
}

void ProbeHistory::drop_oldest() {
    const auto server = probes_.front().server;
    probes_.pop_front();
    if (server.use_count() == 2) {  // here and in names_: nobody needs it any more
        names_.erase(*server);
    }
}

void ProbeHistory::add(const Endpoint& server, WallTime at, Micros total, Micros reading, const Error* error) {
    auto& name = names_[server];
    if (name == nullptr) {
        name = std::make_shared<const Endpoint>(server);
    }
    ProbeSample sample{name, at, total, reading, nullptr};
    if (error != nullptr) {
        sample.error = std::make_shared<const Error>(*error);
    }
    probes_.push_back(std::move(sample));
    while (!probes_.empty() && (probes_.size() > probes_max || probes_.front().at < at - span_)) {
        drop_oldest();
    }
}

std::vector<ProbeSample> ProbeHistory::since(WallTime when) const {
    const auto first = std::ranges::find_if(probes_, [&](const ProbeSample& sample) { return sample.at >= when; });
    return {first, probes_.end()};
}

bool ProbeHistory::wants_queue_sample(Instant now) {
    if (sampled_ && now - *sampled_ < Seconds(1)) {
        return false;
    }
    sampled_ = now;
    return true;
}

void ProbeHistory::add(Crowd crowd, QueueSample sample) {
    auto& samples = crowd == Crowd::answering ? answering_ : silent_;
    samples.push_back(sample);
    while (samples.size() > queue_max_) {
        samples.pop_front();
    }
}

std::vector<QueueSample> ProbeHistory::last(Crowd crowd, std::size_t count) const {
    const auto& samples = crowd == Crowd::answering ? answering_ : silent_;
    const auto skipped = std::ptrdiff_t(samples.size() - std::min(count, samples.size()));
    return {samples.begin() + skipped, samples.end()};
}

}  // namespace orc::discovery
