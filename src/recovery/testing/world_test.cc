#include "recovery/testing/world_test.h"

#include <algorithm>

namespace orc::recovery {
namespace {

using gtid::GtidSet;
using gtid::MariadbPosition;
using gtid::Progress;
using model::ThreadState;

constexpr int error_cannot_connect = 2003;

Error unreachable(const Endpoint& server) {
    return Error{ErrorCode::unreachable, server.text() + ": connection refused", error_cannot_connect};
}

}  // namespace

World::World(runtime::SimulatedClock& clock, Executor executor) : clock_(clock), group_(executor) {}
World::~World() = default;

FakeServer& World::add(const std::string& host, std::optional<std::string> source, bool mariadb) {
    FakeServer& server = servers_[name(host)];
    server.endpoint = name(host);
    server.mariadb = mariadb;
    server.server_id = static_cast<std::uint32_t>(servers_.size());
    server.read_only = source.has_value();
    if (source) {
        server.source = name(*source);
    }
    if (mariadb) {
        server.version = "10.11.6-MariaDB";
        server.executed = MariadbPosition();
        server.received = MariadbPosition();
    } else {
        const std::string digits = std::to_string(server.server_id);
        server.uuid = "00000000-0000-0000-0000-" + std::string(12 - digits.size(), '0') + digits;
        server.executed = GtidSet();
        server.received = GtidSet();
    }
    return server;
}

FakeServer& World::at(const std::string& host) { return servers_.at(name(host)); }

void World::commit_on(FakeServer& server) {
    if (auto* position = std::get_if<MariadbPosition>(&server.executed)) {
        const auto last = position->in(0);
        position->advance(gtid::MariadbGtid{0, server.server_id, last ? last->sequence + 1 : 1});
    } else {
        auto& set = std::get<GtidSet>(server.executed);
        ++server.written;
        (void)set.add(server.uuid, "", server.written, server.written);
    }
}

bool World::write(const std::string& host) {
    FakeServer& server = at(host);
    if (server.read_only || !server.alive || server.hung) {
        return false;
    }
    commit_on(server);
    settle_all();
    return true;
}

void World::write_errant(const std::string& host) { commit_on(at(host)); }

void World::settle_all() {
    for (auto& [endpoint, server] : servers_) {
        settle(server);
    }
}

void World::settle(FakeServer& server) {
    if (!server.alive || !server.source) {
        return;
    }
    const auto source = servers_.find(*server.source);
    const bool streams = server.receiver && source != servers_.end() && source->second.alive && !source->second.hung;
    const bool was_behind = !gtid::covers(server.executed, server.received);
    if (streams) {
        server.received = gtid::union_of(server.received, source->second.executed);
    }
    const bool is_behind = !gtid::covers(server.executed, server.received);
    if (is_behind && !was_behind) {
        server.applies_at = clock_.now() + server.apply_delay;
    }
    if (is_behind && server.applier && !server.applier_error.empty()) {
        server.applier = false;
        server.stumbled = true;
    }
    if (is_behind && server.applier && clock_.now() >= server.applies_at) {
        server.executed = gtid::union_of(server.executed, server.received);
    }
}

std::vector<std::string> World::writable() const {
    std::vector<std::string> out;
    for (const auto& [endpoint, server] : servers_) {
        if (server.alive && !server.read_only) {
            out.push_back(endpoint.host);
        }
    }
    return out;
}

// ---- eyes ----

model::Channel World::channel_of(FakeServer& server) {
    model::Channel out;
    out.source = *server.source;
    out.user = "repl";
    const auto source = servers_.find(*server.source);
    const bool is_gone = source == servers_.end() || !source->second.alive;
    out.receiver = !server.receiver ? ThreadState::stopped : is_gone ? ThreadState::other : ThreadState::running;
    if (server.receiver && is_gone) {
        out.receiver_errno = error_cannot_connect;
        out.receiver_error = "error connecting to " + server.source->text();
    }
    out.applier = server.applier ? ThreadState::running : ThreadState::stopped;
    if (server.stumbled) {
        out.applier_errno = 1062;
        out.applier_error = server.applier_error;
    }
    const std::string file = "binlog.000001";
    out.read = gtid::BinlogCoordinates{file, gtid::missing_count({}, server.received)};
    out.executed = gtid::BinlogCoordinates{file, gtid::missing_count({}, server.executed)};
    if (server.uses_gtid) {
        out.gtid_use = server.mariadb ? model::GtidUse::replica_position : model::GtidUse::auto_position;
        out.received = server.received;
    }
    if (out.receiver == ThreadState::running && server.applier) {
        out.lag = server.lag;
    }
    return out;
}

model::Facts World::facts_of(FakeServer& server) {
    model::Facts out;
    out.version = model::Version::parse(server.version, server.mariadb ? "MariaDB Server" : "MySQL Community Server");
    out.hostname = server.endpoint.host;
    out.server_id = server.server_id;
    out.server_uuid = server.uuid;
    out.uptime = Seconds(100000);
    out.read_only = server.read_only;
    out.super_read_only = server.read_only;
    out.log_bin = server.log_bin;
    out.log_replica_updates = server.log_bin;
    out.binlog_format = server.binlog_format;
    out.binlog_row_image = "FULL";
    out.self = gtid::BinlogCoordinates{"binlog.000001", gtid::missing_count({}, server.executed)};
    out.gtid_mode = server.mariadb ? "" : "ON";
    out.executed = server.executed;
    out.purged = server.purged;
    if (const auto* position = std::get_if<MariadbPosition>(&server.executed)) {
        out.binlog_position = *position;
        out.replica_position = *position;
    }
    out.semi_sync = server.semi_sync;
    out.semi_sync_priority = server.semi_sync_priority;
    out.data_center = server.data_center;
    if (server.source) {
        out.channels.push_back(channel_of(server));
    }
    for (const auto& [endpoint, other] : servers_) {
        if (other.source == server.endpoint && other.alive) {
            out.registered_replicas.push_back(endpoint);
        }
    }
    return out;
}

Endpoint World::root_of(Endpoint server) const {
    std::set<Endpoint> passed;
    while (passed.insert(server).second) {
        const auto found = seen_.find(server);
        const auto source = found == seen_.end() ? std::nullopt : found->second.source();
        if (!source || !seen_.contains(*source)) {
            return server;
        }
        server = *source;
    }
    return *passed.begin();
}

model::ClusterPtr World::cluster_of_root(const Endpoint& root) const {
    auto out = std::make_shared<model::Cluster>();
    out->name = ClusterName(root.text());
    out->alias = alias.empty() ? root.text() : alias;
    out->taken = clock_.now();
    out->taken_wall = clock_.wall();
    const auto intent = ledger_ == nullptr ? std::make_shared<const model::Intent>() : ledger_->intent();
    for (const auto& [endpoint, seen] : seen_) {
        if (root_of(endpoint) != root) {
            continue;
        }
        auto server = std::make_shared<model::Server>(seen);
        server->cluster = out->name;
        server->rule = servers_.at(endpoint).rule;
        if (const auto* downtime = intent->downtime_of(endpoint, clock_.wall())) {
            server->downtime = *downtime;
        }
        server->in_maintenance = intent->maintenance.contains(endpoint);
        for (Endpoint at = endpoint; at != root && server->depth < 10; ++server->depth) {
            at = seen_.at(at).source().value_or(root);
        }
        const auto source = seen.source();
        server->is_co_primary = source && seen_.contains(*source) && seen_.at(*source).source() == endpoint;
        out->servers.push_back(std::move(server));
    }
    for (const auto& server : out->servers) {
        if (const auto kept = intent->aliases.find(ClusterName(server->endpoint.text()));
            kept != intent->aliases.end() && server->depth == 0) {
            out->alias = kept->second;
        }
    }
    return out;
}

model::ClusterPtr World::cluster_now(const Endpoint& server) const {
    return seen_.contains(server) ? cluster_of_root(root_of(server)) : nullptr;
}

model::TopologyPtr World::topology() const {
    auto out = std::make_shared<model::Topology>();
    out->taken = clock_.now();
    for (const auto& [endpoint, seen] : seen_) {
        const Endpoint root = root_of(endpoint);
        const ClusterName cluster(root.text());
        if (!out->clusters.contains(cluster)) {
            out->add(cluster_of_root(root));
        }
    }
    return out;
}

Co<void> World::look_at(Endpoint server, Deadline deadline) {
    const Instant began = clock_.now();
    const auto result = co_await probe(server, deadline);
    model::Server& seen = seen_[server];
    seen.endpoint = server;
    seen.check.attempted = began;
    seen.check.completed = clock_.now();
    if (result) {
        const auto fresh = std::make_shared<model::Facts>(*result);
        const bool moved = seen.facts && seen.facts->main_channel() != nullptr && fresh->main_channel() != nullptr &&
                           !(seen.facts->main_channel()->received == fresh->main_channel()->received);
        if (fresh->main_channel() != nullptr && fresh->main_channel()->receiver == ThreadState::running) {
            seen.stream.looked = clock_.now();
            if (moved || !seen.stream.moved) {
                seen.stream.moved = clock_.now();
            }
        }
        seen.waiting_for_acks_since = model::ack_wait(seen.facts ? &seen : nullptr, *fresh, clock_.now());
        seen.facts = fresh;
        seen.check.seen = clock_.now();
        seen.check.answered = clock_.now();
        seen.check.seen_wall = clock_.wall();
        seen.check.failures = 0;
        seen.check.failing_since.reset();
        seen.check.error.reset();
    } else {
        seen.check.failures += 1;
        seen.check.failing_since = seen.check.failing_since.value_or(clock_.now());
        seen.check.error = result.error();
    }
    const auto cluster = cluster_now(server);
    for (const auto& listener : listeners_) {
        listener(cluster);
    }
}

Co<void> World::refresh(std::vector<Endpoint> servers, Deadline deadline) {
    for (const auto& server : servers) {
        co_await look_at(server, earlier(deadline, clock_.deadline_in(Millis(1000))));
    }
}

Co<void> World::look_soon(Endpoint server) {
    co_await look_at(server, clock_.deadline_in(Millis(1000)));
    suspected_.erase(server);
}

void World::suspect(const Endpoint& server, std::string) {
    if (suspected_.insert(server).second) {
        group_.spawn(look_soon(server));
    }
}

void World::see_everything() {
    for (const auto& [endpoint, server] : servers_) {
        group_.spawn(look_soon(endpoint));
    }
}

Co<void> World::poll(Micros span) {
    while (!group_.is_stopping()) {
        co_await clock_.sleep_for(span);
        for (const auto& [endpoint, server] : servers_) {
            suspect(endpoint, "");
        }
    }
}

void World::poll_every(Micros span) { group_.spawn(poll(span)); }

void World::on_cluster_changed(std::function<void(model::ClusterPtr)> listener) {
    listeners_.push_back(std::move(listener));
}

// ---- gateway ----

Task<FakeServer*> World::reach(std::string operation, Endpoint server, Deadline deadline) {
    const auto found = servers_.find(server);
    if (found == servers_.end()) {
        co_return fail(ErrorCode::not_found, server.text() + " does not exist");
    }
    FakeServer& there = found->second;
    if (before_operation) {
        before_operation(operation, there);
    }
    co_await clock_.sleep_for(round_trip);
    if (!there.alive) {
        co_return tl::unexpected<Error>(unreachable(server));
    }
    while (there.hung) {
        if (deadline.has_passed(clock_.now())) {
            co_return fail(ErrorCode::timed_out, server.text() + ": no answer in time");
        }
        co_await clock_.sleep_until(std::min(deadline.at, clock_.now() + Millis(100)));
    }
    if (const auto failure = there.failures.find(operation); failure != there.failures.end()) {
        const Error error = failure->second.first;
        if (!failure->second.second) {
            there.failures.erase(failure);
        }
        co_return tl::unexpected<Error>(error);
    }
    settle_all();
    if (operation != "probe" && operation != "positions") {
        there.log.push_back(operation);
    }
    co_return &there;
}

Task<model::Facts> World::probe(Endpoint server, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("probe", server, deadline));
    co_return facts_of(*there);
}

Task<mysql::Pulse> World::pulse(Endpoint server, Deadline deadline) {
    CO_TRY(co_await reach("pulse", server, deadline));
    co_return mysql::Pulse();
}

Task<void> World::knock(Endpoint server, Deadline deadline) {
    CO_TRY(co_await reach("knock", server, deadline));
    co_return Result<void>();
}

Task<mysql::Positions> World::positions(Endpoint server, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("positions", server, deadline));
    const model::Facts facts = facts_of(*there);
    mysql::Positions out;
    out.read_only = facts.read_only;
    out.executed = facts.executed;
    out.purged = facts.purged;
    out.replica_position = facts.replica_position;
    out.binlog_position = facts.binlog_position;
    out.self = facts.self;
    if (!facts.channels.empty()) {
        out.channel = facts.channels.front();
        out.received = out.channel->received;
    }
    out.channels = facts.channels;
    co_return out;
}

Task<mysql::Credentials> World::replication_credentials(Endpoint server, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("credentials", server, deadline));
    if (!there->source || !credentials_known) {
        co_return fail(ErrorCode::not_found, "it does not tell replication's account");
    }
    mysql::Credentials out;
    out.user = "repl";
    out.password = "secret";
    co_return out;
}

Task<void> World::set_read_only(Endpoint server, mysql::ReadOnlyChange change, Deadline deadline) {
    const std::string operation = change.read_only ? "close" : "open";
    CO_TRY(FakeServer * there, co_await reach(operation, server, deadline));
    there->read_only = change.read_only;
    const auto open = writable();
    if (!change.read_only && open.size() > 1) {
        std::string all;
        for (const auto& host : open) {
            all += host + " ";
        }
        violations.push_back("several servers are writable: " + all);
    }
    co_return Result<void>();
}

Task<void> World::stop_receiver(Endpoint server, std::string, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("stop_receiver", server, deadline));
    there->receiver = false;
    co_return Result<void>();
}

Task<void> World::restart_receiver(Endpoint server, std::string channel, Deadline deadline) {
    CO_TRY(co_await stop_receiver(server, channel, deadline));
    co_return co_await start_receiver(server, channel, deadline);
}

// MariaDB does when a receiver starts while the applier stands still.
void World::empty_relay_log(FakeServer& server) {
    if (!server.mariadb || server.receiver || server.applier) {
        return;
    }
    if (!gtid::covers(server.executed, server.received)) {
        violations.push_back("the relay log of MariaDB server " + server.endpoint.host + " was thrown away");
    }
    server.received = server.executed;
}

Task<void> World::start_receiver(Endpoint server, std::string, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("start_receiver", server, deadline));
    empty_relay_log(*there);
    there->receiver = true;
    co_return Result<void>();
}

Task<void> World::start_applier(Endpoint server, std::string, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("start_applier", server, deadline));
    there->applier = true;
    there->stumbled = false;
    there->applies_at = clock_.now() + there->apply_delay;
    settle(*there);
    co_return Result<void>();
}

Task<void> World::stop_replication(Endpoint server, std::string, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("stop_replication", server, deadline));
    there->receiver = false;
    there->applier = false;
    co_return Result<void>();
}

Task<void> World::start_replication(Endpoint server, std::string, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("start_replication", server, deadline));
    empty_relay_log(*there);
    there->receiver = true;
    there->applier = true;
    settle(*there);
    co_return Result<void>();
}

Task<void> World::change_source(Endpoint server, mysql::SourceChange change, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("change_source", server, deadline));
    there->source = change.source;
    there->receiver = false;
    there->applier = false;
    there->stumbled = false;
    there->received = there->executed;
    co_return Result<void>();
}

Task<void> World::reset_replication(Endpoint server, std::string, bool discard, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("reset_replication", server, deadline));
    if (!there->source) {
        co_return Result<void>();
    }
    if (!discard && !gtid::covers(there->executed, there->received)) {
        co_return fail(ErrorCode::refused, "received events are not applied yet");
    }
    there->source.reset();
    there->receiver = false;
    there->applier = false;
    co_return Result<void>();
}

Task<void> World::wait_until_applied(Endpoint server, Progress target, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("wait_until_applied", server, deadline));
    while (true) {
        settle_all();
        if (gtid::covers(there->executed, target)) {
            co_return Result<void>();
        }
        if (!there->alive) {
            co_return tl::unexpected<Error>(unreachable(server));
        }
        if (deadline.has_passed(clock_.now())) {
            co_return fail(ErrorCode::timed_out, "not applied in time");
        }
        co_await clock_.sleep_until(std::min(deadline.at, clock_.now() + Millis(1)));
    }
}

Task<void> World::set_semi_sync_source(Endpoint server, bool enabled, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("semi_sync_source", server, deadline));
    there->semi_sync.source_enabled = enabled;
    co_return Result<void>();
}

Task<void> World::set_semi_sync_replica(Endpoint server, bool enabled, Deadline deadline) {
    CO_TRY(FakeServer * there, co_await reach("semi_sync_replica", server, deadline));
    there->semi_sync.replica_enabled = enabled;
    co_return Result<void>();
}

Co<void> World::stop() { co_await group_.stop(); }

}  // namespace orc::recovery
