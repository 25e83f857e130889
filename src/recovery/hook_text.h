// The classic names that hooks and audits are written against: lists, placeholders, environment variables, audit types.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "config/settings.h"
#include "planning/plan.h"

namespace orc::recovery {

/// Everything a hook is told, with its true value at the time it runs.
struct HookFacts {
    std::string failure_type;  ///< classic analysis code
    bool is_primary = false;
    bool is_co_primary = false;
    bool is_group_member = false;
    std::string description;
    std::string command;  ///< classic hint of a forced or planned change; "" automation
    Endpoint failed;
    std::string cluster;
    std::string cluster_alias;
    std::string cluster_domain;
    std::vector<Endpoint> replicas;
    bool is_downtimed = false;
    bool automated_primary_recovery = false;
    bool automated_intermediate_recovery = false;
    std::string node_host;
    std::string recovery_uid;
    bool is_successful = false;
    std::vector<Endpoint> lost;
    std::optional<Endpoint> successor;
    std::string successor_alias;
    std::string successor_coordinates;
};

/// The key of the configuration ("PreFailoverProcesses").
std::string_view key_of(planning::HookList list);
const std::vector<std::string>& commands_of(planning::HookList list, const config::Settings& settings);

/// One command as it is run: placeholders replaced, the trailing '&' taken off.
struct HookText {
    std::string command;
    bool in_background = false;
};
/// Values are cut down to characters that mean nothing to a shell; the environment has them whole. Placeholders of a
/// successor stay as they are when there is none.
HookText hook_text(std::string_view command, const HookFacts& facts);
/// The ORC_ variables.
std::map<std::string, std::string> hook_environment(const HookFacts& facts);

/// Type of the audit entry for a kind of plan ("recover-dead-...").
std::string_view audit_type(planning::PlanKind kind);
/// The classic hint by which people asked for it ("" for automation).
std::string_view command_hint(planning::PlanKind kind, bool is_forced);

/// "host:port,host:port".
std::string joined(const std::vector<Endpoint>& servers);

}  // namespace orc::recovery
