#include "mysql/session/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

namespace orc::mysql {
namespace {

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

Result<Addresses> system_look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) {
        return fail(ErrorCode::unreachable, "look up " + host + ": " + gai_strerror(error));
    }
    Addresses out;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) {
            out.emplace_back(text);
        }
    }
    freeaddrinfo(found);
    if (out.empty()) {
        return fail(ErrorCode::unreachable, "look up " + host + ": no address");
    }
    return out;
}

/// Threads that outlive their owner if a look-up hangs: nobody joins them, they own what they touch.
class Pool {
public:
    explicit Pool(int threads) : idle_limit_(threads) {}
    ~Pool() {
        const std::lock_guard lock(shared_->mutex);
        shared_->stopping = true;
        shared_->wake.notify_all();
    }
    void run(std::function<void()> work) {
        const std::lock_guard lock(shared_->mutex);
        shared_->work.push_back(std::move(work));
        if (shared_->idle == 0 && started_ < idle_limit_) {
            ++started_;
            std::thread(serve, shared_).detach();
        }
        shared_->wake.notify_one();
    }

private:
    struct Shared {
        std::mutex mutex;
        std::condition_variable wake;
        std::deque<std::function<void()>> work;
        int idle = 0;
        bool stopping = false;
    };

    static void serve(std::shared_ptr<Shared> shared) {
        std::unique_lock lock(shared->mutex);
        while (true) {
            ++shared->idle;
            shared->wake.wait(lock, [&] { return shared->stopping || !shared->work.empty(); });
            --shared->idle;
            if (shared->stopping) {
                return;
            }
            auto work = std::move(shared->work.front());
            shared->work.pop_front();
            lock.unlock();
            work();
            work = nullptr;
            lock.lock();
        }
    }

    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
    int idle_limit_;
    int started_ = 0;
};

class PoolResolver final : public Resolver {
public:
    PoolResolver(runtime::Clock& clock, Executor executor, ResolverOptions options)
        : state_(std::make_shared<State>(clock, executor, std::move(options))) {}
    ~PoolResolver() override { state_->pool.reset(); }

    Task<Addresses> resolve(std::string host, Deadline deadline) override {
        return wait_for(state_, std::move(host), deadline);
    }

private:
    struct Entry {
        std::optional<Result<Addresses>> answer;  ///< nullopt while the first look-up runs
        Instant fresh_until{};
        Instant last_good{};
        bool is_running = false;
        std::vector<Timer*> waiting;
    };

    struct State {
        State(runtime::Clock& c, Executor e, ResolverOptions o)
            : clock(c), executor(e), options(std::move(o)), pool(std::in_place, options.threads) {
            if (!options.look_up) {
                options.look_up = system_look_up;
            }
        }
        runtime::Clock& clock;
        Executor executor;
        ResolverOptions options;
        std::optional<Pool> pool;
        std::unordered_map<std::string, Entry> names;
    };

    static void start(const std::shared_ptr<State>& state, const std::string& host) {
        if (!state->pool) {
            return;
        }
        // The guard keeps the loop alive for the answer; a weak reference lets the resolver go before it.
        auto work = [weak = std::weak_ptr<State>(state),
                     look_up = state->options.look_up,
                     guard = asio::make_work_guard(state->executor),
                     host] {
            auto answer = look_up(host);
            asio::post(guard.get_executor(), [weak, host, answer = std::move(answer)]() mutable {
                if (const auto alive = weak.lock()) {
                    finish(*alive, host, std::move(answer));
                }
            });
        };
        state->pool->run(std::move(work));
    }

    static void finish(State& state, const std::string& host, Result<Addresses> answer) {
        auto& entry = state.names[host];
        entry.is_running = false;
        entry.fresh_until = state.clock.now() + (answer.has_value() ? state.options.keep : state.options.keep_failure);
        // A name that resolved a while ago is more likely right than its name server's present silence.
        const auto now = state.clock.now();
        const bool keeps_old =
            entry.answer.has_value() && entry.answer->has_value() && now - entry.last_good < state.options.keep_old;
        if (answer.has_value()) {
            entry.last_good = now;
        }
        if (answer.has_value() || !keeps_old) {
            entry.answer = std::move(answer);
        }
        for (auto* timer : entry.waiting) {
            timer->cancel();
        }
    }

    static void make_room(State& state) {
        if (state.names.size() < state.options.names_max) {
            return;
        }
        const auto now = state.clock.now();
        std::erase_if(state.names, [&](const auto& item) {
            return !item.second.is_running && item.second.waiting.empty() && item.second.fresh_until <= now;
        });
    }

    static Task<Addresses> wait_for(std::shared_ptr<State> state, std::string host, Deadline deadline) {
        boost::system::error_code not_numeric;
        asio::ip::make_address(host, not_numeric);
        if (!not_numeric) {
            co_return Addresses(1, host);
        }
        make_room(*state);
        auto& known = state->names[host];
        const bool is_fresh = known.answer.has_value() && state->clock.now() < known.fresh_until;
        if (is_fresh) {
            co_return *known.answer;
        }
        if (!known.is_running) {
            known.is_running = true;
            start(state, host);
        }
        // Stale but good: use it now, the fresh one is on its way.
        if (known.answer.has_value() && known.answer->has_value()) {
            co_return *known.answer;
        }
        Timer timer(state->executor);
        timer.expires_after(deadline.left(state->clock.now()));
        known.waiting.push_back(&timer);
        const Waiting waiting(*state, host, timer);
        const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
        co_await timer.async_wait(token);
        const auto& now_known = state->names[host];
        if (!now_known.is_running && now_known.answer.has_value()) {
            co_return *now_known.answer;
        }
        if (deadline.has_passed(state->clock.now())) {
            co_return fail(ErrorCode::timed_out, "look up " + host + ": no answer in time");
        }
        co_return fail(ErrorCode::cancelled, "look up " + host + ": cancelled");
    }

    /// Takes the timer off the list however the waiter ends.
    class Waiting {
    public:
        Waiting(State& state, const std::string& host, Timer& timer) : state_(state), host_(host), timer_(timer) {}
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;
        ~Waiting() { std::erase(state_.names[host_].waiting, &timer_); }

    private:
        State& state_;
        const std::string& host_;
        Timer& timer_;
    };

    std::shared_ptr<State> state_;
};

}  // namespace

std::unique_ptr<Resolver> make_resolver(runtime::Clock& clock, Executor executor, ResolverOptions options) {
    return std::make_unique<PoolResolver>(clock, executor, std::move(options));
}

}  // namespace orc::mysql
