// Accepts connections and serves them: reading requests, asking the handler, writing answers, within limits of size and
// time. Lives on one executor; knows no route.
#pragma once

#include <cstdint>
#include <memory>

#include "base/time.h"
#include "http/wire/byte_stream.h"
#include "http/wire/message.h"

namespace orc::http {

struct Limits {
    std::uint32_t head_bytes = 32 * 1024;
    std::uint64_t body_bytes = 256 * 1024;
    std::size_t connections = 2000;  ///< at that many the one that has been idle for longest makes room for the next
    Millis head{15000};              ///< from the first byte of a request to its last
    Millis idle{75000};              ///< between requests
    Millis write{30000};             ///< for one answer, or one piece of a feed
    Millis drain{10000};             ///< how long stop() lets answers in the making finish
};

/// What the listener has done, for metrics.
struct Traffic {
    std::uint64_t requests[6] = {};  ///< by first digit of the status
    std::uint64_t connections = 0;   ///< open now
};

class Listener {
public:
    Listener(Executor executor, std::unique_ptr<Acceptor> acceptor, Handler handler, Limits limits = {});
    ~Listener();

    void start();
    /// Accepts nothing more, closes connections that have not asked for anything yet, lets answers in the making finish
    /// within `drain`, and returns when no connection is left.
    Co<void> stop(Millis drain);
    std::uint16_t port() const;
    Traffic traffic() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace orc::http
