// Waiting in a coroutine for an answer that another thread gives.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/task.h"

namespace orc::store {

template <typename T>
using Done = std::function<void(Result<T>)>;

/// Calls `start` with a function that resumes the caller on its own executor; it must be called exactly once, from any
/// thread. Not interrupted by cancellation.
template <typename T>
Task<T> await_answer(std::function<void(Done<T>)> start) {
    auto initiate = [start = std::move(start)](auto handler) {
        auto guard = asio::make_work_guard(asio::get_associated_executor(handler));
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        start([shared = std::move(shared), guard](Result<T> result) mutable {
            auto resume = [shared = std::move(shared), result = std::move(result)]() mutable {
                std::move (*shared)(std::move(result));
            };
            asio::post(guard.get_executor(), std::move(resume));
        });
    };
    const asio::use_awaitable_t<Executor> token;
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Result<T>)>(
        std::move(initiate), token
    );
}

}  // namespace orc::store
