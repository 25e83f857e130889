#include "config/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/keys.h"

namespace orc::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Dump, has_every_key_in_order_on_one_line) {
    const auto text = dump(Settings{}, false);
    EXPECT_EQ(text.find("{\"Debug\":false,\"EnableSyslog\":false,\"ListenAddress\":\":3000\","), 0U);
    std::size_t at = 0;
    for (const auto& key : keys()) {
        const auto next = text.find("\"" + std::string(key.name) + "\":", at);
        ASSERT_NE(next, std::string::npos) << key.name;
        at = next;
    }
    EXPECT_THAT(text, Not(HasSubstr("\n")));
    EXPECT_THAT(text, HasSubstr("\"PowerAuthUsers\":[\"*\"]"));
    EXPECT_THAT(text, HasSubstr("\"ClusterNameToAlias\":{}"));
    EXPECT_THAT(text, HasSubstr("\"DeadInstancePollSecondsMultiplyFactor\":1,"));
}

TEST(Dump, masks_secrets_unless_asked) {
    Settings settings;
    settings.mysql_topology_password = "sesame1";
    settings.mysql_orchestrator_password = "sesame2";
    settings.http_auth_password = "sesame3";
    settings.consul_acl_token = "sesame4";
    settings.oauth_client_secret = "sesame5";
    const auto masked = dump(settings, false);
    EXPECT_THAT(masked, Not(HasSubstr("sesame")));
    EXPECT_THAT(masked, HasSubstr("\"MySQLTopologyPassword\":\"******\""));
    const auto open = dump(settings, true);
    for (const auto* secret : {"sesame1", "sesame2", "sesame3", "sesame4", "sesame5"}) {
        EXPECT_THAT(open, HasSubstr(secret));
    }
    EXPECT_THAT(dump(Settings{}, false), HasSubstr("\"MySQLTopologyPassword\":\"\""));
}

TEST(Dump, writes_lists_maps_and_special_characters) {
    Settings settings;
    settings.discovery_seeds = {"a", "b\"c"};
    settings.cluster_name_to_alias = {{"x", "1"}, {"y", "2"}};
    settings.dead_instance_poll_seconds_multiply_factor = 1.25;
    const auto text = dump(settings, false);
    EXPECT_THAT(text, HasSubstr(R"("DiscoverySeeds":["a","b\"c"])"));
    EXPECT_THAT(text, HasSubstr(R"("ClusterNameToAlias":{"x":"1","y":"2"})"));
    EXPECT_THAT(text, HasSubstr(R"("DeadInstancePollSecondsMultiplyFactor":1.25)"));
}

TEST(Reference, has_every_key_once) {
    const auto text = reference_markdown();
    for (const auto& key : keys()) {
        const auto line = "\n| `" + std::string(key.name) + "` |";
        const auto at = text.find(line);
        ASSERT_NE(at, std::string::npos) << key.name;
        EXPECT_EQ(text.find(line, at + 1), std::string::npos) << key.name;
    }
}

TEST(Reference, committed_is_the_one_the_table_gives) {
    const std::string path = std::string(ORC_SOURCE_DIR) + "/docs/configuration.md";
    if (std::getenv("UPDATE_EXPECTED") != nullptr) {
        std::ofstream(path, std::ios::binary) << reference_markdown();
    }
    std::ifstream in(path, std::ios::binary);
    std::ostringstream committed;
    committed << in.rdbuf();
    EXPECT_EQ(committed.str(), reference_markdown())
        << "run this test with UPDATE_EXPECTED=1 and commit the difference";
}

}  // namespace
}  // namespace orc::config
