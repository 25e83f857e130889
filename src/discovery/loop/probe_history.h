// How the last probes went, for people who ask: bounded, whatever the number of servers.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"

namespace orc::discovery {

/// One probe that has ended.
struct ProbeSample {
    std::shared_ptr<const Endpoint> server;  ///< never null
    WallTime at;
    Micros total{0};                     ///< until it was taken in
    Micros reading{0};                   ///< of these, waiting for the server
    std::shared_ptr<const Error> error;  ///< null: it answered
};

/// How many probes were under way at a moment, and how many were due but had to wait.
struct QueueSample {
    std::size_t active = 0;
    std::size_t waiting = 0;
};

/// The two crowds that do not wait for each other.
enum class Crowd { answering, silent };

class ProbeHistory {
public:
    /// More probes than this are not remembered, however young: about 5 MB.
    static constexpr std::size_t probes_max = 100'000;

    /// What is remembered for how long: `span` for probes, `queue_seconds` samples of each crowd.
    void set_limits(Seconds span, std::size_t queue_seconds);

    void add(const Endpoint& server, WallTime at, Micros total, Micros reading, const Error* error);
    /// The probes that ended since then, oldest first.
    std::vector<ProbeSample> since(WallTime when) const;

    /// Whether a second has passed since the last sample of the queues, which then counts as taken.
    bool wants_queue_sample(Instant now);
    void add(Crowd crowd, QueueSample sample);
    /// The last `count` samples, oldest first.
    std::vector<QueueSample> last(Crowd crowd, std::size_t count) const;

private:
    void drop_oldest();

    Seconds span_{120};
    std::size_t queue_max_ = 120;
    std::deque<ProbeSample> probes_;
    std::unordered_map<Endpoint, std::shared_ptr<const Endpoint>> names_;
    std::deque<QueueSample> answering_;
    std::deque<QueueSample> silent_;
    std::optional<Instant> sampled_;
};

}  // namespace orc::discovery
