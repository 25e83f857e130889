#include "runtime/simulated.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace orc::runtime {

struct SimulatedClock::State {
    State(asio::io_context& i, WallTime s) : io(i), start(s) {}
    asio::io_context& io;
    WallTime start;
    Instant now{Micros{1'000'000'000}};
    std::uint64_t next_sleeper = 0;
    std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> sleepers;

    void wake(std::pair<Instant, std::uint64_t> key) {
        const auto found = sleepers.find(key);
        if (found != sleepers.end()) {
            auto resume = std::move(found->second);
            sleepers.erase(found);
            resume();
        }
    }
};

SimulatedClock::SimulatedClock(asio::io_context& io, WallTime start) : state_(std::make_shared<State>(io, start)) {}
SimulatedClock::~SimulatedClock() = default;

Instant SimulatedClock::now() const { return state_->now; }

WallTime SimulatedClock::wall() const {
    return state_->start + std::chrono::duration_cast<Millis>(state_->now.time_since_epoch());
}

Co<void> SimulatedClock::sleep_until(Instant when) {
    const auto state = state_;
    const std::pair<Instant, std::uint64_t> key{std::max(when, state->now), state->next_sleeper++};
    auto initiate = [state, key](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        if (slot.is_connected()) {
            slot.assign([weak = std::weak_ptr<State>(state), key](asio::cancellation_type) {
                if (const auto alive = weak.lock()) {
                    alive->wake(key);
                }
            });
        }
        state->sleepers.emplace(key, [state, shared] {
            auto slot_now = asio::get_associated_cancellation_slot(*shared);
            if (slot_now.is_connected()) {
                slot_now.clear();
            }
            asio::post(state->io, [shared] { std::move (*shared)(); });
        });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        std::move(initiate), asio::use_awaitable_t<Executor>{}
    );
}

void SimulatedClock::run_ready() {
    state_->io.restart();
    while (state_->io.poll() > 0) {
        state_->io.restart();
    }
}

void SimulatedClock::run_until(Instant until) {
    run_ready();
    while (!state_->sleepers.empty() && state_->sleepers.begin()->first.first <= until) {
        const auto key = state_->sleepers.begin()->first;
        state_->now = std::max(state_->now, key.first);
        state_->wake(key);
        run_ready();
    }
    state_->now = std::max(state_->now, until);
}

}  // namespace orc::runtime
