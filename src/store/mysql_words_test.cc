#include "store/mysql_words.h"

#include <gtest/gtest.h>

namespace orc::store {
namespace {

TEST(MysqlWords, are_those_of_the_other_database) {
    struct Case {
        const char* name;
        const char* sqlite;
        const char* mysql;
    };
    const Case cases[] = {
        {"plain", "select a from t where b = ?", "select a from t where b = ?"},
        {"replace", "insert or replace into t (a) values (?)", "replace into t (a) values (?)"},
        {"ignore", "insert or ignore into t (a) values (?)", "insert ignore into t (a) values (?)"},
        {"nothing", "insert into t (a) values (?) on conflict do nothing", "insert ignore into t (a) values (?) "},
        {"upsert",
         "insert into t (a, b) values (?, ?) on conflict (a) do update set b = excluded.b, n = n + 1, c_1=excluded.c_1",
         "insert into t (a, b) values (?, ?) on duplicate key update b = values(b), n = n + 1, c_1=values(c_1)"},
        {"limited delete",
         "delete from t where rowid in (select rowid from t where a < ? and (b = 1 or c in (2, 3)) limit ?)",
         "delete from t where a < ? and (b = 1 or c in (2, 3)) limit ?"},
        {"other delete",
         "delete from t where a in (select a from u where b = 1)",
         "delete from t where a in (select a from u where b = 1)"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(mysql_words(c.sqlite), c.mysql) << c.name;
    }
}

TEST(MysqlWords, values_are_literals_that_cannot_break_out) {
    const Row values = {std::int64_t{-7}, std::string("it's \\ 100% ? ;"), std::monostate{}, std::string("\0x", 2)};
    EXPECT_EQ(with_values("(?, ?, ?, ?)", values), "(-7, 'it\\'s \\\\ 100% ? ;', null, '\\0x')");
    EXPECT_EQ(with_values("?2 = ?1 and '?' = \"?\"", {std::int64_t{1}, std::string("x")}), "'x' = 1 and '?' = \"?\"");
}

TEST(MysqlWords, times_out_of_range_become_the_nearest_possible_ones) {
    const Row values = with_possible_times(
        {std::string("1970-01-01 00:00:00"),
         std::string("9999-12-31 00:00:00"),
         std::string("2024-01-01 00:00:00"),
         std::string("9999-12-31"),
         std::int64_t{9999}}
    );
    EXPECT_EQ(std::get<std::string>(values[0]), "1970-01-01 00:00:01");
    EXPECT_EQ(std::get<std::string>(values[1]), "2038-01-19 03:14:07");
    EXPECT_EQ(std::get<std::string>(values[2]), "2024-01-01 00:00:00");
    EXPECT_EQ(std::get<std::string>(values[3]), "9999-12-31");
}

}  // namespace
}  // namespace orc::store
