// The program's side of the agenda: an event loop that can be killed between two handlers as a process is, the clock on
// it, and the one way in which a coroutine waits for something simulated.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "agenda.h"
#include "runtime/clock.h"

namespace orc::simulation {

/// One life of the program. Everything of it runs inside run_ready().
class SimLoop {
public:
    explicit SimLoop(Agenda& agenda);
    ~SimLoop();
    SimLoop(const SimLoop&) = delete;
    SimLoop& operator=(const SimLoop&) = delete;

    Executor executor();
    Agenda& agenda() { return agenda_; }

    /// A number for a wait that end_wait ends.
    std::uint64_t new_wait() { return next_wait_++; }
    /// Suspends the caller until end_wait(number), kill-proof; returns at once if it was ended already. A cancelled
    /// caller returns early.
    Co<void> wait(std::uint64_t number);
    /// Ends a wait, begun or not. Nothing happens after kill().
    void end_wait(std::uint64_t number);
    /// The same for later: does nothing once the loop is gone.
    std::function<void()> ender(std::uint64_t number) const;

    /// Runs `what` on the loop as if it had been posted by the program; never after kill().
    void post(std::function<void()> what);

    /// Something of the program may be ready to run.
    bool is_woken() const;
    void wake();
    /// Runs all that is ready.
    void run_ready();
    /// Called by something that runs on the loop: nothing else runs after it.
    void halt();

    /// The process is gone: nothing of it runs again, and its coroutines are taken down where they stand.
    void kill();
    bool is_killed() const;

private:
    struct State;
    Agenda& agenda_;
    std::shared_ptr<State> state_;
    std::uint64_t next_wait_ = 1;
};

/// The program's clock on the agenda.
class SimClock final : public runtime::Clock {
public:
    explicit SimClock(SimLoop& loop, WallTime start = WallTime{Millis{1'700'000'000'000}})
        : loop_(loop), start_(start) {}
    Instant now() const override;
    WallTime wall() const override;
    Co<void> sleep_until(Instant when) override;

private:
    SimLoop& loop_;
    WallTime start_;
};

}  // namespace orc::simulation
