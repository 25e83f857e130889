#include "http/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace orc::http {
namespace {

TEST(JsonText, is_escaped_as_the_classic_program_does) {
    struct Case {
        std::string_view name;
        std::string_view value;
        std::string_view json;
    };
    const Case cases[] = {
        {"plain", "db1.example", R"("db1.example")"},
        {"empty", "", R"("")"},
        {"quote and backslash", R"(a"b\c)", R"("a\"b\\c")"},
        {"line ends and tab", "a\nb\rc\td", R"("a\nb\rc\td")"},
        {"other controls", std::string_view("\0\x01\x1f", 3), R"("\u0000\u0001\u001f")"},
        {"delete is left alone", "\x7f", "\"\x7f\""},
        {"safe inside HTML", "<b>&", R"("\u003cb\u003e\u0026")"},
        {"letters beyond ASCII stay",
         "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x90\xAC",
         "\"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x90\xAC\""},
        {"line separators of JavaScript", "\xE2\x80\xA8\xE2\x80\xA9", R"("\u2028\u2029")"},
        {"a lone byte",
         "a\xFF"
         "b",
         R"("a\ufffdb")"},
        {"a sequence cut short", "\xE2\x82", R"("\ufffd\ufffd")"},
        {"overlong slash", "\xC0\xAF", R"("\ufffd\ufffd")"},
        {"a surrogate", "\xED\xA0\x80", R"("\ufffd\ufffd\ufffd")"},
        {"beyond Unicode", "\xF4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
        {"a continuation alone", "\x80", R"("\ufffd")"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(json_text(c.value), c.json);
    }
}

TEST(JsonWriter, puts_commas_between_and_nowhere_else) {
    JsonWriter json;
    json.begin_object().field("a", 1).key("b").begin_array().integer(-2).null().boolean(true).end_array();
    json.key("c").begin_object().end_object().field("d", "x").end_object();
    EXPECT_EQ(json.str(), R"({"a":1,"b":[-2,null,true],"c":{},"d":"x"})");
}

TEST(JsonWriter, writes_whole_numbers_of_every_size) {
    JsonWriter json;
    json.begin_array().integer(std::numeric_limits<std::int64_t>::min());
    json.integer(std::numeric_limits<std::uint64_t>::max()).integer(std::uint8_t{7}).end_array();
    EXPECT_EQ(json.str(), "[-9223372036854775808,18446744073709551615,7]");
}

TEST(JsonWriter, writes_numbers_shortest_and_plain) {
    struct Case {
        double value;
        std::string_view json;
    };
    const Case cases[] = {
        {0, "0"},
        {0.1, "0.1"},
        {5, "5"},
        {-2.5, "-2.5"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {1e-7, "1e-07"},
        {std::numeric_limits<double>::infinity(), "null"},
    };
    for (const auto& c : cases) {
        JsonWriter json;
        json.number(c.value);
        EXPECT_EQ(json.str(), c.json);
    }
}

}  // namespace
}  // namespace orc::http
