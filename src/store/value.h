// What goes into and comes out of a database row, whichever database it is.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace orc::store {

/// monostate is SQL NULL.
using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Row = std::vector<Value>;

/// One statement with its values. The text never contains data, so that it can be prepared once and kept.
struct Write {
    std::string_view sql;
    Row values;
};

}  // namespace orc::store
