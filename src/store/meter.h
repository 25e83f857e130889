// How the last writes to the database went, for people who ask. Bounded; any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace orc::store {

/// Servers are written behind in batches: as many together as this, and none waits much longer than that.
constexpr std::size_t observed_batch_max = 500;
constexpr Seconds observed_batch_age{1};

/// How observations are gathered before they are written. May change at any time, from any thread.
struct WritePace {
    std::atomic<std::size_t> most = observed_batch_max;     ///< servers in one batch; so many do not wait any longer
    std::atomic<std::int64_t> longest_wait_us = 1'000'000;  ///< of the first of a batch
};

/// One write that somebody waited for, or one batch.
struct WriteSample {
    WallTime at;
    Micros waited{0};  ///< behind others
    Micros took{0};
    std::shared_ptr<const Error> error;  ///< null: it is written
};

/// One batch of servers that were written behind.
struct BatchSample {
    WallTime at;
    std::size_t servers = 0;
    Micros waited{0};  ///< since the first of them came
    Micros took{0};
};

class Meter {
public:
    static constexpr std::size_t samples_max = 20'000;  ///< of each kind
    static constexpr Seconds span{120};

    void write_ended(WallTime at, Micros waited, Micros took, const Error* error);
    void batch_ended(WallTime at, std::size_t servers, Micros waited, Micros took);

    /// Those that ended since then, oldest first.
    std::vector<WriteSample> writes_since(WallTime when) const;
    std::vector<BatchSample> batches_since(WallTime when) const;

private:
    mutable std::mutex mutex_;
    std::deque<WriteSample> writes_;
    std::deque<BatchSample> batches_;
};

}  // namespace orc::store
