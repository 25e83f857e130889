#include "runtime/clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace orc::runtime {

Instant SystemClock::now() const {
    return Instant(std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch()));
}

WallTime SystemClock::wall() const { return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()); }

Co<void> SystemClock::sleep_until(Instant when) {
    const auto executor = co_await asio::this_coro::executor;
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> timer(
        executor
    );
    timer.expires_at(std::chrono::steady_clock::time_point(when.time_since_epoch()));
    const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
    co_await timer.async_wait(token);
}

}  // namespace orc::runtime
