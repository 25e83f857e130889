#include "http/wire/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orc::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Target, is_taken_apart_before_it_is_decoded) {
    struct Case {
        std::string_view name;
        std::string_view text;
        std::vector<std::string> segments;
    };
    const Case cases[] = {
        {"root", "/", {}},
        {"plain", "/api/instance/db1/3306", {"api", "instance", "db1", "3306"}},
        {"trailing slash", "/api/clusters/", {"api", "clusters", ""}},
        {"encoded slash stays inside", "/api/x/a%2Fb", {"api", "x", "a/b"}},
        {"encoded question and hash", "/a%3Fb%23c", {"a?b#c"}},
        {"plus is a plus", "/a+b", {"a+b"}},
        {"dots are only text", "/../%2e%2e/etc", {"..", "..", "etc"}},
        {"absolute form", "http://host:3000/api/health", {"api", "health"}},
        {"absolute form without path", "http://host", {}},
        {"a URL inside the path", "/a/http://b", {"a", "http:", "", "b"}},
        {"query cut off", "/a?b=/c", {"a"}},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto target = parse_target(c.text);
        ASSERT_TRUE(target.has_value()) << target.error().message;
        EXPECT_EQ(target->segments, c.segments);
    }
}

TEST(Target, refuses_what_is_hostile) {
    const std::string many(200, '/');
    const std::string_view cases[] = {"", "*", "a/b", "/%", "/%4", "/%zz", "/a%00b", "?x=1", many};
    for (const auto& text : cases) {
        SCOPED_TRACE(text);
        EXPECT_FALSE(parse_target(text).has_value());
    }
}

TEST(Query, is_decoded_and_forgiving) {
    const auto target = parse_target("/a?comment=all+good%21&empty=&flag&bad=%zz&comment=second&=x");
    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->query_value("comment"), "all good!");
    EXPECT_EQ(target->query_value("empty"), "");
    EXPECT_EQ(target->query_value("missing"), "");
    EXPECT_THAT(target->query, testing::SizeIs(3));
}

TEST(PercentEncoding, survives_the_way_there_and_back) {
    const std::string hostile = "a/b?c#d%e f\xFFg\n";
    const auto back = percent_decode(percent_encode(hostile), false);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(*back, hostile);
}

}  // namespace
}  // namespace orc::http
