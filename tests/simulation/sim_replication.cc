// Replication: links, streams, relay logs and appliers.
#include <algorithm>
#include <utility>

#include "sim_fleet.h"

namespace orc::simulation {
namespace {

constexpr int cannot_connect = 2003;
constexpr int unknown_host = 2005;
constexpr int fatal_when_reading = 1236;
constexpr int duplicate_key = 1062;
constexpr int out_of_order = 1950;
constexpr std::size_t batch_max = 64;

std::string connect_error(const SimServer& replica, const char* what) {
    return std::string("error connecting to source 'repl@") + replica.channel->source.text() + "' - " + what;
}

}  // namespace

bool Fleet::is_streaming(const SimServer& replica) {
    const SimServer* source = source_of(replica);
    return source != nullptr && replica.is_running() && source->is_running() && replica.channel->receiver_on &&
           replica.channel->link == SimChannel::Link::connected &&
           replica.channel->source_incarnation == source->incarnation &&
           network_.is_up(replica.number(), source->number());
}

// ---- links ----

void Fleet::connect(SimServer& replica) {
    SimChannel& channel = *replica.channel;
    if (!channel.receiver_on || !replica.is_running()) {
        return;
    }
    channel.link = SimChannel::Link::connecting;
    const std::uint64_t epoch = ++channel.epoch;
    channel.in_flight = false;
    const SimServer* source = find(channel.source);
    if (source == nullptr) {
        fail_connect(replica, unknown_host, "Unknown server host", Micros{1000});
        return;
    }
    const auto there = network_.latency(replica.number(), source->number());
    agenda_.in(4 * there, [this, &replica, epoch] { connect_arrives(replica, epoch); });
}

void Fleet::connect_arrives(SimServer& replica, std::uint64_t epoch) {
    if (!replica.channel || replica.channel->epoch != epoch || !replica.channel->receiver_on) {
        return;
    }
    SimChannel& channel = *replica.channel;
    if (!replica.is_running()) {
        agenda_.in(Millis(100), [this, &replica, epoch] { connect_arrives(replica, epoch); });
        return;
    }
    SimServer* source = find(channel.source);
    const Wire wire = network_.wire(replica.number(), source->number());
    if (wire == Wire::refusing || (wire == Wire::up && source->process == Process::dead)) {
        fail_connect(replica, cannot_connect, "Can't connect to MySQL server (111)", Micros{0});
        return;
    }
    if (wire == Wire::silent || !source->is_running()) {
        fail_connect(replica, cannot_connect, "Can't connect to MySQL server (110)", replica.options().net_timeout);
        return;
    }
    const auto place = find_place(replica, *source);
    if (!place) {
        receiver_fatal(replica, place.error().number, place.error().message);
        return;
    }
    channel.link = SimChannel::Link::connected;
    channel.source_incarnation = source->incarnation;
    channel.receiver_errno = 0;
    channel.receiver_error.clear();
    channel.acks = replica.semi_sync_replica && source->options().has_semi_sync;
    channel.cursor = *place;
    channel.read_place = *place;
    channel.acked = *place;
    if (channel.relay.empty()) {
        channel.applied_place = *place;
    }
    channel.last_heard = agenda_.now();
    trace_.add([&] { return replica.endpoint().text() + " receives from " + source->endpoint().text(); });
    agenda_.in(replica.options().heartbeat, [this, &replica, epoch] { beat(replica, epoch); });
    watch_silence(replica, epoch);
    pump(replica);
    advance_commits(*source);
}

void Fleet::fail_connect(SimServer& replica, int number, std::string text, Micros after) {
    const std::uint64_t epoch = replica.channel->epoch;
    agenda_.in(after, [this, &replica, epoch, number, text = std::move(text)] {
        if (!replica.channel || replica.channel->epoch != epoch || !replica.is_running()) {
            return;
        }
        replica.channel->receiver_errno = number;
        replica.channel->receiver_error = connect_error(replica, text.c_str());
        agenda_.in(replica.options().connect_retry, [this, &replica, epoch] {
            if (replica.channel && replica.channel->epoch == epoch) {
                connect(replica);
            }
        });
    });
}

void Fleet::receiver_fatal(SimServer& replica, int number, std::string text) {
    trace_.add([&] {
        return replica.endpoint().text() + "'s receiver ends with error " + std::to_string(number) + ": " + text;
    });
    SimChannel& channel = *replica.channel;
    channel.receiver_on = false;
    channel.link = SimChannel::Link::idle;
    ++channel.epoch;
    channel.receiver_errno = number;
    channel.receiver_error = std::move(text);
}

void Fleet::drop_link(SimServer& replica) {
    SimChannel& channel = *replica.channel;
    channel.link = SimChannel::Link::idle;
    channel.in_flight = false;
    ++channel.epoch;
}

// A reset arrived: the receiver tries anew at once.
void Fleet::link_broke(SimServer& replica) {
    if (!replica.channel || !replica.channel->receiver_on || replica.channel->link == SimChannel::Link::idle) {
        return;
    }
    drop_link(replica);
    connect(replica);
}

void Fleet::beat(SimServer& replica, std::uint64_t epoch) {
    if (!replica.channel || replica.channel->epoch != epoch || replica.channel->link != SimChannel::Link::connected) {
        return;
    }
    const Micros period = replica.options().heartbeat;
    if (is_streaming(replica) && agenda_.now() - replica.channel->last_heard >= period) {
        ++replica.channel->heartbeats;
        replica.channel->last_heard = agenda_.now();
    }
    agenda_.in(period, [this, &replica, epoch] { beat(replica, epoch); });
}

void Fleet::watch_silence(SimServer& replica, std::uint64_t epoch) {
    const Instant patience_ends = replica.channel->last_heard + replica.options().net_timeout;
    agenda_.at(std::max(patience_ends, agenda_.now() + Millis(1)), [this, &replica, epoch] {
        if (!replica.channel || replica.channel->epoch != epoch) {
            return;
        }
        const bool is_over = agenda_.now() - replica.channel->last_heard >= replica.options().net_timeout;
        if (replica.is_running() && is_over) {
            trace_.add([&] { return replica.endpoint().text() + " gives its silent source up"; });
            link_broke(replica);
            return;
        }
        if (replica.is_running()) {
            watch_silence(replica, epoch);
        } else if (replica.process == Process::frozen) {
            agenda_.in(Seconds(1), [this, &replica, epoch] {
                if (replica.channel && replica.channel->epoch == epoch) {
                    watch_silence(replica, epoch);
                }
            });
        }
    });
}

// ---- where to begin ----

Result<std::size_t> Fleet::find_place(const SimServer& replica, const SimServer& source) const {
    return replica.options().is_mariadb ? find_place_mariadb(replica, source) : find_place_mysql(replica, source);
}

Result<std::size_t> Fleet::find_place_mysql(const SimServer& replica, const SimServer& source) const {
    if (replica.owned(source.number()) > source.logged(source.number())) {
        return fail(
            ErrorCode::invalid,
            "the replica has more GTIDs than the source has, using the source's SERVER_UUID",
            fatal_when_reading
        );
    }
    for (std::size_t i = 0; i < source.purged; ++i) {
        if (!replica.owns(source.log[i])) {
            return fail(
                ErrorCode::invalid,
                "the source has purged binary logs containing GTIDs that the replica requires",
                fatal_when_reading
            );
        }
    }
    std::size_t place = source.purged;
    while (place < source.log.size() && replica.owns(source.log[place])) {
        ++place;
    }
    return place;
}

Result<std::size_t> Fleet::find_place_mariadb(const SimServer& replica, const SimServer& source) const {
    // A reconnect goes on behind what was received; a new start behind what was applied.
    const auto& from = replica.channel->relay.empty() ? replica.replica_position : replica.channel->last_received;
    if (!from) {
        return source.purged == 0 ? Result<std::size_t>(std::size_t{0})
                                  : fail(ErrorCode::invalid, "could not find the first binary log", fatal_when_reading);
    }
    for (std::size_t i = source.purged > 0 ? source.purged - 1 : 0; i < source.log.size(); ++i) {
        const Transaction& there = source.log[i];
        if (there.sequence == from->sequence && there.origin == from->origin) {
            return i + 1;
        }
    }
    return fail(
        ErrorCode::invalid,
        "connecting replica requested a GTID which is not in the source's binlog",
        fatal_when_reading
    );
}

// ---- streams ----

void Fleet::pump_replicas_of(const SimServer& source) {
    for (const auto& replica : servers_) {
        if (replica->channel && replica->channel->source == source.endpoint()) {
            pump(*replica);
        }
    }
}

void Fleet::pump(SimServer& replica) {
    if (!is_streaming(replica) || replica.channel->in_flight) {
        return;
    }
    const SimServer& source = *source_of(replica);
    SimChannel& channel = *replica.channel;
    // Replicas of a source that waits for acknowledgements get what it has only logged; so do all others.
    if (channel.cursor >= source.log.size()) {
        return;
    }
    const std::size_t upto = std::min(source.log.size(), channel.cursor + batch_max);
    channel.in_flight = true;
    const auto epoch = channel.epoch;
    agenda_.in(network_.latency(replica.number(), source.number()), [this, &replica, epoch, upto] {
        deliver(replica, epoch, upto);
    });
}

void Fleet::deliver(SimServer& replica, std::uint64_t epoch, std::size_t upto) {
    if (!replica.channel || replica.channel->epoch != epoch) {
        return;
    }
    SimChannel& channel = *replica.channel;
    channel.in_flight = false;
    SimServer& source = *source_of(replica);
    if (!replica.is_running() || !network_.is_up(replica.number(), source.number())) {
        return;  // sent again when that changes
    }
    for (; channel.cursor < upto; ++channel.cursor) {
        const Transaction& next = source.log[channel.cursor];
        channel.read_place = channel.cursor + 1;
        if (replica.owns(next)) {
            continue;
        }
        channel.relay.push_back({next, channel.cursor});
        auto& [first, last] = channel.retrieved[std::size_t(next.origin)];
        first = first == 0 ? next.number : first;
        last = next.number;
        channel.last_received = next;
    }
    channel.last_heard = agenda_.now();
    schedule_apply(replica);
    if (channel.acks) {
        agenda_.in(network_.latency(replica.number(), source.number()), [this, &replica, epoch, upto] {
            acknowledged(replica, epoch, upto);
        });
    }
    pump(replica);
}

void Fleet::acknowledged(SimServer& replica, std::uint64_t epoch, std::size_t upto) {
    if (!replica.channel || replica.channel->epoch != epoch) {
        return;
    }
    SimServer& source = *source_of(replica);
    if (!network_.is_up(replica.number(), source.number())) {
        return;
    }
    replica.channel->acked = std::max(replica.channel->acked, upto);
    if (source.is_running()) {
        advance_commits(source);
    }
}

void Fleet::discard_relay(SimChannel& channel) {
    if (channel.relay.empty()) {
        return;
    }
    channel.read_place = channel.relay.front().place;
    channel.applied_place = channel.read_place;
    channel.relay.clear();
    std::fill(channel.retrieved.begin(), channel.retrieved.end(), std::pair<std::uint64_t, std::uint64_t>{});
    channel.last_received.reset();
}

// ---- applying ----

void Fleet::schedule_apply(SimServer& replica) {
    if (!replica.channel) {
        return;
    }
    SimChannel& channel = *replica.channel;
    if (!channel.applier_on || channel.applier_scheduled || channel.relay.empty() || !replica.is_running()) {
        return;
    }
    channel.applier_scheduled = true;
    const auto epoch = ++channel.applier_epoch;
    agenda_.in(replica.apply_cost, [this, &replica, epoch] { apply_one(replica, epoch); });
}

void Fleet::apply_one(SimServer& replica, std::uint64_t epoch) {
    if (!replica.channel || replica.channel->applier_epoch != epoch) {
        return;
    }
    SimChannel& channel = *replica.channel;
    channel.applier_scheduled = false;
    if (!replica.is_running() || channel.relay.empty()) {
        return;  // a thaw schedules anew
    }
    const SimChannel::Received next = channel.relay.front();
    const bool is_out_of_order = replica.options().is_mariadb && next.transaction.sequence <= replica.last_sequence();
    if (replica.applier_will_fail || is_out_of_order) {
        channel.applier_on = false;
        channel.applier_errno = is_out_of_order ? out_of_order : duplicate_key;
        channel.applier_error =
            is_out_of_order ? "An attempt was made to binlog a GTID which would create an out-of-order sequence number"
                            : "Could not execute Write_rows event: Duplicate entry";
        trace_.add([&] { return replica.endpoint().text() + "'s applier ends: " + channel.applier_error; });
        return;
    }
    channel.relay.pop_front();
    channel.applied_place = next.place + 1;
    if (!replica.has_executed(next.transaction)) {
        replica.append(next.transaction);
        replica.commit_up_to(replica.log.size());
    }
    if (replica.options().is_mariadb) {
        replica.replica_position = next.transaction;
    }
    pump_replicas_of(replica);
    auto& watchers = watchers_[replica.number()];
    std::erase_if(watchers, [](const auto& again) { return !again(); });
    schedule_apply(replica);
}

}  // namespace orc::simulation
