// Rows of database_instance as servers: what a node that stands by knows. As much as the columns hold; what they do not
// hold (MariaDB's positions, who is silent for how long) only the active node knows.
#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "store/quoted_text.h"
#include "store/rows_columns.h"

namespace orc::store {
namespace {

using namespace model;

// The value of `"name":` from `at` on, without quotes and escapes; moves `at` behind it. "" and npos: there is none.
std::string json_value(std::string_view text, std::string_view name, std::size_t& at) {
    const std::string key = "\"" + std::string(name) + "\":";
    at = text.find(key, at);
    if (at == std::string_view::npos) {
        return {};
    }
    at += key.size();
    std::string out;
    const bool is_text = at < text.size() && text[at] == '"';
    for (at += is_text ? 1 : 0; at < text.size() && text[at] != (is_text ? '"' : '}'); ++at) {
        at += text[at] == '\\' && at + 1 < text.size() ? 1 : 0;
        out += text[at];
    }
    return out;
}

// Reads what keys_json() in rows_instance.cc writes.
std::vector<Endpoint> endpoints_of(std::string_view json) {
    std::vector<Endpoint> out;
    for (std::size_t at = 0;;) {
        Endpoint endpoint;
        endpoint.host = json_value(json, "Hostname", at);
        if (at == std::string_view::npos) {
            return out;
        }
        const std::string port = json_value(json, "Port", at);
        if (at == std::string_view::npos) {
            return out;
        }
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
        out.push_back(std::move(endpoint));
    }
}

std::optional<Seconds> seconds_if_any(Columns& from) {
    const std::string text = from.text();
    std::int64_t number = 0;
    const bool is_number = std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
    return is_number ? std::optional(Seconds(number)) : std::nullopt;
}

gtid::GtidSet gtid_set(Columns& from) { return gtid::GtidSet::parse(from.text()).value_or(gtid::GtidSet{}); }

Instant instant_of(WallTime when, const Moment& now) {
    return now.instant - std::chrono::duration_cast<Micros>(std::max(Millis(0), Millis(now.wall - when)));
}

// As classic readers judge: the last check went well when it is not younger than the last success.
Check check_of(Columns& from, const Moment& now) {
    const WallTime checked = from.time();
    const WallTime attempted = from.time();
    Check out;
    out.partial = from.flag();
    const auto seen = from.time_if_any();
    if (seen) {
        out.seen_wall = *seen;
        out.seen = instant_of(*seen, now);
        out.answered = out.seen;
    }
    if (seen && checked <= *seen) {
        out.attempted = out.completed = out.seen;
        out.partial = false;
        return out;
    }
    out.completed = instant_of(checked, now);
    out.attempted = std::min(instant_of(attempted, now), *out.completed);
    out.failing_since = out.completed;
    out.failures = 2;
    out.error = Error{ErrorCode::unreachable, "the active node could not read it"};
    return out;
}

void read_identity(Columns& from, Facts& facts) {
    facts.uptime = Seconds(from.number());
    facts.server_id = static_cast<std::uint32_t>(from.number());
    facts.server_uuid = from.text();
    std::string text = from.text();
    facts.version = Version::parse(std::move(text), from.text());
    from.text();  // the major version, which is part of the other
    const bool is_binlog_server = from.flag();
    facts.version.flavor = is_binlog_server ? Flavor::maxscale : facts.version.flavor;
    facts.read_only = from.flag();
    facts.binlog_format = from.text();
    facts.binlog_row_image = from.text();
    facts.log_bin = from.flag();
    facts.log_replica_updates = from.flag();
    facts.self.file = from.text();
    facts.self.position = static_cast<std::uint64_t>(from.number());
    facts.gtid_mode = from.text();
    from.text();  // whether it supports GTIDs follows from the mode
}

void read_gtid(Columns& from, Server& server, Facts& facts) {
    gtid::GtidSet executed = gtid_set(from);
    if (!facts.version.is_mariadb()) {
        facts.executed = std::move(executed);
    }
    facts.purged = gtid_set(from);
    const std::string errant = from.text();
    if (facts.version.is_mariadb()) {
        server.errant_mariadb = gtid::MariadbBinlogState::parse(errant).value_or(gtid::MariadbBinlogState{}).gtids();
    } else {
        server.errant = gtid::GtidSet::parse(errant).value_or(gtid::GtidSet{});
    }
}

void read_place(Columns& from, Server& server, Facts& facts) {
    facts.replication_credentials_available = from.flag();
    facts.latency = Micros(from.number() / 1000);
    from.text();  // the count of the replicas that follow
    facts.registered_replicas = endpoints_of(from.text());
    server.cluster = ClusterName(from.text());
    server.cluster_alias = facts.cluster_alias = from.text();
    facts.data_center = from.text();
    facts.region = from.text();
    facts.environment = from.text();
    facts.instance_alias = from.text();
    server.depth = static_cast<unsigned>(from.number());
    server.is_co_primary = from.flag();
    server.ancestry = from.text();
    facts.uses_pseudo_gtid = from.flag();
    facts.queried_lag = seconds_if_any(from);
}

void read_semi_sync(Columns& from, Facts& facts) {
    SemiSync& semi_sync = facts.semi_sync;
    facts.semi_sync_priority = static_cast<int>(from.number());
    semi_sync.available = from.flag();
    semi_sync.source_enabled = from.flag();
    semi_sync.timeout = Millis(from.number());
    semi_sync.acks_wanted = static_cast<std::uint32_t>(from.number());
    semi_sync.source_active = from.flag();
    semi_sync.clients = static_cast<std::uint32_t>(from.number());
    semi_sync.replica_active = from.flag();
    semi_sync.replica_enabled = from.flag();
}

ThreadState thread_state(std::int64_t number) {
    return number >= -1 && number <= 2 ? static_cast<ThreadState>(number) : ThreadState::none;
}

Channel channel_of(Columns& from, bool is_mariadb) {
    Channel out;
    out.source = from.endpoint();
    out.source_uuid = from.text();
    const bool applies = from.flag();
    const bool receives = from.flag();
    out.applier = thread_state(from.number());
    out.receiver = thread_state(from.number());
    // Rows of old versions have the flags alone.
    out.applier = applies ? ThreadState::running : out.applier;
    out.receiver = receives ? ThreadState::running : out.receiver;
    out.has_filters = from.flag();
    const bool uses_oracle_gtid = from.flag();
    const bool uses_mariadb_gtid = from.flag() && is_mariadb;
    out.gtid_use = uses_oracle_gtid    ? GtidUse::auto_position
                   : uses_mariadb_gtid ? GtidUse::replica_position
                                       : GtidUse::none;
    out.read.file = from.text();
    out.read.position = static_cast<std::uint64_t>(from.number());
    out.executed.file = from.text();
    out.executed.position = static_cast<std::uint64_t>(from.number());
    out.relay.file = from.text();
    out.relay.position = static_cast<std::uint64_t>(from.number());
    out.applier_error = unquoted_text(from.text());
    out.receiver_error = unquoted_text(from.text());
    out.lag = seconds_if_any(from);
    out.delay = Seconds(from.number());
    out.tls.enabled = from.flag();
    out.user = from.flag() ? "(known to the active node)" : "";
    return out;
}

GroupMembership group_of(Columns& from) {
    GroupMembership out;
    out.group_name = from.text();
    out.single_primary = from.flag();
    out.state = from.text();
    out.role = from.text();
    out.members = endpoints_of(from.text());
    out.primary = from.endpoint_if_valid();
    return out;
}

/// Of servers with several, by name.
using ChannelsOf = std::unordered_map<Endpoint, std::vector<Channel>>;

// The order is that of put_channel in rows_instance.cc.
constexpr std::string_view channels_query =
    "select hostname, port, channel_name, master_host, master_port, master_uuid, replication_io_running,"
    " replication_sql_running, seconds_behind_master, last_io_error, last_sql_error from database_instance_channels"
    " order by hostname, port, channel_name";

void add_channel(const Row& row, ChannelsOf& to) {
    Columns from(row);
    const Endpoint server = from.endpoint();
    Channel channel;
    channel.name = from.text();
    channel.source = from.endpoint();
    channel.source_uuid = from.text();
    channel.receiver = from.flag() ? ThreadState::running : ThreadState::stopped;
    channel.applier = from.flag() ? ThreadState::running : ThreadState::stopped;
    channel.lag = seconds_if_any(from);
    channel.receiver_error = unquoted_text(from.text());
    channel.applier_error = unquoted_text(from.text());
    to[server].push_back(std::move(channel));
}

/// The main channel's own row tells more, but not its name.
std::vector<Channel> all_channels(Channel main, std::vector<Channel> rows) {
    const auto same = std::ranges::find(rows, main.source, &Channel::source);
    if (same != rows.begin() || rows.empty()) {
        return {std::move(main)};  // of another moment: the first one by name is the main one
    }
    main.name = same->name;
    *same = std::move(main);
    return rows;
}

ServerPtr server_of(const Row& row, const Moment& now, ChannelsOf& channels) {
    Columns from(row);
    auto out = std::make_shared<Server>();
    out->endpoint = from.endpoint();
    out->check = check_of(from, now);
    auto facts = std::make_shared<Facts>();
    facts->hostname = out->endpoint.host;
    read_identity(from, *facts);
    read_gtid(from, *out, *facts);
    read_place(from, *out, *facts);
    read_semi_sync(from, *facts);
    Channel channel = channel_of(from, facts->version.is_mariadb());
    GroupMembership group = group_of(from);
    if (!channel.source.host.empty() && channel.source.host != "_") {
        facts->is_lag_unknown = !facts->queried_lag && channel.lag.has_value();
        facts->queried_lag = facts->queried_lag == channel.lag ? std::nullopt : facts->queried_lag;
        const auto all = channels.find(out->endpoint);
        auto rows = all == channels.end() ? std::vector<Channel>{} : std::move(all->second);
        facts->channels = all_channels(std::move(channel), std::move(rows));
    }
    if (!group.group_name.empty()) {
        facts->group = std::move(group);
    }
    if (out->check.seen) {
        out->facts = std::move(facts);
    }
    return out;
}

std::string make_query() {
    std::string names;
    for (const auto& column : instance_columns()) {
        names += (names.empty() ? "" : ", ") + std::string(column);
    }
    return "select " + names + " from database_instance order by hostname, port";
}

}  // namespace

Result<std::vector<ServerPtr>> read_observed(const Reader& reader, const Moment& now) {
    static const std::string query = make_query();
    ChannelsOf channels;
    TRY(reader(channels_query, {}, [&](const Row& row) { add_channel(row, channels); }));
    std::vector<ServerPtr> out;
    TRY(reader(query, {}, [&](const Row& row) { out.push_back(server_of(row, now, channels)); }));
    return out;
}

Result<std::vector<KnownServer>> read_known_servers(const Reader& reader, const Moment& now) {
    TRY(auto observed, read_observed(reader, now));
    std::vector<KnownServer> out;
    out.reserve(observed.size());
    for (auto& server : observed) {
        KnownServer known{server->endpoint, server->source(), server->cluster};
        if (server->facts != nullptr) {
            known.observed = std::move(server);
        }
        out.push_back(std::move(known));
    }
    return out;
}

}  // namespace orc::store
