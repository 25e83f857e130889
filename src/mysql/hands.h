// A work session in a coroutine's hands, and what the writes do with it. Internal to the gateway.
#pragma once

#include <string>

#include "mysql/server_link.h"

namespace orc::mysql {

/// A work session in a coroutine's hands. Unless it is given back, whatever runs on it is ended on the server too.
class Hands {
public:
    Hands(std::shared_ptr<ServerLink> link, ServerLink::Work work) : link_(std::move(link)), work_(std::move(work)) {}
    Hands(const Hands&) = delete;
    Hands& operator=(const Hands&) = delete;
    ~Hands() {
        if (work_.session) {
            link_->abandon(std::move(work_));
        }
    }

    const Dialect& dialect() const { return work_.dialect; }
    const std::shared_ptr<Session>& session() const { return work_.session; }
    std::uint64_t id() const { return work_.id; }
    const std::shared_ptr<ServerLink>& link() const { return link_; }

    /// The session is idle and clean.
    void give_back() {
        link_->memory().wants_all = true;  // a write changes what the rarely read facts say
        link_->end_work(std::exchange(work_, ServerLink::Work{}));
    }
    /// The connection broke: nothing of ours can still be running for an answer, and nobody is there to be asked.
    void let_go() { work_ = ServerLink::Work{}; }

private:
    std::shared_ptr<ServerLink> link_;
    ServerLink::Work work_;
};

/// Runs a text; an error of any statement in it is this result's error.
Task<Answer> run(std::shared_ptr<Hands> hands, std::string sql, Deadline deadline);
/// Stops threads of a channel without waiting for a source that is silent.
Task<void> stop_channel(std::shared_ptr<Hands> hands, Threads threads, std::string channel, Deadline deadline);
/// The only receiver of a MariaDB server that acknowledges: stopping it is quick only after a kill and a moment; 0:
/// none.
Task<std::uint64_t> receiver_to_kill(std::shared_ptr<Hands> hands, Deadline deadline);
Task<std::shared_ptr<Hands>> begin(std::shared_ptr<ServerLink> link, Deadline deadline);

/// Gives the session back after a result that left it usable.
template <typename T>
Result<T> settled(const std::shared_ptr<Hands>& hands, Result<T> result) {
    if (hands->session() && hands->session()->is_open()) {
        hands->give_back();
    }
    return result;
}

bool is_active(model::ThreadState state);
/// One of its threads is.
bool is_running(const model::Channel& channel);

/// What a channel and its server are at, read together.
struct ChannelNow {
    std::optional<model::Channel> channel;  ///< nullopt: no such channel
    model::Facts facts;                     ///< variables only
};

Task<ChannelNow> read_channel(std::shared_ptr<Hands> hands, std::string name, Deadline deadline);

/// Everything received has been applied. The channel must be there.
bool is_drained(const ChannelNow& now);

}  // namespace orc::mysql
