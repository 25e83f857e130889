// Our database as DDL: the classic tables, and ours beside them.
#pragma once

#include <string_view>

#include "base/time.h"
#include "store/sqlite.h"

namespace orc::store {

/// How we call ourselves in orchestrator_db_deployments; differs from every version text of the original.
inline constexpr std::string_view deployed_version = "4.0.0-cpp";
/// Raised with every change of our own tables.
inline constexpr std::int64_t schema_version = 1;

/// All 47 classic tables with their indexes, in the SQLite spelling; harmless where they exist.
std::string_view classic_schema();
/// The tables that only we have.
std::string_view own_schema();

/// Brings an empty, a classic or an older database up to date in one transaction; rows are never touched. Adds classic
/// columns that an older version lacked. Errors: denied (read-only), unreachable (disk), corrupt.
Result<void> migrate(Database& database, WallTime now);

}  // namespace orc::store
