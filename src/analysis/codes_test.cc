#include "analysis/codes.h"

#include <gmock/gmock.h>

#include <set>

#include "analysis/case.h"

namespace orc::analysis {
namespace {

std::vector<Code> all_codes() {
    std::vector<Code> out;
    for (std::size_t i = 0; i <= std::size_t(Code::no_writable_primary); ++i) {
        out.push_back(Code(i));
    }
    return out;
}

TEST(Codes, have_texts_that_are_read_back) {
    std::set<std::string_view> seen;
    for (const Code code : all_codes()) {
        EXPECT_TRUE(seen.insert(name(code)).second) << name(code);
        const auto back = parse_code(name(code));
        ASSERT_TRUE(back) << name(code);
        EXPECT_EQ(*back, code);
    }
    EXPECT_EQ(seen.size(), 32U);
}

TEST(Codes, refuse_an_unknown_text_by_name) {
    const auto code = parse_code("deadprimary");
    ASSERT_FALSE(code);
    EXPECT_EQ(code.error().code, ErrorCode::invalid);
    EXPECT_THAT(code.error().message, testing::HasSubstr("'deadprimary'"));
    EXPECT_FALSE(parse_code(""));
}

TEST(Codes, ask_for_every_kind_of_handling) {
    std::set<Handling> handlings;
    for (const Code code : all_codes()) {
        handlings.insert(handling_of(code));
    }
    EXPECT_EQ(handlings.size(), 8U);
    EXPECT_EQ(handling_of(Code::dead_primary_and_replicas), Handling::detect);
    EXPECT_EQ(handling_of(Code::unreachable_primary), Handling::detect);
    EXPECT_EQ(handling_of(Code::dead_intermediate_primary_with_single_replica), Handling::none);
}

TEST(Durations, are_short_for_people) {
    const struct {
        Micros duration;
        std::string_view text;
    } cases[] = {
        {Micros(0), "0ms"},
        {Micros(20'400), "20ms"},
        {Micros(99'400), "99ms"},
        {Micros(100'000), "0.1s"},
        {Micros(2'349'000), "2.3s"},
        {Micros(999'000), "1s"},
        {Micros(9'960'000), "10s"},
        {Micros(42'400'000), "42s"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(duration_text(c.duration), c.text);
    }
}

TEST(LoginRefusals, come_from_a_server_that_lives) {
    for (const int number : {1045, 1129, 1130, 2059, 2061, 3118}) {
        EXPECT_TRUE(is_login_refusal(number)) << number;
    }
    // Not made, lost, or a server that is full: nobody is served.
    for (const int number : {0, 1040, 1203, 2002, 2003, 2013, 1158}) {
        EXPECT_FALSE(is_login_refusal(number)) << number;
    }
}

}  // namespace
}  // namespace orc::analysis
