#include "sim_loop.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

namespace orc::simulation {
namespace {

// Lets go of all handlers, and so of all coroutines, while everything they refer to is still there.
class KillableContext : public asio::io_context {
public:
    void drop_handlers() { shutdown(); }
};

}  // namespace

struct SimLoop::State {
    KillableContext io;
    std::unordered_map<std::uint64_t, std::function<void()>> waiting;
    std::unordered_set<std::uint64_t> ended_early;
    bool is_woken = false;
    bool is_killed = false;
    bool is_halted = false;

    void resume(std::uint64_t number) {
        const auto found = waiting.find(number);
        if (found == waiting.end()) {
            ended_early.insert(number);
            return;
        }
        const auto go_on = std::move(found->second);
        waiting.erase(found);
        is_woken = true;
        go_on();
    }
    void cancel(std::uint64_t number) {
        if (waiting.contains(number)) {
            resume(number);
        }
    }
};

SimLoop::SimLoop(Agenda& agenda) : agenda_(agenda), state_(std::make_shared<State>()) {}
SimLoop::~SimLoop() { kill(); }

Executor SimLoop::executor() { return state_->io.get_executor(); }

Co<void> SimLoop::wait(std::uint64_t number) {
    const auto state = state_;
    if (state->ended_early.erase(number) > 0) {
        co_return;
    }
    // The frame must not own the loop that owns the frame.
    auto initiate = [weak = std::weak_ptr<State>(state), number](auto handler) {
        const auto alive = weak.lock();
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        if (slot.is_connected()) {
            slot.assign([weak, number](asio::cancellation_type) {
                if (const auto still = weak.lock()) {
                    still->cancel(number);
                }
            });
        }
        alive->waiting.emplace(number, [executor = alive->io.get_executor(), shared] {
            auto slot_now = asio::get_associated_cancellation_slot(*shared);
            if (slot_now.is_connected()) {
                slot_now.clear();
            }
            asio::post(executor, [shared] { std::move (*shared)(); });
        });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        std::move(initiate), asio::use_awaitable_t<Executor>{}
    );
}

void SimLoop::end_wait(std::uint64_t number) {
    if (!state_->is_killed) {
        state_->resume(number);
    }
}

std::function<void()> SimLoop::ender(std::uint64_t number) const {
    return [weak = std::weak_ptr<State>(state_), number] {
        const auto alive = weak.lock();
        if (alive && !alive->is_killed) {
            alive->resume(number);
        }
    };
}

void SimLoop::post(std::function<void()> what) {
    if (!state_->is_killed) {
        state_->is_woken = true;
        asio::post(state_->io.get_executor(), std::move(what));
    }
}

bool SimLoop::is_woken() const { return state_->is_woken; }
void SimLoop::wake() { state_->is_woken = true; }

void SimLoop::run_ready() {
    state_->is_woken = false;
    if (state_->is_killed) {
        return;
    }
    do {
        if (state_->is_halted) {
            return;
        }
        state_->io.restart();
    } while (state_->io.poll() > 0);
}

void SimLoop::halt() {
    state_->is_halted = true;
    state_->io.stop();
}

void SimLoop::kill() {
    if (state_->is_killed) {
        return;
    }
    state_->is_killed = true;
    // Taking down one coroutine may let go of another.
    while (!state_->waiting.empty()) {
        const auto waiting = std::exchange(state_->waiting, {});
    }
    state_->io.drop_handlers();
    while (!state_->waiting.empty()) {
        const auto waiting = std::exchange(state_->waiting, {});
    }
}

bool SimLoop::is_killed() const { return state_->is_killed; }

Instant SimClock::now() const { return loop_.agenda().now(); }

WallTime SimClock::wall() const {
    return start_ + std::chrono::duration_cast<Millis>(loop_.agenda().now().time_since_epoch());
}

Co<void> SimClock::sleep_until(Instant when) {
    SimLoop& loop = loop_;
    const auto number = loop.new_wait();
    if (when < Instant::max()) {
        loop.agenda().at(when, loop.ender(number));
    }
    co_await loop.wait(number);
}

}  // namespace orc::simulation
