// One client: its requests in order, each answered before the next is looked at.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "http/wire/listener.h"

namespace orc::http {

class Connection {
public:
    Connection(
        Executor executor,
        std::unique_ptr<ByteStream> stream,
        const Handler& handler,
        const Limits& limits,
        Traffic& traffic
    );
    ~Connection();

    /// Returns when the connection is over. The object must outlive the coroutine.
    Co<void> serve();
    /// No further request: after the present answer when one is being made, at once otherwise.
    void finish();
    /// While it waits for a request: when it gives up. Of several, the one that has waited for longest gives up first.
    std::optional<std::chrono::steady_clock::time_point> idle_until() const;
    /// Breaks off.
    void abort();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace orc::http
