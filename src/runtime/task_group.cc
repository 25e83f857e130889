#include "runtime/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <list>

#include "base/ensure.h"

namespace orc::runtime {
namespace {

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

// A timer that never expires is Asio's condition variable: cancel() wakes all waiters.
struct Wake {
    explicit Wake(Executor executor) : timer(executor) { timer.expires_at(Timer::time_point::max()); }
    void all() { timer.cancel(); }
    Co<void> wait() {
        const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
        co_await timer.async_wait(token);
    }
    Timer timer;
};

void rethrow(std::exception_ptr error) {
    if (!error) {
        return;
    }
    // Asio unwinds a cancelled coroutine at its next wait with operation_aborted: that is how cancellation ends a task.
    // Expected trouble travels as Result, so anything else that arrives here is a bug or memory exhaustion.
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::operation_aborted) {
            throw;
        }
    }
}

}  // namespace

struct TaskGroup::State {
    explicit State(Executor e) : executor(e), ended(e) {}
    Executor executor;
    Wake ended;
    std::list<asio::cancellation_signal> signals;
    bool stopping = false;
};

TaskGroup::TaskGroup(Executor executor) : state_(std::make_shared<State>(executor)) {}
TaskGroup::~TaskGroup() = default;

bool TaskGroup::spawn(Co<void> work) {
    if (state_->stopping) {
        return false;
    }
    const auto signal = state_->signals.emplace(state_->signals.end());
    auto done = [state = state_, signal](std::exception_ptr error) {
        state->signals.erase(signal);
        state->ended.all();
        rethrow(error);
    };
    asio::co_spawn(state_->executor, std::move(work), asio::bind_cancellation_slot(signal->slot(), std::move(done)));
    return true;
}

void TaskGroup::cancel() {
    // A cancelled member may end at once and erase itself: walk over a copy of the addresses.
    std::vector<asio::cancellation_signal*> present;
    present.reserve(state_->signals.size());
    for (auto& signal : state_->signals) {
        present.push_back(&signal);
    }
    for (auto* signal : present) {
        for (auto& still : state_->signals) {
            if (&still == signal) {
                signal->emit(asio::cancellation_type::terminal);
                break;
            }
        }
    }
}

Co<void> TaskGroup::stop() {
    const auto state = state_;
    state->stopping = true;
    while (!state->signals.empty()) {
        cancel();
        co_await state->ended.wait();
    }
}

Co<void> TaskGroup::drain() {
    const auto state = state_;
    while (!state->signals.empty()) {
        co_await state->ended.wait();
    }
}

Co<void> TaskGroup::next_end() {
    const auto state = state_;
    if (!state->signals.empty()) {
        co_await state->ended.wait();
    }
}

bool TaskGroup::is_stopping() const { return state_->stopping; }
std::size_t TaskGroup::running() const { return state_->signals.size(); }

namespace {

Co<void> run_one(std::shared_ptr<std::vector<Result<void>>> results, std::size_t index, Task<void> work) {
    (*results)[index] = co_await std::move(work);
}

}  // namespace

Co<std::vector<Result<void>>> all(std::vector<Task<void>> work) {
    const auto executor = co_await asio::this_coro::executor;
    const Result<void> unfinished = fail(ErrorCode::cancelled, "cancelled");
    auto results = std::make_shared<std::vector<Result<void>>>(work.size(), unfinished);
    // Members must not outlive this call: a cancelled caller cancels them, waits, and only then unwinds itself.
    co_await asio::this_coro::throw_if_cancelled(false);
    TaskGroup group(executor);
    for (std::size_t i = 0; i < work.size(); ++i) {
        group.spawn(run_one(results, i, std::move(work[i])));
    }
    work.clear();
    while (group.running() > 0) {
        co_await group.next_end();
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            group.cancel();
        }
    }
    co_await asio::this_coro::throw_if_cancelled(true);
    co_return std::move(*results);
}

struct Signal::State {
    explicit State(Executor e) : wake(e) {}
    Wake wake;
};

Signal::Signal(Executor executor) : state_(std::make_shared<State>(executor)) {}
Signal::~Signal() = default;
void Signal::notify_all() { state_->wake.all(); }
Co<void> Signal::wait() {
    const auto state = state_;
    co_await state->wake.wait();
}

}  // namespace orc::runtime
