#include "mysql/session/turn.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>

namespace orc::mysql {
namespace {

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

struct Waiter {
    explicit Waiter(Executor executor) : timer(executor) {}
    Timer timer;
    bool was_served = false;
};

}  // namespace

struct Turn::State {
    State(runtime::Clock& c, Executor e) : clock(c), executor(e) {}
    runtime::Clock& clock;
    Executor executor;
    bool is_taken = false;
    std::deque<std::shared_ptr<Waiter>> waiting;
};

Turn::Turn(runtime::Clock& clock, Executor executor) : state_(std::make_shared<State>(clock, executor)) {}

bool Turn::is_taken() const { return state_->is_taken; }

void Turn::Lease::give_back() {
    const auto state = std::exchange(state_, nullptr);
    if (!state) {
        return;
    }
    if (state->waiting.empty()) {
        state->is_taken = false;
        return;
    }
    // It stays taken: handed over, so that nobody slips in between.
    const auto next = state->waiting.front();
    state->waiting.pop_front();
    next->was_served = true;
    next->timer.cancel();
}

Turn::Lease& Turn::Lease::operator=(Lease&& other) noexcept {
    if (this != &other) {
        give_back();
        state_ = std::move(other.state_);
    }
    return *this;
}

namespace {

/// Leaves the queue however the waiting ends; a turn that was handed over to a waiter that is gone goes on to the next.
template <typename State, typename Lease>
class Place {
public:
    Place(std::shared_ptr<State> state, std::shared_ptr<Waiter> waiter)
        : state_(std::move(state)), waiter_(std::move(waiter)) {
        state_->waiting.push_back(waiter_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        std::erase(state_->waiting, waiter_);
        if (waiter_->was_served && !is_used_) {
            const Lease unused(state_);
        }
    }
    Lease use() {
        is_used_ = true;
        return Lease(state_);
    }

private:
    std::shared_ptr<State> state_;
    std::shared_ptr<Waiter> waiter_;
    bool is_used_ = false;
};

}  // namespace

Task<Turn::Lease> Turn::take(Deadline deadline) {
    const auto state = state_;
    if (!state->is_taken) {
        state->is_taken = true;
        co_return Lease(state);
    }
    auto waiter = std::make_shared<Waiter>(state->executor);
    waiter->timer.expires_after(deadline.left(state->clock.now()));
    Place<State, Lease> place(state, waiter);
    const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
    co_await waiter->timer.async_wait(token);
    if (waiter->was_served) {
        co_return place.use();
    }
    if (deadline.has_passed(state->clock.now())) {
        co_return fail(ErrorCode::timed_out, "the session is busy with an earlier request");
    }
    co_return fail(ErrorCode::cancelled, "cancelled");
}

}  // namespace orc::mysql
