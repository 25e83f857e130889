#include "discovery/loop/schedule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/ensure.h"

namespace orc::discovery {

Pace::Pace(const config::Settings& settings)
    : interval(Seconds(std::max<std::int64_t>(1, settings.instance_poll_seconds))),
      backoff_factor(std::max(1.0, settings.dead_instance_poll_seconds_multiply_factor)),
      backoff_max(Seconds(std::max(settings.dead_instance_poll_seconds_max, settings.instance_poll_seconds))),
      lane_max(static_cast<unsigned>(std::clamp<std::int64_t>(settings.discovery_max_concurrency, 1, 100'000))) {
    const auto own = settings.dead_instance_discovery_max_concurrency;
    slow_lane_max = own > 0 ? static_cast<unsigned>(std::min<std::int64_t>(own, 100'000)) : std::max(16U, lane_max / 4);
}

void Schedule::add(const Endpoint& server, Lane lane, Instant now) {
    if (entries_.try_emplace(server).second) {
        queue(lane).put(server, now);
    }
}

void Schedule::remove(const Endpoint& server) {
    const auto found = entries_.find(server);
    if (found == entries_.end()) {
        return;
    }
    uncount(found->second);
    for (auto& lane : queues_) {
        lane.erase(server);
    }
    slow_count_ -= found->second.is_slow() ? 1 : 0;
    entries_.erase(found);
}

std::vector<Endpoint> Schedule::servers() const {
    std::vector<Endpoint> out;
    out.reserve(entries_.size());
    for (const auto& entry : entries_) {
        out.push_back(entry.first);
    }
    return out;
}

void Schedule::uncount(Entry& entry) {
    in_flight_ -= entry.in_flight ? 1 : 0;
    entry.in_flight = false;
    if (entry.counted_in) {
        --count(*entry.counted_in);
        entry.counted_in.reset();
    }
}

bool Schedule::is_current(const Start& start) const {
    const auto found = entries_.find(start.server);
    return found != entries_.end() && found->second.in_flight && found->second.run == start.run;
}

void Schedule::rename(Start& start, const Endpoint& to) {
    ENSURE(is_current(start), "only what is in flight gets its name");
    if (entries_.contains(to)) {
        remove(start.server);
        return;
    }
    auto node = entries_.extract(start.server);
    node.key() = to;
    entries_.insert(std::move(node));
    start.server = to;
}

bool Schedule::is_in_flight(const Endpoint& server) const {
    const auto found = entries_.find(server);
    return found != entries_.end() && found->second.in_flight;
}

bool Schedule::is_slow(const Endpoint& server) const {
    const auto found = entries_.find(server);
    return found != entries_.end() && found->second.is_slow();
}

bool Schedule::request(const Endpoint& server, Instant now) {
    const auto found = entries_.find(server);
    if (found == entries_.end()) {
        return false;
    }
    if (found->second.in_flight) {
        found->second.again = true;
    } else if (!queue(Lane::urgent).contains(server)) {
        queue(Lane::normal).erase(server);
        queue(Lane::slow).erase(server);
        queue(Lane::urgent).put(server, now);
    }
    return true;
}

bool Schedule::is_full(Lane lane) const {
    return counts_[static_cast<std::size_t>(lane)] >= (lane == Lane::slow ? pace_.slow_lane_max : pace_.lane_max);
}

void Schedule::release_waiting(Instant now) {
    while (!working_.empty() && std::get<0>(working_.front()) + pace_.working_max <= now) {
        const auto found = entries_.find(std::get<1>(working_.front()));
        // A later run of the same server has an entry of its own in the queue.
        if (found != entries_.end() && found->second.run == std::get<2>(working_.front()) && found->second.counted_in) {
            --count(*found->second.counted_in);
            found->second.counted_in.reset();
        }
        working_.pop_front();
    }
}

std::optional<Schedule::Start> Schedule::take(Instant now) {
    release_waiting(now);
    for (const Lane lane : {Lane::urgent, Lane::normal, Lane::slow}) {
        if (is_full(lane)) {
            continue;
        }
        const auto due = queue(lane).take(now);
        if (!due) {
            continue;
        }
        Entry& entry = entries_.at(due->first);
        entry.in_flight = true;
        entry.counted_in = lane;
        entry.run = ++runs_;
        ++count(lane);
        ++in_flight_;
        if (lane != Lane::slow) {
            working_.emplace_back(now, due->first, entry.run);
        }
        return Start{due->first, lane, due->second, entry.has_answered && entry.failures == 0, entry.run};
    }
    return std::nullopt;
}

void Schedule::finished(const Start& start, bool answered, Instant now) {
    if (!is_current(start)) {
        return;
    }
    const Endpoint& server = start.server;
    Entry& entry = entries_.at(server);
    uncount(entry);
    const bool was_slow = entry.is_slow();
    if (answered) {
        entry.has_answered = true;
        entry.failures = 0;
        entry.delay = 1;
    } else {
        entry.delay = entry.failures == 0 ? 1 : entry.delay * pace_.backoff_factor;
        ++entry.failures;
    }
    slow_count_ += entry.is_slow() ? 1 : 0;
    slow_count_ -= was_slow ? 1 : 0;
    if (std::exchange(entry.again, false)) {
        queue(Lane::urgent).put(server, now);
        return;
    }
    const double wait = std::min(
        static_cast<double>(pace_.interval.count()) * entry.delay, static_cast<double>(pace_.backoff_max.count())
    );
    entry.delay = wait / static_cast<double>(pace_.interval.count());
    const Micros span = entry.failures == 0 ? pace_.interval : Micros(std::llround(wait));
    queue(entry.is_slow() ? Lane::slow : Lane::normal).put(server, now + jittered(span));
}

Micros Schedule::jittered(Micros span) {
    // 90 % to 110 %, so that servers taken in together drift apart.
    const auto tenth = static_cast<std::uint64_t>(span.count() / 10);
    return span - Micros(static_cast<std::int64_t>(tenth)) +
           Micros(static_cast<std::int64_t>(rng_.below(2 * tenth + 1)));
}

std::optional<Instant> Schedule::next(Instant now) const {
    std::optional<Instant> out;
    const auto take_earlier = [&](Instant when) { out = out ? std::min(*out, when) : when; };
    for (const Lane lane : {Lane::urgent, Lane::normal, Lane::slow}) {
        const auto due = queue(lane).next();
        if (!due) {
            continue;
        }
        if (!is_full(lane)) {
            take_earlier(*due);
        } else if (lane != Lane::slow && !working_.empty()) {
            take_earlier(std::max(*due, std::get<0>(working_.front()) + pace_.working_max));
        }
    }
    return out ? std::optional(std::max(*out, now)) : std::nullopt;
}

}  // namespace orc::discovery
