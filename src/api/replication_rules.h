// May one server replicate from another? The classic rules, in the classic order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "model/topology.h"

namespace orc::api {

/// The first rule that forbids it, as a sentence; nullopt: it can.
std::optional<std::string> why_not_from(
    const model::Server& replica, const model::Server& source, const config::Settings& settings
);
/// The same, and both must be able to meet by GTID: the source still has every transaction that the replica lacks.
std::optional<std::string> why_not_from_by_gtid(
    const model::Server& replica, const model::Server& source, const config::Settings& settings
);

/// The statements that stop what runs of the server's replication, then `statement` if there is one, then those that
/// start it again; each ends in a semicolon. They are for a person to run. Error: invalid (the server was never read).
Result<std::vector<std::string>> restart_statements(const model::Server& server, std::string_view statement);

}  // namespace orc::api
