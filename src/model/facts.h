// What one server said about itself in one probe. Immutable once made; "not reported" is nullopt, never zero or false.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "gtid/binlog_coordinates.h"
#include "gtid/gtid_set.h"
#include "gtid/mariadb_position.h"
#include "gtid/progress.h"

namespace orc::model {

enum class Flavor { unknown, mysql, percona, mariadb, maxscale };
/// The classic spelling: "MySQL", "Percona", "MariaDB", "MaxScale", "unknown".
std::string_view name(Flavor flavor);

struct Version {
    Flavor flavor = Flavor::unknown;
    int major = 0;
    int minor = 0;
    int patch = 0;
    std::string text;     ///< @@version
    std::string comment;  ///< @@version_comment

    /// Flavour from the two texts, numbers from the leading dotted digits.
    static Version parse(std::string text, std::string comment);
    bool at_least(int want_major, int want_minor, int want_patch = 0) const;
    bool is_mariadb() const { return flavor == Flavor::mariadb; }
    /// Relays binary logs and holds no data (MaxScale).
    bool is_binlog_server() const { return flavor == Flavor::maxscale; }
    /// NDB Cluster: its SQL nodes replicate among themselves without channels.
    bool is_ndb() const { return text.find("-ndb-") != std::string::npos; }
    /// First two dot tokens, as the tables keep it ("8.0"); "0.0" if there are fewer.
    std::string major_text() const;
    friend bool operator==(const Version&, const Version&) = default;
};

/// State of a replication thread, with the numbers of the classic tables.
enum class ThreadState : int { none = -1, stopped = 0, running = 1, other = 2 };

enum class GtidUse { none, auto_position, replica_position, current_position };

/// TLS and key settings of a channel, replayed whenever its source changes.
struct ChannelTls {
    bool enabled = false;
    std::string ca_file, ca_path, certificate, cipher, crl_file, crl_path, key;
    std::optional<bool> verify_server_certificate;
    std::string tls_version, tls_ciphersuites, public_key_path;
    std::optional<bool> get_public_key;
    friend bool operator==(const ChannelTls&, const ChannelTls&) = default;
};

/// One replication channel (MySQL channel, MariaDB named connection); "" is the default one.
struct Channel {
    std::string name;
    Endpoint source;  ///< as configured on the server, host resolved by discovery
    std::string source_uuid;
    std::uint32_t source_server_id = 0;
    std::string user;
    ThreadState receiver = ThreadState::none;  ///< IO thread
    ThreadState applier = ThreadState::none;   ///< SQL thread
    std::string receiver_status;               ///< the server's words, for people
    gtid::BinlogCoordinates read;              ///< received, in the source's coordinates
    gtid::BinlogCoordinates executed;          ///< applied, in the source's coordinates
    gtid::BinlogCoordinates relay;
    GtidUse gtid_use = GtidUse::none;
    gtid::Progress received;  ///< Retrieved_Gtid_Set or Gtid_IO_Pos; empty when not reported
    std::optional<Seconds> lag;
    Seconds delay{0};
    int receiver_errno = 0;
    int applier_errno = 0;
    std::string receiver_error;
    std::string applier_error;
    std::optional<std::uint64_t> heartbeats_received;
    std::optional<Micros> heartbeat_period;
    bool has_filters = false;
    ChannelTls tls;

    /// The receiver reports that it cannot reach or log in to its source (by error number, text as fallback).
    bool is_failing_to_connect() const;
    friend bool operator==(const Channel&, const Channel&) = default;
};

struct SemiSync {
    bool available = false;
    bool source_enabled = false;
    bool replica_enabled = false;
    bool source_active = false;   ///< Rpl_semi_sync_source_status
    bool replica_active = false;  ///< Rpl_semi_sync_replica_status
    std::uint32_t acks_wanted = 0;
    std::uint32_t clients = 0;
    Millis timeout{0};
    bool source_plugin_is_new = false;  ///< variables are spelled source/replica
    bool replica_plugin_is_new = false;
    friend bool operator==(const SemiSync&, const SemiSync&) = default;
};

/// What one member of a group says of another, or of itself.
struct GroupMember {
    Endpoint endpoint;
    std::string uuid;
    std::string state;  ///< as GroupMembership::state
    std::string role;   ///< as GroupMembership::role
    friend bool operator==(const GroupMember&, const GroupMember&) = default;
};

struct GroupMembership {
    std::string group_name;
    bool single_primary = true;
    std::string state;              ///< ONLINE, RECOVERING, OFFLINE, ERROR, UNREACHABLE
    std::string role;               ///< PRIMARY, SECONDARY
    std::vector<Endpoint> members;  ///< the others
    std::optional<Endpoint> primary;
    std::vector<GroupMember> view = {};  ///< everyone in the group as this server sees it, itself included
    friend bool operator==(const GroupMembership&, const GroupMembership&) = default;
};

/// A right that the account lacks on a server.
struct MissingGrant {
    std::string grant;      ///< as the server calls it, with what it is for: "REPLICATION CLIENT ON *.*"
    std::string statement;  ///< what cannot be asked or done without it
    std::string remedy;     ///< a statement that mends it
    friend bool operator==(const MissingGrant&, const MissingGrant&) = default;
};

/// "lacks GRANT (statement): remedy; lacks ..."; "" for none.
std::string text(const std::vector<MissingGrant>& missing);

/// Everything a probe reads. Rarely changing parts may be older than the rest (the gateway fills them from its last
/// reading).
struct Facts {
    Version version;
    std::string hostname;     ///< @@hostname
    std::string report_host;  ///< "" when not set
    std::uint32_t server_id = 0;
    std::string server_uuid;  ///< "" on MariaDB
    Seconds uptime{0};
    std::optional<bool> refuses_plain;  ///< sessions without TLS; nullopt: it does not tell
    bool read_only = false;
    bool super_read_only = false;
    bool log_bin = false;
    bool log_replica_updates = false;
    std::string binlog_format;
    std::string binlog_row_image;
    gtid::BinlogCoordinates self;            ///< own binary log position
    std::string gtid_mode;                   ///< MySQL: OFF .. ON; "" elsewhere
    gtid::Progress executed;                 ///< MySQL gtid_executed; MariaDB gtid_current_pos (own writes included)
    gtid::GtidSet purged;                    ///< MySQL only
    gtid::MariadbPosition binlog_position;   ///< MariaDB gtid_binlog_pos
    gtid::MariadbPosition replica_position;  ///< MariaDB gtid_slave_pos
    gtid::MariadbBinlogState binlog_state;   ///< MariaDB gtid_binlog_state
    bool gtid_strict = false;
    std::uint32_t gtid_domain = 0;
    SemiSync semi_sync;
    std::vector<Channel> channels;
    std::vector<Endpoint> registered_replicas;  ///< as reported; not resolved
    std::optional<GroupMembership> group;
    std::optional<Seconds> queried_lag;  ///< ReplicationLagQuery's answer
    bool is_lag_unknown = false;         ///< that answer was NULL
    std::string instance_alias;
    std::string cluster_alias;   ///< DetectClusterAliasQuery's answer
    std::string cluster_domain;  ///< DetectClusterDomainQuery's answer
    std::string data_center;
    std::string region;
    std::string environment;
    std::string promotion_rule;  ///< DetectPromotionRuleQuery's answer, "" when not asked
    int semi_sync_priority = 0;
    bool replication_credentials_available = false;
    bool uses_pseudo_gtid = false;  ///< DetectPseudoGTIDQuery's answer was 1
    Micros latency{0};              ///< how long the probe took
    Micros site_took{0};            ///< after that, for the site's own questions: the rest has this age already
    std::vector<MissingGrant> missing_grants;

    /// ReplicationLagQuery's answer if there is one, else the channel's own lag; null: there is no channel.
    std::optional<Seconds> lag_on(const Channel* channel) const;
    /// The channel that places the server in its topology and fills the classic one-source fields: the default one
    /// (""), else the first by name; null for none. The rule does not depend on the order in which the server lists
    /// its channels, so the place is the same from probe to probe.
    const Channel* main_channel() const;
    /// The channel of that name; null for none.
    const Channel* channel_named(std::string_view name) const;
    bool uses_gtid() const;
    friend bool operator==(const Facts&, const Facts&) = default;
};

}  // namespace orc::model
