// Work that may block, on a thread of its own: the loop waits for it as long as it wants to, and no longer.
#pragma once

#include <functional>
#include <memory>

#include "base/time.h"
#include "runtime/task.h"

namespace orc::runtime {

class SideThread {
public:
    /// For use on `executor`, whose loop outlives this object. The thread starts with the first piece of work.
    explicit SideThread(Executor executor);
    /// Work that still runs is abandoned, not waited for.
    ~SideThread();
    SideThread(const SideThread&) = delete;
    SideThread& operator=(const SideThread&) = delete;

    /// Has `work` done, after all that was given before, and returns true when it is. False: it did not end within
    /// `limit`, or the caller was cancelled, or too much waits already. It may go on for any time, so it must own all
    /// it touches.
    Co<bool> run(std::function<void()> work, Micros limit);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace orc::runtime
