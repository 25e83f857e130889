// An event loop and a gateway to real servers on the test's own thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mysql/real_gateway.h"
#include "mysql/session/dialer.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"
#include "sandbox/sandbox.h"

namespace orc::integration {

/// How the program under test logs in to a sandbox's servers.
inline mysql::GatewayOptions manager(mysql::TlsMode tls = mysql::TlsMode::prefer) {
    mysql::GatewayOptions options;
    options.access.user = sandbox::manager_account.user;
    options.access.password = sandbox::manager_account.secret;
    options.access.tls = tls;
    options.replicas_by_registration = true;
    return options;
}

class Bridge {
public:
    explicit Bridge(mysql::GatewayOptions options)
        : gateway_(mysql::make_gateway(std::move(options), *dialer_, clock_, executor())) {
        gateway_->on_session_broken([this](Endpoint server) { broken_.push_back(std::move(server)); });
    }
    ~Bridge() {
        tasks_.spawn(gateway_->stop());
        run_until_idle();
    }
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

    mysql::Gateway& gateway() { return *gateway_; }
    mysql::Dialer& dialer() { return *dialer_; }
    runtime::Clock& clock() { return clock_; }
    Executor executor() { return io_.get_executor(); }
    Deadline in(Micros span) { return clock_.deadline_in(span); }
    const std::vector<Endpoint>& broken() const { return broken_; }

    template <typename T>
    Result<T> run(Task<T> work) {
        Result<T> out = fail(ErrorCode::conflict, "did not end");
        tasks_.spawn(keep(std::move(work), out));
        run_until_idle();
        return out;
    }
    void finish(Co<void> work) {
        tasks_.spawn(std::move(work));
        run_until_idle();
    }
    /// Lets everything on the loop work until `done` or the time is over.
    template <typename Done>
    bool run_until(Done done, std::chrono::milliseconds limit) {
        const auto end = std::chrono::steady_clock::now() + limit;
        io_.restart();
        while (!done() && std::chrono::steady_clock::now() < end) {
            io_.run_one_for(std::chrono::milliseconds(5));
        }
        return done();
    }

private:
    template <typename T>
    static Co<void> keep(Task<T> work, Result<T>& out) {
        out = co_await std::move(work);
    }
    void run_until_idle() {
        io_.restart();
        while (tasks_.running() > 0) {
            io_.run_one();
        }
    }

    asio::io_context io_{1};
    runtime::SystemClock clock_;
    std::unique_ptr<mysql::Resolver> resolver_ = mysql::make_resolver(clock_, io_.get_executor(), {});
    std::unique_ptr<mysql::Dialer> dialer_ = mysql::make_dialer(clock_, io_.get_executor(), *resolver_);
    std::unique_ptr<mysql::Gateway> gateway_;
    std::vector<Endpoint> broken_;
    runtime::TaskGroup tasks_{io_.get_executor()};
};

}  // namespace orc::integration
