// A queue in front of one session: whoever holds the turn may use it, the others wait in order, each until its
// deadline.
#pragma once

#include <memory>

#include "runtime/clock.h"
#include "runtime/task.h"

namespace orc::mysql {

/// Not thread-safe: for one executor's thread.
class Turn {
public:
    class Lease;

    Turn(runtime::Clock& clock, Executor executor);
    /// Errors: timed_out, cancelled.
    Task<Lease> take(Deadline deadline);
    bool is_taken() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// The turn, given back when this goes.
class Turn::Lease {
public:
    Lease() = default;
    explicit Lease(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { give_back(); }

private:
    void give_back();
    std::shared_ptr<State> state_;
};

}  // namespace orc::mysql
