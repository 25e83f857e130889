#include "http/routes/overview.h"

#include <set>

#include "api/instance_state.h"
#include "planning/plan_text.h"

namespace orc::http {
namespace {

void optional_text(JsonWriter& json, std::string_view name, const std::optional<Endpoint>& endpoint) {
    json.key(name);
    if (endpoint) {
        json.text(endpoint->text());
    } else {
        json.null();
    }
}

/// Who is read from by any channel within the cluster; asked once a cluster, not once a server.
std::set<const model::Server*> sources_in(const model::Cluster& cluster) {
    std::set<const model::Server*> out;
    const model::Server* last = nullptr;  // neighbours mostly share a source
    for (const auto& server : cluster.servers) {
        if (server->facts == nullptr) {
            continue;
        }
        for (const auto& channel : server->facts->channels) {
            if (last == nullptr || last->endpoint != channel.source) {
                last = cluster.find(channel.source);
            }
            out.insert(last);
        }
    }
    return out;
}

std::string_view role_of(const model::Server& server, bool is_source) {
    if (server.facts == nullptr) {
        return "unknown";
    }
    if (server.is_co_primary) {
        return "co-primary";
    }
    if (server.is_primary()) {
        return "primary";
    }
    return is_source ? "intermediate primary" : "replica";
}

/// One word for the mark beside the server.
std::string_view state_of(const std::vector<std::string>& problems) {
    if (problems.empty()) {
        return "ok";
    }
    const std::string& first = problems.front();
    if (first == "last_check_invalid") {
        return "unreachable";
    }
    if (first == "not_recently_checked") {
        return "stale";
    }
    if (first == "not_replicating") {
        return "stopped";
    }
    return first == "replication_lag" ? "lagging" : "ok";
}

std::string_view gtid_kind(const model::Facts& facts) {
    if (facts.version.is_mariadb()) {
        return facts.uses_gtid() ? "MariaDB GTID" : "";
    }
    return facts.gtid_mode.empty() || facts.gtid_mode == "OFF" ? "" : "GTID";
}

std::string first_error(const model::Server& server) {
    const model::Channel* channel = server.channel();
    if (channel != nullptr && !channel->receiver_error.empty()) {
        return channel->receiver_error;
    }
    if (channel != nullptr && !channel->applier_error.empty()) {
        return channel->applier_error;
    }
    if (server.check.error) {
        return server.check.error->message;
    }
    return server.facts == nullptr ? "" : model::text(server.facts->missing_grants);
}

void write_facts(JsonWriter& json, const model::Server& server) {
    static const model::Facts unread;
    const model::Facts& facts = server.facts == nullptr ? unread : *server.facts;
    json.field("alias", facts.instance_alias).field("version", facts.version.text);
    json.field("flavor", model::name(facts.version.flavor)).field("readOnly", facts.read_only);
    json.field("binlog", facts.log_bin ? facts.binlog_format : "").field("gtid", gtid_kind(facts));
    json.field("semiSyncSource", facts.semi_sync.source_active);
    json.field("semiSyncReplica", facts.semi_sync.replica_active).field("dataCenter", facts.data_center);
    json.field("error", first_error(server));
}

void write_server(JsonWriter& json, const model::Server& server, bool is_source, const api::InstanceJudge& judge) {
    const auto problems = judge.problems(server);
    json.begin_object().field("endpoint", server.endpoint.text());
    optional_text(json, "source", server.source());
    json.field("role", role_of(server, is_source)).field("state", state_of(problems)).field("depth", server.depth);
    json.key("lag");
    if (const auto lag = server.lag()) {
        json.integer(lag->count());
    } else {
        json.null();
    }
    write_facts(json, server);
    json.field("errant", server.errant_text()).field("rule", model::name(server.rule));
    json.field("downtime", server.downtime ? server.downtime->reason : "");
    json.field("downtimeEnd", server.downtime ? rfc3339(server.downtime->end) : "");
    json.field("maintenance", server.in_maintenance).key("problems").begin_array();
    for (const auto& problem : problems) {
        json.text(problem);
    }
    json.end_array().end_object();
}

void write_cluster(
    JsonWriter& json, const api::UseCases& use_cases, const model::Cluster& cluster, const api::InstanceJudge& judge
) {
    const api::ClusterSummary summary = use_cases.summary(cluster);
    json.begin_object().field("name", cluster.name.text()).field("alias", cluster.alias);
    json.field("domain", cluster.domain).field("automated", summary.automated_primary_recovery);
    json.key("servers").begin_array();
    const std::set<const model::Server*> sources = sources_in(cluster);
    for (const auto& server : cluster.servers) {
        write_server(json, *server, sources.contains(server.get()), judge);
    }
    json.end_array().end_object();
}

void write_finding(JsonWriter& json, const analysis::Finding& finding) {
    const bool is_quiet = finding.code == analysis::Code::no_problem;
    json.begin_object().field("code", is_quiet ? "" : analysis::name(finding.code));
    json.field("subject", finding.subject.text()).field("cluster", finding.cluster.text());
    json.field("description", finding.description).field("hesitation", finding.hesitation);
    json.field("actionable", finding.is_actionable).field("downtimed", finding.is_downtimed);
    json.key("structure").begin_array();
    for (const auto code : finding.structure) {
        json.text(analysis::name(code));
    }
    json.end_array().key("witnesses").begin_array();
    for (const auto& witness : finding.witnesses) {
        json.begin_object().field("who", witness.who).field("says", analysis::name(witness.says));
        json.field("why", witness.why).end_object();
    }
    json.end_array().end_object();
}

void write_record(JsonWriter& json, const model::RecoveryRecord& record) {
    json.field("uid", record.uid.text()).field("code", record.code).field("cluster", record.cluster.text());
    json.field("alias", record.cluster_alias).field("failed", record.failed.text());
    optional_text(json, "successor", record.successor);
    json.field("started", rfc3339(record.start)).field("ended", record.ended ? rfc3339(*record.ended) : "");
    json.field("successful", record.is_successful).field("acknowledged", record.acknowledged);
    json.field("lost", record.lost.size()).key("errors").begin_array();
    for (const auto& error : record.errors) {
        json.text(error);
    }
    json.end_array();
}

}  // namespace

void write_running(JsonWriter& json, const std::vector<recovery::Running>& running, bool with_plan) {
    json.begin_array();
    for (const auto& one : running) {
        json.begin_object();
        write_record(json, one.record);
        json.field("reason", one.plan.reason).key("steps").begin_array();
        for (const auto& step : one.steps) {
            json.begin_object().field("what", step.what).field("state", planning::name(step.state));
            json.field("tookMs", std::chrono::round<Millis>(step.took).count());
            json.field("message", step.message).end_object();
        }
        json.end_array();
        if (with_plan) {
            json.key("plan").raw(planning::to_json(one.plan));
        }
        json.end_object();
    }
    json.end_array();
}

std::string overview_json(const api::UseCases& use_cases, const Present& present) {
    const Standing& standing = present.standing;
    const auto topology = use_cases.topology();
    const api::InstanceJudge judge(*use_cases.settings(), use_cases.clock().now());
    JsonWriter json;
    json.begin_object().key("node").begin_object();
    json.field("host", use_cases.node().host).field("version", use_cases.version());
    json.field("isLeader", standing.leadership.is_leader).field("leader", standing.leadership.leader);
    json.field("message", use_cases.settings()->web_message);
    json.field("hideInNames", use_cases.settings()->remove_text_from_hostname_display);
    json.field("automation", !standing.recoveries_disabled).field("time", rfc3339(use_cases.clock().wall()));
    json.end_object().key("clusters").begin_array();
    for (const auto& [name, cluster] : topology->clusters) {
        write_cluster(json, use_cases, *cluster, judge);
    }
    json.end_array().key("findings").begin_array();
    const auto findings = use_cases.findings();
    for (const auto& finding : *findings) {
        write_finding(json, finding);
    }
    json.end_array().key("running");
    write_running(json, present.running, false);
    json.key("recent").begin_array();
    for (const auto& record : present.recent) {
        json.begin_object();
        write_record(json, record);
        json.end_object();
    }
    json.end_array().end_object();
    return std::move(json).str();
}

}  // namespace orc::http
