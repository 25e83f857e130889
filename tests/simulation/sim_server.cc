#include "sim_server.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/ensure.h"

namespace orc::simulation {
namespace {

constexpr std::uint64_t log_header = 157;
constexpr std::uint64_t transaction_bytes = 300;

model::Version version_of(bool is_mariadb) {
    return is_mariadb ? model::Version::parse("10.11.6-MariaDB-log", "MariaDB Server")
                      : model::Version::parse("8.0.36", "MySQL Community Server - GPL");
}

model::ThreadState receiver_state(const SimChannel& channel) {
    if (!channel.receiver_on) {
        return model::ThreadState::stopped;
    }
    return channel.link == SimChannel::Link::connected ? model::ThreadState::running : model::ThreadState::other;
}

}  // namespace

std::string_view name(Process process) {
    switch (process) {
        case Process::running:
            return "running";
        case Process::frozen:
            return "frozen";
        case Process::dead:
            return "dead";
        case Process::vanished:
            return "vanished";
    }
    return "?";
}

SimServer::SimServer(int number, int fleet_size, ServerOptions options)
    : semi_sync_source(options.semi_sync_source),
      semi_sync_replica(options.semi_sync_replica),
      semi_sync_active(options.semi_sync_source),
      apply_cost(options.apply_cost),
      number_(number),
      endpoint_{"db" + std::to_string(number + 1), 3306},
      options_(std::move(options)),
      logged_(std::size_t(fleet_size)),
      executed_(std::size_t(fleet_size)) {}

std::string SimServer::uuid_of(int number) {
    char text[40];
    std::snprintf(text, sizeof text, "00000000-0000-0000-0000-%012d", number + 1);
    return text;
}

std::uint64_t SimServer::owned(int origin) const {
    const auto at = std::size_t(origin);
    const std::uint64_t executed = executed_[at];
    if (!channel || channel->relay.empty() || at >= channel->retrieved.size()) {
        return executed;
    }
    return std::max(executed, channel->retrieved[at].second);
}

void SimServer::append(const Transaction& transaction) {
    auto& count = logged_[std::size_t(transaction.origin)];
    ENSURE(transaction.number == count + 1, "a server's transactions arrive in order");
    count = transaction.number;
    log.push_back(transaction);
}

void SimServer::commit_up_to(std::size_t end) {
    for (; committed < end && committed < log.size(); ++committed) {
        executed_[std::size_t(log[committed].origin)] = log[committed].number;
    }
}

gtid::BinlogCoordinates SimServer::coordinates(std::size_t place) const {
    const auto after = std::upper_bound(rotations_.begin(), rotations_.end(), place);
    const auto file = std::size_t(after - rotations_.begin());
    char name[32];
    std::snprintf(name, sizeof name, "binlog.%06zu", file);
    return {name, log_header + transaction_bytes * (place - *(after - 1))};
}

gtid::GtidSet SimServer::set_of(const std::vector<std::uint64_t>& counts) const {
    gtid::GtidSet out;
    for (std::size_t origin = 0; origin < counts.size(); ++origin) {
        if (counts[origin] > 0) {
            ENSURE(out.add(uuid_of(int(origin)), {}, 1, counts[origin]), "uuid and numbers are ours");
        }
    }
    return out;
}

gtid::MariadbPosition SimServer::position_of(const std::optional<Transaction>& transaction) const {
    gtid::MariadbPosition out;
    if (transaction) {
        out.advance({0, id_of(transaction->origin), transaction->sequence});
    }
    return out;
}

std::optional<Transaction> SimServer::last_committed() const {
    return committed == 0 ? std::nullopt : std::optional(log[committed - 1]);
}

// gtid_current_pos: the binary log counts only where its last entry is the server's own.
gtid::MariadbPosition SimServer::current_position() const {
    const auto own = last_committed();
    const bool counts =
        own && own->origin == number_ && (!replica_position || own->sequence > replica_position->sequence);
    return position_of(counts ? own : replica_position);
}

gtid::Progress SimServer::executed_progress() const {
    return options_.is_mariadb ? gtid::Progress(current_position()) : gtid::Progress(set_of(executed_));
}

gtid::Progress SimServer::received_progress() const {
    if (options_.is_mariadb) {
        return position_of(channel->last_received);
    }
    gtid::GtidSet out;
    for (std::size_t origin = 0; origin < channel->retrieved.size(); ++origin) {
        const auto [first, last] = channel->retrieved[origin];
        if (last > 0) {
            ENSURE(out.add(uuid_of(int(origin)), {}, first, last), "uuid and numbers are ours");
        }
    }
    return out;
}

model::Channel SimServer::describe_channel(const SimServer* source, Instant now) const {
    const SimChannel& mine = *channel;
    model::Channel out;
    out.source = mine.source;
    out.source_uuid = source != nullptr && !options_.is_mariadb ? source->uuid() : "";
    out.source_server_id = source != nullptr ? id_of(source->number()) : 0;
    out.user = "repl";
    out.receiver = receiver_state(mine);
    out.applier = mine.applier_on ? model::ThreadState::running : model::ThreadState::stopped;
    out.receiver_status = out.receiver == model::ThreadState::running ? "Waiting for source to send event" : "";
    if (source != nullptr) {
        out.read = source->coordinates(mine.read_place);
        out.executed = source->coordinates(mine.applied_place);
    }
    out.relay = {"relay.000001", log_header + mine.read_place};
    out.gtid_use = mine.gtid;
    if (mine.gtid != model::GtidUse::none) {
        out.received = received_progress();
    }
    const bool is_waiting = mine.relay.empty();
    if (mine.applier_on && (!is_waiting || out.receiver == model::ThreadState::running)) {
        const Micros behind = is_waiting ? Micros{0} : now - mine.relay.front().transaction.born;
        out.lag = std::chrono::duration_cast<Seconds>(behind);
    }
    out.receiver_errno = mine.receiver_errno;
    out.receiver_error = mine.receiver_error;
    out.applier_errno = mine.applier_errno;
    out.applier_error = mine.applier_error;
    out.heartbeats_received = mine.heartbeats;
    out.heartbeat_period = options_.heartbeat;
    return out;
}

model::Facts SimServer::facts(
    const SimServer* source, unsigned acking_replicas, std::vector<Endpoint> replicas, Instant now
) const {
    model::Facts out;
    out.version = version_of(options_.is_mariadb);
    out.hostname = endpoint_.host;
    out.server_id = id_of(number_);
    out.server_uuid = options_.is_mariadb ? "" : uuid();
    out.uptime = std::chrono::duration_cast<Seconds>(now - started);
    out.read_only = read_only;
    out.super_read_only = super_read_only;
    out.log_bin = true;
    out.log_replica_updates = true;
    out.binlog_format = "ROW";
    out.binlog_row_image = "FULL";
    out.self = coordinates(log.size());
    out.executed = executed_progress();
    if (options_.is_mariadb) {
        out.binlog_position = position_of(last_committed());
        out.replica_position = position_of(replica_position);
        out.gtid_strict = true;
    } else {
        out.gtid_mode = "ON";
        out.purged = positions(source, now).purged;
    }
    out.semi_sync.available = options_.has_semi_sync;
    out.semi_sync.source_enabled = semi_sync_source;
    out.semi_sync.replica_enabled = semi_sync_replica;
    out.semi_sync.source_active = semi_sync_source && semi_sync_active;
    out.semi_sync.replica_active = channel && channel->acks && channel->link == SimChannel::Link::connected;
    out.semi_sync.acks_wanted = options_.acks_wanted;
    out.semi_sync.clients = acking_replicas;
    out.semi_sync.timeout = std::chrono::duration_cast<Millis>(options_.semi_sync_timeout);
    if (channel) {
        out.channels.push_back(describe_channel(source, now));
    }
    out.registered_replicas = std::move(replicas);
    out.data_center = options_.data_center;
    out.cluster_alias = "main";
    out.replication_credentials_available = true;
    return out;
}

gtid::MariadbBinlogState SimServer::binlog_state() const {
    std::map<int, Transaction> last;
    for (std::size_t i = 0; i < committed; ++i) {
        last[log[i].origin] = log[i];
    }
    std::string out;
    for (const auto& [origin, transaction] : last) {
        out += (out.empty() ? "" : ",") + position_of(transaction).text();
    }
    return gtid::MariadbBinlogState::parse(out).value();
}

mysql::Positions SimServer::positions(const SimServer* source, Instant now) const {
    mysql::Positions out;
    out.read_only = read_only;
    out.executed = executed_progress();
    if (options_.is_mariadb) {
        out.replica_position = position_of(replica_position);
        out.binlog_position = position_of(last_committed());
        out.binlog_state = binlog_state();
    } else {
        std::vector<std::uint64_t> counts(logged_.size());
        for (std::size_t i = 0; i < purged; ++i) {
            counts[std::size_t(log[i].origin)] = log[i].number;
        }
        out.purged = set_of(counts);
    }
    out.self = coordinates(log.size());
    if (channel) {
        out.channel = describe_channel(source, now);
        out.received = out.channel->received;
        out.channels.push_back(*out.channel);
    }
    return out;
}

}  // namespace orc::simulation
