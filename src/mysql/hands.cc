#include "mysql/hands.h"

#include "base/text.h"

namespace orc::mysql {

Task<Answer> run(std::shared_ptr<Hands> hands, std::string sql, Deadline deadline) {
    auto answer = co_await hands->session()->query(std::move(sql), deadline);
    if (!answer) {
        if (answer.error().code == ErrorCode::unreachable) {
            hands->let_go();
        }
        co_return answer;
    }
    if (answer->error) {
        co_return tl::unexpected<Error>(with_context(hands->link()->server().text(), std::move(*answer->error)));
    }
    co_return answer;
}

namespace {

constexpr Micros farewell_looked_at_every = Millis(5);
constexpr Micros farewell_begins_within = Millis(40);

Co<std::vector<std::uint64_t>> receivers(std::shared_ptr<Hands> hands, Deadline deadline) {
    std::vector<std::uint64_t> out;
    const auto sessions = co_await run(hands, hands->dialect().sessions(), deadline);
    if (!sessions || sessions->sets.empty()) {
        co_return out;
    }
    for (const auto& row : sessions->sets.front().rows) {
        if (row.size() >= 3 && row[0] && row[2] && to_lower(*row[2]) == receiver_command) {
            out.push_back(std::stoull(*row[0]));
        }
    }
    co_return out;
}

Co<bool> is_there(std::shared_ptr<Hands> hands, std::uint64_t session, Deadline deadline) {
    const auto answer = co_await run(hands, hands->dialect().session_with(session), deadline);
    co_return answer && !answer->sets.empty() && !answer->sets.front().rows.empty();
}

/// Stopping ends the wait of a receiver's farewell (see stop_channel), but only if that has begun: a signal that comes
/// before is lost, and the server sends the next one two seconds later. So it gets a moment to arrive there, or to be
/// gone.
Co<void> kill_receiver(std::shared_ptr<Hands> hands, std::uint64_t receiver, Deadline deadline) {
    // It may have gone by itself; that is what was wanted.
    co_await run(hands, Dialect::kill(receiver), deadline);
    auto& clock = hands->link()->context().clock;
    const Instant begins = clock.now() + farewell_begins_within;
    while (clock.now() < begins && !deadline.has_passed(clock.now())) {
        co_await clock.sleep_for(farewell_looked_at_every);
        const bool is_ending = co_await is_there(hands, receiver, deadline);
        if (!is_ending) {
            break;
        }
    }
}

}  // namespace

Task<std::uint64_t> receiver_to_kill(std::shared_ptr<Hands> hands, Deadline deadline) {
    if (!hands->dialect().is_mariadb()) {
        co_return 0;
    }
    std::string ask(Dialect::semi_sync_variables());
    CO_TRY(const auto variables, co_await run(hands, std::move(ask), deadline));
    model::SemiSync semi_sync;
    read_semi_sync_variables(variables.sets.front(), semi_sync);
    if (!semi_sync.replica_enabled) {
        co_return 0;
    }
    // With several nobody could tell which one it is: then none is killed, and stopping takes its time.
    const auto found = co_await receivers(hands, deadline);
    co_return found.size() == 1 ? found.front() : 0;
}

// A MariaDB replica that acknowledges logs in to its source once more when its receiver ends, to end its dump thread
// there. A frozen source keeps it waiting for rpl_semi_sync_slave_kill_conn_timeout, five seconds by default: long
// enough to lose a failover. So that is a second from here on, and set back when it has stopped; left behind it does no
// harm. Killed first, it is in that wait when the stop comes, which ends it at once, but not on 11.8.
// Acknowledging itself is left alone: who switches it off here may be dead before it is on again, and 10.11.19 does not
// heed the change while the receiver runs anyway.
Task<void> stop_channel(std::shared_ptr<Hands> hands, Threads threads, std::string channel, Deadline deadline) {
    if (threads != Threads::applier) {
        CO_TRY(const auto receiver, co_await receiver_to_kill(hands, deadline));
        if (receiver != 0) {
            // Whoever may not do that waits for five seconds.
            co_await run(hands, std::string(Dialect::shorten_farewell()), deadline);
            co_await kill_receiver(hands, receiver, deadline);
            CO_TRY(co_await run(hands, hands->dialect().stop(threads, channel), deadline));
            co_await run(hands, std::string(Dialect::restore_farewell()), deadline);
            co_return Result<void>{};
        }
    }
    CO_TRY(co_await run(hands, hands->dialect().stop(threads, channel), deadline));
    co_return Result<void>{};
}

Task<std::shared_ptr<Hands>> begin(std::shared_ptr<ServerLink> link, Deadline deadline) {
    CO_TRY(auto work, co_await ServerLink::begin_work(link, deadline));
    co_return std::make_shared<Hands>(link, std::move(work));
}

namespace {

const model::Channel* named(const std::vector<model::Channel>& channels, std::string_view name) {
    for (const auto& channel : channels) {
        if (channel.name == name) {
            return &channel;
        }
    }
    return nullptr;
}

}  // namespace

bool is_active(model::ThreadState state) {
    return state != model::ThreadState::stopped && state != model::ThreadState::none;
}
bool is_running(const model::Channel& channel) { return is_active(channel.receiver) || is_active(channel.applier); }

Task<ChannelNow> read_channel(std::shared_ptr<Hands> hands, std::string name, Deadline deadline) {
    const auto variables = hands->dialect().changing_variables();
    const std::string sql = hands->dialect().select(variables) + ";" + hands->dialect().replica_status();
    CO_TRY(const auto answer, co_await run(hands, sql, deadline));
    ChannelNow out;
    if (answer.sets.size() < 2 || answer.sets[0].rows.empty()) {
        co_return fail(ErrorCode::invalid, hands->link()->server().text() + ": incomplete answer");
    }
    VariableReader reader;
    const auto& row = answer.sets[0].rows.front();
    for (std::size_t i = 0; i < variables.size() && i < row.size(); ++i) {
        reader.read(variables[i], row[i] ? &*row[i] : nullptr, out.facts);
    }
    const auto channels = read_channels(answer.sets[1], StatusLayout(answer.sets[1]));
    if (const auto* found = named(channels, name)) {
        out.channel = *found;
    }
    co_return out;
}

bool is_drained(const ChannelNow& now) {
    const auto& channel = *now.channel;
    switch (channel.gtid_use) {
        case model::GtidUse::auto_position:
            return gtid::empty(channel.received) || gtid::covers(now.facts.executed, channel.received);
        case model::GtidUse::replica_position:
        case model::GtidUse::current_position: {
            const gtid::Progress applied = now.facts.replica_position;
            return gtid::empty(channel.received) || gtid::covers(applied, channel.received);
        }
        case model::GtidUse::none:
            break;
    }
    return channel.read.empty() || channel.read == channel.executed;
}

}  // namespace orc::mysql
