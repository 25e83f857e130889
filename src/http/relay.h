// Changes that are asked of a node that stands by: passed on to the active one, and the active one's doing of them.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "api/use_cases.h"
#include "http/wire/message.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"

namespace orc::http {

/// To be used on the HTTP executor, which `io` is. `use_cases` outlives it.
class Relay {
public:
    /// `answer` answers a request that another node has let in: user and right are filled in, its path is below the
    /// prefix.
    Relay(api::UseCases& use_cases, std::shared_ptr<asio::io_context> io, Handler answer);

    /// The active node's answer, when this one stands by; nullopt: it is to be answered here. `target` is the
    /// request's below the prefix.
    Co<std::optional<Response>> pass_on(std::string method, std::string target, std::string user);

    /// Does what other nodes pass on, until stop(). Where no other node can be, nothing happens.
    void start();
    Co<void> stop();

private:
    Co<void> serve();
    Co<void> do_one(store::Errand errand);

    api::UseCases& use_cases_;
    std::shared_ptr<asio::io_context> io_;
    Handler answer_;
    runtime::TaskGroup tasks_;
};

/// What is left of a target behind so many segments: "/x/api/y?z" behind one is "/api/y?z".
std::string below(std::string_view target, std::size_t segments);

}  // namespace orc::http
