// API v2: its envelope, its status codes, and that it tells what v1 tells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "http/routes/openapi.h"
#include "http/testing/service.h"

namespace orc::http {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;
using testing_support::Client;
using testing_support::Service;
namespace json = boost::json;

TEST(V2, tells_in_its_envelope_what_v1_tells) {
    Service service;
    service.discover_all();
    Client it = service.client();
    const std::pair<std::string, std::string> pairs[] = {
        {"/api/v2/clusters", "/api/clusters-info"},
        {"/api/v2/clusters/db2:3306", "/api/cluster-info/db1:3306"},
        {"/api/v2/clusters/db1%3A3306/instances", "/api/cluster/db1:3306"},
        {"/api/v2/instances/db2/3306", "/api/instance/db2/3306"},
        {"/api/v2/recoveries", "/api/audit-recovery"},
        {"/api/v2/recoveries?page=-1", "/api/audit-recovery"},
        {"/api/v2/recoveries/active", "/api/audit-recovery"},
    };
    for (const auto& [path, classic] : pairs) {
        SCOPED_TRACE(path);
        const auto answer = it.get(path);
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_THAT(answer.body, StartsWith(R"({"status":"ok","data":)"));
        EXPECT_THAT(answer.body, EndsWith("}\n"));
        const json::value whole = json::parse(answer.body);
        const json::value data = whole.at("data");
        const json::value wanted = json::parse(it.get(classic).body);
        ASSERT_EQ(data.kind(), wanted.kind());
        // Ages differ from one answer to the next.
        if (data.is_array()) {
            EXPECT_EQ(data.get_array().size(), wanted.get_array().size());
        } else if (data.get_object().contains("Key")) {
            EXPECT_EQ(data.at("Key"), wanted.at("Key"));
        } else {
            EXPECT_EQ(data, wanted);
        }
    }
    const json::value tree = json::parse(it.get("/api/v2/clusters/db3:3306/topology").body);
    EXPECT_EQ(tree.at("data").at("clusterName"), "db1:3306");
    EXPECT_TRUE(tree.at("data").at("topology").get_string().starts_with("db1:3306   ["));
    EXPECT_EQ(json::parse(it.get("/api/v2/status").body).at("data").at("Healthy"), true);
}

TEST(V2, lists_channels_where_there_are_several) {
    Service service;
    auto& facts = service.gateway.at(Endpoint{"db3", 3306}).facts;
    model::Channel second = facts.channels.front();
    second.name = "audit";
    second.source = {"db2", 3306};
    facts.channels.push_back(second);
    service.discover_all();
    Client it = service.client();
    EXPECT_EQ(it.get("/api/v2/instances/db2/3306/channels").body, "{\"status\":\"ok\",\"data\":null}\n");
    const json::value answer = json::parse(it.get("/api/v2/instances/db3/3306/channels").body);
    const auto& list = answer.at("data").as_array();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[1].at("ChannelName"), "audit");
    EXPECT_EQ(list[1].as_object().size(), 18U);
    const json::value classic = json::parse(it.get("/api/instance-channels/db3/3306").body);
    EXPECT_EQ(classic.as_array().size(), 2U);
}

TEST(V2, errors_have_a_code_and_a_status) {
    Service service;
    Client it = service.client();
    const std::tuple<std::string, int, std::string> cases[] = {
        {"clusters/none", 404, R"({"status":"error","error":{"code":"NOT_FOUND","message":"Cluster not found: none"}})"
        },
        {"clusters/none/instances", 404, R"("message":"Cluster not found: none")"},
        {"clusters/none/topology", 404, R"("message":"Cluster not found: none")"},
        {"instances/nonexistent/9999", 404, R"("message":"Instance not found: nonexistent:9999")"},
        {"instances/db1/x", 400, R"("code":"INVALID_INSTANCE")"},
        {"instances/db1/x/channels", 400, R"("code":"INVALID_INSTANCE")"},
        {"proxysql/servers", 503, R"("code":"PROXYSQL_NOT_CONFIGURED")"},
    };
    for (const auto& [path, status, says] : cases) {
        const auto answer = it.get("/api/v2/" + path);
        EXPECT_EQ(answer.status, status) << path;
        EXPECT_THAT(answer.body, ::testing::HasSubstr(says)) << path;
    }
    EXPECT_EQ(it.get("/api/proxysql/servers").status, 500);
    EXPECT_EQ(it.get("/api/v2/nothing").status, 404);
    it.send("HEAD /api/v2/clusters HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(it.read_answer(false).status, 200);
}

TEST(V2, its_description_names_paths_that_are_there) {
    Service service;
    service.discover_all();
    Client it = service.client();
    const json::value described = json::parse(it.get("/api/v2/openapi.json").body);
    EXPECT_EQ(described.at("openapi"), "3.0.3");
    const std::map<std::string, std::string> samples = {{"{name}", "db1:3306"}, {"{host}", "db2"}, {"{port}", "3306"}};
    const auto& paths = described.at("paths").as_object();
    EXPECT_EQ(paths.size(), 10U);
    for (const auto& path : paths) {
        std::string target = "/api/v2" + std::string(path.key());
        for (const auto& [part, sample] : samples) {
            target = replace_all(target, part, sample);
        }
        const auto status = it.get(target).status;
        const auto& responses = path.value().at("get").at("responses").as_object();
        EXPECT_TRUE(responses.contains(std::to_string(status))) << target << " answers " << status;
    }
    EXPECT_EQ(json::parse(openapi_text("/orc", "1")).at("servers").at(0).at("url"), "/orc/api/v2");
}

}  // namespace
}  // namespace orc::http
