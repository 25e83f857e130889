// What people decide about servers, over the API: tags, pools, maintenance, names, and that nothing is hit by likeness.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/testing/service.h"

namespace orc::http {
namespace {

using ::testing::HasSubstr;
using testing_support::Client;
using testing_support::Service;

struct Step {
    std::string path;
    int status;
    std::string says;
};

void walk_on(const Service& service, const std::vector<Step>& steps) {
    Client it = service.client();
    for (const auto& step : steps) {
        SCOPED_TRACE(step.path);
        const auto answer = it.get("/api/" + step.path);
        EXPECT_EQ(answer.status, step.status) << answer.body;
        EXPECT_THAT(answer.body, HasSubstr(step.says));
    }
}

void walk(const std::vector<Step>& steps) {
    Service service;
    service.discover_all();
    walk_on(service, steps);
}

TEST(Intent, tags_are_hung_on_found_and_taken_off) {
    walk({
        {"tag/db2/3306?tag=role%3Dbackup", 200, R"("Details":{"Hostname":"db2","Port":3306})"},
        {"tag/db2/3306/rack/7", 200, "OK"},
        {"tag/db3/3306?tag=role%3Dreports", 200, "OK"},
        {"tags/db2/3306", 200, R"(["rack=7","role=backup"])"},
        {"tag-value/db2/3306?tag=role", 200, R"("backup")"},
        {"tag-value/db2/3306/none", 500, "tag none not found for db2:3306"},
        {"tagged?tag=role", 200, R"([{"Hostname":"db2","Port":3306},{"Hostname":"db3","Port":3306}])"},
        {"tagged?tag=role,~rack", 200, R"([{"Hostname":"db3","Port":3306}])"},
        {"tagged?tag=", 500, "not a tag"},
        {"topology-tags/db1:3306", 200, "[rack=7,role=backup]"},
        {"untag/db2/3306?tag=role%3Dother", 200, R"("Details":[])"},
        {"untag/db2/3306?tag=~role", 500, "ERROR"},
        {"untag/db2/3306/role", 200, R"("Details":[{"Hostname":"db2","Port":3306}])"},
        {"untag-all?tag=role", 500, "needs its value"},
        {"untag-all/role/reports", 200, R"([{"Hostname":"db3","Port":3306}])"},
        {"tagged?tag=role", 200, "[]"},
    });
}

TEST(Intent, what_was_decided_shows_in_the_very_next_answer) {
    Service service;
    service.discover_all();
    Client it = service.client();
    for (int round = 0; round < 20; ++round) {
        ASSERT_EQ(it.get("/api/begin-downtime/db2/3306/me/why/1h").status, 200);
        ASSERT_THAT(it.get("/api/downtimed").body, HasSubstr(R"("Hostname":"db2")")) << round;
        ASSERT_EQ(it.get("/api/end-downtime/db2/3306").status, 200);
        ASSERT_EQ(it.get("/api/downtimed").body, "[]") << round;
        const std::string rule = round % 2 == 0 ? "prefer" : "must_not";
        ASSERT_EQ(it.get("/api/register-candidate/db3/3306/" + rule).status, 200);
        ASSERT_THAT(it.get("/api/instance/db3/3306").body, HasSubstr(R"("PromotionRule":")" + rule + '"')) << round;
    }
}

TEST(Intent, pools_are_replaced_as_a_whole) {
    walk({
        {"submit-pool-instances/web?instances=db1:3306,db2", 200, R"("Details":"web")"},
        {"cluster-pool-instances/db1:3306",
         200,
         R"({"web":[{"Hostname":"db1","Port":3306},{"Hostname":"db2","Port":3306}]})"},
        {"submit-pool-instances/web?instances=db3", 200, "OK"},
        {"cluster-pool-instances/db1:3306/web", 200, R"({"web":[{"Hostname":"db3","Port":3306}]})"},
        {"cluster-pool-instances/db1:3306/other", 200, R"("Details":{})"},
        {"heuristic-cluster-pool-instances/db2:3306", 200, R"("Key":{"Hostname":"db3","Port":3306})"},
        {"heuristic-cluster-pool-lag/db2:3306", 500, "No cluster with this name or alias"},
        {"submit-pool-instances/web?instances=db3:x", 500, "pool web"},
        {"submit-pool-instances/web", 200, "OK"},
        {"cluster-pool-instances/db1:3306", 200, R"("Details":{})"},
    });
}

TEST(Intent, letter_case_makes_no_second_tag_or_pool) {
    walk({
        {"tag/db2/3306?tag=Role%3Dbackup", 200, "OK"},
        {"tag/db2/3306?tag=ROLE%3Dreports", 200, "OK"},
        {"tags/db2/3306", 200, R"(["Role=reports"])"},
        {"tag-value/db2/3306?tag=role", 200, R"("reports")"},
        {"tagged?tag=role%3Dreports", 200, R"([{"Hostname":"db2","Port":3306}])"},
        {"untag/db2/3306?tag=rOLE", 200, R"("Details":[{"Hostname":"db2","Port":3306}])"},
        {"tags/db2/3306", 200, "[]"},
        {"submit-pool-instances/Web?instances=db1:3306", 200, "OK"},
        {"submit-pool-instances/WEB?instances=db3:3306", 200, "OK"},
        {"cluster-pool-instances/db1:3306", 200, R"("Details":{"Web":[{"Hostname":"db3","Port":3306}]})"},
        {"cluster-pool-instances/db1:3306/web", 200, R"({"Web":[{"Hostname":"db3","Port":3306}]})"},
        {"submit-pool-instances/web", 200, "OK"},
        {"cluster-pool-instances/db1:3306", 200, R"("Details":{})"},
    });
}

TEST(Intent, maintenance_is_one_at_a_time) {
    walk({
        {"in-maintenance/db2/3306", 200, R"("Message":"false","Details":"")"},
        {"begin-maintenance/db2/3306/me/disk", 200, R"("Hostname":"db2")"},
        {"begin-maintenance/db2/3306/you/ram", 500, R"("Details":0)"},
        {"in-maintenance/db2/3306", 200, R"("Message":"true","Details":"db2:3306")"},
        {"maintenance", 200, R"("IsActive":true,"Owner":"me","Reason":"disk")"},
        {"end-maintenance/db2/3306", 200, R"("Hostname":"db2")"},
        {"end-maintenance/db2/3306", 200, "OK"},
        {"begin-maintenance/db3/3306/me/disk", 200, "OK"},
        {"maintenance", 200, R"("MaintenanceId":2,"Key":{"Hostname":"db3")"},
        {"end-maintenance/2", 200, R"("Details":2)"},
        {"end-maintenance/nine", 500, "Invalid maintenance id: nine"},
        {"maintenance", 200, "[]"},
    });
}

TEST(Intent, nothing_is_begun_that_ends_later_than_the_tables_can_say) {
    walk({
        {"begin-downtime/db2/3306/me/why/2000w", 500, "would end after 2038-01-19 03:14:07"},
        {"begin-downtime/db2/3306/me/why/99999999w", 500, "would end after 2038-01-19 03:14:07"},
        {"downtimed", 200, "[]"},
        {"begin-downtime/db2/3306/me/why/52w", 200, "OK"},
    });
}

TEST(Intent, forget_takes_nothing_by_likeness) {
    walk({
        {"instance/b2/3306", 200, R"("Hostname":"db2")"},
        {"forget/b2/3306", 500, "b2:3306 is not known"},
        {"all-instances", 200, R"("Key":{"Hostname":"db2")"},
        {"forget-cluster/nothing", 500, "nothing"},
        {"forget-cluster/db2:3306", 200, "Cluster forgotten: db1:3306"},
        {"clusters", 200, "null"},
    });
}

TEST(Intent, letter_case_of_a_host_makes_no_difference) {
    walk({
        {"instance/DB2/3306", 200, R"("Key":{"Hostname":"db2")"},
        {"instance/B2/3306", 200, R"("Key":{"Hostname":"db2")"},
        {"topology/Db2/3306", 200, "db2:3306"},
        {"cluster/DB2:3306", 200, R"("Key":{"Hostname":"db2")"},
        {"discover/DB2/3306", 200, R"("Key":{"Hostname":"db2")"},
        {"begin-downtime/Db2/3306/me/why", 200, R"("Details":{"Hostname":"db2")"},
        {"downtimed", 200, R"("Key":{"Hostname":"db2")"},
        {"register-candidate/dB2/3306/prefer", 200, R"("Details":{"Hostname":"db2")"},
        {"tag/DB2/3306?tag=a", 200, R"("Details":{"Hostname":"db2")"},
        {"tags/db2/3306", 200, R"(["a="])"},
        {"submit-pool-instances/web?instances=DB2:3306", 200, "OK"},
        {"cluster-pool-instances/db1:3306", 200, R"({"web":[{"Hostname":"db2")"},
        {"begin-downtime/DB9/3306/me/why", 200, R"("Details":{"Hostname":"DB9")"},
        {"forget/DB2/3306", 200, R"("Details":{"Hostname":"db2")"},
    });
}

TEST(Intent, hosts_may_be_ipv6_addresses) {
    Service service;
    for (const std::uint16_t port : {std::uint16_t(24101), std::uint16_t(24102)}) {
        auto fake = std::make_shared<discovery::testing::FakeServer>();
        fake->facts = port == 24101 ? discovery::testing::primary("[::1]:24101")
                                    : discovery::testing::replica("[::1]:24102", "[::1]:24101");
        fake->facts.server_uuid += port == 24101 ? "" : "-2";
        service.gateway.servers[Endpoint{"::1", port}] = std::move(fake);
    }
    walk_on(
        service,
        {
            {"discover/::1/24102", 200, R"("Key":{"Hostname":"::1","Port":24102})"},
            {"discover/[::1]/24101", 200, R"("Key":{"Hostname":"::1","Port":24101})"},
            {"instance/[::1]/24102", 200, R"("Key":{"Hostname":"::1","Port":24102})"},
            {"topology/::1/24102", 200, "+ ::1:24102"},
            {"topology/[::1]/24102", 200, "+ ::1:24102"},
            {"cluster/instance/::1/24102", 200, R"("Key":{"Hostname":"::1","Port":24102})"},
            {"cluster/[::1]:24102", 200, R"("Key":{"Hostname":"::1","Port":24102})"},
            {"plan/graceful-master-takeover/::1/24102", 200, "OK"},
            {"begin-downtime/[::1]/24102/me/why", 200, R"("Details":{"Hostname":"::1","Port":24102})"},
            {"downtimed", 200, R"("Key":{"Hostname":"::1","Port":24102})"},
            {"instance/::/24102", 500, "Cannot read instance: :::24102"},
        }
    );
}

TEST(Intent, names_are_virtual_and_aliases_overruled) {
    walk({
        {"register-hostname-unresolve/db1/3306/vip", 200, R"("Hostname":"db1")"},
        {"deregister-hostname-unresolve/db1/3306", 200, R"("Hostname":"db1")"},
        {"register-hostname-unresolve/db1/x/vip", 500, "Invalid port: x"},
        {"hostname-resolve-cache", 200, R"("Details":{})"},
        {"reset-hostname-resolve-cache", 200, "OK"},
        {"snapshot-topologies", 200, R"("Details":"Took )"},
        {"async-discover/db9/3306", 200, R"("Details":null)"},
        {"automated-recovery-filters", 200, R"("RecoveryIgnoreHostnameFilters":[])"},
        {"raft-state", 500, "raft-state: not running with raft setup"},
        {"blocked-recoveries", 200, "[]"},
        {"replication-analysis-changelog", 200, "null"},
        {"explain/db1:3306", 200, R"("isHypothetical":true)"},
        {"explain/db1/3306", 200, R"("planText":)"},
        {"explain/nothing", 500, "nothing"},
    });
}

}  // namespace
}  // namespace orc::http
