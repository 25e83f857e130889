#include "http/router.h"

#include <gtest/gtest.h>

namespace orc::http {
namespace {

Router sample_router() {
    Router router;
    const auto nothing = [](Call) -> Co<Response> { co_return Response{}; };
    router.get("", Right::read, nothing);
    router.get("api/cluster/alias/:clusterAlias", Right::read, nothing);
    router.get("api/cluster/:clusterHint", Right::read, nothing);
    router.get("api/ack/uid/:uid", Right::act, nothing);
    router.get("api/ack/:id", Right::act, nothing);
    router.get("api/instance/:host/:port", Right::read, nothing);
    return router;
}

TEST(Router, finds_the_route_and_its_values) {
    const Router router = sample_router();
    const auto match = router.match({"api", "instance", "db1/x", "3306"});
    ASSERT_TRUE(match.has_value());
    EXPECT_EQ(match->params["host"], "db1/x");
    EXPECT_EQ(match->params["port"], "3306");
    EXPECT_EQ(match->params["missing"], "");
    EXPECT_FALSE(match->params.has("missing"));
    EXPECT_EQ(match->right, Right::read);
}

TEST(Router, matches_whole_paths_only) {
    struct Case {
        std::string_view name;
        std::vector<std::string> path;
        bool is_found;
    };
    const Case cases[] = {
        {"root", {}, true},
        {"root with slash", {""}, true},
        {"exact", {"api", "cluster", "c1"}, true},
        {"one trailing slash", {"api", "cluster", "c1", ""}, true},
        {"two trailing slashes", {"api", "cluster", "c1", "", ""}, false},
        {"an empty value", {"api", "instance", "", "3306"}, false},
        {"too short", {"api", "instance", "db1"}, false},
        {"too long", {"api", "instance", "db1", "3306", "x"}, false},
        {"other case", {"API", "cluster", "c1"}, false},
        {"dots", {"..", "..", "etc"}, false},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(sample_router().match(c.path).has_value(), c.is_found);
    }
}

TEST(Router, keeps_the_right_that_a_route_asks_for) {
    const auto match = sample_router().match({"api", "ack", "uid", "u1"});
    ASSERT_TRUE(match.has_value());
    EXPECT_EQ(match->right, Right::act);
    EXPECT_EQ(match->params["uid"], "u1");
}

}  // namespace
}  // namespace orc::http
