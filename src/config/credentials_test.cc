#include "config/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_support.h"

namespace orc::config {
namespace {

using testing::HasSubstr;

TEST(Credentials, are_read_from_the_client_section) {
    struct Case {
        std::string_view name;
        std::string_view text;
        std::string_view user;
        std::string_view password;
    };
    const Case cases[] = {
        {"plain", "[client]\nuser=u\npassword=p\n", "u", "p"},
        {"blanks and any case", " [Client] \r\n User = u \r\n PASSWORD = p \r\n", "u", "p"},
        {"quotes", "[client]\nuser=\"u v\"\npassword='p#;'", "u v", "p#;"},
        {"escapes in quotes", "[client]\nuser=\"a\\\"b\\\\\"\n", "a\"b\\", ""},
        {"comments", "# c\n; c\n[client]\n#user=x\nuser=u # who\npassword=p;what", "u", "p"},
        {"an ordinary option file",
         "[mysqld]\nuser=mysql\nskip-networking\n!include x\n[client]\nport=3306\nuser=u\n",
         "u",
         ""},
        {"the last one wins", "[client]\nuser=a\nuser=b\n[mysql]\nuser=c\n[client]\npassword=p", "b", "p"},
        {"a byte order mark", "\xef\xbb\xbf[client]\nuser=u\n", "u", ""},
        {"equals sign inside", "[client]\npassword=a=b", "", "a=b"},
        {"nothing after it", "[client]\npassword=", "", ""},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto credentials = parse_credentials(c.text);
        ASSERT_TRUE(credentials) << credentials.error().message;
        EXPECT_EQ(credentials->user, c.user);
        EXPECT_EQ(credentials->password, c.password);
    }
}

TEST(Credentials, name_the_line_that_cannot_be_read) {
    EXPECT_EQ(parse_credentials("\n[client").error().message, "line 2: a section name without closing bracket");
    EXPECT_EQ(
        parse_credentials("[client]\npassword=\"x").error().message,
        "line 2: the value of password has a quote that is not closed"
    );
}

TEST(Credentials, are_missed_where_a_file_has_none) {
    struct Case {
        std::string_view name;
        std::string_view text;
        std::string_view message;
    };
    constexpr std::string_view no_section =
        "no section [client]; expected one, with user = NAME and password = WORD below it";
    constexpr std::string_view no_account =
        "section [client] has neither user nor password; expected user = NAME and password = WORD below it";
    const Case cases[] = {
        {"empty", "", no_section},
        {"no section", "user=a\npassword=b", no_section},
        {"another section", "[clinet]\nuser=a", no_section},
        {"a section in a comment", "#[client]\nuser=a", no_section},
        {"nothing in it", "[client]\n[mysqld]\nuser=mysql", no_account},
        {"other variables", "[client]\nport=3306", no_account},
        {"a colon", "[client]\nuser: a\npassword: b", no_account},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto credentials = parse_credentials(c.text);
        ASSERT_FALSE(credentials);
        EXPECT_EQ(credentials.error().message, c.message);
    }
}

Environment with(std::map<std::string, std::string> variables, std::map<std::string, std::string> files) {
    Environment out;
    out.variable = [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    out.read_file = [files = std::move(files)](const std::string& path) -> Result<std::string> {
        const auto found = files.find(path);
        return found == files.end() ? Result<std::string>(fail(ErrorCode::not_found, "no such file")) : found->second;
    };
    return out;
}

TEST(Credentials, files_replace_user_and_password_even_by_nothing) {
    const auto env = with({}, {{"/t", "[client]\nuser=tu\npassword=tp"}, {"/o", "[client]\nuser=ou"}});
    const auto loaded = load_one(
        R"({"MySQLTopologyCredentialsConfigFile": "/t", "MySQLTopologyUser": "x", "MySQLTopologyPassword": "y",
            "MySQLOrchestratorCredentialsConfigFile": "/o", "MySQLOrchestratorPassword": "z"})",
        env
    );
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.mysql_topology_user, "tu");
    EXPECT_EQ(loaded->settings.mysql_topology_password, "tp");
    EXPECT_EQ(loaded->settings.mysql_orchestrator_user, "ou");
    EXPECT_EQ(loaded->settings.mysql_orchestrator_password, "");
    EXPECT_EQ(loaded->origin.at("MySQLTopologyUser"), "/t");
}

TEST(Credentials, files_that_cannot_be_used_are_errors) {
    const auto env = with({}, {{"/t", "[client"}, {"/empty", ""}});
    EXPECT_EQ(
        load_one(R"({"MySQLTopologyCredentialsConfigFile": "/none"})", env).error().message,
        R"(a.json: MySQLTopologyCredentialsConfigFile: cannot read "/none": no such file)"
    );
    EXPECT_EQ(
        load_one(R"({"MySQLTopologyCredentialsConfigFile": "/t"})", env).error().message,
        R"(a.json: MySQLTopologyCredentialsConfigFile: "/t": line 1: a section name without closing bracket)"
    );
    EXPECT_THAT(
        load_one(R"({"MySQLTopologyCredentialsConfigFile": "/empty"})", env).error().message,
        HasSubstr(R"(a.json: MySQLTopologyCredentialsConfigFile: "/empty": no section [client]; expected )")
    );
    EXPECT_FALSE(load_one(R"({"MySQLTopologyCredentialsConfigFile": "/t"})"));
}

TEST(Credentials, passwords_may_come_from_the_environment) {
    struct Case {
        std::string_view name;
        std::string_view written;
        std::string_view password;
    };
    const Case cases[] = {
        {"a reference", "${ORC_PW}", "sesame"},
        {"text around it goes too", "before${ORC_PW}after", "sesame"},
        {"from the first to the last brace", "${A}${B}", "greedy"},
        {"not set", "${NONE}", ""},
        {"no end", "${ORC_PW", "${ORC_PW"},
        {"end before start", "}${ORC_PW", "}${ORC_PW"},
        {"no braces", "$ORC_PW", "$ORC_PW"},
    };
    const auto env = with({{"ORC_PW", "sesame"}, {"A}${B", "greedy"}}, {});
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const std::string text = R"({"MySQLTopologyPassword": ")" + std::string(c.written) +
                                 R"(", "MySQLOrchestratorPassword": ")" + std::string(c.written) +
                                 R"(", "HTTPAuthPassword": "${ORC_PW}"})";
        const auto loaded = load_one(text, env);
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_EQ(loaded->settings.mysql_topology_password, c.password);
        EXPECT_EQ(loaded->settings.mysql_orchestrator_password, c.password);
        EXPECT_EQ(loaded->settings.http_auth_password, "${ORC_PW}") << "only the two passwords are looked up";
    }
}

TEST(Credentials, a_variable_that_is_not_set_is_warned_about) {
    const auto loaded = load_one(R"({"MySQLTopologyPassword": "${NONE}"})");
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_EQ(loaded->notes.size(), 1U);
    EXPECT_EQ(
        loaded->notes.front().message,
        "a.json: MySQLTopologyPassword: environment variable NONE is not set: the password is empty"
    );
    EXPECT_EQ(loaded->origin.at("MySQLTopologyPassword"), "environment variable NONE");
}

TEST(Credentials, the_variable_may_be_named_by_the_credentials_file) {
    const auto env = with({{"PW", "sesame"}}, {{"/t", "[client]\nuser=u\npassword=${PW}"}});
    const auto loaded = load_one(R"({"MySQLTopologyCredentialsConfigFile": "/t"})", env);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings.mysql_topology_password, "sesame");
}

}  // namespace
}  // namespace orc::config
