// May one server replicate from another? The classic rules, in the classic order.
#pragma once

#include <optional>
#include <string>

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

}  // namespace orc::api
