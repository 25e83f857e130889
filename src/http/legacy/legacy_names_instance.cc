#include <algorithm>
#include <unordered_map>

#include "api/instance_state.h"
#include "gtid/printed.h"
#include "http/legacy/legacy_names.h"

namespace orc::http::legacy {
namespace {

using model::Facts;
using model::Server;

/// What the groups of fields below share.
struct Subject {
    const View& view;
    const Server& server;
    const Facts& facts;
    const model::Channel& channel;
    const model::Cluster* cluster;
    const std::vector<Endpoint>& replicas;
    api::InstanceJudge judge;
};

void nullable(JsonWriter& json, std::string_view name, std::optional<std::int64_t> value) {
    json.key(name).begin_object().field("Int64", value.value_or(0)).field("Valid", value.has_value()).end_object();
}

std::optional<std::int64_t> count_of(const std::optional<Seconds>& span) {
    return span ? std::optional<std::int64_t>(span->count()) : std::nullopt;
}

std::int64_t nanoseconds(Micros span) { return span.count() * 1000; }

/// Who replicates from whom, found in one pass over each cluster: asking for each server anew would cost the square of
/// the cluster's size.
class Neighbours {
public:
    const std::vector<Endpoint>& replicas_of(const model::Cluster* cluster, const Endpoint& server) {
        static const std::vector<Endpoint> none;
        if (cluster == nullptr) {
            return none;
        }
        const auto [known, is_new] = clusters_.try_emplace(cluster);
        if (is_new) {
            known->second = by_source(*cluster);
        }
        const auto found = known->second.find(server);
        return found == known->second.end() ? none : found->second;
    }

private:
    using Replicas = std::unordered_map<Endpoint, std::vector<Endpoint>>;

    static Replicas by_source(const model::Cluster& cluster) {
        // A server with several sources is at home in the cluster of one of them, and a guest in the others'.
        std::vector<model::ServerPtr> all = cluster.servers;
        all.insert(all.end(), cluster.guests.begin(), cluster.guests.end());
        std::ranges::sort(all, {}, [](const model::ServerPtr& server) { return server->endpoint; });
        Replicas out;
        for (const auto& server : all) {
            if (server->facts == nullptr) {
                continue;
            }
            for (const auto& channel : server->facts->channels) {
                auto& replicas = out[channel.source];
                // Two channels from one source are one replica.
                if (replicas.empty() || replicas.back() != server->endpoint) {
                    replicas.push_back(server->endpoint);
                }
            }
        }
        return out;
    }

    std::unordered_map<const model::Cluster*, Replicas> clusters_;
};

bool has_oracle_gtid(const Facts& facts) { return !facts.gtid_mode.empty() && facts.gtid_mode != "OFF"; }

void identity(JsonWriter& json, const Subject& it) {
    json.key("Key");
    write(json, it.server.endpoint);
    json.field("InstanceAlias", it.facts.instance_alias).field("Uptime", it.facts.uptime.count());
    json.field("ServerID", it.facts.server_id).field("ServerUUID", it.facts.server_uuid);
    json.field("Version", it.facts.version.text).field("VersionComment", it.facts.version.comment);
    json.field("FlavorName", model::name(it.facts.version.flavor)).field("ReadOnly", it.facts.read_only);
    json.field("Binlog_format", it.facts.binlog_format).field("BinlogRowImage", it.facts.binlog_row_image);
    json.field("LogBinEnabled", it.facts.log_bin);
    json.field("LogSlaveUpdatesEnabled", it.facts.log_replica_updates);
    json.field("LogReplicationUpdatesEnabled", it.facts.log_replica_updates);
    json.key("SelfBinlogCoordinates");
    write(json, it.facts.self, false);
}

void replication(JsonWriter& json, const Subject& it) {
    const bool applier_runs = it.channel.applier == model::ThreadState::running;
    const bool receiver_runs = it.channel.receiver == model::ThreadState::running;
    json.key("MasterKey");
    write(json, it.channel.source);
    json.field("MasterUUID", it.channel.source_uuid).field("AncestryUUID", it.server.ancestry);
    json.field("IsDetachedMaster", it.channel.source.is_detached());
    json.field("Slave_SQL_Running", applier_runs).field("ReplicationSQLThreadRuning", applier_runs);
    json.field("Slave_IO_Running", receiver_runs).field("ReplicationIOThreadRuning", receiver_runs);
    json.field("ReplicationSQLThreadState", static_cast<int>(it.channel.applier));
    json.field("ReplicationIOThreadState", static_cast<int>(it.channel.receiver));
    json.field("HasReplicationFilters", it.channel.has_filters);
    json.field("GTIDMode", it.facts.gtid_mode).field("SupportsOracleGTID", has_oracle_gtid(it.facts));
    json.field("UsingOracleGTID", it.channel.gtid_use == model::GtidUse::auto_position);
    const bool uses_mariadb_gtid = it.channel.gtid_use == model::GtidUse::replica_position ||
                                   it.channel.gtid_use == model::GtidUse::current_position;
    json.field("UsingMariaDBGTID", uses_mariadb_gtid).field("UsingPseudoGTID", it.facts.uses_pseudo_gtid);
    json.key("ReadBinlogCoordinates");
    write(json, it.channel.read, false);
    json.key("ExecBinlogCoordinates");
    write(json, it.channel.executed, false);
    json.field("IsDetached", it.channel.executed.is_detached()).key("RelaylogCoordinates");
    write(json, it.channel.relay, true);
}

void progress(JsonWriter& json, const Subject& it) {
    const auto* executed = std::get_if<gtid::GtidSet>(&it.facts.executed);
    json.field("LastSQLError", quoted_ascii(it.channel.applier_error));
    json.field("LastIOError", quoted_ascii(it.channel.receiver_error));
    nullable(json, "SecondsBehindMaster", count_of(it.channel.lag));
    json.field("SQLDelay", it.channel.delay.count());
    json.field("ExecutedGtidSet", executed == nullptr ? "" : gtid::printed(*executed));
    json.field("GtidPurged", gtid::printed(it.facts.purged)).field("GtidErrant", it.server.errant_text());
    nullable(json, "SlaveLagSeconds", count_of(it.server.lag()));
    nullable(json, "ReplicationLagSeconds", count_of(it.server.lag()));
    json.key("SlaveHosts");
    write(json, it.replicas);
    json.key("Replicas");
    write(json, it.replicas);
}

void place(JsonWriter& json, const Subject& it) {
    const bool has_alias = it.cluster != nullptr && it.cluster->alias != it.cluster->name.text();
    json.field("ClusterName", it.server.cluster.text());
    json.field("SuggestedClusterAlias", has_alias ? it.cluster->alias : "");
    json.field("DataCenter", it.facts.data_center).field("Region", it.facts.region);
    json.field("PhysicalEnvironment", it.facts.environment).field("ReplicationDepth", it.server.depth);
    json.field("IsCoMaster", it.server.is_co_primary);
    json.field("HasReplicationCredentials", !it.channel.user.empty());
    json.field("ReplicationCredentialsAvailable", it.facts.replication_credentials_available);
}

void semi_sync(JsonWriter& json, const Subject& it) {
    const model::SemiSync& semi = it.facts.semi_sync;
    json.field("SemiSyncAvailable", semi.available).field("SemiSyncPriority", it.facts.semi_sync_priority);
    json.field("SemiSyncMasterEnabled", semi.source_enabled).field("SemiSyncReplicaEnabled", semi.replica_enabled);
    json.field("SemiSyncMasterTimeout", semi.timeout.count());
    json.field("SemiSyncMasterWaitForReplicaCount", semi.acks_wanted);
    json.field("SemiSyncMasterStatus", semi.source_active).field("SemiSyncMasterClients", semi.clients);
    json.field("SemiSyncReplicaStatus", semi.replica_active);
}

void freshness(JsonWriter& json, const Subject& it) {
    const auto& seen = it.server.check.seen;
    const auto age = seen ? std::optional(std::chrono::floor<Seconds>(it.view.now - *seen)) : std::nullopt;
    json.field("LastSeenTimestamp", seen ? it.view.column_time(it.server.check.seen_wall) : "");
    json.field("IsLastCheckValid", api::InstanceJudge::is_last_check_valid(it.server));
    json.field("IsUpToDate", it.judge.is_up_to_date(it.server));
    json.field("IsRecentlyChecked", it.judge.is_recently_checked(it.server));
    nullable(json, "SecondsSinceLastSeen", count_of(age));
    json.field("CountMySQLSnapshots", 0);
}

void intent(JsonWriter& json, const Subject& it) {
    using model::PromotionRule;
    const auto& downtime = it.server.downtime;
    const Millis elapsed = downtime ? it.view.wall - downtime->begin : Millis(0);
    json.field("IsCandidate", it.server.rule == PromotionRule::must || it.server.rule == PromotionRule::prefer);
    json.field("PromotionRule", model::name(it.server.rule)).field("IsDowntimed", downtime.has_value());
    json.field("DowntimeReason", downtime ? downtime->reason : "");
    json.field("DowntimeOwner", downtime ? downtime->owner : "");
    json.field("DowntimeEndTimestamp", downtime ? db_timestamp(downtime->end) : "");
    json.field("ElapsedDowntime", nanoseconds(elapsed)).field("UnresolvedHostname", it.server.unresolved_host);
    json.field("AllowTLS", it.channel.tls.enabled).key("Problems").begin_array();
    for (const auto& problem : it.judge.problems(it.server)) {
        json.text(problem);
    }
    json.end_array().field("LastDiscoveryLatency", nanoseconds(it.facts.latency));
}

void write_channel(JsonWriter& json, const model::Channel& channel) {
    using model::GtidUse;
    json.begin_object().field("ChannelName", channel.name).key("MasterKey");
    write(json, channel.source);
    json.field("MasterUUID", channel.source_uuid);
    json.field("ReplicationIOThreadRunning", channel.receiver == model::ThreadState::running);
    json.field("ReplicationSQLThreadRunning", channel.applier == model::ThreadState::running);
    json.field("ReplicationIOThreadState", static_cast<int>(channel.receiver));
    json.field("ReplicationSQLThreadState", static_cast<int>(channel.applier)).key("ReadBinlogCoordinates");
    write(json, channel.read, false);
    json.key("ExecBinlogCoordinates");
    write(json, channel.executed, false);
    json.key("RelaylogCoordinates");
    write(json, channel.relay, true);
    nullable(json, "SecondsBehindMaster", count_of(channel.lag));
    json.field("SQLDelay", channel.delay.count());
    json.field("LastSQLError", quoted_ascii(channel.applier_error));
    json.field("LastIOError", quoted_ascii(channel.receiver_error));
    json.field("UsingOracleGTID", channel.gtid_use == GtidUse::auto_position);
    json.field(
        "UsingMariaDBGTID",
        channel.gtid_use == GtidUse::replica_position || channel.gtid_use == GtidUse::current_position
    );
    json.field("HasReplicationFilters", channel.has_filters);
    json.field("HasReplicationCredentials", !channel.user.empty()).end_object();
}

/// Servers with several sources only: what has one is told exactly as release 3.2.6 told it.
void channels(JsonWriter& json, const Subject& it) {
    if (it.facts.channels.size() < 2) {
        return;
    }
    json.key("ReplicationChannels").begin_array();
    for (const auto& channel : it.facts.channels) {
        write_channel(json, channel);
    }
    json.end_array().field("ManagedChannelName", it.channel.name);
}

void group(JsonWriter& json, const Subject& it) {
    static const model::GroupMembership none{"", false, "", "", {}, std::nullopt};
    const model::GroupMembership& membership = it.facts.group ? *it.facts.group : none;
    json.field("ReplicationGroupName", membership.group_name);
    json.field("ReplicationGroupIsSinglePrimary", membership.single_primary);
    json.field("ReplicationGroupMemberState", membership.state);
    json.field("ReplicationGroupMemberRole", membership.role).key("ReplicationGroupMembers");
    std::vector<Endpoint> members = membership.members;
    std::ranges::sort(members);
    write(json, members);
    json.key("ReplicationGroupPrimaryInstanceKey");
    write(json, membership.primary.value_or(Endpoint{}));
}

void write_one(JsonWriter& json, const View& view, const Server& server, Neighbours& neighbours) {
    static const Facts unread;
    static const model::Channel no_channel;
    const Facts& facts = server.facts == nullptr ? unread : *server.facts;
    const model::Channel* channel = server.channel();
    const model::ClusterPtr cluster = view.topology == nullptr ? nullptr : view.topology->cluster(server.endpoint);
    const Subject it{
        view,
        server,
        facts,
        channel == nullptr ? no_channel : *channel,
        cluster.get(),
        neighbours.replicas_of(cluster.get(), server.endpoint),
        api::InstanceJudge(view.settings, view.now)
    };
    json.begin_object();
    identity(json, it);
    replication(json, it);
    progress(json, it);
    place(json, it);
    semi_sync(json, it);
    freshness(json, it);
    intent(json, it);
    channels(json, it);
    group(json, it);
    json.end_object();
}

}  // namespace

void write_instance(JsonWriter& json, const View& view, const Server& server) {
    Neighbours neighbours;
    write_one(json, view, server, neighbours);
}

std::string instance(const View& view, const Server& server) {
    JsonWriter json;
    write_instance(json, view, server);
    return std::move(json).str();
}

std::string instances(const View& view, const std::vector<model::ServerPtr>& servers) {
    JsonWriter json;
    Neighbours neighbours;
    json.begin_array();
    for (const auto& server : servers) {
        write_one(json, view, *server, neighbours);
    }
    json.end_array();
    return std::move(json).str();
}

std::string channels(const Server& server) {
    JsonWriter json;
    json.begin_array();
    if (server.facts != nullptr) {
        for (const auto& channel : server.facts->channels) {
            write_channel(json, channel);
        }
    }
    json.end_array();
    return std::move(json).str();
}

}  // namespace orc::http::legacy
