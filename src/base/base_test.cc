#include <gtest/gtest.h>

#include "base/endpoint.h"
#include "base/text.h"
#include "base/time.h"

namespace orc {
namespace {

TEST(Endpoint, reads_every_classic_form) {
    struct Case {
        std::string_view text;
        std::string_view host;
        int port;
    };
    const Case cases[] = {
        {"db1", "db1", 3306},
        {"db1.example:13306", "db1.example", 13306},
        {"[2001:db8::1]:3307", "2001:db8::1", 3307},
        {"2001:db8::1", "2001:db8::1", 3306},
        {"//db1:3306", "//db1", 3306},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.text);
        const auto parsed = Endpoint::parse(c.text, 3306);
        ASSERT_TRUE(parsed.has_value());
        EXPECT_EQ(parsed->host, c.host);
        EXPECT_EQ(parsed->port, c.port);
    }
}

TEST(Endpoint, refuses_what_is_not_an_address_and_names_it) {
    for (const std::string_view text : {"", ":3306", "db1:", "db1:0", "db1:70000", "x:y:z", "[::1]", "db1:33o6"}) {
        SCOPED_TRACE(text);
        const auto parsed = Endpoint::parse(text, 3306);
        ASSERT_FALSE(parsed.has_value());
        EXPECT_NE(parsed.error().message.find("'" + std::string(text) + "'"), std::string::npos);
    }
}

TEST(Endpoint, detached_and_reset_sources_are_not_usable) {
    EXPECT_FALSE((Endpoint{"//db1", 3306}).is_valid());
    EXPECT_FALSE((Endpoint{"_", 3306}).is_valid());
    EXPECT_FALSE((Endpoint{"db1", 0}).is_valid());
    EXPECT_TRUE((Endpoint{"db1", 3306}).is_valid());
}

TEST(Time, timestamps_survive_a_round_trip) {
    const auto when = parse_db_timestamp("2026-02-28 23:59:07");
    ASSERT_TRUE(when.has_value());
    EXPECT_EQ(db_timestamp(*when), "2026-02-28 23:59:07");
    EXPECT_EQ(rfc3339(*when), "2026-02-28T23:59:07.000Z");
    EXPECT_FALSE(parse_db_timestamp("2026-02-30 00:00:00").has_value());
    EXPECT_FALSE(parse_db_timestamp("").has_value());
}

TEST(Time, durations_have_one_unit) {
    EXPECT_EQ(parse_duration("90s").value(), Seconds(90));
    EXPECT_EQ(parse_duration("2w").value(), Seconds(1209600));
    for (const std::string_view text : {"", "10", "m", "-1m", "1.5h", "1h30m"}) {
        SCOPED_TRACE(text);
        EXPECT_FALSE(parse_duration(text).has_value());
    }
}

Result<int> half(int n) {
    if (n % 2 != 0) {
        return fail(ErrorCode::invalid, "odd");
    }
    return n / 2;
}

Result<int> quarter(int n) {
    TRY(const int once, half(n));
    TRY(half(once));
    return once / 2;
}

TEST(Result, try_passes_the_error_up) {
    EXPECT_EQ(quarter(8).value(), 2);
    EXPECT_EQ(quarter(6).error().message, "odd");
    EXPECT_EQ(with_context("quarter", quarter(3).error()).message, "quarter: odd");
}

TEST(Text, tells_characters_from_stray_bytes) {
    struct Case {
        std::string_view text;
        std::size_t length;
    };
    const Case cases[] = {
        {"a", 1},
        {"\xc3\xa9", 2},
        {"\xe2\x82\xac", 3},
        {"\xf0\x9f\x90\xac", 4},
        {"\xe9\"}", 0},           // Latin-1
        {"\xa9", 0},              // the rest of a character
        {"\xe2\x82", 0},          // cut
        {"\xc0\x80", 0},          // too long for what it means
        {"\xed\xa0\x80", 0},      // half a pair
        {"\xf4\x90\x80\x80", 0},  // beyond the last
    };
    for (const auto& c : cases) {
        EXPECT_EQ(utf8_length(c.text, 0), c.length) << c.text;
    }
    EXPECT_EQ(utf8_length("a\xc3\xa9", 1), 2U);
}

TEST(Text, split_keeps_empty_pieces) {
    EXPECT_EQ(split("a,,b", ',').size(), 3U);
    EXPECT_EQ(split("", ',').size(), 1U);
    EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
    EXPECT_EQ(trim("  x y\n"), "x y");
    EXPECT_EQ(replace_all("a-b-c", "-", "--"), "a--b--c");
}

}  // namespace
}  // namespace orc
