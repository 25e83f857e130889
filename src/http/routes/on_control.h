// Crossing threads: work runs on the executor that owns its state, its result comes back to the caller's.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>

#include "runtime/task.h"

namespace orc::http {

template <typename T>
struct Handover {
    using Timer =
        asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
    explicit Handover(Executor home) : arrived(home) { arrived.expires_at(Timer::time_point::max()); }
    Timer arrived;
    std::optional<Result<T>> result;
};

/// Carries a result home. The timer belongs to home's io_context and must go before it, hence the order of the members.
template <typename T>
struct Carrier {
    std::shared_ptr<void> keeper;
    Executor home;
    std::shared_ptr<Handover<T>> handover;

    void operator()(std::exception_ptr error, Result<T> result) {
        if (error) {  // Asio ends a cancelled coroutine with an exception
            result = fail(ErrorCode::cancelled, "the service is stopping");
        }
        auto land = [there = std::move(handover), result = std::move(result)]() mutable {
            there->result = std::move(result);
            there->arrived.cancel();
        };
        asio::post(home, std::move(land));
    }
};

/// Runs `work` on `there` and returns its result here. Cancelling the caller does not cancel the work: a recovery goes
/// on when the client that asked for it hangs up. `keeper` keeps the caller's io_context in memory until the work has
/// ended.
template <typename T>
Task<T> on_executor(Executor there, std::shared_ptr<void> keeper, Task<T> work) {
    const Executor home = co_await asio::this_coro::executor;
    auto handover = std::make_shared<Handover<T>>(home);
    Carrier<T> carrier{std::move(keeper), home, handover};
    asio::co_spawn(there, std::move(work), std::move(carrier));
    while (!handover->result) {
        const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
        co_await handover->arrived.async_wait(token);
    }
    co_return std::move(*handover->result);
}

}  // namespace orc::http
