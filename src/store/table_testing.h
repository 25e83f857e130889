// For tests of this room: SQLite's tables as text.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite.h"

namespace orc::store::testing {

inline Database opened(const std::string& path) {
    auto database = Database::open(path);
    EXPECT_TRUE(database) << database.error().message;
    return std::move(*database);
}

/// The rows, with cells joined by bars.
inline std::vector<std::string> texts(Database& database, const std::string& sql) {
    // Kept for ever, as statements are cached by the address of their text.
    static std::set<std::string> kept;
    std::vector<std::string> out;
    const auto done = database.query(*kept.insert(sql).first, {}, [&](const Row& row) {
        std::string line;
        for (const auto& value : row) {
            const auto* text = std::get_if<std::string>(&value);
            const auto* number = std::get_if<std::int64_t>(&value);
            line += (line.empty() ? "" : "|") + (text ? *text : number ? std::to_string(*number) : std::string("NULL"));
        }
        out.push_back(line);
    });
    EXPECT_TRUE(done) << done.error().message;
    return out;
}

}  // namespace orc::store::testing
