// Everything the gateway holds of one server: the kept-open session with its watch, one for the site's own questions,
// one idle session for writes, and what earlier probes found. Internal to the gateway.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/dialect/dialect.h"
#include "mysql/dialect/status_rows.h"
#include "mysql/real_gateway.h"
#include "mysql/session/turn.h"
#include "runtime/task_group.h"

namespace orc::mysql {

/// What all links share.
struct LinkContext {
    LinkContext(GatewayOptions o, Dialer& d, runtime::Clock& c, Executor e)
        : options(std::move(o)), dialer(d), clock(c), executor(e), tasks(e) {}
    GatewayOptions options;
    Dialer& dialer;
    runtime::Clock& clock;
    Executor executor;
    std::function<void(Endpoint)> on_broken;
    bool is_stopping = false;
    unsigned generation = 0;   ///< grows when sessions are to be opened in another way
    runtime::TaskGroup tasks;  ///< watches and the killing of abandoned statements
};

/// What probes remember of a server between each other. Belongs to the session: a new session starts anew.
struct ProbeMemory {
    bool is_introduced = false;
    bool is_maxscale = false;
    Dialect dialect;
    std::vector<Variable> identity;
    std::vector<Variable> changing;
    StatusLayout layout;
    VariableReader variables;
    unsigned probes = 0;
    bool wants_all = true;           ///< something changed: the next probe reads everything
    bool has_asked_rest = false;     ///< the last probe read the rarely changing rest, too
    bool has_registered = false;     ///< the last list of registered replicas was not empty
    std::set<int> unavailable;       ///< optional items that this server refused
    std::optional<Instant> started;  ///< when the server started, by our clock
    model::Facts facts;
};

/// What one of the site's own questions said last.
struct SiteAnswer {
    std::optional<std::string> text;      ///< its first cell
    bool is_null = false;                 ///< there was one, and it was NULL
    std::optional<Instant> silent_until;  ///< it did not end: when it is asked again
};

class ServerLink : public std::enable_shared_from_this<ServerLink> {
public:
    ServerLink(std::shared_ptr<LinkContext> context, Endpoint server)
        : context_(std::move(context)),
          server_(std::move(server)),
          turn_(context_->clock, context_->executor),
          site_(context_->clock, context_->executor) {}

    const Endpoint& server() const { return server_; }
    LinkContext& context() { return *context_; }
    Turn& turn() { return turn_; }
    ProbeMemory& memory() { return memory_; }

    /// There is an open session, and it may still be used: not too old, and opened as one would be now.
    bool has_kept() const;
    std::shared_ptr<Session> kept() const { return kept_; }
    /// Runs a text on the kept session, which is dropped if that fails. The turn must be held.
    static Task<Answer> ask(std::shared_ptr<ServerLink> self, std::string sql, Deadline deadline);
    static Task<void> open_kept(std::shared_ptr<ServerLink> self, Deadline deadline);
    void drop_kept();

    /// A session for writes, prepared with limits on the server's side; idle ones are used again for a short while.
    struct Work {
        std::shared_ptr<Session> session;
        std::uint64_t id = 0;  ///< on the server
        Dialect dialect;
        unsigned generation = 0;
    };
    static Task<Work> begin_work(std::shared_ptr<ServerLink> self, Deadline deadline);
    /// Keeps the session for the next write.
    void end_work(Work work);
    /// Ends a session whose statement may still run on the server.
    void abandon(Work work);

    /// What the site's own questions are asked on, one asker at a time, and what they said. The session goes with the
    /// kept one; the answers stay.
    struct Site {
        Site(runtime::Clock& clock, const Executor& executor) : turn(clock, executor) {}
        Turn turn;
        std::optional<Work> work;
        std::map<std::string_view, SiteAnswer> answers;  ///< by configuration key
    };
    Site& site() { return site_; }
    bool is_closed() const { return is_closed_; }

    /// Tells the listener that the kept session had broken by itself.
    void report_broken();
    /// Ends everything for good; waiting operations fail with cancelled.
    void close();

private:
    static Co<void> watch(std::shared_ptr<ServerLink> self, std::shared_ptr<Session> session);
    static Co<void> kill(std::shared_ptr<ServerLink> self, std::uint64_t id);
    void drop_site();

    std::shared_ptr<LinkContext> context_;
    Endpoint server_;
    Turn turn_;
    std::shared_ptr<Session> kept_;
    unsigned kept_generation_ = 0;
    Instant kept_since_{};
    ProbeMemory memory_;
    Site site_;
    std::optional<Work> idle_;
    Instant idle_since_{};
    bool is_closed_ = false;
};

}  // namespace orc::mysql
