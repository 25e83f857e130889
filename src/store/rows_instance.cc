// A server as its row in database_instance.
#include <algorithm>

#include "gtid/printed.h"
#include "store/quoted_text.h"
#include "store/rows.h"
#include "store/rows_fill.h"

namespace orc::store {
namespace {

using namespace model;

Value seconds_or_null(const std::optional<Seconds>& span) {
    return span ? Value(static_cast<std::int64_t>(span->count())) : Value(std::monostate{});
}

// [{"Hostname":"h","Port":3306},...] by host and port. Host names need no escaping beyond quotes and backslashes.
std::string keys_json(std::vector<Endpoint> endpoints) {
    std::sort(endpoints.begin(), endpoints.end());
    std::string out = "[";
    for (const auto& endpoint : endpoints) {
        out += out.size() == 1 ? "{\"Hostname\":\"" : ",{\"Hostname\":\"";
        for (const char c : endpoint.host) {
            if (c == '"' || c == '\\') {
                out += '\\';
            }
            out += c;
        }
        out += "\",\"Port\":" + std::to_string(endpoint.port) + "}";
    }
    return out + "]";
}

WallTime wall_of(Instant when, const Moment& moment) {
    return moment.wall - std::chrono::duration_cast<Millis>(moment.instant - when);
}

// Classic readers call a check valid when last_checked <= last_seen, with whole seconds; the columns are chosen so that
// they come to our verdict.
struct CheckTimes {
    std::string checked, attempted;
    Value seen = std::monostate{};
    bool partial = false;
};

CheckTimes check_times(const Server& server, const Moment& moment) {
    const Check& check = server.check;
    CheckTimes out;
    const bool was_seen = check.seen_wall.time_since_epoch().count() != 0;
    if (was_seen) {
        out.seen = db_timestamp(check.seen_wall);
    }
    if (check.is_valid()) {
        out.checked = db_timestamp(check.seen_wall);
        out.attempted = out.checked;
        out.partial = true;
        return out;
    }
    WallTime checked = check.completed ? wall_of(*check.completed, moment) : moment.wall;
    if (was_seen) {
        checked = std::max(checked, check.seen_wall + Seconds(1));
    }
    out.checked = db_timestamp(checked);
    out.attempted = check.attempted ? db_timestamp(wall_of(*check.attempted, moment)) : out.checked;
    out.partial = check.partial;
    return out;
}

// A row being filled, in the order of `columns`.
struct Filler {
    Row& row;
    void add(std::string_view text) const { row.emplace_back(std::string(text)); }
    void add(std::string text) const { row.emplace_back(std::move(text)); }
    void add(const char* text) const { row.emplace_back(std::string(text)); }
    void add(bool value) const { row.emplace_back(flag(value)); }
    void add(Value value) const { row.emplace_back(std::move(value)); }
    template <typename N>
        requires std::integral<N>
    void add(N value) const {
        row.emplace_back(static_cast<std::int64_t>(value));
    }
};

const std::vector<std::string_view> columns = {
    "hostname",
    "port",
    "last_checked",
    "last_attempted_check",
    "last_check_partial_success",
    "last_seen",
    "uptime",
    "server_id",
    "server_uuid",
    "version",
    "version_comment",
    "major_version",
    "binlog_server",
    "read_only",
    "binlog_format",
    "binlog_row_image",
    "log_bin",
    "log_slave_updates",
    "binary_log_file",
    "binary_log_pos",
    "gtid_mode",
    "supports_oracle_gtid",
    "executed_gtid_set",
    "gtid_purged",
    "gtid_errant",
    "replication_credentials_available",
    "last_discovery_latency",
    "num_slave_hosts",
    "slave_hosts",
    "cluster_name",
    "suggested_cluster_alias",
    "data_center",
    "region",
    "physical_environment",
    "instance_alias",
    "replication_depth",
    "is_co_master",
    "ancestry_uuid",
    "pseudo_gtid",
    "slave_lag_seconds",
    "semi_sync_enforced",
    "semi_sync_available",
    "semi_sync_master_enabled",
    "semi_sync_master_timeout",
    "semi_sync_master_wait_for_slave_count",
    "semi_sync_master_status",
    "semi_sync_master_clients",
    "semi_sync_replica_status",
    "semi_sync_replica_enabled",
    "master_host",
    "master_port",
    "master_uuid",
    "slave_sql_running",
    "slave_io_running",
    "replication_sql_thread_state",
    "replication_io_thread_state",
    "has_replication_filters",
    "oracle_gtid",
    "mariadb_gtid",
    "master_log_file",
    "read_master_log_pos",
    "relay_master_log_file",
    "exec_master_log_pos",
    "relay_log_file",
    "relay_log_pos",
    "last_sql_error",
    "last_io_error",
    "seconds_behind_master",
    "sql_delay",
    "allow_tls",
    "has_replication_credentials",
    "replication_group_name",
    "replication_group_is_single_primary_mode",
    "replication_group_member_state",
    "replication_group_member_role",
    "replication_group_members",
    "replication_group_primary_host",
    "replication_group_primary_port",
};

void fill_check(const Filler& to, const Server& server, const Moment& moment) {
    CheckTimes times = check_times(server, moment);
    to.add(server.endpoint.host);
    to.add(server.endpoint.port);
    to.add(std::move(times.checked));
    to.add(std::move(times.attempted));
    to.add(times.partial);
    to.add(std::move(times.seen));
}

void fill_identity(const Filler& to, const Facts& facts) {
    to.add(facts.uptime.count());
    to.add(facts.server_id);
    to.add(facts.server_uuid);
    to.add(facts.version.text);
    to.add(facts.version.comment);
    to.add(facts.version.major_text());
    to.add(facts.version.flavor == Flavor::maxscale);
    to.add(facts.read_only);
    to.add(facts.binlog_format);
    to.add(facts.binlog_row_image);
    to.add(facts.log_bin);
    to.add(facts.log_replica_updates);
    to.add(facts.self.file);
    to.add(facts.self.position);
    to.add(facts.gtid_mode);
    to.add(!facts.gtid_mode.empty() && facts.gtid_mode != "OFF");
}

// Classic readers parse these two as MySQL sets, so MariaDB's positions stay out of them.
void fill_gtid(const Filler& to, const Server& server, const Facts& facts) {
    const auto* executed = std::get_if<gtid::GtidSet>(&facts.executed);
    to.add(executed == nullptr ? std::string() : gtid::printed(*executed));
    to.add(gtid::printed(facts.purged));
    to.add(server.errant_text());
}

void fill_place(const Filler& to, const Server& server, const Facts& facts) {
    to.add(facts.replication_credentials_available);
    to.add(std::chrono::nanoseconds(facts.latency).count());
    to.add(facts.registered_replicas.size());
    to.add(keys_json(facts.registered_replicas));
    to.add(server.cluster.text());
    to.add(server.cluster_alias);
    to.add(facts.data_center);
    to.add(facts.region);
    to.add(facts.environment);
    to.add(facts.instance_alias);
    to.add(server.depth);
    to.add(server.is_co_primary);
    to.add(server.ancestry);
    to.add(facts.uses_pseudo_gtid);
    to.add(seconds_or_null(server.lag()));
}

void fill_semi_sync(const Filler& to, const Facts& facts) {
    const SemiSync& semi_sync = facts.semi_sync;
    to.add(facts.semi_sync_priority);
    to.add(semi_sync.available);
    to.add(semi_sync.source_enabled);
    to.add(semi_sync.timeout.count());
    to.add(semi_sync.acks_wanted);
    to.add(semi_sync.source_active);
    to.add(semi_sync.clients);
    to.add(semi_sync.replica_active);
    to.add(semi_sync.replica_enabled);
}

void fill_channel(const Filler& to, const Channel& channel) {
    to.add(channel.source.host);
    to.add(channel.source.port);
    to.add(channel.source_uuid);
    to.add(channel.applier == ThreadState::running);
    to.add(channel.receiver == ThreadState::running);
    to.add(static_cast<int>(channel.applier));
    to.add(static_cast<int>(channel.receiver));
    to.add(channel.has_filters);
    to.add(channel.gtid_use == GtidUse::auto_position);
    to.add(channel.gtid_use == GtidUse::replica_position || channel.gtid_use == GtidUse::current_position);
    to.add(channel.read.file);
    to.add(channel.read.position);
    to.add(channel.executed.file);
    to.add(channel.executed.position);
    to.add(channel.relay.file);
    to.add(channel.relay.position);
    to.add(quoted_text(channel.applier_error));
    to.add(quoted_text(channel.receiver_error));
    to.add(seconds_or_null(channel.lag));
    to.add(channel.delay.count());
    to.add(channel.tls.enabled);
    to.add(!channel.user.empty());
}

void fill_group(const Filler& to, const Server& server, const GroupMembership& group) {
    std::vector<Endpoint> others = group.members;
    std::erase(others, server.endpoint);
    to.add(group.group_name);
    to.add(group.single_primary);
    to.add(group.state);
    to.add(group.role);
    to.add(keys_json(std::move(others)));
    const Endpoint primary = group.primary.value_or(Endpoint{});
    to.add(primary.host);
    to.add(primary.port);
}

std::string make_upsert() {
    std::string names;
    std::string marks;
    std::string updates;
    for (const auto& column : columns) {
        const std::string name(column);
        names += (names.empty() ? "" : ", ") + name;
        marks += marks.empty() ? "?" : ", ?";
        if (column != "hostname" && column != "port") {
            updates += (updates.empty() ? "" : ", ") + name + " = excluded." + name;
        }
    }
    return "insert into database_instance (" + names + ") values (" + marks +
           ") on conflict (hostname, port) do update set " + updates;
}

// What is not yet known is written as the original writes a seed.
constexpr std::string_view put_check = R"sql(
    insert into database_instance (
        hostname, port, last_checked, last_attempted_check, last_check_partial_success, last_seen, cluster_name,
        server_id, version, binlog_format, log_bin, log_slave_updates, binary_log_file, binary_log_pos, master_host,
        master_port, slave_sql_running, slave_io_running, master_log_file, read_master_log_pos, relay_master_log_file,
        exec_master_log_pos, num_slave_hosts, slave_hosts)
    values (?, ?, ?, ?, ?, ?, ?, 0, 'Unknown', '', 0, 0, '', 0, '', 0, 0, 0, '', 0, '', 0, 0, '[]')
    on conflict (hostname, port) do update set
        last_checked = excluded.last_checked, last_attempted_check = excluded.last_attempted_check,
        last_check_partial_success = excluded.last_check_partial_success)sql";

// A server with several sources only: the others' one stands in database_instance.
constexpr std::string_view put_channel = R"sql(
    insert or replace into database_instance_channels (
        hostname, port, channel_name, master_host, master_port, master_uuid, replication_io_running,
        replication_sql_running, seconds_behind_master, last_io_error, last_sql_error, last_seen)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql";

}  // namespace

const std::vector<std::string_view>& instance_columns() { return columns; }

Write write_of(const Server& server, const Moment& moment) {
    static const std::string upsert = make_upsert();
    Row row;
    row.reserve(columns.size());
    const Filler to{row};
    fill_check(to, server, moment);
    if (server.facts == nullptr) {
        to.add(server.cluster.empty() ? server.endpoint.text() : server.cluster.text());
        return Write{put_check, std::move(row)};
    }
    static const Channel no_channel;
    static const GroupMembership no_group;
    const Facts& facts = *server.facts;
    const Channel* channel = facts.main_channel();
    fill_identity(to, facts);
    fill_gtid(to, server, facts);
    fill_place(to, server, facts);
    fill_semi_sync(to, facts);
    fill_channel(to, channel == nullptr ? no_channel : *channel);
    fill_group(to, server, facts.group ? *facts.group : no_group);
    return Write{upsert, std::move(row)};
}

std::vector<Write> channel_writes_of(const Server& server) {
    if (server.facts == nullptr || server.facts->channels.size() < 2) {
        return {};
    }
    const std::string seen = db_timestamp(server.check.seen_wall);
    std::vector<Write> out;
    for (const auto& channel : server.facts->channels) {
        out.push_back(Write{
            put_channel,
            {server.endpoint.host,
             port_of(server.endpoint),
             channel.name,
             channel.source.host,
             port_of(channel.source),
             channel.source_uuid,
             flag(channel.receiver == ThreadState::running),
             flag(channel.applier == ThreadState::running),
             seconds_or_null(channel.lag),
             quoted_text(channel.receiver_error),
             quoted_text(channel.applier_error),
             seen}
        });
    }
    return out;
}

std::vector<Write> forget_of(const Endpoint& endpoint) {
    const Row key{endpoint.host, port_of(endpoint)};
    return {
        {"delete from database_instance where hostname = ? and port = ?", key},
        {"delete from database_instance_channels where hostname = ? and port = ?", key},
    };
}

}  // namespace orc::store
