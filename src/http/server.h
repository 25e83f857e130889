// The HTTP service: one thread of its own, serving everything of this room.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "api/use_cases.h"
#include "config/settings.h"
#include "http/router.h"
#include "http/wire/listener.h"
#include "runtime/task.h"

namespace orc::http {

struct Desk;
/// Adds routes that belong to somebody else's room.
using MoreRoutes = std::function<void(Router&, std::shared_ptr<Desk>)>;

/// Who may come in, and where.
struct Doors {
    bool is_public = true;     ///< listens as the settings say
    std::string local_socket;  ///< whoever may open this file needs no other right to `trusted`; "": none
    MoreRoutes trusted;        ///< for those, and for other nodes on a shared database
};

class Server {
public:
    /// Listens on ListenSocket, else on ListenAddress (port 0 picks a free one), and begins to serve. `use_cases` must
    /// outlive the server. Errors (invalid) name the address or file that cannot be used; a local socket that cannot
    /// be made is logged.
    static Result<std::unique_ptr<Server>> start(
        const config::Settings& settings, api::UseCases& use_cases, Limits limits = {}, const Doors& doors = {}
    );
    /// Breaks off what stop() has not ended.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Accepts nothing more, lets answers in the making finish (at most Limits::drain), and ends the thread. Called on
    /// any executor but the server's own. Verbs that clients asked for go on without them.
    Co<void> stop();
    /// The TCP port that is listened on; 0 for none.
    std::uint16_t port() const;

private:
    struct State;
    explicit Server(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace orc::http
