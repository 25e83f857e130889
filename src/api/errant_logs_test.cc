#include "api/errant_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orc::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string source_a = "00000000-0000-0000-0000-00000000000a:";
const std::string source_c = "00000000-0000-0000-0000-00000000000c:";

gtid::GtidSet set(const std::string& text) { return *gtid::GtidSet::parse(text); }

/// 1: a:1-5 and c:1; 2: a:6-9; 3: c:2-3; 4 is being written.
std::vector<mysql::BinaryLog> logs() {
    return {
        {"binlog.1", set(""), {}},
        {"binlog.2", set(source_a + "1-5," + source_c + "1"), {}},
        {"binlog.3", set(source_a + "1-9," + source_c + "1"), {}},
        {"binlog.4", set(source_a + "1-9," + source_c + "1-3"), {}},
    };
}

TEST(ErrantLogs, are_those_in_which_something_errant_was_written) {
    EXPECT_THAT(logs_with(logs(), set(source_c + "1")), ElementsAre("binlog.1"));
    EXPECT_THAT(logs_with(logs(), set(source_c + "2")), ElementsAre("binlog.3"));
    EXPECT_THAT(logs_with(logs(), set(source_c + "1-3")), ElementsAre("binlog.1", "binlog.3"));
    EXPECT_THAT(logs_with(logs(), set(source_c + "3-4")), ElementsAre("binlog.3", "binlog.4"));
    EXPECT_THAT(logs_with(logs(), set(source_c + "9")), ElementsAre("binlog.4"));
}

TEST(ErrantLogs, are_none_where_nothing_is_errant_or_there_are_no_logs) {
    EXPECT_THAT(logs_with(logs(), set("")), IsEmpty());
    EXPECT_THAT(logs_with({}, set(source_c + "1")), IsEmpty());
    EXPECT_THAT(logs_with({}, std::vector<MariadbWrites>{{{0, 2, 1}, 0}}), IsEmpty());
}

mysql::BinaryLog mariadb_log(const std::string& file, const std::string& before) {
    return {file, {}, *gtid::MariadbBinlogState::parse(before)};
}

TEST(ErrantLogs, of_a_mariadb_are_those_in_which_the_writer_logged_what_the_source_has_not) {
    // 1: 0-1 up to 5; 2: own 0-2-6; 3: 0-1 up to 9 and own 0-2-10; 4 is being written.
    const std::vector<mysql::BinaryLog> logs{
        mariadb_log("binlog.1", ""),
        mariadb_log("binlog.2", "0-1-5"),
        mariadb_log("binlog.3", "0-1-5,0-2-6"),
        mariadb_log("binlog.4", "0-1-9,0-2-10"),
    };
    using Wanted = std::vector<MariadbWrites>;
    EXPECT_THAT(logs_with(logs, Wanted{{{0, 2, 6}, 0}}), ElementsAre("binlog.2"));
    EXPECT_THAT(logs_with(logs, Wanted{{{0, 2, 10}, 6}}), ElementsAre("binlog.3"));
    EXPECT_THAT(logs_with(logs, Wanted{{{0, 2, 10}, 0}}), ElementsAre("binlog.2", "binlog.3"));
    EXPECT_THAT(logs_with(logs, Wanted{{{0, 2, 11}, 6}}), ElementsAre("binlog.3", "binlog.4"));
    EXPECT_THAT(logs_with(logs, Wanted{{{7, 2, 1}, 0}}), ElementsAre("binlog.4"));
    EXPECT_THAT(logs_with(logs, Wanted{{{0, 2, 6}, 0}, {{0, 1, 9}, 5}}), ElementsAre("binlog.2", "binlog.3"));
    EXPECT_THAT(logs_with(logs, Wanted{}), IsEmpty());
}

}  // namespace
}  // namespace orc::api
