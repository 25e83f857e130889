#include "gtid/gtid_set.h"

#include <gmock/gmock.h>

namespace orc::gtid {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view u1 = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
constexpr std::string_view u2 = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

GtidSet set(std::string_view text) {
    auto parsed = GtidSet::parse(text);
    EXPECT_TRUE(parsed.has_value()) << text << ": " << (parsed ? "" : parsed.error().message);
    return parsed.value_or(GtidSet());
}

TEST(GtidSetParse, reads_each_form_into_canonical_text) {
    struct Case {
        std::string_view name;
        std::string_view text;
        std::string_view canonical;
    };
    const Case cases[] = {
        {"nothing", "", ""},
        {"only blanks", " \n\t\r ", ""},
        {"only empty entries", " , ,\n,", ""},
        {"one number", "a:1", "a:1"},
        {"an interval", "a:1-3", "a:1-3"},
        {"an interval of one", "a:4-4", "a:4"},
        {"several intervals", "a:1-3:7:9-10", "a:1-3:7:9-10"},
        {"intervals out of order", "a:9-10:1-3:7", "a:1-3:7:9-10"},
        {"adjacent intervals", "a:1-3:4-6", "a:1-6"},
        {"overlapping intervals", "a:1-5:3-8:20", "a:1-8:20"},
        {"an interval within another", "a:1-10:3-4", "a:1-10"},
        {"a repeated interval", "a:5:5:5", "a:5"},
        {"a repeated uuid", "a:1-3,b:1,a:4-6", "a:1-6,b:1"},
        {"uuids out of order", "c:1,a:1,b:1", "a:1,b:1,c:1"},
        {"the server's comma and newline", "a:1-3,\nb:1-2,\nc:5", "a:1-3,b:1-2,c:5"},
        {"blanks around every token", " a : 1 - 3 : t : 5 , b\t:\r\n2 ", "a:1-3:t:5,b:2"},
        {"empty entries between and after", ",a:1,,b:2,", "a:1,b:2"},
        {"upper case", "3E11FA47-71CA-11E1-9E33-C80AA9429562:1:TAG:2", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1:tag:2"},
        {"leading zeros", "a:007-0010", "a:7-10"},
        {"the largest number", "a:1-9223372036854775806", "a:1-9223372036854775806"},
        {"an identifier that is no uuid", "group-name_1.x:1-3", "group-name_1.x:1-3"},
        {"a digit for an identifier", "1:2", "1:2"},
        {"a tag", "a:tag1:5", "a:tag1:5"},
        {"untagged intervals, then sections", "a:1-3:7:tag1:1-2:10-12:tag2:74", "a:1-3:7:tag1:1-2:10-12:tag2:74"},
        {"sections out of order", "a:z:1:b:2", "a:b:2:z:1"},
        {"a repeated section", "a:t:1-2:s:9:t:3", "a:s:9:t:1-3"},
        {"a section in a second entry of the uuid", "a:t:1,a:1-3", "a:1-3:t:1"},
        {"tags with an underscore and digits", "a:_x9:1", "a:_x9:1"},
        {"a tag of 32", "a:abcdefghijklmnopqrstuvwxyz_01234:1", "a:abcdefghijklmnopqrstuvwxyz_01234:1"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto parsed = GtidSet::parse(c.text);
        ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
        EXPECT_EQ(parsed->text(), c.canonical);
        EXPECT_EQ(set(c.canonical), *parsed);
    }
}

TEST(GtidSetParse, refuses_what_is_malformed_and_names_the_token) {
    struct Case {
        std::string_view name;
        std::string_view text;
        std::string_view token;
        std::string_view why;
    };
    const Case cases[] = {
        {"a uuid alone", "b:1,a", "'a'", "no ':'"},
        {"a MariaDB position", "0-1-100", "'0-1-100'", "no ':'"},
        {"no uuid", " :1-3", "':1-3'", "no uuid"},
        {"nothing after the uuid", "a:", "'a:'", "nothing where"},
        {"blanks after the uuid", "a: ,b:1", "'a:'", "nothing where"},
        {"nothing between colons", "a:1::3", "'a:1::3'", "nothing where"},
        {"nothing after an interval", "a:1-3:", "'a:1-3:'", "nothing where"},
        {"a blank within the uuid", "a b:1", "'a b'", "not a uuid"},
        {"zero", "a:0", "'0'", "not an interval"},
        {"from zero", "a:0-5", "'0-5'", "not an interval"},
        {"no end", "a:1-", "'1-'", "not an interval"},
        {"no beginning", "a:-3", "'-3'", "neither"},
        {"three numbers", "a:1-2-3", "'1-2-3'", "not an interval"},
        {"letters after digits", "a:12x", "'12x'", "not an interval"},
        {"a blank within a number", "a:1 2", "'1 2'", "not an interval"},
        {"a sign", "a:+1", "'+1'", "neither"},
        {"backwards", "a:5-4", "'5-4'", "ends before it starts"},
        {"one too large", "a:9223372036854775807", "'9223372036854775807'", "not an interval"},
        {"an end too large", "a:1-9223372036854775807", "'1-9223372036854775807'", "not an interval"},
        {"beyond 64 bits", "a:99999999999999999999", "'99999999999999999999'", "not an interval"},
        {"a tag at the end", "a:1:tag1", "'tag1'", "tag without an interval"},
        {"a tag alone", "a:tag1", "'tag1'", "tag without an interval"},
        {"a tag before a tag", "a:tag1:tag2:1", "'tag1'", "tag without an interval"},
        {"a dash in a tag", "a:tag-1:1", "'tag-1'", "neither"},
        {"a dot in a tag", "a:t.1:1", "'t.1'", "neither"},
        {"a tag of 33", "a:abcdefghijklmnopqrstuvwxyz_012345:1", "'abcdefghijklmnopqrstuvwxyz_012345'", "neither"},
        {"a uuid for a tag", "a:3e11fa47-71ca-11e1-9e33-c80aa9429562:1", "'3e11fa47-71ca-11e1-9e33-c80aa9429562'", "not"
        },
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto parsed = GtidSet::parse(c.text);
        ASSERT_FALSE(parsed.has_value()) << parsed->text();
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
        EXPECT_THAT(parsed.error().message, HasSubstr(c.token));
        EXPECT_THAT(parsed.error().message, HasSubstr(c.why));
    }
}

TEST(GtidSetParse, does_not_repeat_a_damaged_megabyte_in_its_message) {
    const auto parsed = GtidSet::parse(std::string(1 << 20, 'x'));
    ASSERT_FALSE(parsed.has_value());
    EXPECT_LT(parsed.error().message.size(), 200u);
}

TEST(GtidSet, algebra_keeps_uuids_and_tags_apart) {
    struct Case {
        std::string_view name;
        std::string_view a, b;
        std::string_view plus, minus, common;
    };
    const Case cases[] = {
        {"nothing with nothing", "", "", "", "", ""},
        {"something with nothing", "a:1-3", "", "a:1-3", "a:1-3", ""},
        {"nothing with something", "", "a:1-3", "a:1-3", "", ""},
        {"the same", "a:1-3,b:t:4", "a:1-3,b:t:4", "a:1-3,b:t:4", "", "a:1-3,b:t:4"},
        {"a tail", "a:1-10", "a:1-7", "a:1-10", "a:8-10", "a:1-7"},
        {"a hole", "a:1-10", "a:4-6", "a:1-10", "a:1-3:7-10", "a:4-6"},
        {"two holes, one reaching over", "a:1-10:20-30", "a:3:8-25", "a:1-30", "a:1-2:4-7:26-30", "a:3:8-10:20-25"},
        {"touching", "a:1-3", "a:4-6", "a:1-6", "a:1-3", ""},
        {"other uuid", "a:1-3", "b:1-3", "a:1-3,b:1-3", "a:1-3", ""},
        {"other tag", "a:1-3", "a:t:1-3", "a:1-3:t:1-3", "a:1-3", ""},
        {"tags matched one by one", "a:s:1-5:t:1-5", "a:1-9:t:2-3", "a:1-9:s:1-5:t:1-5", "a:s:1-5:t:1:4-5", "a:t:2-3"},
        {"a key between", "a:1,c:1", "b:1", "a:1,b:1,c:1", "a:1,c:1", ""},
        {"larger than the subtrahend knows", "a:1", "a:1-5,b:1", "a:1-5,b:1", "", "a:1"},
        {"at the very end",
         "a:1-9223372036854775806",
         "a:9223372036854775806",
         "a:1-9223372036854775806",
         "a:1-9223372036854775805",
         "a:9223372036854775806"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(set(c.a).plus(set(c.b)).text(), c.plus);
        EXPECT_EQ(set(c.a).minus(set(c.b)).text(), c.minus);
        EXPECT_EQ(set(c.a).intersect(set(c.b)).text(), c.common);
        EXPECT_EQ(set(c.a).contains(set(c.b)), set(c.b).minus(set(c.a)).empty());
    }
}

TEST(GtidSet, contains_looks_at_every_key_and_interval) {
    EXPECT_TRUE(set("a:1-10,b:1").contains(set("")));
    EXPECT_TRUE(set("a:1-10,b:1").contains(set("a:2-3:10")));
    EXPECT_FALSE(set("a:1-10").contains(set("a:10-11")));
    EXPECT_FALSE(set("a:1-3:5-9").contains(set("a:3-5")));
    EXPECT_FALSE(set("a:1-10").contains(set("a:t:1")));
    EXPECT_FALSE(set("a:1-10").contains(set("a:1,b:1")));
    EXPECT_FALSE(set("").contains(set("a:1")));
}

TEST(GtidSet, compares_identifiers_without_case) {
    EXPECT_EQ(set("AB:1:T:2"), set("ab:1:t:2"));
    EXPECT_EQ(set("ab:1-4:t:2").last("AB"), 4u);
    EXPECT_EQ(set("ab:1-4:t:2").last("Ab", "T"), 2u);
    EXPECT_TRUE(set("ab:1-4").without_uuid("AB").empty());
}

TEST(GtidSet, counts_and_saturates) {
    EXPECT_EQ(set("").count(), 0u);
    EXPECT_EQ(set("a:1-3:7:t:1-2,b:5").count(), 7u);
    EXPECT_EQ(set("a:1-9223372036854775806").count(), 9223372036854775806u);
    EXPECT_EQ(set("a:1-9223372036854775806,b:1-9223372036854775806").count(), 18446744073709551612u);
    EXPECT_EQ(set("a:1-9223372036854775806,b:1-9223372036854775806,c:1-9").count(), 18446744073709551615u);
}

TEST(GtidSet, tells_last_number_gaps_and_tags) {
    const auto s = set("a:1-5,b:2-5,c:1-2:4,d:t:1-9");
    EXPECT_EQ(s.last("a"), 5u);
    EXPECT_EQ(s.last("d"), 0u);
    EXPECT_EQ(s.last("d", "t"), 9u);
    EXPECT_EQ(s.last("nobody"), 0u);
    EXPECT_FALSE(s.has_gaps("a"));
    EXPECT_TRUE(s.has_gaps("b"));
    EXPECT_TRUE(s.has_gaps("c"));
    EXPECT_FALSE(s.has_gaps("d"));
    EXPECT_FALSE(s.has_gaps("d", "t"));
    EXPECT_TRUE(s.has_tags());
    EXPECT_FALSE(set("a:1-5").has_tags());
}

TEST(GtidSet, picks_and_drops_uuids_with_all_their_tags) {
    const auto s = set("a:1:t:2,b:3,c:s:4");
    EXPECT_THAT(s.uuids(), ElementsAre("a", "b", "c"));
    EXPECT_EQ(s.without_uuid("a").text(), "b:3,c:s:4");
    EXPECT_EQ(s.without_uuid("x"), s);
    const std::vector<std::string> wanted = {"C", "x", "a"};
    EXPECT_EQ(s.only_uuids(wanted).text(), "a:1:t:2,c:s:4");
    EXPECT_TRUE(s.only_uuids({}).empty());
}

TEST(GtidSet, adds_single_numbers_and_intervals) {
    GtidSet s;
    struct Step {
        std::string_view uuid, tag;
        std::uint64_t first, last;
        std::string_view after;
    };
    const Step steps[] = {
        {"B", "", 1, 1, "b:1"},
        {"b", "", 2, 2, "b:1-2"},
        {"b", "", 5, 6, "b:1-2:5-6"},
        {"b", "", 6, 6, "b:1-2:5-6"},
        {"b", "", 3, 4, "b:1-6"},
        {"b", "", 10, 12, "b:1-6:10-12"},
        {"b", "", 8, 20, "b:1-6:8-20"},
        {"b", "T", 1, 1, "b:1-6:8-20:t:1"},
        {"a", "", 7, 7, "a:7,b:1-6:8-20:t:1"},
        {"a", "", GtidSet::number_max, GtidSet::number_max, "a:7:9223372036854775806,b:1-6:8-20:t:1"},
    };
    for (const auto& step : steps) {
        SCOPED_TRACE(step.after);
        ASSERT_TRUE(s.add(step.uuid, step.tag, step.first, step.last).has_value());
        EXPECT_EQ(s.text(), step.after);
    }
}

TEST(GtidSet, adds_nothing_that_could_not_be_read_back) {
    auto s = set("a:1");
    EXPECT_FALSE(s.add("", "", 1, 1).has_value());
    EXPECT_FALSE(s.add("a:b", "", 1, 1).has_value());
    EXPECT_FALSE(s.add("a,b", "", 1, 1).has_value());
    EXPECT_FALSE(s.add("a", "9", 1, 1).has_value());
    EXPECT_FALSE(s.add("a", "", 0, 1).has_value());
    EXPECT_FALSE(s.add("a", "", 3, 2).has_value());
    EXPECT_FALSE(s.add("a", "", 1, GtidSet::number_max + 1).has_value());
    EXPECT_EQ(s.text(), "a:1");
}

TEST(GtidSet, explodes_in_print_order_up_to_a_limit) {
    const auto s = set("b:7:t:1-2,a:3-4");
    EXPECT_THAT(s.explode(5).value(), ElementsAre("a:3", "a:4", "b:7", "b:t:1", "b:t:2"));
    EXPECT_THAT(GtidSet().explode(0).value(), IsEmpty());
    const auto refused = s.explode(4);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::refused);
    EXPECT_THAT(refused.error().message, HasSubstr("5 transactions"));
    EXPECT_THAT(refused.error().message, HasSubstr("limit of 4"));
    EXPECT_FALSE(set("a:1-9223372036854775806").explode(1000).has_value());
}

TEST(GtidSet, agrees_with_the_manual_on_gtid_subtract) {
    // The examples of the MySQL manual for GTID_SUBTRACT and GTID_SUBSET.
    const auto numbers = [](std::string_view text) { return std::string(u1) + ":" + std::string(text); };
    EXPECT_EQ(set(numbers("21-57")).minus(set(numbers("21"))).text(), numbers("22-57"));
    EXPECT_EQ(set(numbers("21-57")).minus(set(numbers("20-25"))).text(), numbers("26-57"));
    EXPECT_EQ(set(numbers("21-57")).minus(set(numbers("23-24"))).text(), numbers("21-22:25-57"));
    EXPECT_TRUE(set(numbers("21-57")).contains(set(numbers("23"))));
    EXPECT_FALSE(set(numbers("21-57")).contains(set(numbers("20-25"))));
    EXPECT_EQ(set(numbers("1")).plus(set(std::string(u2) + ":1")).uuids().size(), 2u);
}

}  // namespace
}  // namespace orc::gtid
