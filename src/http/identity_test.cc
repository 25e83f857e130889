#include "http/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/testing/service.h"

namespace orc::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_support::Service;
using testing_support::test_settings;

TEST(Identity, goes_before_messages_by_its_kind_with_fallbacks) {
    struct Case {
        std::string kind, custom, host, qualified, prefix;
    };
    const Case cases[] = {
        {"", "c", "h", "h.example", ""},
        {"none", "c", "h", "h.example", ""},
        {"FQDN", "c", "h", "h.example", "Orchestrator h.example says: "},
        {"FQDN", "c", "h", "", "Orchestrator h says: "},
        {"FQDN", "c", "", "", "Orchestrator c says: "},
        {"hostname", "c", "h", "h.example", "Orchestrator h says: "},
        {"hostname", "c", "", "", "Orchestrator c says: "},
        {"custom", "c", "h", "h.example", "Orchestrator c says: "},
        {"custom", "", "h", "h.example", ""},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.kind + " " + c.host + " " + c.qualified);
        config::Settings settings;
        settings.prepend_messages_with_orc_identity = c.kind;
        settings.custom_orc_identity = c.custom;
        EXPECT_EQ(message_prefix(settings, c.host, [&] { return c.qualified; }), c.prefix);
    }
}

TEST(Identity, stands_in_envelopes_and_nowhere_else) {
    auto settings = test_settings();
    settings.prepend_messages_with_orc_identity = "custom";
    settings.custom_orc_identity = "the \"left\" one";
    Service service(settings);
    service.discover_all();
    auto client = service.client();
    const std::string prefix = R"("Message":"Orchestrator the \"left\" one says: )";
    EXPECT_THAT(client.get("/api/health").body, HasSubstr(prefix + "Application node is healthy"));
    EXPECT_THAT(client.get("/api/forget/nobody/1").body, HasSubstr(R"({"Code":"ERROR",)" + prefix));
    EXPECT_THAT(client.get("/api/instance/db1/3306").body, StartsWith(R"({"Key":)"));
    EXPECT_THAT(client.get("/api/v2/status").body, StartsWith(R"({"status":"ok")"));
    EXPECT_EQ(client.get("/api/v2/status").body.find("says"), std::string::npos);
}

}  // namespace
}  // namespace orc::http
