#include "http/routes/openapi.h"

#include <array>

#include "base/text.h"
#include "http/json_writer.h"

namespace orc::http {
namespace {

/// One path. Parts in braces are its parameters; `query` names those behind the question mark, with commas.
struct Path {
    std::string_view path;
    std::string_view operation;
    std::string_view tag;
    std::string_view summary;
    std::string_view query;
    std::string_view data;    ///< a schema's name, or "[name]" for a list of them
    std::string_view errors;  ///< status and code, in pairs
};

constexpr std::array paths = {
    Path{"/clusters", "getClusters", "Clusters", "All clusters", "", "[ClusterInfo]", "500 CLUSTER_LIST_ERROR"},
    Path{
        "/clusters/{name}",
        "getClusterInfo",
        "Clusters",
        "One cluster, by name, alias or member",
        "",
        "ClusterInfo",
        "404 NOT_FOUND,500 CLUSTER_INFO_ERROR"
    },
    Path{
        "/clusters/{name}/instances",
        "getClusterInstances",
        "Clusters",
        "The servers of a cluster",
        "",
        "[Instance]",
        "404 NOT_FOUND,500 CLUSTER_INSTANCES_ERROR"
    },
    Path{
        "/clusters/{name}/topology",
        "getClusterTopology",
        "Clusters",
        "A cluster as a tree of text",
        "",
        "TopologyOutput",
        "404 NOT_FOUND,500 TOPOLOGY_ERROR"
    },
    Path{
        "/instances/{host}/{port}",
        "getInstance",
        "Instances",
        "One server",
        "",
        "Instance",
        "400 INVALID_INSTANCE,404 NOT_FOUND,500 INSTANCE_READ_ERROR"
    },
    Path{
        "/instances/{host}/{port}/channels",
        "getInstanceChannels",
        "Instances",
        "The replication channels of a server that has several; else null",
        "",
        "[ReplicationChannel]",
        "400 INVALID_INSTANCE,404 NOT_FOUND,500 INSTANCE_READ_ERROR"
    },
    Path{
        "/recoveries",
        "getRecoveries",
        "Recoveries",
        "Recoveries, newest first, 20 a page",
        "cluster,alias,page",
        "[TopologyRecovery]",
        "500 RECOVERIES_ERROR"
    },
    Path{
        "/recoveries/active",
        "getActiveRecoveries",
        "Recoveries",
        "Recoveries that have not ended",
        "",
        "[TopologyRecovery]",
        "500 ACTIVE_RECOVERIES_ERROR"
    },
    Path{"/status", "getStatus", "Status", "The health of this node", "", "HealthStatus", "500 UNHEALTHY"},
    Path{
        "/proxysql/servers",
        "getProxySQLServers",
        "ProxySQL",
        "The servers that ProxySQL knows",
        "",
        "[ProxySQLServerEntry]",
        "503 PROXYSQL_NOT_CONFIGURED,500 PROXYSQL_ERROR"
    },
};

/// The members that clients rely on; answers carry all of the classic ones.
struct Schema {
    std::string_view name;
    std::string_view members;  ///< "name type" in pairs; a type with a capital letter is another schema
};

constexpr std::array schemas = {
    Schema{"InstanceKey", "Hostname string,Port integer"},
    Schema{"ClusterInfo", "ClusterName string,ClusterAlias string,ClusterDomain string,CountInstances integer"},
    Schema{"Instance", "Key InstanceKey,ServerID integer,ServerUUID string,Version string,ReadOnly boolean"},
    Schema{"TopologyOutput", "clusterName string,topology string"},
    Schema{"ReplicationChannel", "ChannelName string,LastIOError string,LastSQLError string"},
    Schema{"TopologyRecovery", "Id integer,UID string,IsActive boolean,IsSuccessful boolean,SuccessorKey InstanceKey"},
    Schema{"HealthStatus", "Healthy boolean,Hostname string,Token string,IsActiveNode boolean"},
    Schema{"ProxySQLServerEntry", "hostgroup_id integer,hostname string,port integer,status string,weight integer"},
    Schema{"V2APIError", "code string,message string"},
};

void reference(JsonWriter& json, std::string_view schema) {
    json.begin_object().field("$ref", "#/components/schemas/" + std::string(schema)).end_object();
}

void parameter(JsonWriter& json, std::string_view name, std::string_view place) {
    const bool is_number = name == "port" || name == "page";
    json.begin_object().field("name", name).field("in", place).field("required", place == "path");
    json.key("schema").begin_object().field("type", is_number ? "integer" : "string").end_object().end_object();
}

void parameters(JsonWriter& json, const Path& path) {
    json.key("parameters").begin_array();
    for (const auto piece : split(path.path, '/')) {
        if (piece.starts_with('{')) {
            parameter(json, piece.substr(1, piece.size() - 2), "path");
        }
    }
    for (const auto name : split(path.query, ',')) {
        if (!name.empty()) {
            parameter(json, name, "query");
        }
    }
    json.end_array();
}

void data_schema(JsonWriter& json, std::string_view data) {
    if (!data.starts_with('[')) {
        reference(json, data);
        return;
    }
    json.begin_object().field("type", "array").field("nullable", true).key("items");
    reference(json, data.substr(1, data.size() - 2));
    json.end_object();
}

void open_answer(JsonWriter& json, std::string_view status, std::string_view description) {
    json.key(status).begin_object().field("description", description).key("content").begin_object();
    json.key("application/json").begin_object().key("schema").begin_object();
    json.field("type", "object").key("properties").begin_object();
    json.key("status").begin_object().field("type", "string").end_object();
}

void close_answer(JsonWriter& json) { json.end_object().end_object().end_object().end_object().end_object(); }

void answers(JsonWriter& json, const Path& path) {
    json.key("responses").begin_object();
    open_answer(json, "200", path.summary);
    data_schema(json.key("data"), path.data);
    close_answer(json);
    for (const auto error : split(path.errors, ',')) {
        open_answer(json, error.substr(0, 3), error.substr(4));
        reference(json.key("error"), "V2APIError");
        close_answer(json);
    }
    json.end_object();
}

void write_schema(JsonWriter& json, const Schema& schema) {
    json.key(schema.name).begin_object().field("type", "object").key("properties").begin_object();
    for (const auto member : split(schema.members, ',')) {
        const auto blank = member.find(' ');
        const auto type = member.substr(blank + 1);
        json.key(member.substr(0, blank));
        if (type.front() >= 'A' && type.front() <= 'Z') {
            reference(json, type);
        } else {
            json.begin_object().field("type", type).end_object();
        }
    }
    json.end_object().end_object();
}

}  // namespace

std::string openapi_text(std::string_view url_prefix, std::string_view version) {
    JsonWriter json;
    json.begin_object().field("openapi", "3.0.3").key("info").begin_object();
    json.field("title", "Orchestrator API v2").field("version", version).end_object();
    json.key("servers").begin_array().begin_object().field("url", std::string(url_prefix) + "/api/v2");
    json.end_object().end_array().key("paths").begin_object();
    for (const auto& path : paths) {
        json.key(path.path).begin_object().key("get").begin_object();
        json.field("operationId", path.operation).field("summary", path.summary);
        json.key("tags").begin_array().text(path.tag).end_array();
        parameters(json, path);
        answers(json, path);
        json.end_object().end_object();
    }
    json.end_object().key("components").begin_object().key("schemas").begin_object();
    for (const auto& schema : schemas) {
        write_schema(json, schema);
    }
    json.end_object().end_object().end_object();
    return std::move(json).str();
}

}  // namespace orc::http
