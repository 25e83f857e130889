// Tables as data, from which the statements of each database are made, so that each table is written down once.
//
//     table NAME [latin1] [rowless]
//         COLUMN TYPE [utf8] [null] [= DEFAULT] [/ DEFAULT IN SQLITE] [~ TYPE IN SQLITE]; ...
//         primary (COLUMNS); index NAME (COLUMNS); unique NAME+ (COLUMNS);
//
// Types are MySQL's. A default `now` is the time of the insertion, and '' in SQLite unless something else is said. An
// index whose name has a + is called NAME_TABLE in SQLite, where the names of indexes must differ. SQLite keeps a
// rowless table in its primary key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orc::store {

enum class Dialect { sqlite, mysql };

struct ColumnText {
    std::string name;
    std::string declaration;  ///< everything after the name
    /// The same for a column that an older table lacks: one that must have a value gets one.
    std::string addition;
};

struct TableText {
    std::string name;
    std::vector<ColumnText> columns;
    std::string create;                ///< harmless where the table exists
    std::vector<std::string> indexes;  ///< harmless where they exist; empty in MySQL, where they are part of `create`
};

/// A schema in the words of one database. The text is ours: a mistake in it is a bug.
std::vector<TableText> tables_of(std::string_view schema, Dialect dialect);

}  // namespace orc::store
