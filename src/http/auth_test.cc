#include "http/auth.h"

#include <gtest/gtest.h>

namespace orc::http {
namespace {

struct GateCase {
    std::string_view name;
    std::string_view method;
    std::string_view header;
    std::string_view value;
    bool passes;
    bool may_act;
    std::string_view user;
};

config::Settings settings_for(std::string_view method) {
    config::Settings out;
    out.authentication_method = std::string(method);
    out.http_auth_user = "dba";
    out.http_auth_password = "s3cret:x";
    out.power_auth_users = {"alice"};
    out.power_auth_groups = {"no-such-group-anywhere"};
    return out;
}

// dba:s3cret:x, dba:wrong, readonly:anything
constexpr std::string_view as_dba = "Basic ZGJhOnMzY3JldDp4";
constexpr std::string_view as_dba_mistaken = "Basic ZGJhOndyb25n";
constexpr std::string_view as_readonly = "Basic cmVhZG9ubHk6YW55dGhpbmc=";

TEST(Gate, lets_in_whom_the_method_says) {
    const GateCase cases[] = {
        {"no method", "", "", "", true, true, ""},
        {"basic, right", "basic", "Authorization", as_dba, true, true, "dba"},
        {"basic, method in capitals", "BASIC", "authorization", as_dba, true, true, "dba"},
        {"basic, wrong password", "basic", "Authorization", as_dba_mistaken, false, false, ""},
        {"basic, none", "basic", "", "", false, false, ""},
        {"basic, readonly is nobody", "basic", "Authorization", as_readonly, false, false, ""},
        {"basic, no base64", "basic", "Authorization", "Basic !!!!", false, false, ""},
        {"basic, no colon", "basic", "Authorization", "Basic ZGJh", false, false, ""},
        {"basic, other scheme", "basic", "Authorization", "Bearer x", false, false, ""},
        {"multi, right", "multi", "Authorization", as_dba, true, true, "dba"},
        {"multi, reader", "multi", "Authorization", as_readonly, true, false, "readonly"},
        {"multi, wrong password", "multi", "Authorization", as_dba_mistaken, false, false, ""},
        {"proxy, power user", "proxy", "X-Forwarded-User", "alice", true, true, "alice"},
        {"proxy, header in other case", "proxy", "x-forwarded-user", "alice", true, true, "alice"},
        {"proxy, somebody", "proxy", "X-Forwarded-User", "bob", true, false, "bob"},
        {"proxy, nobody", "proxy", "", "", true, false, ""},
        {"token is not there yet", "token", "", "", true, false, ""},
        {"oauth never writes", "oauth", "", "", true, false, ""},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const Gate gate(settings_for(c.method));
        Request request;
        if (!c.header.empty()) {
            request.headers.emplace_back(c.header, c.value);
        }
        const auto refusal = gate.check(request);
        EXPECT_EQ(!refusal.has_value(), c.passes);
        EXPECT_EQ(request.may_act, c.may_act);
        EXPECT_EQ(request.user, c.user);
        if (refusal) {
            EXPECT_EQ(refusal->status, 401U);
            EXPECT_EQ(refusal->headers.front().first, "WWW-Authenticate");
        }
    }
}

TEST(Gate, never_takes_no_name_for_a_name) {
    for (const std::string_view method : {"basic", "multi"}) {
        for (const std::string_view password : {"", "s3cret:x"}) {
            SCOPED_TRACE(method);
            config::Settings settings = settings_for(method);
            settings.http_auth_user = "";
            settings.http_auth_password = password;
            for (const std::string_view nobody : {"Basic Og==", "Basic OnMzY3JldDp4"}) {  // ":", ":s3cret:x"
                Request request;
                request.headers.emplace_back("Authorization", nobody);
                EXPECT_TRUE(Gate(settings).check(request).has_value()) << nobody;
                EXPECT_FALSE(request.may_act);
            }
        }
    }
}

TEST(Gate, refuses_changes_to_everybody_when_read_only) {
    for (const std::string_view method : {"", "basic", "proxy"}) {
        SCOPED_TRACE(method);
        config::Settings settings = settings_for(method);
        settings.read_only = true;
        Request request;
        request.headers.emplace_back("Authorization", as_dba);
        request.headers.emplace_back("X-Forwarded-User", "alice");
        EXPECT_FALSE(Gate(settings).check(request).has_value());
        EXPECT_FALSE(request.may_act);
    }
}

TEST(Gate, takes_a_star_for_everybody_behind_the_proxy) {
    config::Settings settings = settings_for("proxy");
    settings.power_auth_users = {"*"};
    Request request;
    EXPECT_FALSE(Gate(settings).check(request).has_value());
    EXPECT_TRUE(request.may_act);
}

TEST(Gate, asks_no_certificate_of_the_status_check_where_it_is_served) {
    struct Case {
        std::string_view name;
        std::string_view status_endpoint;
        std::string_view prefix;
        std::string_view target;
        bool passes;
    };
    const Case cases[] = {
        {"the classic one", "/api/status", "", "/api/status", true},
        {"below the prefix", "/api/status", "/orc", "/orc/api/status", true},
        {"not without it", "/api/status", "/orc", "/api/status", false},
        {"not deeper", "/api/status", "/orc", "/orc/api/tag/db1/api/status", false},
        {"one's own stands as it is", "/up/now", "/orc", "/up/now", true},
        {"not below the prefix", "/up/now", "/orc", "/orc/up/now", false},
        {"not at the end of another path", "/now", "", "/api/forget/db1/now", false},
        {"nothing but a slash opens nothing", "/", "", "/", false},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        config::Settings settings;
        settings.use_mutual_tls = true;
        settings.status_endpoint = c.status_endpoint;
        settings.url_prefix = c.prefix;
        Request request;
        request.parts = *parse_target(c.target);
        EXPECT_EQ(!Gate(settings).check_certificate(request).has_value(), c.passes);
    }
}

}  // namespace
}  // namespace orc::http
