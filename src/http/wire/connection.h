// One client: its requests in order, each answered before the next is looked at.
#pragma once

#include <memory>

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
    /// No further request: at once when idle, after the present answer otherwise.
    void finish();
    /// Breaks off.
    void abort();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace orc::http
