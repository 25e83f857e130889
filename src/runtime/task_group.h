// Nothing is detached: work is spawned into a group owned by a member, and stop() refuses new work, cancels, and waits.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/task.h"

namespace orc::runtime {

/// Owns running coroutines on one executor. Declare it last in its owner, so that it goes first.
/// Not thread-safe: use it on its executor's thread.
class TaskGroup {
public:
    explicit TaskGroup(Executor executor);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    /// The group must be empty (stopped and waited for), or its io_context no longer running.
    ~TaskGroup();

    /// Starts `work` soon (never inside this call). Refused (false) once stop() was called.
    bool spawn(Co<void> work);
    /// Cancels everything: each waiting operation of a member returns early.
    void cancel();
    /// Refuses new work, cancels, and returns when the last member has ended.
    Co<void> stop();
    /// Returns when no member is running, without cancelling.
    Co<void> drain();
    /// Returns when the next member ends (at once if there is none), or when the caller is cancelled.
    Co<void> next_end();
    bool is_stopping() const;
    std::size_t running() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Runs all of `work` at once on the current executor and returns their results in the same order.
/// Cancelling the caller cancels every member.
Co<std::vector<Result<void>>> all(std::vector<Task<void>> work);

/// A thing that tasks can wait for on one executor: notify_all wakes every present waiter.
class Signal {
public:
    explicit Signal(Executor executor);
    ~Signal();
    void notify_all();
    /// Returns at the next notify_all, or when cancelled.
    Co<void> wait();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace orc::runtime
