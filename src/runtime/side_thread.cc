#include "runtime/side_thread.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace orc::runtime {
namespace {

constexpr std::size_t pieces_max = 32;

/// Somebody who waits; only the loop's thread touches it.
struct Wait {
    using Timer =
        asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
    explicit Wait(Executor executor) : limit(executor) {}
    Timer limit;
    bool is_over = false;
};

struct Piece {
    std::function<void()> work;
    std::weak_ptr<Wait> wait;
};

void end(const std::weak_ptr<Wait>& weak) {
    if (const auto wait = weak.lock()) {
        wait->is_over = true;
        wait->limit.cancel();
    }
}

}  // namespace

struct SideThread::State {
    explicit State(Executor e) : executor(e) {}

    static void serve(std::shared_ptr<State> state) {
        std::unique_lock lock(state->mutex);
        while (true) {
            state->wake.wait(lock, [&] { return state->is_left || !state->pieces.empty(); });
            if (state->is_left) {
                return;
            }
            Piece piece = std::move(state->pieces.front());
            state->pieces.pop_front();
            lock.unlock();
            piece.work();
            piece.work = nullptr;
            lock.lock();
            // Once it is left, the loop may be gone.
            if (!state->is_left) {
                asio::post(state->executor, [wait = std::move(piece.wait)] { end(wait); });
            }
        }
    }

    Executor executor;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Piece> pieces;  ///< under the mutex, as the rest
    bool is_started = false;
    bool is_left = false;
};

SideThread::SideThread(Executor executor) : state_(std::make_shared<State>(executor)) {}

SideThread::~SideThread() {
    const std::lock_guard lock(state_->mutex);
    state_->is_left = true;
    state_->wake.notify_all();
}

Co<bool> SideThread::run(std::function<void()> work, Micros limit) {
    const auto wait = std::make_shared<Wait>(state_->executor);
    wait->limit.expires_after(limit);
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->pieces.size() >= pieces_max) {
            co_return false;
        }
        state_->pieces.push_back({std::move(work), wait});
        if (!std::exchange(state_->is_started, true)) {
            std::thread(State::serve, state_).detach();  // nobody joins what may hang
        }
        state_->wake.notify_one();
    }
    const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
    co_await wait->limit.async_wait(token);
    co_return wait->is_over;
}

}  // namespace orc::runtime
