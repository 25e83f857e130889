#include "gtid/binlog_coordinates.h"

#include <gmock/gmock.h>

namespace orc::gtid {
namespace {

using testing::HasSubstr;

TEST(BinlogCoordinates, orders_files_as_the_server_writes_them) {
    // Strictly ascending.
    const BinlogCoordinates ascending[] = {
        {"", 0},
        {"binlog", 4},
        {"binlog.000000", 4},
        {"binlog.000001", 0},
        {"binlog.000001", 4},
        {"binlog.000009", 900},
        {"binlog.000010", 4},
        {"binlog.999999", 4},
        {"binlog.1000000", 4},
        {"binlog.1000001", 4},
        {"binlog.18446744073709551616", 4},
        {"mysql-bin.000001", 4},
        {"mysql-bin.v2.000001", 4},
    };
    for (std::size_t i = 0; i < std::size(ascending); ++i) {
        for (std::size_t j = 0; j < std::size(ascending); ++j) {
            SCOPED_TRACE(ascending[i].text() + " <=> " + ascending[j].text());
            EXPECT_EQ(ascending[i] <=> ascending[j], i <=> j);
            EXPECT_EQ(ascending[i] == ascending[j], i == j);
        }
    }
}

TEST(BinlogCoordinates, padding_alone_does_not_make_a_file_younger) {
    const BinlogCoordinates padded{"binlog.000007", 5};
    const BinlogCoordinates bare{"binlog.7", 4};
    EXPECT_LT(bare, padded);
    EXPECT_NE(padded <=> BinlogCoordinates({"binlog.7", 5}), std::strong_ordering::equal);
}

TEST(BinlogCoordinates, text_survives_a_round_trip) {
    struct Case {
        std::string_view text;
        std::string_view file;
        std::uint64_t position;
    };
    const Case cases[] = {
        {"binlog.000007:4711", "binlog.000007", 4711},
        {"relay:0", "relay", 0},
        {"binlog.000007:18446744073709551615", "binlog.000007", 18446744073709551615u},
        {"//binlog.000007:4711:4711", "//binlog.000007:4711", 4711},
        {"//binlog.000007:4711:4", "//binlog.000007:4711", 4},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.text);
        const auto parsed = BinlogCoordinates::parse(c.text);
        ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
        EXPECT_EQ(parsed->file, c.file);
        EXPECT_EQ(parsed->position, c.position);
        EXPECT_EQ(parsed->text(), c.text);
    }
}

TEST(BinlogCoordinates, refuses_what_is_not_a_place_in_a_file) {
    for (const std::string_view text :
         {"",
          ":",
          ":4",
          "binlog.000001",
          "binlog.000001:",
          "binlog.000001:x",
          "binlog.000001:-4",
          "a:b:4",
          "binlog.000001:18446744073709551616",
          "//:4"}) {
        SCOPED_TRACE(text);
        const auto parsed = BinlogCoordinates::parse(text);
        ASSERT_FALSE(parsed.has_value());
        EXPECT_THAT(parsed.error().message, HasSubstr("'" + std::string(text) + "'"));
    }
}

TEST(BinlogCoordinates, the_detach_marker_goes_on_and_comes_off) {
    const BinlogCoordinates plain{"binlog.000007", 4711};
    EXPECT_FALSE(plain.is_detached());
    const auto detached = plain.detached();
    EXPECT_TRUE(detached.is_detached());
    EXPECT_EQ(detached.file, "//binlog.000007:4711");
    EXPECT_EQ(detached.position, 4711u);
    EXPECT_EQ(detached.detached(), detached);
    EXPECT_EQ(detached.attached(), plain);
    EXPECT_EQ(plain.attached(), plain);
    EXPECT_EQ(BinlogCoordinates::parse("//binlog.000007:4711"), detached);
}

TEST(BinlogCoordinates, only_the_whole_marker_detaches) {
    for (const std::string_view file :
         {"//binlog.000007",
          "//:4",
          "//binlog.000007:",
          "//binlog.000007:x",
          "/binlog.000007:4",
          "//a/b:4",
          "x//binlog.000007:4",
          "//a:b:4",
          ""}) {
        SCOPED_TRACE(file);
        EXPECT_FALSE((BinlogCoordinates{std::string(file), 4}).is_detached());
    }
}

TEST(BinlogCoordinates, knows_emptiness_and_file_number) {
    EXPECT_TRUE(BinlogCoordinates().empty());
    EXPECT_FALSE((BinlogCoordinates{"x", 0}).empty());
    EXPECT_EQ((BinlogCoordinates{"binlog.000042", 0}).file_number(), 42u);
    EXPECT_EQ((BinlogCoordinates{"a.1.1000000", 0}).file_number(), 1000000u);
    EXPECT_EQ((BinlogCoordinates{"binlog", 0}).file_number(), 0u);
    EXPECT_EQ((BinlogCoordinates{"binlog.x", 0}).file_number(), 0u);
    EXPECT_EQ((BinlogCoordinates{"binlog.99999999999999999999", 0}).file_number(), 0u);
}

}  // namespace
}  // namespace orc::gtid
