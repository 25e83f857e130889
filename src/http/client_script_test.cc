// client/orchestrator-client, run against a service: what it prints, to the character, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "http/testing/service.h"

namespace orc::http {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
using testing_support::Service;
using testing_support::test_settings;

struct Ran {
    std::string out;  ///< both outputs, in the order in which they came
    int status = 0;
};

class Script {
public:
    explicit Script(const Service& service)
        : environment_("env ORCHESTRATOR_API=http://127.0.0.1:" + std::to_string(service.server->port())) {}

    void set(const std::string& more) { environment_ += " " + more; }
    Ran run(const std::string& arguments) const {
        const std::string line =
            environment_ + " " + ORC_SOURCE_DIR + "/client/orchestrator-client " + arguments + " 2>&1";
        Ran ran;
        FILE* pipe = popen(line.c_str(), "r");
        if (pipe == nullptr) {
            ADD_FAILURE() << "cannot run " << line;
            return ran;
        }
        std::array<char, 4096> space{};
        for (std::size_t got = 0; (got = fread(space.data(), 1, space.size(), pipe)) > 0;) {
            ran.out.append(space.data(), got);
        }
        ran.status = WEXITSTATUS(pclose(pipe));
        return ran;
    }
    void expect(const std::string& arguments, const std::string& out) const {
        const Ran ran = run(arguments);
        EXPECT_EQ(ran.out, out) << arguments;
        EXPECT_EQ(ran.status, 0) << arguments;
    }
    void expect_failure(const std::string& arguments, const std::string& why) const {
        const Ran ran = run(arguments);
        EXPECT_THAT(ran.out, HasSubstr(why)) << arguments;
        EXPECT_EQ(ran.status, 1) << arguments;
    }

private:
    std::string environment_;
};

TEST(ClientScript, prints_what_is_known) {
    Service service;
    service.discover_all();
    const Script it(service);
    it.expect("-c clusters", "db1:3306\n");
    it.expect("-c clusters-alias", "db1:3306,db1:3306\n");
    it.expect("-c all-instances", "db1:3306\ndb2:3306\ndb3:3306\n");
    it.expect("-c search -i db", "db1:3306\ndb2:3306\ndb3:3306\n");
    it.expect("-c which-instance -i db2", "db2:3306\n");
    it.expect("-c which-master -i db2:3306", "db1:3306\n");
    it.expect("-c which-master -i db1", ":0\n");
    it.expect("-c which-replicas -i db1", "db2:3306\ndb3:3306\n");
    it.expect("-c which-slaves -i db1", "db2:3306\ndb3:3306\n");
    it.expect("-c which-broken-replicas -i db1", "");
    it.expect("-c which-cluster -i db3", "db1:3306\n");
    it.expect("-c which-cluster-master -i db3", "db1:3306\n");
    it.expect("-c which-cluster-instances -a db1:3306", "db1:3306\ndb2:3306\ndb3:3306\n");
    it.expect("-c all-clusters-masters", "db1:3306\n");
    it.expect("-c is-replicating -i db2", "db2:3306\n");
    it.expect("-c is-replicating -i db1", "");
    it.expect("-c is-replication-stopped -i db2", "");
    it.expect("-c check-global-recoveries", "enabled\n");
    it.expect("-c api -path clusters", "[ \"db1:3306\" ]\n");
    EXPECT_THAT(it.run("-c topology -i db2").out, StartsWith("db1:3306   ["));
    EXPECT_THAT(
        it.run("-c help").out, HasSubstr("\n  which-replicas                           List the replicas of a")
    );
}

TEST(ClientScript, changes_what_it_is_told_to) {
    Service service;
    service.discover_all();
    const Script it(service);
    it.expect("-c tag -i db2 -tag 'role=back up'", "db2:3306\n");
    it.expect("-c tags -i db2", "role=back up\n");
    it.expect("-c tag-value -i db2 -t role", "back up\n");
    it.expect("-c tagged -t role", "db2:3306\n");
    it.expect("-c untag -i db2 -t role", "db2:3306\n");
    it.expect("-c begin-downtime -i db3 -r 'a/new disk?' -owner bob -duration=1h", "db3:3306\n");
    it.expect("-c downtimed", "db3:3306\n");
    EXPECT_THAT(it.run("-c api -P instance/db3/3306").out, HasSubstr("\"DowntimeReason\": \"a/new disk?\""));
    it.expect("-c end-downtime -i db3", "db3:3306\n");
    it.expect("-c begin-maintenance -i db3 -r disk", "db3:3306\n");
    it.expect("-c end-maintenance -i db3", "db3:3306\n");
    it.expect("-c register-candidate -i db2 -R prefer", "db2:3306\n");
    it.expect("-c submit-pool-instances -l web -i db2,db3", "web\n");
    it.expect("-c which-heuristic-cluster-pool-instances -a db1:3306 -l web", "db2:3306\ndb3:3306\n");
    it.expect("-c disable-global-recoveries", "disabled\n");
    it.expect("-c enable-global-recoveries", "enabled\n");
    it.expect("-c ack-all-recoveries -r 'all seen'", "all seen\n");
    it.expect("-c discover -i db2", "db2:3306\n");
    it.expect("-c async-discover -i db2", ":null\n");
    EXPECT_THAT(it.run("-c snapshot-topologies").out, MatchesRegex("Took .*s\n"));
    it.expect("-c forget -i db3", "");
}

TEST(ClientScript, says_what_went_wrong_and_fails) {
    Service service;
    service.discover_all();
    const Script it(service);
    it.expect_failure("", "no command is given");
    it.expect_failure("-c nonsense", "unknown command: nonsense");
    it.expect_failure("-c which-instance", "which-instance needs an instance, -i host[:port]");
    it.expect_failure("-c which-instance -i db1:port", "'port' is no port");
    it.expect_failure("-c begin-downtime -i db1", "needs a reason");
    it.expect_failure("-c which-instance -i nobody", "Cannot read instance: nobody:3306\n");
    it.expect_failure("-c tag-value -i db2 -t none", "tag none not found for db2:3306");
    it.expect_failure("-c move-up -i db2", "answered 404");
    const Ran api = it.run("-c api -P instance/nobody/3306");
    EXPECT_EQ(
        api.out, "{ \"Code\": \"ERROR\", \"Message\": \"Cannot read instance: nobody:3306\", \"Details\": null }\n"
    );
    EXPECT_EQ(api.status, 1);
    it.expect_failure("-c api -P nopath", "/api/nopath answered 404: 404 page not found");
    EXPECT_THAT(it.run("-c clusters -nonsense").out, HasSubstr("unknown flag: -nonsense\ndb1:3306\n"));
}

TEST(ClientScript, finds_the_one_that_leads_among_several) {
    Service service;
    service.discover_all();
    Script it(service);
    const std::string there = "http://127.0.0.1:" + std::to_string(service.server->port());
    it.set("ORCHESTRATOR_API='http://127.0.0.1:1/ " + there + "/'");
    it.expect("-c which-api", there + "/api\n");
    it.expect("-c clusters", "db1:3306\n");
    it.expect_failure("-U 'http://127.0.0.1:1 http://u:pw@127.0.0.1:2' -c clusters", "cannot determine the leader");
    EXPECT_THAT(it.run("-U 'http://127.0.0.1:1 http://u:pw@127.0.0.1:2' -c clusters").out, HasSubstr("u:****@"));
}

TEST(ClientScript, shows_who_it_is) {
    auto settings = test_settings();
    settings.authentication_method = "basic";
    settings.http_auth_user = "dba";
    settings.http_auth_password = "open sesame";
    Service service(settings);
    Script it(service);
    it.expect_failure("-c clusters", "is denied");
    it.expect("-c check-global-recoveries -b 'dba:open sesame'", "enabled\n");
    it.set("ORCHESTRATOR_AUTH_USER=dba ORCHESTRATOR_AUTH_PASSWORD='open sesame'");
    it.expect("-c check-global-recoveries", "enabled\n");
}

TEST(ClientScript, makes_changes_by_post_where_the_service_wants_that) {
    auto settings = test_settings();
    settings.changes_by_get = false;
    Service service(settings);
    const Script it(service);
    it.expect("-c discover -i db1", "db1:3306\n");
    it.expect("-c tag -i db1 -t a=b", "db1:3306\n");
    it.expect("-c tags -i db1", "a=b\n");
}

}  // namespace
}  // namespace orc::http
