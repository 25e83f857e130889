// The seam for time. All waiting goes through sleep_until, so that the simulator can jump.
#pragma once

#include "base/time.h"
#include "runtime/task.h"

namespace orc::runtime {

class Clock {
public:
    virtual ~Clock() = default;

    /// Monotonic, for ages and deadlines.
    virtual Instant now() const = 0;
    /// The calendar, for tables and people.
    virtual WallTime wall() const = 0;
    /// Returns at `when`, or at once if it has passed. Cancelled: returns early (ask the task group whether it is
    /// stopping).
    virtual Co<void> sleep_until(Instant when) = 0;

    Deadline deadline_in(Micros span) const { return Deadline{now() + span}; }
    Co<void> sleep_for(Micros span) { return sleep_until(now() + span); }
};

/// The machine's clock: CLOCK_MONOTONIC and the calendar, timers on the caller's io_context.
class SystemClock final : public Clock {
public:
    Instant now() const override;
    WallTime wall() const override;
    Co<void> sleep_until(Instant when) override;
};

}  // namespace orc::runtime
