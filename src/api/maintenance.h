// Maintenance: a server that people work on is left out of analysis and of automated changes until they are done.
#pragma once

#include <string>

#include "api/use_cases.h"

namespace orc::api {

/// `span` zero means ten minutes. Errors: invalid (no owner, no reason), conflict when somebody else has it under
/// maintenance, naming them.
Task<Endpoint> begin_maintenance(
    UseCases& use_cases, Endpoint server, std::string owner, std::string reason, Seconds span
);
/// False: it was not under maintenance.
Task<bool> end_maintenance(UseCases& use_cases, Endpoint server);
/// Control executor.
bool is_in_maintenance(const UseCases& use_cases, const Endpoint& server);
/// Those in force now, by begin. Control executor.
std::vector<model::Maintenance> maintenance(const UseCases& use_cases);

}  // namespace orc::api
