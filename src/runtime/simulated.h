// Time and the loop of the simulator: run everything that is ready, then jump to the earliest sleeper. One thread, one
// seed, one history.
#pragma once

#include <memory>

#include "runtime/clock.h"

namespace orc::runtime {

/// A clock that moves only when asked. Sleepers of equal time wake in the order in which they fell asleep.
class SimulatedClock final : public Clock {
public:
    explicit SimulatedClock(asio::io_context& io, WallTime start = WallTime{Millis{1'700'000'000'000}});
    ~SimulatedClock() override;

    Instant now() const override;
    WallTime wall() const override;
    Co<void> sleep_until(Instant when) override;

    /// Runs all that is ready and then, again and again, the earliest sleeper not later than `until`; ends with now()
    /// == until.
    void run_until(Instant until);
    void run_for(Micros span) { run_until(now() + span); }
    /// Runs only what is ready now, without moving time.
    void run_ready();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace orc::runtime
