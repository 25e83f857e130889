// Statements in SQLite's spelling as MySQL and MariaDB want them, with their values in the text. All that differs in
// words between the two stands in mysql_words.cc.
#pragma once

#include <string>
#include <string_view>

#include "store/value.h"

namespace orc::store {

/// The statement in MySQL's words, its marks (`?`, `?3`) kept.
std::string mysql_words(std::string_view sql);

/// The value as a literal. For sessions without NO_BACKSLASH_ESCAPES.
std::string mysql_literal(const Value& value);

/// `words` with each mark replaced by its value. Marks in quotes are text. More marks than values is a bug.
std::string with_values(std::string_view words, const Row& values);

/// Times that a timestamp of MySQL cannot hold (before 1970, after 2038), moved to the nearest that it can.
Row with_possible_times(Row values);

}  // namespace orc::store
