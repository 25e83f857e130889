#include "http/wire/listener.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>

#include "http/wire/connection.h"
#include "runtime/log.h"
#include "runtime/task_group.h"

namespace orc::http {
namespace {

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

Co<void> wait_for(Executor executor, Millis span) {
    Timer timer(executor);
    timer.expires_after(span);
    const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
    co_await timer.async_wait(token);
}

}  // namespace

struct Listener::State {
    State(Executor e, std::unique_ptr<Acceptor> a, Handler h, Limits l)
        : executor(e), acceptor(std::move(a)), handler(std::move(h)), limits(l), group(e) {}

    Executor executor;
    std::unique_ptr<Acceptor> acceptor;
    Handler handler;
    Limits limits;
    Traffic traffic;
    std::list<Connection*> connections;
    bool stopping = false;
    runtime::TaskGroup group;

    Co<void> accept_all();
    bool make_room();
    Co<void> serve(std::unique_ptr<ByteStream> stream);
};

Co<void> Listener::State::serve(std::unique_ptr<ByteStream> stream) {
    Connection connection(executor, std::move(stream), handler, limits, traffic);
    const auto place = connections.insert(connections.end(), &connection);
    // Also when the coroutine is cancelled or destroyed.
    struct Leave {
        std::list<Connection*>& list;
        std::list<Connection*>::iterator at;
        Traffic& counts;
        ~Leave() {
            list.erase(at);
            --counts.connections;
        }
    };
    ++traffic.connections;
    const Leave leave{connections, place, traffic};
    co_await connection.serve();
}

/// Ends the connection that has been idle for longest. False: none is idle.
bool Listener::State::make_room() {
    Connection* oldest = nullptr;
    for (Connection* connection : connections) {
        const auto until = connection->idle_until();
        if (until && (oldest == nullptr || *until < *oldest->idle_until())) {
            oldest = connection;
        }
    }
    if (oldest != nullptr) {
        oldest->finish();
    }
    return oldest != nullptr;
}

Co<void> Listener::State::accept_all() {
    while (!stopping) {
        std::unique_ptr<ByteStream> stream = co_await acceptor->accept();
        if (stopping) {
            break;
        }
        if (stream == nullptr) {
            co_await wait_for(executor, Millis(100));  // out of descriptors: others must end first
            continue;
        }
        if (connections.size() >= limits.connections && !make_room()) {
            LOG(warning, "http.connection_refused", {{"open", connections.size()}});
            stream->close();
            continue;
        }
        group.spawn(serve(std::move(stream)));
    }
}

Listener::Listener(Executor executor, std::unique_ptr<Acceptor> acceptor, Handler handler, Limits limits)
    : state_(std::make_shared<State>(executor, std::move(acceptor), std::move(handler), limits)) {}
Listener::~Listener() = default;

void Listener::start() { state_->group.spawn(state_->accept_all()); }

Co<void> Listener::stop(Millis drain) {
    const auto state = state_;
    state->stopping = true;
    state->acceptor->close();
    for (Connection* connection : state->connections) {
        connection->finish();
    }
    constexpr Millis look_again{20};
    Millis left = drain;
    while (state->group.running() > 0 && left > Millis(0)) {
        co_await wait_for(state->executor, look_again);
        left -= look_again;
    }
    for (Connection* connection : state->connections) {
        connection->abort();
    }
    co_await state->group.stop();
}

std::uint16_t Listener::port() const { return state_->acceptor->port(); }
Traffic Listener::traffic() const { return state_->traffic; }

}  // namespace orc::http
