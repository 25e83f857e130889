#include "http/relay.h"

#include <gtest/gtest.h>

namespace orc::http {
namespace {

TEST(Relay, passes_on_what_is_left_below_the_prefix) {
    struct Case {
        std::string_view target;
        std::size_t segments;
        std::string_view left;
    };
    const Case cases[] = {
        {"/api/tag/db1/3306?tag=a", 0, "/api/tag/db1/3306?tag=a"},
        {"/ops/api/tag/db1/3306?tag=a/b", 1, "/api/tag/db1/3306?tag=a/b"},
        {"/ops/mysql/api/forget/a%2Fb/1", 2, "/api/forget/a%2Fb/1"},
        {"//ops///api/health", 1, "///api/health"},
        {"/ops", 1, ""},
        {"/ops?x=y", 1, "?x=y"},
        {"http://host:3000/ops/api/tag/db1/3306?tag=a", 1, "/api/tag/db1/3306?tag=a"},
        {"http://host/api/health", 0, "/api/health"},
        {"http://host", 0, "/"},
        {"/ops/api/http://host", 1, "/api/http://host"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.target);
        EXPECT_EQ(below(c.target, c.segments), c.left);
    }
}

}  // namespace
}  // namespace orc::http
