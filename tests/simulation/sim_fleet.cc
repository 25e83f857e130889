// The statements of the manager, the writes of clients, and the faults.
#include "sim_fleet.h"

#include <algorithm>
#include <utility>

namespace orc::simulation {

SimServer& Fleet::add(int fleet_size, ServerOptions options) {
    servers_.push_back(std::make_unique<SimServer>(size(), fleet_size, std::move(options)));
    servers_.back()->started = agenda_.now();
    return *servers_.back();
}

SimServer* Fleet::find(const Endpoint& endpoint) {
    const auto found = std::find_if(servers_.begin(), servers_.end(), [&](const auto& server) {
        return server->endpoint() == endpoint;
    });
    return found == servers_.end() ? nullptr : found->get();
}

SimServer* Fleet::source_of(const SimServer& replica) {
    return replica.channel ? find(replica.channel->source) : nullptr;
}

// ---- statements ----

void Fleet::set_read_only(SimServer& server, const mysql::ReadOnlyChange& change) {
    const bool was_writable = server.is_writable();
    server.read_only = change.read_only;
    server.super_read_only = change.read_only ? change.with_super && !server.options().is_mariadb : false;
    if (change.read_only && change.end_writers) {
        commit_all_waiting(server, WriteAnswer::lost);
    }
    if (was_writable != server.is_writable()) {
        on_writable_(server);
    }
}

void Fleet::start_receiver(SimServer& server) {
    if (!server.channel || server.channel->receiver_on) {
        return;
    }
    SimChannel& channel = *server.channel;
    channel.receiver_on = true;
    channel.receiver_errno = 0;
    channel.receiver_error.clear();
    // MariaDB fetches anew whatever it has not applied, unless the applier runs.
    if (server.options().is_mariadb && channel.gtid != model::GtidUse::none && !channel.applier_on) {
        discard_relay(channel);
    }
    connect(server);
}

void Fleet::stop_receiver(SimServer& server) {
    if (server.channel && server.channel->receiver_on) {
        server.channel->receiver_on = false;
        server.channel->receiver_errno = 0;
        server.channel->receiver_error.clear();
        drop_link(server);
    }
}

void Fleet::start_applier(SimServer& server) {
    if (server.channel && !server.channel->applier_on) {
        server.channel->applier_on = true;
        server.channel->applier_errno = 0;
        server.channel->applier_error.clear();
        schedule_apply(server);
    }
}

void Fleet::stop_applier(SimServer& server) {
    if (server.channel && server.channel->applier_on) {
        server.channel->applier_on = false;
        ++server.channel->applier_epoch;
        server.channel->applier_scheduled = false;
    }
}

Result<void> Fleet::change_source(SimServer& server, const mysql::SourceChange& change) {
    if (server.channel) {
        stop_receiver(server);
        stop_applier(server);
    }
    const std::uint64_t epoch = server.channel ? server.channel->epoch : 0;
    const std::uint64_t applier_epoch = server.channel ? server.channel->applier_epoch : 0;
    const std::uint64_t heartbeats = 0;
    server.channel.emplace();
    SimChannel& channel = *server.channel;
    channel.source = change.source;
    channel.gtid = change.gtid;
    channel.epoch = epoch + 1;
    channel.applier_epoch = applier_epoch + 1;
    channel.heartbeats = heartbeats;
    channel.retrieved.assign(std::size_t(server.fleet_size()), {0, 0});
    if (server.options().is_mariadb && change.include_own_writes && server.committed > 0) {
        const Transaction& last = server.log[server.committed - 1];
        if (!server.replica_position || last.sequence > server.replica_position->sequence) {
            server.replica_position = last;
        }
    }
    if (server.options().is_mariadb) {
        channel.last_received = server.replica_position;
    }
    return {};
}

Result<void> Fleet::reset_replication(SimServer& server, bool discard) {
    if (!server.channel) {
        return {};
    }
    if (server.has_unapplied() && !discard) {
        return fail(ErrorCode::refused, server.endpoint().text() + " has received events that it has not applied");
    }
    stop_receiver(server);
    stop_applier(server);
    server.channel.reset();
    return {};
}

void Fleet::set_semi_sync_source(SimServer& server, bool enabled) {
    if (server.semi_sync_source == enabled) {
        return;
    }
    server.semi_sync_source = enabled;
    server.semi_sync_active = enabled;
    if (!enabled) {
        commit_all_waiting(server, WriteAnswer::acknowledged);
    }
}

void Fleet::set_semi_sync_replica(SimServer& server, bool enabled) { server.semi_sync_replica = enabled; }

void Fleet::when_applied(SimServer& server, std::function<bool()> again) {
    if (again()) {
        watchers_[server.number()].push_back(std::move(again));
    }
}

unsigned Fleet::acking_replicas(const SimServer& source) const {
    unsigned out = 0;
    for (const auto& server : servers_) {
        const auto& channel = server->channel;
        out += channel && channel->source == source.endpoint() && channel->acks &&
               channel->source_incarnation == source.incarnation && channel->link == SimChannel::Link::connected;
    }
    return out;
}

std::vector<Endpoint> Fleet::replicas_of(const SimServer& source) const {
    std::vector<Endpoint> out;
    for (const auto& server : servers_) {
        const auto& channel = server->channel;
        if (channel && channel->source == source.endpoint() && channel->source_incarnation == source.incarnation &&
            channel->link == SimChannel::Link::connected) {
            out.push_back(server->endpoint());
        }
    }
    return out;
}

// ---- writes ----

void Fleet::write(SimServer& server, std::uint64_t name, std::function<void(WriteAnswer)> answer) {
    if (!server.is_writable()) {
        answer(WriteAnswer::refused);
        return;
    }
    Transaction made;
    made.origin = server.number();
    made.number = server.logged(made.origin) + 1;
    made.sequence = server.last_sequence() + 1;
    made.born = agenda_.now();
    made.write = name;
    server.append(made);
    const bool waits = server.semi_sync_source && server.semi_sync_active;
    auto& waiting = commits_[server.number()];
    if (!waits && waiting.empty()) {
        server.commit_up_to(server.log.size());
        answer(WriteAnswer::acknowledged);
    } else {
        const Instant gives_up = agenda_.now() + server.options().semi_sync_timeout;
        waiting.push_back({server.log.size(), gives_up, std::move(answer)});
        agenda_.at(gives_up, [this, &server] { check_commit_timeouts(server); });
    }
    pump_replicas_of(server);
}

void Fleet::advance_commits(SimServer& server) {
    std::vector<std::size_t> acked;
    for (const auto& replica : servers_) {
        if (replica->channel && replica->channel->source == server.endpoint() && replica->channel->acks) {
            acked.push_back(replica->channel->acked);
        }
    }
    const std::size_t wanted = server.options().acks_wanted;
    std::sort(acked.rbegin(), acked.rend());
    const std::size_t safe = acked.size() < wanted ? 0 : acked[wanted - 1];
    if (server.semi_sync_source && safe >= server.log.size()) {
        server.semi_sync_active = true;
    }
    auto& waiting = commits_[server.number()];
    std::vector<Commit> done;
    while (!waiting.empty() && waiting.front().end <= safe) {
        done.push_back(std::move(waiting.front()));
        waiting.erase(waiting.begin());
    }
    for (auto& commit : done) {
        server.commit_up_to(commit.end);
        commit.answer(WriteAnswer::acknowledged);
    }
}

void Fleet::commit_all_waiting(SimServer& server, WriteAnswer answer) {
    auto waiting = std::exchange(commits_[server.number()], {});
    server.commit_up_to(server.log.size());
    for (auto& commit : waiting) {
        commit.answer(answer);
    }
}

void Fleet::check_commit_timeouts(SimServer& server) {
    const auto& waiting = commits_[server.number()];
    if (server.is_running() && !waiting.empty() && waiting.front().gives_up <= agenda_.now()) {
        server.semi_sync_active = false;
        trace_.add([&] { return server.endpoint().text() + " waits for acknowledgements no more"; });
        commit_all_waiting(server, WriteAnswer::acknowledged);
    }
}

// ---- faults ----

void Fleet::kill(SimServer& server, bool with_host) {
    if (server.process == Process::dead || server.process == Process::vanished) {
        return;
    }
    const bool was_writable = server.is_writable();
    server.process = with_host ? Process::vanished : Process::dead;
    ++server.incarnation;
    // What the log holds is committed by crash recovery; the clients hear nothing of it.
    commits_[server.number()].clear();
    watchers_[server.number()].clear();
    server.commit_up_to(server.log.size());
    if (server.channel) {
        drop_link(server);
        ++server.channel->applier_epoch;
        server.channel->applier_scheduled = false;
    }
    if (was_writable) {
        on_writable_(server);
    }
    if (with_host) {
        return;
    }
    for (const auto& replica : servers_) {
        if (source_of(*replica) == &server && network_.is_up(replica->number(), server.number())) {
            const auto epoch = replica->channel->epoch;
            agenda_.in(network_.latency(replica->number(), server.number()), [this, r = replica.get(), epoch] {
                if (r->channel && r->channel->epoch == epoch) {
                    link_broke(*r);
                }
            });
        }
    }
    on_reset_(server);
}

void Fleet::start(SimServer& server) {
    if (server.process != Process::dead && server.process != Process::vanished) {
        return;
    }
    server.process = Process::running;
    ++server.incarnation;
    server.started = agenda_.now();
    server.note_restart();
    server.read_only = server.options().starts_read_only;
    server.super_read_only = false;
    server.semi_sync_source = server.options().semi_sync_source;
    server.semi_sync_active = server.semi_sync_source;
    server.semi_sync_replica = server.options().semi_sync_replica;
    server.applier_will_fail = false;
    if (server.channel) {
        SimChannel& channel = *server.channel;
        channel.heartbeats = 0;
        if (server.options().is_mariadb || server.options().relay_log_recovery) {
            discard_relay(channel);
        }
        channel.receiver_on = false;
        channel.applier_on = false;
        channel.receiver_errno = 0;
        channel.receiver_error.clear();
        // Also threads that somebody had stopped before.
        if (server.options().starts_replication) {
            start_receiver(server);
            start_applier(server);
        }
    }
    if (server.is_writable()) {
        on_writable_(server);
    }
}

void Fleet::freeze(SimServer& server) {
    if (server.is_running()) {
        const bool was_writable = server.is_writable();
        server.process = Process::frozen;
        if (was_writable) {
            on_writable_(server);
        }
    }
}

void Fleet::thaw(SimServer& server) {
    if (server.process != Process::frozen) {
        return;
    }
    server.process = Process::running;
    if (server.is_writable()) {
        on_writable_(server);
    }
    // Statements that wait in its sockets and its own timers race, as they do on a real server.
    if (rng_.one_in(2)) {
        check_commit_timeouts(server);
        on_thaw_(server);
    } else {
        on_thaw_(server);
        check_commit_timeouts(server);
    }
    revisit(server);
}

void Fleet::set_apply_cost(SimServer& server, Micros cost) {
    server.apply_cost = cost;
    if (server.channel) {
        ++server.channel->applier_epoch;
        server.channel->applier_scheduled = false;
        schedule_apply(server);
    }
}

void Fleet::purge_logs(SimServer& server) { server.purged = server.committed; }

// Something began to work again: whatever stood still because of it goes on.
void Fleet::revisit(SimServer& server) {
    for (const auto& other : servers_) {
        if (other->channel && (other.get() == &server || source_of(*other) == &server)) {
            if (other.get() == &server && other->is_running()) {
                other->channel->last_heard = agenda_.now();
                if (other->channel->link != SimChannel::Link::connected) {
                    connect(*other);  // its timers stood still
                }
            }
            pump(*other);
            schedule_apply(*other);
        }
    }
    advance_commits(server);
}

void Fleet::wire_changed(int a, int b, Wire wire) {
    if (a < 0 || b < 0) {
        return;
    }
    for (const int number : {a, b}) {
        SimServer& replica = at(number);
        const SimServer* source = source_of(replica);
        if (source == nullptr || source->number() != (number == a ? b : a)) {
            continue;
        }
        if (wire == Wire::refusing) {
            link_broke(replica);
        } else if (wire == Wire::up) {
            revisit(replica);
        }
    }
}

}  // namespace orc::simulation
