// The rights that the account on the monitored servers needs: one table of what each is for, per flavour and version,
// and what of it a server has not granted. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/facts.h"
#include "mysql/dialect/dialect.h"
#include "mysql/session/session.h"

namespace orc::mysql {

struct NeededGrant {
    std::string_view privilege;  ///< as this server spells it
    std::string_view object;     ///< "*.*", or a schema or table whose rows are read
    std::string_view used_for;   ///< statements
};

/// The least that every function of this program needs, in a fixed order; empty for a binlog server.
std::vector<NeededGrant> needed_grants(const model::Version& version);
/// The statement that grants it. `account` as 'user'@'host'.
std::string grant_statement(const NeededGrant& grant, std::string_view account);

/// Answered with one line for each object, active roles included.
inline constexpr std::string_view show_grants = "SHOW GRANTS";
/// Which of the needed ones the answer to show_grants lacks.
std::vector<model::MissingGrant> missing_grants(const model::Version& version, const ResultSet& shown);

}  // namespace orc::mysql
