#include "config/filters.h"

#include <gtest/gtest.h>

namespace orc::config {
namespace {

TEST(HostFilters, match_addresses_exactly_and_expressions_anywhere) {
    struct Case {
        std::string_view name;
        TextList filters;
        Endpoint server;
        bool matches;
    };
    const Case cases[] = {
        {"no filter", {}, {"db1", 3306}, false},
        {"part of the name", {"b1"}, {"db1", 3306}, true},
        {"the port is seen", {":3307$"}, {"db1", 3307}, true},
        {"another port", {":3307$"}, {"db1", 3306}, false},
        {"anchored", {"^b1"}, {"db1", 3306}, false},
        {"one of several", {"x", "db1"}, {"db1", 3306}, true},
        {"address, exact", {"10.0.0.1"}, {"10.0.0.1", 3306}, true},
        {"address, not a part of another", {"10.0.0.1"}, {"10.0.0.11", 3306}, false},
        {"address, dots are dots", {"10.0.0.1"}, {"10a0b0c1", 3306}, false},
        {"not quite an address", {"10.0.0"}, {"10.0.0.1", 3306}, true},
        {"IPv6", {"::1"}, {"::1", 3306}, true},
        {"IPv6 not a part", {"::1"}, {"fe80::1", 3306}, false},
        {"invalid never matches", {"(", "["}, {"(", 3306}, false},
        {"invalid beside valid", {"(", "db"}, {"db1", 3306}, true},
        {"case matters", {"DB1"}, {"db1", 3306}, false},
        {"unless told otherwise", {"(?i)DB1"}, {"db1", 3306}, true},
        {"empty matches all", {""}, {"db1", 3306}, true},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(HostFilters(c.filters).matches(c.server), c.matches);
    }
}

TEST(Addresses, are_told_from_names) {
    for (const auto* yes :
         {"0.0.0.0",
          "10.0.0.1",
          "255.255.255.255",
          "::",
          "::1",
          "1::",
          "fe80::1",
          "1:2:3:4:5:6:7:8",
          "1::8",
          "::ffff:10.0.0.1",
          "1:2:3:4:5:6:10.0.0.1",
          "ABCD::"}) {
        EXPECT_TRUE(is_ip_address(yes)) << yes;
    }
    for (const auto* no :
         {"",
          "10.0.0",
          "10.0.0.256",
          "10.0.0.01",
          "10.0.0.1.",
          "10.0.0.-1",
          "+1.0.0.0",
          "a.b.c.d",
          "1:2:3:4:5:6:7",
          ":::",
          "1::2::3",
          "1:2:3:4:5:6:7:8:9",
          "12345::",
          "::g",
          "fe80::1%eth0",
          "[::1]",
          "1:2:3:4:5:6:7::8:9",
          ":1",
          "10.0.0.1::"}) {
        EXPECT_FALSE(is_ip_address(no)) << no;
    }
}

TEST(ClusterFilters, know_all_forms) {
    struct Case {
        std::string_view name;
        TextList filters;
        std::string_view cluster;
        std::string_view alias;
        bool matches;
    };
    const Case cases[] = {
        {"none", {}, "db1:3306", "shop", false},
        {"star", {"*"}, "db1:3306", "shop", true},
        {"name", {"db1:3306"}, "db1:3306", "shop", true},
        {"alias", {"shop"}, "db1:3306", "shop", true},
        {"alias is not searched in", {"sho"}, "db1:3306", "shop", false},
        {"alias=", {"alias=shop"}, "db1:3306", "shop", true},
        {"alias= is exact", {"alias=sho"}, "db1:3306", "shop", false},
        {"alias= is not the name", {"alias=db1:3306"}, "db1:3306", "shop", false},
        {"alias~=", {"alias~=^sh"}, "db1:3306", "shop", true},
        {"alias~= is not the name", {"alias~=db1"}, "db1:3306", "shop", false},
        {"alias~= that is invalid", {"alias~=("}, "db1:3306", "(", false},
        {"expression on the name", {"b[0-9]:"}, "db1:3306", "shop", true},
        {"expression is not for the alias", {"^shop$|x"}, "db1:3306", "shop", false},
        {"a name that is no expression", {"c(1"}, "c(1", "shop", true},
        {"an empty entry", {""}, "", "", false},
        {"any of several", {"x", "alias=y", "alias~=z", "^db"}, "db1:3306", "shop", true},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(ClusterFilters(c.filters).matches(c.cluster, c.alias), c.matches);
    }
}

TEST(NameFilters, do_not_match_a_name_that_is_not_there) {
    const NameFilters filters(TextList{"^repl", ".*x"});
    EXPECT_TRUE(filters.matches("repl_user"));
    EXPECT_FALSE(filters.matches("user_repl"));
    EXPECT_FALSE(NameFilters(TextList{".*"}).matches(""));
}

TEST(ClusterAliases, give_the_first_that_matches) {
    const ClusterAliases aliases(TextMap{{"^db1", "first"}, {"db", "second"}, {"(", "never"}});
    EXPECT_EQ(aliases.alias_of("db1:3306"), "first");
    EXPECT_EQ(aliases.alias_of("db2:3306"), "second");
    EXPECT_EQ(aliases.alias_of("x"), "");
}

TEST(Pattern, reads_the_syntax_of_classic_files) {
    struct Case {
        std::string_view expression;
        std::string_view subject;
        bool matches;
    };
    const Case cases[] = {
        {R"(\Adb\d+\z)", "db12", true},
        {R"((?i)^DB)", "db", true},
        {R"((?P<dc>[a-z]+)-)", "ams-1", true},
        {R"([[:alpha:]]{3}-\w+)", "ams-1", true},
        {R"(a.b)", "a\nb", false},
        {R"(^b)", "a\nb", false},
        {R"(x*?$)", "", true},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.expression);
        const auto pattern = Pattern::compile(c.expression);
        ASSERT_TRUE(pattern) << pattern.error().message;
        EXPECT_EQ(pattern->is_found_in(c.subject), c.matches);
    }
}

TEST(Pattern, gives_the_first_group) {
    EXPECT_EQ(Pattern::compile(R"(^([a-z]+)[0-9]*\.)")->first_group("ams12.example"), "ams");
    EXPECT_EQ(Pattern::compile("^[a-z]+")->first_group("ams"), std::nullopt) << "no group";
    EXPECT_EQ(Pattern::compile("(x)")->first_group("ams"), std::nullopt) << "no match";
    EXPECT_EQ(Pattern::compile("(x)?ams")->first_group("ams"), std::nullopt) << "a group that took no part";
}

TEST(Pattern, knows_whether_it_has_a_group) {
    EXPECT_TRUE(Pattern::compile("a(b)")->has_group());
    EXPECT_FALSE(Pattern::compile("a(?:b)")->has_group());
    EXPECT_FALSE(Pattern::compile("")->has_group());
}

TEST(Pattern, gives_up_on_an_expression_that_would_take_for_ever) {
    const auto pattern = Pattern::compile("^(([a-z])+.)+[A-Z]([a-z])+$");
    ASSERT_TRUE(pattern);
    EXPECT_FALSE(pattern->is_found_in(std::string(5000, 'a')));
}

TEST(Pattern, names_what_is_wrong) {
    const auto pattern = Pattern::compile("a(b");
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().code, ErrorCode::invalid);
    EXPECT_EQ(pattern.error().message.find("\"a(b\" is not a regular expression: "), 0U) << pattern.error().message;
}

}  // namespace
}  // namespace orc::config
