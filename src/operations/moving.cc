// Pointing replicas elsewhere.
#include <algorithm>

#include "operations/performer.h"

namespace orc::operations {
namespace {

constexpr int moving_tries = 3;
constexpr Micros moving_pause = Millis(100);
constexpr Micros receiver_patience = Seconds(1);
constexpr Micros look_every = Millis(20);

bool is_worth_another_try(const Error& error) {
    return error.code == ErrorCode::unreachable || error.code == ErrorCode::timed_out ||
           error.code == ErrorCode::conflict;
}

model::ChannelTls tls_of(const std::optional<model::Channel>& channel) {
    return channel ? channel->tls : model::ChannelTls{};
}

/// A MariaDB server's own domains do not compete with its source's.
gtid::Progress in_domains_of(const mysql::Positions& source, gtid::Progress progress) {
    const auto* mine = std::get_if<gtid::MariadbPosition>(&progress);
    const auto* theirs = std::get_if<gtid::MariadbPosition>(&source.executed);
    if (mine == nullptr || theirs == nullptr) {
        return progress;
    }
    return mine->restricted_to(theirs->domains());
}

/// A larger sequence in the domain hides what another server wrote into it that the source never had; the state of its
/// binary log tells it apart where that server has written there.
std::uint64_t hidden_surplus(const gtid::Progress& owned, const gtid::MariadbBinlogState& logged) {
    std::uint64_t out = 0;
    if (const auto* position = std::get_if<gtid::MariadbPosition>(&owned)) {
        for (const auto& gtid : position->gtids()) {
            const auto last = logged.last(gtid.domain, gtid.server);
            out += last && *last < gtid.sequence ? gtid.sequence - *last : 0;
        }
    }
    return out;
}

}  // namespace

std::optional<Error> ahead(const Holder& replica, const Holder& source) {
    const auto owned =
        in_domains_of(source.positions, gtid::union_of(replica.positions.executed, replica.positions.received));
    const auto hidden = hidden_surplus(owned, source.positions.binlog_state);
    if (hidden == 0 && gtid::covers(source.positions.executed, owned)) {
        return std::nullopt;
    }
    const auto surplus = std::max(hidden, gtid::missing_count(source.positions.executed, owned));
    const std::string what =
        surplus > 0 ? "owns " + std::to_string(surplus) + " transactions that " + source.server.text() + " lacks"
                    : "has another history than " + source.server.text();
    return Error{ErrorCode::refused, replica.server.text() + " " + what, 0};
}

bool has_led(const Holder& successor, const Holder& old_primary) {
    const bool is_comparable =
        !gtid::empty(successor.positions.executed) && !gtid::empty(old_primary.positions.executed);
    return !successor.positions.read_only || (is_comparable && ahead(successor, old_primary).has_value());
}

mysql::SourceChange detached_from(const model::Channel& channel, std::string name) {
    mysql::SourceChange out;
    out.source = Endpoint{"//" + channel.source.host, channel.source.port};
    out.gtid = channel.gtid_use;
    out.coordinates = channel.executed;
    out.tls = channel.tls;
    out.channel = std::move(name);
    return out;
}

Task<void> Performer::start_as_before(Endpoint server, std::string channel, Deadline deadline) {
    const planning::Before* before = journey_.before(server);
    const bool receiver = before == nullptr || before->receiver_ran;
    const bool applier = before == nullptr || before->applier_ran;
    if (receiver && applier) {
        return gateway_.start_replication(server, channel, deadline);
    }
    if (receiver) {
        return gateway_.start_receiver(server, channel, deadline);
    }
    if (applier) {
        return gateway_.start_applier(server, channel, deadline);
    }
    const auto nothing = []() -> Task<void> { co_return Result<void>(); };
    return nothing();
}

// What the source has purged must not be missing here: auto position would fail, or worse.
Task<void> Performer::check_place(planning::MoveReplica action, mysql::Positions now, Deadline deadline) {
    const auto* mine = std::get_if<gtid::GtidSet>(&now.executed);
    const bool by_set = mine != nullptr && action.gtid == model::GtidUse::auto_position;
    if (!by_set && !action.may_be_ahead) {
        co_return Result<void>();
    }
    CO_TRY(const auto source, co_await positions(action.source, deadline));
    if (action.may_be_ahead) {
        if (auto refusal = ahead({action.replica, now}, {action.source, source})) {
            co_return tl::unexpected<Error>(*std::move(refusal));
        }
    }
    if (!by_set) {
        co_return Result<void>();
    }
    const gtid::GtidSet gone = source.purged.minus(*mine);
    if (!gone.empty()) {
        co_return fail(
            ErrorCode::refused,
            action.source.text() + " has purged " + std::to_string(gone.count()) + " transactions that " +
                action.replica.text() + " lacks"
        );
    }
    co_return Result<void>();
}

// A deposed source may be back and write: what is judged must stand still.
Task<mysql::Positions> Performer::positions_at_rest(Endpoint replica, std::string channel, Deadline deadline) {
    CO_TRY(co_await gateway_.stop_receiver(replica, channel, deadline));
    CO_TRY(auto now, co_await positions(replica, deadline));
    now.look_at(channel);
    co_return now;
}

Task<void> Performer::change_source(planning::MoveReplica action, Deadline deadline) {
    CO_TRY(auto now, co_await positions(action.replica, deadline));
    now.look_at(action.channel);
    if (!now.channel) {
        co_return fail(ErrorCode::conflict, action.replica.text() + " does not replicate any more");
    }
    if (now.channel->source == action.source && now.channel->receiver == model::ThreadState::running) {
        co_return Result<void>();
    }
    if (action.may_be_ahead) {
        CO_TRY(now, co_await positions_at_rest(action.replica, action.channel, deadline));
        if (!now.channel) {
            co_return fail(ErrorCode::conflict, action.replica.text() + " does not replicate any more");
        }
    }
    CO_TRY(co_await check_place(action, now, deadline));
    mysql::SourceChange change;
    change.source = action.source;
    change.gtid = action.gtid;
    change.tls = tls_of(now.channel);
    change.channel = action.channel;
    CO_TRY(co_await gateway_.change_source(action.replica, std::move(change), deadline));
    if (!journey_.is_decided && !journey_.promoted && journey_.plan.successor == action.replica) {
        // The successor is being fed: it has to run, whatever it did before.
        co_return co_await gateway_.start_replication(action.replica, action.channel, deadline);
    }
    CO_TRY(co_await start_as_before(action.replica, action.channel, deadline));
    co_return co_await check_follows(action, deadline);
}

// A source that has purged what is needed, or whose history is another, ends the receiver soon after it started; nobody
// but the replica tells (MariaDB says nowhere what it has purged).
Task<void> Performer::check_follows(planning::MoveReplica action, Deadline deadline) {
    const planning::Before* before = journey_.before(action.replica);
    if (before != nullptr && !before->receiver_ran) {
        co_return Result<void>();
    }
    const Instant patience_ends = clock_.now() + receiver_patience;
    while (clock_.now() < patience_ends && !deadline.has_passed(clock_.now() + look_every)) {
        auto now = co_await positions(action.replica, deadline);
        if (now) {
            now->look_at(action.channel);
        }
        const bool is_there = now && now->channel && now->channel->source == action.source;
        if (!is_there || now->channel->receiver == model::ThreadState::running) {
            break;
        }
        if (now->channel->receiver == model::ThreadState::stopped && now->channel->receiver_errno != 0) {
            co_return fail(
                ErrorCode::refused,
                "its receiver ended with error " + std::to_string(now->channel->receiver_errno) + ": " +
                    now->channel->receiver_error
            );
        }
        co_await clock_.sleep_for(look_every);
    }
    co_return Result<void>();
}

Task<std::string> Performer::move(planning::MoveReplica action, Deadline deadline) {
    if (!journey_.is_decided) {
        journey_.deeds.push_back(Deed{Deed::Kind::moved, action.replica});
    }
    Error last;
    for (int i = 1; i <= moving_tries; ++i) {
        const auto result = co_await change_source(action, deadline);
        if (result) {
            co_return action.replica.text() + " replicates from " + action.source.text() +
                (i > 1 ? " at the try number " + std::to_string(i) : std::string());
        }
        last = result.error();
        if (!is_worth_another_try(last) || deadline.has_passed(clock_.now() + moving_pause)) {
            break;
        }
        co_await clock_.sleep_for(moving_pause);
    }
    journey_.failed_moves.push_back(action.replica);
    co_return tl::unexpected<Error>(std::move(last));
}

Task<std::string> Performer::detach(planning::DetachReplica action, Deadline deadline) {
    CO_TRY(auto now, co_await positions(action.replica, deadline));
    now.look_at(action.channel);
    if (!now.channel) {
        co_return "it does not replicate, nothing to detach";
    }
    if (now.channel->source.is_detached()) {
        co_return "it is detached";
    }
    CO_TRY(now, co_await positions_at_rest(action.replica, action.channel, deadline));
    if (!now.channel) {
        co_return "it does not replicate any more, nothing to detach";
    }
    const bool is_drained = gtid::empty(now.received) ? now.channel->read == now.channel->executed
                                                      : gtid::covers(now.executed, now.received);
    if (!is_drained) {
        // Changing the source would destroy what only this relay log may hold.
        co_return "its receiver is stopped, and its source left as it is, because it has received transactions that it "
                  "has not applied";
    }
    auto change = detached_from(*now.channel, action.channel);
    CO_TRY(co_await gateway_.change_source(action.replica, std::move(change), deadline));
    co_return action.replica.text() + " is detached from " + now.channel->source.text();
}

Co<void> Performer::fetch_credentials(Deadline deadline) {
    if (!journey_.plan.successor || journey_.credentials) {
        co_return;
    }
    auto found = co_await gateway_.replication_credentials(*journey_.plan.successor, deadline);
    journey_.news.credentials_unknown = !found;
    if (found) {
        journey_.credentials = std::move(*found);
    }
}

Task<std::string> Performer::demote(planning::DemoteOldPrimary action, Deadline deadline) {
    CO_TRY(const auto now, co_await positions(action.old_primary, deadline));
    if (!now.read_only) {
        const mysql::ReadOnlyChange closed{true, true, true};
        CO_TRY(co_await gateway_.set_read_only(action.old_primary, closed, deadline));
    }
    if (!now.channel || now.channel->source != action.source) {
        if (!journey_.credentials) {
            // Another replica knows them as well.
            for (const auto& fate : journey_.plan.replicas) {
                auto found = co_await gateway_.replication_credentials(fate.endpoint, deadline);
                if (found) {
                    journey_.credentials = std::move(*found);
                    break;
                }
            }
        }
        mysql::SourceChange change;
        change.source = action.source;
        change.gtid = action.gtid;
        if (action.gtid == model::GtidUse::none) {
            CO_TRY(change.coordinates, gtid::BinlogCoordinates::parse(journey_.successor_coordinates));
        }
        if (const auto read = journey_.news.positions.find(action.source); read != journey_.news.positions.end()) {
            change.tls = tls_of(read->second.channel);
        }
        if (journey_.credentials) {
            change.user = journey_.credentials->user;
            change.password = journey_.credentials->password;
        }
        change.include_own_writes = true;
        CO_TRY(co_await gateway_.change_source(action.old_primary, std::move(change), deadline));
    }
    if (action.start) {
        CO_TRY(co_await gateway_.start_replication(action.old_primary, "", deadline));
    }
    journey_.demoted = true;
    co_return action.old_primary.text() + " follows " + action.source.text() +
        (action.start ? std::string(" and replicates") : std::string("; its replication is not started"));
}

}  // namespace orc::operations
