// Our database: the classic tables, and ours beside them.
#pragma once

#include <string_view>

#include "base/time.h"
#include "store/backend.h"

namespace orc::store {

/// How we call ourselves in orchestrator_db_deployments; differs from every version text of the original.
inline constexpr std::string_view deployed_version = "4.0.0-cpp";
/// Raised with every change of our own tables.
inline constexpr std::int64_t schema_version = 3;

/// All 47 classic tables with their indexes, in the words of schema_text.h.
std::string_view classic_schema();
/// The tables that only we have.
std::string_view own_schema();

enum class Migration {
    if_needed,  ///< when this version has not recorded one
    always,     ///< somebody may have taken tables away since
};

/// Brings an empty, a classic or an older database up to date; rows are never touched. Adds classic columns that an
/// older version lacked. In SQLite it is one transaction; elsewhere each statement can be repeated. Errors: denied
/// (read-only), unreachable (disk, connection), corrupt.
Result<void> migrate(Backend& backend, WallTime now, Migration when = Migration::if_needed);

/// What opening a database may do to its tables.
struct OpenRules {
    bool leave_tables = false;       ///< neither check nor change them (SkipOrchestratorDatabaseUpdate)
    bool same_version_only = false;  ///< refuse one that this version has not deployed (PanicIfDifferentDatabaseDeploy)
    bool redeploy = false;           ///< make what is lacking, though it was deployed, or by another version
};

/// migrate(), as far as the rules allow it. Errors besides: refused, naming the rule.
Result<void> prepare(Backend& backend, WallTime now, const OpenRules& rules);

}  // namespace orc::store
