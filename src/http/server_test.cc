// The routes, over real sockets, on the real loops with scripted servers.
#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>

#include "http/testing/service.h"

namespace orc::http {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::Answer;
using testing_support::Client;
using testing_support::Service;
using testing_support::test_settings;

json::object object_of(const Answer& answer) {
    boost::system::error_code error;
    const auto value = json::parse(answer.body, error);
    EXPECT_FALSE(error) << answer.body;
    return value.is_object() ? value.as_object() : json::object();
}

json::array array_of(const Answer& answer) {
    boost::system::error_code error;
    const auto value = json::parse(answer.body, error);
    EXPECT_TRUE(!error && value.is_array()) << answer.body;
    return value.is_array() ? value.as_array() : json::array();
}

std::string key_text(const json::value& key) { return json::serialize(key); }

constexpr std::string_view db1_key = R"({"Hostname":"db1","Port":3306})";
constexpr std::string_view db2_key = R"({"Hostname":"db2","Port":3306})";

TEST(Server, answers_what_is_known) {
    Service service;
    service.discover_all();
    Client it = service.client();
    EXPECT_EQ(key_text(object_of(it.get("/api/instance/db2/3306")).at("Key")), db2_key);
    EXPECT_EQ(array_of(it.get("/api/all-instances")).size(), 3U);
    EXPECT_EQ(array_of(it.get("/api/instance-replicas/db1/3306")).size(), 2U);
    EXPECT_EQ(array_of(it.get("/api/cluster/db2:3306")).size(), 3U);
    EXPECT_EQ(array_of(it.get("/api/cluster/db1%3A3306")).size(), 3U);
    EXPECT_EQ(array_of(it.get("/api/cluster/instance/db3/3306")).size(), 3U);
    EXPECT_EQ(array_of(it.get("/api/cluster/alias/db1:3306")).size(), 3U);
    EXPECT_EQ(array_of(it.get("/api/search/db2")).size(), 1U);
    EXPECT_EQ(array_of(it.get("/api/search?s=DB")).size(), 3U);
    EXPECT_EQ(array_of(it.get("/api/problems")).size(), 0U);
    EXPECT_EQ(it.get("/api/clusters/").body, R"(["db1:3306"])");
    EXPECT_EQ(object_of(it.get("/api/cluster-info/db3")).at("CountInstances"), 3);
    EXPECT_EQ(array_of(it.get("/api/clusters-info")).size(), 1U);
    EXPECT_EQ(key_text(object_of(it.get("/api/master/db2:3306")).at("Key")), db1_key);
    EXPECT_EQ(array_of(it.get("/api/masters")).size(), 1U);
    const auto tree = object_of(it.get("/api/topology/db1/3306"));
    EXPECT_EQ(tree.at("Code"), "OK");
    EXPECT_THAT(std::string(tree.at("Details").as_string()), HasSubstr("\n+ db2:3306 ["));
    EXPECT_THAT(it.get("/api/topology-tabulated/db1").body, HasSubstr("|rw|"));
    EXPECT_THAT(it.get("/api/topology-tags/db1").body, HasSubstr("] []"));
    const auto analysis = object_of(it.get("/api/replication-analysis"));
    EXPECT_EQ(analysis.at("Code"), "OK");
    EXPECT_TRUE(analysis.at("Details").is_array());
}

TEST(Server, answers_errors_as_envelopes_with_500) {
    Service service;
    Client it = service.client();
    const std::string_view paths[] = {
        "/api/instance/nobody/3306",
        "/api/instance/db1/port",
        "/api/instance/db1/99999",
        "/api/cluster/nothing",
        "/api/cluster/alias/nothing",
        "/api/cluster-info/nothing",
        "/api/topology/nothing",
        "/api/master/nothing",
        "/api/discover/nobody/3306",
        "/api/forget/nobody/3306",
        "/api/begin-downtime/db1/3306/me/why/10x",
        "/api/register-candidate/db1/3306/must",
        "/api/register-candidate/db1/3306/perhaps",
        "/api/recover/db1/3306",
        "/api/ack-all-recoveries",
        "/api/ack-recovery/cluster/nothing?comment=x",
        "/api/graceful-master-takeover/nothing",
        "/api/plan/graceful-master-takeover/nothing",
        "/api/plan/recover/nobody/3306",
    };
    for (const auto path : paths) {
        SCOPED_TRACE(path);
        const auto answer = it.get(std::string(path));
        EXPECT_EQ(answer.status, 500);
        const auto body = object_of(answer);
        ASSERT_EQ(body.size(), 3U) << answer.body;
        EXPECT_EQ(body.at("Code"), "ERROR");
        EXPECT_FALSE(body.at("Message").as_string().empty());
    }
    EXPECT_EQ(it.get("/api/clusters").body, "null");
    EXPECT_EQ(it.get("/api/masters").body, "null");
    EXPECT_EQ(it.get("/api/all-instances").body, "[]");
}

TEST(Server, changes_what_it_is_told_to) {
    Service service;
    service.discover_all();
    Client it = service.client();
    const auto downtime = object_of(it.get("/api/begin-downtime/db2/3306/me/disk%2Ffull%0A/1h"));
    EXPECT_EQ(downtime.at("Code"), "OK");
    EXPECT_EQ(key_text(downtime.at("Details")), db2_key);
    const auto intent = service.control.run([](Service* s) -> Co<std::shared_ptr<const model::Intent>> {
        co_return s->ledger.intent();
    }(&service));
    EXPECT_EQ(intent->downtimes.at(Endpoint{"db2", 3306}).reason, "disk/full");
    EXPECT_EQ(object_of(it.get("/api/end-downtime/db2/3306")).at("Code"), "OK");
    EXPECT_EQ(object_of(it.get("/api/register-candidate/db2/3306/prefer")).at("Code"), "OK");

    EXPECT_EQ(object_of(it.get("/api/check-global-recoveries")).at("Details"), "enabled");
    EXPECT_EQ(object_of(it.get("/api/disable-global-recoveries")).at("Details"), "disabled");
    EXPECT_EQ(object_of(it.get("/api/check-global-recoveries")).at("Details"), "disabled");
    EXPECT_EQ(object_of(it.get("/api/enable-global-recoveries")).at("Details"), "enabled");

    EXPECT_EQ(key_text(object_of(it.get("/api/refresh/db2/3306")).at("Details")), db2_key);
    EXPECT_EQ(key_text(object_of(it.get("/api/forget/db2/3306")).at("Details")), db2_key);
    EXPECT_EQ(object_of(it.get("/api/ack-all-recoveries?comment=+seen+")).at("Details"), "seen");
}

TEST(Server, discovers_though_no_limit_is_set_for_reading) {
    auto settings = test_settings();
    settings.mysql_discovery_read_timeout_seconds = 0;
    Service service(settings);
    EXPECT_THAT(service.client().get("/api/discover/db1/3306").body, HasSubstr("\"Code\":\"OK\""));
}

TEST(Server, tells_history_page_by_page) {
    Service service;
    service.discover_all();
    Client it = service.client();
    const std::string_view paths[] = {
        "/api/audit-recovery",
        "/api/audit-recovery/3",
        "/api/audit-recovery/99999999999999999999999",
        "/api/audit-recovery/id/1",
        "/api/audit-recovery/uid/none",
        "/api/audit-recovery/cluster/c",
        "/api/audit-recovery/cluster/c/2",
        "/api/audit-recovery/alias/c",
        "/api/audit-recovery/alias/c/18446744073709551615",
        "/api/audit-recovery-steps/none",
        "/api/audit-failure-detection",
        "/api/audit-failure-detection/1",
        "/api/audit-failure-detection/id/1",
        "/api/audit-failure-detection/alias/c",
        "/api/audit-failure-detection/alias/c/18446744073709551615",
        "/api/audit/1",
        "/api/audit/instance/db1/3306/5",
        "/api/running",
        "/api/missing-grants",
    };
    for (const auto path : paths) {
        SCOPED_TRACE(path);
        const auto answer = it.get(std::string(path));
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "[]");
    }
    it.get("/api/end-downtime/db2/3306");
    EXPECT_THAT(
        it.get("/api/audit").body, HasSubstr(R"("AuditType":"end-downtime","AuditInstanceKey":{"Hostname":"db2")")
    );
    EXPECT_THAT(it.get("/api/audit/instance/db2/3306").body, HasSubstr("end-downtime"));
    it.get("/api/register-candidate/db3/3306/prefer_not");
    const std::string registered = it.get("/api/audit/instance/db3/3306").body;
    EXPECT_THAT(registered, HasSubstr(R"("AuditType":"register-candidate","AuditInstanceKey":{"Hostname":"db3")"));
    EXPECT_THAT(registered, HasSubstr(R"("Message":"promotion rule: prefer_not")"));
}

TEST(Server, shows_plans_without_running_them) {
    Service service;
    service.discover_all();
    Client it = service.client();
    const auto answer = object_of(it.get("/api/plan/graceful-master-takeover/db1/db2/3306"));
    ASSERT_EQ(answer.at("Code"), "OK") << json::serialize(answer);
    EXPECT_TRUE(answer.at("Details").at("plan").is_object());
    EXPECT_FALSE(answer.at("Details").at("text").as_string().empty());
    EXPECT_EQ(array_of(it.get("/api/audit-recovery")).size(), 0U);
}

TEST(Server, says_that_it_lives_and_leads) {
    Service service;
    Client it = service.client();
    for (const std::string path : {"/api/_ping", "/api/lb-check", "/api/leader-check", "/api/leader-check/503"}) {
        SCOPED_TRACE(path);
        const auto answer = it.get(path);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, R"("OK")");
        EXPECT_EQ(answer.header("content-type"), "application/json; charset=UTF-8");
    }
    for (const std::string path : {"/api/health", "/api/status"}) {
        const auto answer = object_of(it.get(path));
        EXPECT_EQ(answer.at("Code"), "OK");
        EXPECT_EQ(answer.at("Details").at("IsActiveNode"), true);
        const auto nodes = answer.at("Details").at("AvailableNodes").as_array();
        ASSERT_EQ(nodes.size(), 1U);
        EXPECT_THAT(std::string(nodes[0].at("LastSeenActive").as_string()), ::testing::EndsWith("Z"));
    }
}

TEST(Server, serves_the_status_check_where_it_is_told_to) {
    auto settings = test_settings();
    settings.status_endpoint = "/up/now";
    settings.url_prefix = "orc/";
    Service service(settings);
    Client it = service.client();
    EXPECT_EQ(it.get("/up/now").status, 200);
    EXPECT_EQ(it.get("/orc/api/status").status, 404);
    EXPECT_EQ(it.get("/api/clusters").status, 404);
    EXPECT_EQ(it.get("/orc/api/clusters").status, 200);
    EXPECT_EQ(it.get("/orc/").status, 200);
    EXPECT_EQ(it.get("/orc/page/app.js").status, 200);
    const auto bare = it.get("/orc");
    EXPECT_EQ(bare.status, 302);
    EXPECT_EQ(bare.header("location"), "/orc/");
    EXPECT_EQ(it.get("/orc/web/clusters").header("location"), "/orc/");
    EXPECT_EQ(it.get("/metrics").status, 200);
}

TEST(Server, answers_hostile_paths_and_lives_on) {
    Service service;
    Client it = service.client();
    struct Case {
        std::string path;
        int status;
    };
    const Case cases[] = {
        {"/../../etc/passwd", 404},
        {"/page/..%2F..%2Fetc%2Fpasswd", 404},
        {"/page/app.js%00", 400},
        {"/api/%zz", 400},
        {"/api/instance/%00/3306", 400},
        {"/api//instance/db1/3306", 404},
        {"/api/instance/db1/3306//", 404},
        {"/api/nothing", 404},
        {"/api", 404},
        {"/" + std::string(5000, 'a'), 404},
        {"/" + std::string(500, '/'), 400},
        {"/api/instance/%3Cscript%3E/3306", 500},
        {"/api/instance/" + std::string(3000, 'x') + "/3306", 500},
        {"/api/cluster/%F0%28%8C%28", 500},
        {"/api/search/%FF%FE", 200},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.path.substr(0, 60));
        EXPECT_EQ(it.get(c.path).status, c.status);
    }
    EXPECT_EQ(it.get("/nothing").body, "404 page not found\n");
    it.send("POST /api/clusters HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(it.read_answer().status, 404);
    it.send("HEAD /api/clusters HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(it.read_answer(false).header("content-length"), "4");
    EXPECT_THAT(it.get("/api/instance/%3Cscript%3E/3306").body, Not(HasSubstr("<script>")));
}

TEST(Server, takes_changes_by_post_with_its_token) {
    Service service;
    service.discover_all();
    Client it = service.client();
    const auto post = [&](const std::string& path, const std::string& headers) {
        it.send("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" + headers + "\r\n");
        return it.read_answer();
    };
    const auto told = it.get("/api/change-token").body;
    const std::string token = "X-Change-Token: " + told.substr(1, told.size() - 2) + "\r\n";
    EXPECT_EQ(post("/api/tag/db2/3306?tag=a", "").status, 403);
    EXPECT_EQ(post("/api/tag/db2/3306?tag=a", "X-Change-Token: guess\r\n").status, 403);
    EXPECT_EQ(it.get("/api/tags/db2/3306").body, "[]");
    EXPECT_EQ(post("/api/tag/db2/3306?tag=a", token).status, 200);
    EXPECT_EQ(it.get("/api/tags/db2/3306").body, R"(["a="])");
    EXPECT_EQ(post("/api/tags/db2/3306", token).status, 404);    // nothing to change there
    EXPECT_EQ(it.get("/api/untag/db2/3306?tag=a").status, 200);  // as classic clients do
}

TEST(Server, takes_changes_by_post_only_when_told_so) {
    auto settings = test_settings();
    settings.changes_by_get = false;
    Service service(settings);
    Client it = service.client();
    const auto refused = it.get("/api/discover/db1/3306");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.header("allow"), "POST");
    EXPECT_THAT(refused.body, HasSubstr("ChangesByGet"));
    EXPECT_EQ(it.get("/api/clusters").status, 200);
}

TEST(Server, refuses_changes_without_the_right_to_them) {
    auto settings = test_settings();
    settings.read_only = true;
    Service service(settings);
    Client it = service.client();
    const auto answer = it.get("/api/discover/db1/3306");
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, R"({"Code":"ERROR","Message":"Unauthorized","Details":null})");
    EXPECT_EQ(it.get("/api/clusters").status, 200);
}

TEST(Server, asks_for_the_password_everywhere) {
    auto settings = test_settings();
    settings.authentication_method = "basic";
    settings.http_auth_user = "dba";
    settings.http_auth_password = "s3cret:x";
    Service service(settings);
    Client it = service.client();
    for (const std::string path : {"/", "/api/clusters", "/metrics", "/page/app.js", "/nothing"}) {
        SCOPED_TRACE(path);
        const auto answer = it.get(path);
        EXPECT_EQ(answer.status, 401);
        EXPECT_EQ(answer.header("www-authenticate"), "Basic realm=\"Authorization Required\"");
    }
    EXPECT_EQ(it.get("/api/clusters", "Authorization: Basic ZGJhOnMzY3JldDp4\r\n").status, 200);
}

TEST(Server, does_not_start_where_nobody_could_log_in) {
    Service service;
    auto settings = test_settings();
    settings.authentication_method = "multi";
    const auto refused = Server::start(settings, service.use_cases);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_EQ(
        refused.error().message,
        "AuthenticationMethod is multi, but HTTPAuthUser is empty: nobody could change anything"
    );
}

TEST(Server, serves_the_page_under_a_strict_policy) {
    Service service;
    Client it = service.client();
    for (const std::string path : {"/", "/page/app.js", "/page/style.css"}) {
        SCOPED_TRACE(path);
        const auto answer = it.get(path);
        EXPECT_EQ(answer.status, 200);
        EXPECT_GT(answer.body.size(), 200U);
        EXPECT_THAT(answer.header("content-security-policy"), StartsWith("default-src 'none'; script-src 'self'"));
        EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    }
    EXPECT_THAT(it.get("/page/app.js").body, Not(HasSubstr("innerHTML")));
    for (const std::string path :
         {"/web", "/web/", "/web/cluster/instance/db1/3306", "/web/audit-recovery/cluster/c/1"}) {
        SCOPED_TRACE(path);
        const auto answer = it.get(path);
        EXPECT_EQ(answer.status, 302);
        EXPECT_EQ(answer.header("location"), "/");
    }
}

TEST(Server, gives_the_page_everything_in_one_answer) {
    Service service;
    service.discover_all();
    const auto overview = object_of(service.client().get("/api/overview"));
    EXPECT_EQ(overview.at("node").at("host"), "orc1");
    EXPECT_EQ(overview.at("node").at("isLeader"), true);
    const auto& servers = overview.at("clusters").at(0).at("servers").as_array();
    ASSERT_EQ(servers.size(), 3U);
    EXPECT_EQ(servers[0].at("role"), "primary");
    EXPECT_TRUE(servers[0].at("source").is_null());
    EXPECT_EQ(servers[1].at("role"), "replica");
    EXPECT_EQ(servers[1].at("source"), "db1:3306");
    EXPECT_EQ(servers[1].at("state"), "ok");
    EXPECT_TRUE(overview.at("running").as_array().empty());
}

TEST(Server, tells_the_page_the_sites_message_and_what_to_leave_out_of_names) {
    auto settings = test_settings();
    settings.web_message = "maintenance <tonight>";
    settings.remove_text_from_hostname_display = ".example.com";
    Service service(settings);
    auto client = service.client();
    const auto overview = object_of(client.get("/api/overview"));
    EXPECT_EQ(overview.at("node").at("message"), "maintenance <tonight>");
    EXPECT_EQ(overview.at("node").at("hideInNames"), ".example.com");
    const std::string page = client.get("/page/app.js").body;
    EXPECT_THAT(page, HasSubstr("node.message"));
    EXPECT_THAT(page, HasSubstr("node.hideInNames"));
}

TEST(Server, names_what_the_account_lacks) {
    Service service;
    service.gateway.at(Endpoint{"db2", 3306}).facts.missing_grants = {
        {"PROCESS ON *.*", "the list of sessions", "GRANT PROCESS ON *.* TO `o`@`%`"}
    };
    service.discover_all();
    Client it = service.client();
    EXPECT_EQ(
        it.get("/api/missing-grants").body,
        R"([{"server":"db2:3306","grant":"PROCESS ON *.*","statement":"the list of sessions",)"
        R"("remedy":"GRANT PROCESS ON *.* TO `o`@`%`"}])"
    );
    const auto overview = object_of(it.get("/api/overview"));
    const auto& servers = overview.at("clusters").at(0).at("servers").as_array();
    EXPECT_EQ(servers[1].at("error"), "lacks PROCESS ON *.* (the list of sessions): GRANT PROCESS ON *.* TO `o`@`%`");
    EXPECT_EQ(servers[1].at("state"), "ok");
}

TEST(Server, counts_for_prometheus) {
    Service service;
    service.discover_all();
    const auto answer = service.client().get("/metrics");
    EXPECT_EQ(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for (const std::string line : {
             "\norchestrator_discovery_servers 3\n",
             "\n# TYPE orchestrator_discovery_lateness_seconds histogram\n",
             "\norchestrator_discovery_lateness_seconds_bucket{le=\"0.001\"} ",
             "\norchestrator_discovery_lateness_seconds_bucket{le=\"+Inf\"} ",
             "\norchestrator_discovery_lateness_seconds_sum ",
             "\norchestrator_discovery_lateness_seconds_count ",
             "\norchestrator_topology_clusters 1\n",
             "\norchestrator_recovery_in_flight 0\n",
             "\norchestrator_node_is_leader 1\n",
             "\norchestrator_instances_total 3\n",
             "\norchestrator_clusters_total 1\n",
             "\norchestrator_health_is_ready 1\n",
             "\norchestrator_raft_is_healthy 0\n",
             "\norchestrator_raft_is_leader 0\n",
             "\norchestrator_raft_is_part_of_quorum 0\n",
             "\norchestrator_raft_peers_total 0\n",
             "\norchestrator_recovery_duration_seconds_bucket{le=\"0.5\"} 0\n",
             "\norchestrator_recovery_duration_seconds_bucket{le=\"1024\"} 0\n",
             "\norchestrator_recovery_duration_seconds_count 0\n",
             "\norchestrator_build_info{version=\"4.0-test\"} 1\n",
             "\n# TYPE orchestrator_http_requests_total counter\n",
             "\norchestrator_process_resident_memory_bytes ",
         }) {
        EXPECT_THAT(answer.body, HasSubstr(line));
    }
}

TEST(Server, tells_listeners_what_changes) {
    Service service;
    service.discover_all();
    Client it = service.client();
    it.send("GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n");
    it.read_until("event: hello\ndata: {}\n\n");
    service.client().get("/api/begin-downtime/db2/3306/me/why");
    EXPECT_THAT(it.read_until("db1:3306\"}\n\n"), HasSubstr("event: cluster\n"));
}

TEST(Server, serves_on_a_unix_socket_and_takes_over_a_dead_one) {
    const auto path = std::filesystem::temp_directory_path() / ("orc-http-" + std::to_string(::getpid()) + ".sock");
    auto settings = test_settings();
    settings.listen_socket = path.string();
    for (int round = 0; round < 2; ++round) {
        Service service(settings);
        EXPECT_EQ(service.server->port(), 0);
        Service other;
        auto second = Server::start(settings, other.use_cases);
        ASSERT_FALSE(second.has_value());
        EXPECT_THAT(second.error().message, HasSubstr(path.string()));
        EXPECT_TRUE(std::filesystem::exists(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Server, stops_with_clients_connected_and_can_be_dropped_without_stopping) {
    Service service;
    Client idle = service.client();
    Client listener = service.client();
    listener.send("GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n");
    listener.read_until("event: hello\ndata: {}\n\n");
    service.server.reset();
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_EQ(listener.read_to_end(), "");
}

}  // namespace
}  // namespace orc::http
