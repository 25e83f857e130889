// When to probe whom: one due time and at most one probe in flight per server, and three lanes, so that neither dead
// servers nor sheer numbers delay the rest. Pure: told what happens and what time it is, it says who is to start.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "config/settings.h"
#include "discovery/loop/due_queue.h"
#include "runtime/rng.h"

namespace orc::discovery {

/// How often and how many at a time.
struct Pace {
    explicit Pace(const config::Settings& settings);

    Micros interval;              ///< between two probes of a server that answers
    double backoff_factor = 1;    ///< how much longer each further wait for one that does not
    Micros backoff_max;           ///< never longer than this
    unsigned lane_max = 300;      ///< probes at a time, in the normal lane and again in the urgent one
    unsigned slow_lane_max = 75;  ///< probes at a time of servers that do not answer
    /// A probe that takes longer than this no longer counts in its lane: it is waiting, not working. Without it the
    /// first minute of an outage of half the fleet would be spent waiting in a full lane.
    Micros working_max = Millis(50);
};

enum class Lane { urgent, normal, slow };

class Schedule {
public:
    struct Start {
        Endpoint server;
        Lane lane = Lane::normal;
        Instant due;
        /// It answered the last time.
        bool is_answering = true;
        std::uint64_t run = 0;
    };

    Schedule(Pace pace, runtime::Rng& rng) : pace_(pace), rng_(rng) {}

    /// From now on so often and so many; what is due already stays.
    void set_pace(Pace pace) { pace_ = pace; }
    /// Takes a server in, due at once; no-op when it is there.
    void add(const Endpoint& server, Lane lane, Instant now);
    void remove(const Endpoint& server);
    bool contains(const Endpoint& server) const { return entries_.contains(server); }
    std::vector<Endpoint> servers() const;
    bool is_in_flight(const Endpoint& server) const;
    /// It is in the lane of those that do not answer.
    bool is_slow(const Endpoint& server) const;

    /// Now, ahead of its due time and of any backing off; once more after the one in flight. False: not there.
    bool request(const Endpoint& server, Instant now);

    /// The next one to start at `now`, which counts as started; nullopt: nobody is due, or the lanes are full.
    std::optional<Start> take(Instant now);
    /// The server was not removed since `start`.
    bool is_current(const Start& start) const;
    /// The started one has ended; no-op when it is not current.
    void finished(const Start& start, bool answered, Instant now);
    /// The server of a current start is known as `to` from now on; where `to` is scheduled already, `start` just ends.
    void rename(Start& start, const Endpoint& to);
    /// When take() may have something again; nullopt: not before something else happens.
    std::optional<Instant> next(Instant now) const;

    std::size_t size() const { return entries_.size(); }
    std::size_t in_flight() const { return in_flight_; }
    std::size_t slow_lane_size() const { return slow_count_; }
    /// Probes under way in the lane of those that do not answer.
    std::size_t slow_in_flight() const { return counts_[static_cast<std::size_t>(Lane::slow)]; }
    /// Those that are to be probed as soon as there is room.
    std::size_t queued() const { return queue(Lane::urgent).size(); }
    /// Those that are due in a lane and have to wait.
    std::size_t waiting(Lane lane, Instant now) const { return queue(lane).due(now); }

private:
    struct Entry {
        bool in_flight = false;
        bool again = false;
        bool has_answered = false;
        unsigned failures = 0;
        double delay = 1;  ///< in intervals
        std::optional<Lane> counted_in;
        std::uint64_t run = 0;
        bool is_slow() const { return failures >= (has_answered ? 2U : 1U); }
    };

    DueQueue& queue(Lane lane) { return queues_[static_cast<std::size_t>(lane)]; }
    const DueQueue& queue(Lane lane) const { return queues_[static_cast<std::size_t>(lane)]; }
    unsigned& count(Lane lane) { return counts_[static_cast<std::size_t>(lane)]; }
    bool is_full(Lane lane) const;
    Micros jittered(Micros span);
    void release_waiting(Instant now);
    void uncount(Entry& entry);

    Pace pace_;
    runtime::Rng& rng_;
    std::unordered_map<Endpoint, Entry> entries_;
    std::array<DueQueue, 3> queues_;
    std::array<unsigned, 3> counts_{};
    /// Running ones that still count in the urgent or normal lane, oldest first.
    std::deque<std::tuple<Instant, Endpoint, std::uint64_t>> working_;
    std::size_t in_flight_ = 0;
    std::size_t slow_count_ = 0;
    std::uint64_t runs_ = 0;
};

}  // namespace orc::discovery
