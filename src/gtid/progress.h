// How far a server has come, without the caller knowing the flavour: a MySQL set, a MariaDB position, or unknown.
// This is what candidates are ranked by and losses are counted with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "gtid/gtid_set.h"
#include "gtid/mariadb_position.h"

namespace orc::gtid {

/// monostate: not reported, or the server does not use GTIDs. That is not the same as a set that is empty.
using Progress = std::variant<std::monostate, GtidSet, MariadbPosition>;

enum class Relation {
    equal,
    behind,    ///< the other has everything we have, and more
    ahead,     ///< we have everything the other has, and more
    diverged,  ///< each has something the other lacks, or their histories have parted
    unknown,   ///< one is not known, or the flavours differ
};
/// Lower-case name of a relation, for reasons and logs.
std::string_view name(Relation relation);

/// How `mine` stands to `reference`.
Relation relate(const Progress& mine, const Progress& reference);

/// Everything in `wanted` is in `have`. False when either is unknown, the flavours differ, or histories have parted.
bool covers(const Progress& have, const Progress& wanted);

/// Transactions of `want` that `have` lacks (MariaDB: sequence differences summed over domains; a domain that `have`
/// lacks counts whole). All of `want` if `have` is unknown or of another flavour; 0 if `want` is unknown. Saturates.
std::uint64_t missing_count(const Progress& have, const Progress& want);

/// Both together (MariaDB: the larger sequence per domain). An unknown side adds nothing; two flavours make an unknown.
Progress union_of(const Progress& a, const Progress& b);

/// Unknown, or nothing executed.
bool empty(const Progress& progress);
/// The server's own notation; "" if empty or unknown.
std::string text(const Progress& progress);

}  // namespace orc::gtid
