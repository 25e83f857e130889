#include "gtid/mariadb_position.h"

#include <gmock/gmock.h>

namespace orc::gtid {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

MariadbPosition at(std::string_view text) {
    const auto parsed = MariadbPosition::parse(text);
    EXPECT_TRUE(parsed.has_value()) << text;
    return parsed.value_or(MariadbPosition());
}

TEST(MariadbPosition, reads_and_prints_with_domains_ascending) {
    struct Case {
        std::string_view name;
        std::string_view text;
        std::string_view canonical;
    };
    const Case cases[] = {
        {"nothing", "", ""},
        {"blanks", " \n", ""},
        {"one domain", "0-1-100", "0-1-100"},
        {"several, out of order", "2-1-5,0-3-9", "0-3-9,2-1-5"},
        {"blanks around elements", " 0-1-2 ,\n1-1-3 ", "0-1-2,1-1-3"},
        {"the largest", "4294967295-4294967295-18446744073709551615", "4294967295-4294967295-18446744073709551615"},
        {"zeros", "0-0-0", "0-0-0"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(at(c.text).text(), c.canonical);
        EXPECT_EQ(at(c.canonical), at(c.text));
    }
}

TEST(MariadbPosition, refuses_what_is_malformed_and_names_the_element) {
    struct Case {
        std::string_view text;
        std::string_view token;
    };
    const Case cases[] = {
        {"0-1", "'0-1'"},
        {"0-1-", "'0-1-'"},
        {"-1-1-1", "'-1-1-1'"},
        {"0-1-2,0-1-2-3", "'0-1-2-3'"},
        {"0-1-x", "'0-1-x'"},
        {"0-1-5 6", "'0-1-5 6'"},
        {"0 -1-5", "'0 -1-5'"},
        {"4294967296-1-1", "'4294967296-1-1'"},
        {"0-4294967296-1", "'0-4294967296-1'"},
        {"0-1-18446744073709551616", "'0-1-18446744073709551616'"},
        {"0-1-2,,1-1-2", "''"},
        {"0-1-2,", "''"},
        {"0-1-2,1-1-1,0-3-9", "'0-3-9'"},
        {"a:1-3", "'a:1-3'"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.text);
        const auto parsed = MariadbPosition::parse(c.text);
        ASSERT_FALSE(parsed.has_value());
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
        EXPECT_THAT(parsed.error().message, HasSubstr(c.token));
    }
}

TEST(MariadbPosition, covers_compares_sequences_domain_by_domain) {
    struct Case {
        std::string_view name;
        std::string_view have, want;
        bool covers;
        bool conflicts;
    };
    const Case cases[] = {
        {"nothing wanted", "", "", true, false},
        {"nothing had", "", "0-1-1", false, false},
        {"the same", "0-1-5", "0-1-5", true, false},
        {"further", "0-1-6", "0-1-5", true, false},
        {"further, by another server", "0-2-6", "0-1-5", true, false},
        {"not so far", "0-1-4", "0-1-5", false, false},
        {"a domain lacking", "0-1-9", "0-1-5,1-1-1", false, false},
        {"a domain more", "0-1-9,1-1-1", "0-1-5", true, false},
        {"mixed", "0-1-9,1-1-1", "0-1-5,1-1-2", false, false},
        {"the same sequence by another server", "0-2-5", "0-1-5", true, true},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(at(c.have).covers(at(c.want)), c.covers);
        EXPECT_EQ(at(c.have).conflicts_with(at(c.want)), c.conflicts);
        EXPECT_EQ(at(c.want).conflicts_with(at(c.have)), c.conflicts);
    }
}

TEST(MariadbPosition, takes_the_larger_per_domain_and_its_own_on_a_tie) {
    EXPECT_EQ(at("0-1-5,1-1-1").max_with(at("0-2-7,1-2-1,2-2-2")).text(), "0-2-7,1-1-1,2-2-2");
    EXPECT_EQ(at("").max_with(at("0-1-1")), at("0-1-1"));
    auto moved = at("1-1-5");
    moved.advance({1, 2, 4});
    EXPECT_EQ(moved.text(), "1-1-5");
    moved.advance({1, 2, 6});
    moved.advance({0, 3, 1});
    EXPECT_EQ(moved.text(), "0-3-1,1-2-6");
}

TEST(MariadbPosition, answers_by_domain) {
    const auto position = at("0-1-5,7-2-9");
    EXPECT_THAT(position.domains(), ElementsAre(0u, 7u));
    EXPECT_EQ(position.in(7), (MariadbGtid{7, 2, 9}));
    EXPECT_FALSE(position.in(1).has_value());
    const std::vector<std::uint32_t> wanted = {7, 3};
    EXPECT_EQ(position.restricted_to(wanted).text(), "7-2-9");
    EXPECT_TRUE(position.restricted_to({}).empty());
}

TEST(MariadbBinlogState, keeps_one_gtid_per_server_and_the_order_within_a_domain) {
    const auto state = MariadbBinlogState::parse("1-1-4,0-2-9,0-1-7,1-3-2").value();
    EXPECT_EQ(state.text(), "0-2-9,0-1-7,1-1-4,1-3-2");
    EXPECT_EQ(state.last(0, 2), 9u);
    EXPECT_EQ(state.last(1, 3), 2u);
    EXPECT_FALSE(state.last(1, 2).has_value());
    EXPECT_EQ(state.position().text(), "0-1-7,1-3-2");
    EXPECT_TRUE(MariadbBinlogState::parse("")->empty());
}

TEST(MariadbBinlogState, refuses_a_server_twice_in_a_domain) {
    const auto parsed = MariadbBinlogState::parse("0-1-4,0-2-5,0-1-6");
    ASSERT_FALSE(parsed.has_value());
    EXPECT_THAT(parsed.error().message, HasSubstr("'0-1-6'"));
    EXPECT_FALSE(MariadbBinlogState::parse("0-1").has_value());
}

}  // namespace
}  // namespace orc::gtid
