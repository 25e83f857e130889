// In which binary logs of a server its errant transactions are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/use_cases.h"

namespace orc::api {

/// The files that hold anything of `wanted`, oldest first. `logs` oldest first.
std::vector<std::string> logs_with(const std::vector<mysql::BinaryLog>& logs, gtid::GtidSet wanted);

/// What one writer logged in one domain of a MariaDB: everything after `after`, up to `last`.
struct MariadbWrites {
    gtid::MariadbGtid last;
    std::uint64_t after = 0;
};

/// The same on MariaDB.
std::vector<std::string> logs_with(const std::vector<mysql::BinaryLog>& logs, const std::vector<MariadbWrites>& wanted);

/// Reads the server, its source and its binary logs. Errors: not_found (nothing is errant, or some of it is purged
/// already); those of reading.
Task<std::vector<std::string>> errant_logs(UseCases& use_cases, Endpoint server);

}  // namespace orc::api
