#include "base/text.h"
#include "http/legacy/legacy_names.h"

namespace orc::http::legacy {

View::View(const config::Settings& s, recovery::Node n, model::TopologyPtr t, Instant instant, WallTime when)
    : settings(s),
      node(std::move(n)),
      topology(std::move(t)),
      now(instant),
      wall(when),
      is_sqlite(to_lower(s.backend_db).find("sqlite") != std::string::npos) {}

View::View(const api::UseCases& use_cases) : View(use_cases, use_cases.settings()) {}

View::View(const api::UseCases& use_cases, std::shared_ptr<const config::Settings> present)
    : View(*present, use_cases.node(), use_cases.topology(), use_cases.clock().now(), use_cases.clock().wall()) {
    snapshot = std::move(present);
}

std::string View::column_time(WallTime when) const {
    std::string out = db_timestamp(when);
    if (is_sqlite) {
        out[10] = 'T';
        out += 'Z';
    }
    return out;
}

void write(JsonWriter& json, const Endpoint& endpoint) {
    json.begin_object().field("Hostname", endpoint.host).field("Port", endpoint.port).end_object();
}

void write(JsonWriter& json, const std::vector<Endpoint>& endpoints) {
    json.begin_array();
    for (const Endpoint& endpoint : endpoints) {
        write(json, endpoint);
    }
    json.end_array();
}

std::string text(const Endpoint& endpoint) {
    JsonWriter json;
    write(json, endpoint);
    return std::move(json).str();
}

std::string text(const std::vector<Endpoint>& endpoints) {
    JsonWriter json;
    write(json, endpoints);
    return std::move(json).str();
}

void write(JsonWriter& json, const gtid::BinlogCoordinates& coordinates, bool is_relay) {
    json.begin_object().field("LogFile", coordinates.file).field("LogPos", coordinates.position);
    json.field("Type", is_relay ? 1 : 0).end_object();
}

namespace {

void write_info(JsonWriter& json, const api::ClusterSummary& cluster) {
    json.begin_object();
    json.field("ClusterName", cluster.name.text()).field("ClusterAlias", cluster.alias);
    json.field("ClusterDomain", cluster.domain).field("CountInstances", cluster.servers).field("HeuristicLag", 0);
    json.field("HasAutomatedMasterRecovery", cluster.automated_primary_recovery);
    json.field("HasAutomatedIntermediateMasterRecovery", cluster.automated_intermediate_recovery);
    json.end_object();
}

}  // namespace

std::string cluster_info(const api::ClusterSummary& cluster) {
    JsonWriter json;
    write_info(json, cluster);
    return std::move(json).str();
}

std::string cluster_infos(const std::vector<api::ClusterSummary>& clusters) {
    JsonWriter json;
    json.begin_array();
    for (const auto& cluster : clusters) {
        write_info(json, cluster);
    }
    json.end_array();
    return std::move(json).str();
}

std::string audit(const View& view, const std::vector<model::AuditEntry>& entries) {
    JsonWriter json;
    json.begin_array();
    for (const auto& entry : entries) {
        json.begin_object().field("AuditId", entry.id).field("AuditTimestamp", view.column_time(entry.at));
        json.field("AuditType", entry.type).key("AuditInstanceKey");
        write(json, entry.endpoint.value_or(Endpoint{}));
        json.field("Message", entry.message).end_object();
    }
    json.end_array();
    return std::move(json).str();
}

namespace {

constexpr std::string_view zero_time = "0001-01-01T00:00:00Z";

void write_node(JsonWriter& json, const View& view, const store::NodeRecord& node) {
    json.begin_object();
    json.field("Hostname", node.host).field("Token", node.token.text()).field("AppVersion", node.version);
    const bool is_known = node.first_seen.time_since_epoch().count() != 0;
    json.field("FirstSeenActive", is_known ? view.column_time(node.first_seen) : "");
    json.field("LastSeenActive", is_known ? view.column_time(node.last_seen) : "");
    json.field("ExtraInfo", "").field("Command", node.command).field("DBBackend", node.backend);
    json.field("LastReported", zero_time).end_object();
}

/// The elected node among those alive; its name alone when it is not listed.
store::NodeRecord active_node(const api::Health& health) {
    if (health.active) {
        store::NodeRecord out;
        for (const auto& node : health.nodes) {
            out = node.token == health.active->token ? node : out;
        }
        out.host = health.active->host;
        out.token = health.active->token;
        out.first_seen = health.active->first_seen;
        out.last_seen = health.active->last_seen;
        return out;
    }
    for (const auto& node : health.nodes) {
        if (health.is_leader ? node.token == health.node.token : node.host == health.leader) {
            return node;
        }
    }
    store::NodeRecord out;
    out.host = health.is_leader ? health.node.host : health.leader;
    return out;
}

}  // namespace

std::string health(const View& view, const api::Health& health) {
    JsonWriter json;
    json.begin_object();
    json.field("Healthy", health.is_healthy).field("Hostname", health.node.host);
    json.field("Token", health.node.token.text()).field("IsActiveNode", health.is_leader).key("ActiveNode");
    write_node(json, view, active_node(health));
    json.key("Error");
    if (health.error.empty()) {
        json.null();
    } else {
        json.begin_object().field("Message", health.error).end_object();
    }
    json.key("AvailableNodes").begin_array();
    for (const auto& node : health.nodes) {
        if (node.command.empty()) {  // commands live there as well
            write_node(json, view, node);
        }
    }
    json.end_array();
    json.field("RaftLeader", "").field("IsRaftLeader", false).field("RaftLeaderURI", "").field("RaftAdvertise", "");
    json.key("RaftHealthyMembers").null().end_object();
    return std::move(json).str();
}

}  // namespace orc::http::legacy
