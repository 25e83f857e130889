#include "recovery/hook_text.h"

#include <array>

#include "base/text.h"

namespace orc::recovery {
namespace {

using planning::HookList;
using planning::PlanKind;

std::string words(bool value) { return value ? "true" : "false"; }

std::string instance_type(const HookFacts& facts) {
    if (facts.is_co_primary) {
        return "co-master";
    }
    if (facts.is_group_member) {
        return "group-member";
    }
    return facts.is_primary ? "master" : "intermediate-master";
}

bool is_plain(char c) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    // Bytes beyond ASCII mean nothing to a shell.
    return is_word || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view(" _.,:=@%+/~-").find(c) != std::string::npos;
}

std::string plain(std::string text) {
    for (char& c : text) {
        c = is_plain(c) ? c : '_';
    }
    return text;
}

using Pair = std::pair<std::string_view, std::string>;

std::vector<Pair> placeholders(const HookFacts& facts) {
    const std::string count = std::to_string(facts.replicas.size());
    const std::string replicas = joined(facts.replicas);
    const std::string lost = joined(facts.lost);
    std::vector<Pair> out = {
        {"{failureType}", facts.failure_type},
        {"{instanceType}", instance_type(facts)},
        {"{isMaster}", words(facts.is_primary)},
        {"{isCoMaster}", words(facts.is_co_primary)},
        {"{failureDescription}", facts.description},
        {"{command}", facts.command},
        {"{failedHost}", facts.failed.host},
        {"{failedPort}", std::to_string(facts.failed.port)},
        {"{failureCluster}", facts.cluster},
        {"{failureClusterAlias}", facts.cluster_alias},
        {"{failureClusterDomain}", facts.cluster_domain},
        {"{countSlaves}", count},
        {"{countReplicas}", count},
        {"{isDowntimed}", words(facts.is_downtimed)},
        {"{autoMasterRecovery}", words(facts.automated_primary_recovery)},
        {"{autoIntermediateMasterRecovery}", words(facts.automated_intermediate_recovery)},
        {"{orchestratorHost}", facts.node_host},
        {"{recoveryUID}", facts.recovery_uid},
        {"{isSuccessful}", words(facts.is_successful)},
        {"{lostSlaves}", lost},
        {"{lostReplicas}", lost},
        {"{countLostReplicas}", std::to_string(facts.lost.size())},
        {"{slaveHosts}", replicas},
        {"{replicaHosts}", replicas},
    };
    if (facts.successor) {
        out.emplace_back("{successorHost}", facts.successor->host);
        out.emplace_back("{successorPort}", std::to_string(facts.successor->port));
        out.emplace_back("{successorAlias}", facts.successor_alias);
        if (!facts.successor_coordinates.empty()) {
            out.emplace_back("{successorBinlogCoordinates}", facts.successor_coordinates);
        }
    }
    return out;
}

}  // namespace

std::string joined(const std::vector<Endpoint>& servers) {
    std::string out;
    for (const auto& server : servers) {
        out += (out.empty() ? "" : ",") + server.text();
    }
    return out;
}

std::string_view key_of(HookList list) {
    switch (list) {
        case HookList::on_failure_detection:
            return "OnFailureDetectionProcesses";
        case HookList::pre_graceful_takeover:
            return "PreGracefulTakeoverProcesses";
        case HookList::pre_failover:
            return "PreFailoverProcesses";
        case HookList::post_primary_failover:
            return "PostMasterFailoverProcesses";
        case HookList::post_intermediate_failover:
            return "PostIntermediateMasterFailoverProcesses";
        case HookList::post_failover:
            return "PostFailoverProcesses";
        case HookList::post_unsuccessful_failover:
            return "PostUnsuccessfulFailoverProcesses";
        case HookList::post_graceful_takeover:
            return "PostGracefulTakeoverProcesses";
        case HookList::post_take_over:
            return "PostTakeMasterProcesses";
    }
    return "";
}

const std::vector<std::string>& commands_of(HookList list, const config::Settings& settings) {
    static const std::vector<std::string> none;
    switch (list) {
        case HookList::on_failure_detection:
            return settings.on_failure_detection_processes;
        case HookList::pre_graceful_takeover:
            return settings.pre_graceful_takeover_processes;
        case HookList::pre_failover:
            return settings.pre_failover_processes;
        case HookList::post_primary_failover:
            return settings.post_master_failover_processes;
        case HookList::post_intermediate_failover:
            return settings.post_intermediate_master_failover_processes;
        case HookList::post_failover:
            return settings.post_failover_processes;
        case HookList::post_unsuccessful_failover:
            return settings.post_unsuccessful_failover_processes;
        case HookList::post_graceful_takeover:
            return settings.post_graceful_takeover_processes;
        case HookList::post_take_over:
            return settings.post_take_master_processes;
    }
    return none;
}

HookText hook_text(std::string_view command, const HookFacts& facts) {
    HookText out;
    std::string_view rest = trim(command);
    while (rest.ends_with('&')) {
        out.in_background = true;
        rest = trim(rest.substr(0, rest.size() - 1));
    }
    // One pass from left to right: a value that looks like a placeholder is not replaced again.
    const auto pairs = placeholders(facts);
    while (!rest.empty()) {
        const auto brace = rest.find('{');
        out.command += rest.substr(0, brace);
        if (brace == std::string_view::npos) {
            break;
        }
        rest = rest.substr(brace);
        std::size_t eaten = 1;
        std::string value = "{";
        for (const auto& [name, text] : pairs) {
            if (rest.starts_with(name)) {
                eaten = name.size();
                value = plain(text);
            }
        }
        out.command += value;
        rest = rest.substr(eaten);
    }
    return out;
}

std::map<std::string, std::string> hook_environment(const HookFacts& facts) {
    std::map<std::string, std::string> out = {
        {"ORC_FAILURE_TYPE", facts.failure_type},
        {"ORC_INSTANCE_TYPE", instance_type(facts)},
        {"ORC_IS_MASTER", words(facts.is_primary)},
        {"ORC_IS_CO_MASTER", words(facts.is_co_primary)},
        {"ORC_FAILURE_DESCRIPTION", facts.description},
        {"ORC_COMMAND", facts.command},
        {"ORC_FAILED_HOST", facts.failed.host},
        {"ORC_FAILED_PORT", std::to_string(facts.failed.port)},
        {"ORC_FAILURE_CLUSTER", facts.cluster},
        {"ORC_FAILURE_CLUSTER_ALIAS", facts.cluster_alias},
        {"ORC_FAILURE_CLUSTER_DOMAIN", facts.cluster_domain},
        {"ORC_COUNT_REPLICAS", std::to_string(facts.replicas.size())},
        {"ORC_IS_DOWNTIMED", words(facts.is_downtimed)},
        {"ORC_AUTO_MASTER_RECOVERY", words(facts.automated_primary_recovery)},
        {"ORC_AUTO_INTERMEDIATE_MASTER_RECOVERY", words(facts.automated_intermediate_recovery)},
        {"ORC_ORCHESTRATOR_HOST", facts.node_host},
        {"ORC_IS_SUCCESSFUL", words(facts.is_successful)},
        {"ORC_LOST_REPLICAS", joined(facts.lost)},
        {"ORC_COUNT_LOST_REPLICAS", std::to_string(facts.lost.size())},
        {"ORC_REPLICA_HOSTS", joined(facts.replicas)},
        {"ORC_RECOVERY_UID", facts.recovery_uid},
    };
    if (facts.successor) {
        out["ORC_SUCCESSOR_HOST"] = facts.successor->host;
        out["ORC_SUCCESSOR_PORT"] = std::to_string(facts.successor->port);
        out["ORC_SUCCESSOR_ALIAS"] = facts.successor_alias;
        if (!facts.successor_coordinates.empty()) {
            out["ORC_SUCCESSOR_BINLOG_COORDINATES"] = facts.successor_coordinates;
        }
    }
    return out;
}

std::string_view audit_type(PlanKind kind) {
    switch (kind) {
        case PlanKind::dead_primary:
            return "recover-dead-master";
        case PlanKind::dead_co_primary:
            return "recover-dead-co-master";
        case PlanKind::dead_intermediate_primary:
            return "recover-dead-intermediate-master";
        case PlanKind::dead_group_member:
            return "recover-dead-replication-group-member-with-replicas";
        case PlanKind::semi_sync:
            return "recover-semi-sync-master";
        case PlanKind::not_writable:
            return "recover-non-writeable-master";
        case PlanKind::graceful_takeover:
            return "graceful-master-takeover";
        case PlanKind::forced_takeover:
            return "force-master-takeover";
        case PlanKind::topology_change:
            return "topology-change";
    }
    return "";
}

std::string_view command_hint(PlanKind kind, bool is_forced) {
    if (kind == PlanKind::graceful_takeover) {
        return "graceful-master-takeover";
    }
    if (kind == PlanKind::forced_takeover) {
        return "force-master-takeover";
    }
    return is_forced ? "force-master-failover" : "";
}

}  // namespace orc::recovery
