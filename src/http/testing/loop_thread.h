// An io_context on a thread of its own, for tests that talk to it through sockets.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <memory>
#include <thread>

#include "runtime/task_group.h"

namespace orc::http::testing_support {

class LoopThread {
public:
    LoopThread() : work_(asio::make_work_guard(io_)) {}
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;
    ~LoopThread() {
        work_.reset();
        io_.stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    Executor executor() { return io_.get_executor(); }
    void start() {
        thread_ = std::thread([this] { io_.run(); });
    }

    std::future<void> launch(Co<void> work) {
        auto done = std::make_shared<std::promise<void>>();
        auto future = done->get_future();
        asio::co_spawn(io_, std::move(work), [done](std::exception_ptr) { done->set_value(); });
        return future;
    }
    void run(Co<void> work) { launch(std::move(work)).wait(); }

    template <typename T>
    T run(Co<T> work) {
        std::promise<T> done;
        asio::co_spawn(io_, std::move(work), [&done](std::exception_ptr, T value) {
            done.set_value(std::move(value));
        });
        return done.get_future().get();
    }

private:
    asio::io_context io_;
    asio::executor_work_guard<Executor> work_;
    std::thread thread_;
};

}  // namespace orc::http::testing_support
