// What a node says about itself, and who may reach it: probes, variables, tokens, other sites.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/access_tokens.h"
#include "http/testing/service.h"

namespace orc::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::Service;
using testing_support::test_settings;

constexpr std::string_view change = "/api/disable-global-recoveries";

TEST(Node, answers_the_probes_of_a_scheduler) {
    Service service;
    auto client = service.client();
    struct Case {
        std::string path;
        std::string body;
    };
    const Case cases[] = {
        {"/health/live", R"({"status":"alive"})"},
        {"/health/ready", R"({"status":"ready"})"},
        {"/health/leader", R"({"status":"leader"})"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.path);
        const auto answer = client.get(c.path);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, c.body);
        EXPECT_EQ(answer.header("content-type"), "application/json");
        EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    }
}

TEST(Node, shows_its_variables_under_the_classic_names) {
    Service service;
    service.discover_all();
    for (const std::string path : {"/debug/vars", "/debug/metrics"}) {
        const auto answer = service.client().get(path);
        EXPECT_EQ(answer.status, 200);
        EXPECT_THAT(answer.body, HasSubstr("\"cmdline\":["));
        EXPECT_THAT(answer.body, HasSubstr("\"elect.is_elected\":1"));
        EXPECT_THAT(answer.body, HasSubstr("\"discoveries.attempt\":"));
        EXPECT_THAT(answer.body, Not(HasSubstr("\"discoveries.attempt\":0,")));
    }
}

TEST(Node, hides_the_metrics_when_told_to) {
    auto settings = test_settings();
    settings.prometheus_enabled = false;
    Service service(settings);
    EXPECT_EQ(service.client().get("/metrics").status, 404);
}

TEST(OtherSites, may_not_change_anything_through_a_visitors_browser) {
    struct Case {
        std::string name;
        std::string headers;
        bool passes;
    };
    const Case cases[] = {
        {"no browser", "", true},
        {"typed by the visitor", "Sec-Fetch-Site: none\r\n", true},
        {"our own page", "Sec-Fetch-Site: same-origin\r\nOrigin: http://other\r\n", true},
        {"a neighbour", "Sec-Fetch-Site: same-site\r\n", true},
        {"another site", "Sec-Fetch-Site: cross-site\r\n", false},
        {"another site in capitals", "Sec-Fetch-Site: Cross-Site\r\n", false},
        {"an old browser, our page", "Origin: http://TEST\r\n", true},
        {"an old browser, another site", "Origin: http://evil.example\r\n", false},
        {"an old browser, a page without origin", "Origin: null\r\n", false},
        {"behind a proxy", "Origin: https://orc.example\r\nX-Forwarded-Host: orc.example\r\n", true},
    };
    Service service;
    auto client = service.client();
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto answer = client.get(std::string(change), c.headers);
        EXPECT_EQ(answer.status, c.passes ? 200 : 500) << answer.body;
        EXPECT_EQ(client.get("/api/clusters", c.headers).status, 200) << "reading is harmless";
    }
}

TEST(OtherSites, are_trusted_when_the_configuration_says_so) {
    auto settings = test_settings();
    settings.cross_site_changes_allowed = true;
    Service service(settings);
    EXPECT_EQ(service.client().get(std::string(change), "Sec-Fetch-Site: cross-site\r\n").status, 200);
}

/// A service that wants tokens, and one token.
struct Tokens {
    Tokens() : settings(token_settings()), service(settings) {
        auto made = service.control.run(api::make_access_token(service.use_cases, "me"));
        EXPECT_TRUE(made.has_value());
        token = *made;
    }
    static config::Settings token_settings() {
        auto out = test_settings();
        out.authentication_method = "token";
        out.url_prefix = "/orc";
        return out;
    }
    testing_support::Answer pick_up() { return service.client().get("/orc/web/access-token?publicToken=" + token); }
    bool may_change(const std::string& cookie) {
        return service.client().get("/orc" + std::string(change), "Cookie: a=b; " + cookie + "\r\n").status == 200;
    }

    config::Settings settings;
    Service service;
    std::string token;
};

TEST(Token, lets_its_holder_change_things_once_picked_up) {
    Tokens it;
    EXPECT_FALSE(it.may_change("access-token=" + it.token + ":x"));
    const auto answer = it.pick_up();
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(answer.header("location"), "/orc/");
    const std::string cookie = answer.header("set-cookie");
    EXPECT_THAT(cookie, HasSubstr("access-token=" + it.token + ":"));
    EXPECT_THAT(cookie, HasSubstr("; HttpOnly"));
    const std::string pair = cookie.substr(0, cookie.find(';'));
    EXPECT_TRUE(it.may_change(pair));
    EXPECT_EQ(it.service.client().get("/orc/api/clusters").status, 200) << "reading needs none";
}

TEST(Token, is_refused_when_it_is_wrong) {
    Tokens it;
    const auto answer = it.pick_up();
    ASSERT_EQ(answer.status, 302);
    for (const std::string& cookie : {
             std::string("access-token="),
             std::string("access-token=no-colon"),
             std::string("access-token=:"),
             "access-token=" + it.token + ":",
             "access-token=" + it.token + ":" + std::string(64, '0'),
             std::string("other=") + it.token,
         }) {
        SCOPED_TRACE(cookie);
        EXPECT_FALSE(it.may_change(cookie));
    }
}

TEST(Token, is_picked_up_only_once) {
    Tokens it;
    EXPECT_EQ(it.pick_up().status, 302);
    const auto again = it.pick_up();
    EXPECT_EQ(again.status, 200);
    EXPECT_THAT(again.body, HasSubstr(R"({"Code":"ERROR")"));
    EXPECT_THAT(it.service.client().get("/orc/web/access-token?publicToken=unknown").body, HasSubstr("unknown"));
}

}  // namespace
}  // namespace orc::http
