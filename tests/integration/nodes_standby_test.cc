// A node that stands by: changes asked of it are made by the active one, it shows what that one sees, and asks the
// servers nothing itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "nodes.h"
#include "store/testing.h"

namespace orc::integration {
namespace {

using ::testing::HasSubstr;

class Standby : public Nodes {
protected:
    /// Two nodes; the second logs in to the servers under a name of its own, so that one can see whether it does.
    void set_up_two(int servers, const std::map<std::string, std::string>& of_the_first = {}) {
        ASSERT_NO_FATAL_FAILURE(set_up(servers));
        for (const char* sql :
             {"create user 'second'@'%' identified by 'two'",
              "grant all privileges on *.* to 'second'@'%' with grant option"}) {
            const auto done = servers_->sql(1, sql);
            ASSERT_TRUE(done) << done.error().message;
        }
        for (int i = 2; i <= servers; ++i) {
            ASSERT_TRUE(eventually(seconds(20), [&] {
                const auto there = servers_->sql(i, "select count(*) from mysql.user where user = 'second'");
                return there && there->scalar() == "1";
            }));
        }
        first_ = start("first", true, of_the_first);
        ASSERT_NE(first_, nullptr);
        discover(*first_);
        second_ =
            start("second", false, {{"MySQLTopologyUser", quoted("second")}, {"MySQLTopologyPassword", quoted("two")}});
        ASSERT_NE(second_, nullptr);
        ASSERT_TRUE(eventually(seconds(10), [&] { return sandbox::known_servers(*second_) == std::size_t(servers); }))
            << sandbox::tail(second_->log(), 20);
    }
    std::string path(const std::string& verb, int server, const std::string& rest = "") {
        const Endpoint it = servers_->endpoint(server);
        return "/api/" + verb + "/" + it.host + "/" + std::to_string(it.port) + rest;
    }
    /// Sessions of the second node on all servers that run.
    int sessions_of_second() {
        int out = 0;
        for (int i = 1; i <= servers_->size(); ++i) {
            const auto rows =
                servers_->sql(i, "select count(*) from information_schema.processlist where user = 'second'");
            out += rows ? std::stoi(rows->scalar()) : 0;
        }
        return out;
    }
    static std::string code_of(const boost::json::value& answer) {
        return answer.is_object() && answer.as_object().contains("Code") ? std::string(answer.at("Code").as_string())
                                                                         : boost::json::serialize(answer);
    }

    std::unique_ptr<ServiceProcess> first_;
    std::unique_ptr<ServiceProcess> second_;
};

TEST_P(Standby, makes_every_change_through_the_active_node_and_shows_it_at_once) {
    ASSERT_NO_FATAL_FAILURE(set_up_two(3));
    EXPECT_FALSE(leads(*second_));

    const auto began = std::chrono::steady_clock::now();
    EXPECT_THAT(message_of(ask(*second_, downtime_path("through_the_second"))), HasSubstr("Instance downtimed"));
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_LT(took, seconds(2));
    RecordProperty("milliseconds_of_a_change", int(std::chrono::duration_cast<milliseconds>(took).count()));
    // No waiting: whoever asked sees it in the next answer, on either node.
    EXPECT_EQ(downtime_reason(*second_), "through_the_second");
    EXPECT_EQ(downtime_reason(*first_), "through_the_second");
    EXPECT_EQ(database_->cell("select reason from orchestrator.database_instance_downtime"), "through_the_second");
    EXPECT_EQ(code_of(ask(*second_, path("end-downtime", 1))), "OK");
    EXPECT_EQ(downtime_reason(*second_), "");

    EXPECT_EQ(code_of(ask(*second_, path("tag", 2, "/role/report"))), "OK");
    EXPECT_EQ(boost::json::serialize(ask(*second_, path("tags", 2))), R"(["role=report"])");
    EXPECT_EQ(code_of(ask(*second_, path("begin-maintenance", 2, "/ann/disk"))), "OK");
    EXPECT_EQ(ask(*second_, "/api/maintenance").as_array().size(), 1U);
    EXPECT_EQ(code_of(ask(*second_, path("end-maintenance", 2))), "OK");
    EXPECT_EQ(ask(*second_, "/api/maintenance").as_array().size(), 0U);
    EXPECT_EQ(code_of(ask(*second_, path("register-candidate", 3, "/prefer"))), "OK");
    EXPECT_EQ(std::string(ask(*second_, path("instance", 3)).at("PromotionRule").as_string()), "prefer");
    const std::string cluster(ask(*second_, path("instance", 1)).at("ClusterName").as_string());
    EXPECT_EQ(code_of(ask(*second_, "/api/set-cluster-alias/" + cluster + "?alias=shop")), "OK");
    EXPECT_EQ(std::string(ask(*second_, "/api/cluster-info/" + cluster).at("ClusterAlias").as_string()), "shop");
    EXPECT_EQ(code_of(ask(*second_, "/api/disable-global-recoveries")), "OK");
    EXPECT_EQ(std::string(ask(*second_, "/api/check-global-recoveries").at("Details").as_string()), "disabled");
    EXPECT_EQ(code_of(ask(*second_, "/api/enable-global-recoveries")), "OK");

    EXPECT_EQ(code_of(ask(*second_, path("forget", 3))), "OK");
    EXPECT_EQ(ask(*second_, "/api/all-instances").as_array().size(), 2U);
    EXPECT_EQ(code_of(ask(*second_, path("discover", 3))), "OK");
    EXPECT_EQ(ask(*second_, "/api/all-instances").as_array().size(), 3U);
    EXPECT_EQ(database_->cell("select count(*) from orchestrator.orchestrator_errand"), "0") << "nothing is left over";
    // An error is the active node's own.
    EXPECT_EQ(
        message_of(ask(*second_, path("begin-downtime", 1, "/ann/x/never"))),
        message_of(ask(*first_, path("begin-downtime", 1, "/ann/x/never")))
    );
}

TEST_P(Standby, has_the_active_node_switch_primaries) {
    const store::testing::TemporaryDirectory folder;
    const std::string hold = folder.file("hold");
    std::ofstream(hold) << "until it is gone";
    const std::string waits = "[" + quoted("while [ -e " + hold + " ]; do sleep 0.02; done") + "]";
    ASSERT_NO_FATAL_FAILURE(set_up_two(3, {{"PreGracefulTakeoverProcesses", waits}}));
    auto asked = std::async(std::launch::async, [&] {
        return ask(*second_, path("graceful-master-takeover-auto", 1), seconds(30));
    });
    // What the other one is about shows here, too.
    EXPECT_TRUE(eventually(seconds(10), [&] {
        const auto running = ask(*second_, "/api/overview").at("running").as_array();
        return running.size() == 1 && !running[0].at("steps").as_array().empty();
    })) << boost::json::serialize(ask(*second_, "/api/overview"));
    std::filesystem::remove(hold);
    const auto answer = asked.get();
    EXPECT_TRUE(ask(*second_, "/api/overview").at("running").as_array().empty());
    EXPECT_EQ(code_of(answer), "OK") << boost::json::serialize(answer) << sandbox::tail(first_->log(), 30);
    EXPECT_EQ(sandbox::what_is_not_whole(*servers_).value_or("whole"), "whole");
    EXPECT_NE(sandbox::writable(*servers_), std::vector<Endpoint>{servers_->endpoint(1)});
    EXPECT_EQ(ask(*second_, "/api/audit-recovery").as_array().size(), 1U);
    EXPECT_TRUE(leads(*first_));
}

TEST_P(Standby, says_so_when_the_active_node_does_not_take_up_a_change) {
    ASSERT_NO_FATAL_FAILURE(set_up_two(1));
    ASSERT_EQ(kill(first_->pid(), SIGSTOP), 0);
    // Another node becomes active within that time: it does what was asked of the first one.
    EXPECT_THAT(message_of(ask(*second_, downtime_path("by_whoever_leads"))), HasSubstr("Instance downtimed"));
    EXPECT_TRUE(leads(*second_));
    EXPECT_EQ(downtime_reason(*second_), "by_whoever_leads");
    ASSERT_EQ(kill(first_->pid(), SIGCONT), 0);
}

TEST_P(Standby, asks_the_servers_nothing_until_it_leads) {
    ASSERT_NO_FATAL_FAILURE(set_up_two(3));
    const auto never = [&] {
        return sessions_of_second() > 0 ||
               second_->get("/metrics")->body.find("orchestrator_discovery_probes_total 0\n") == std::string::npos;
    };
    EXPECT_FALSE(eventually(seconds(4), never)) << "a second node must not double the load";
    // It shows what the first one sees, as fresh as that.
    ASSERT_TRUE(servers_->sql(2, "set global binlog_row_image = 'MINIMAL'"));
    EXPECT_TRUE(eventually(seconds(5), [&] {
        return std::string(ask(*second_, path("instance", 2)).at("BinlogRowImage").as_string()) == "MINIMAL";
    })) << boost::json::serialize(ask(*second_, path("instance", 2)));
    const auto seen = ask(*second_, path("instance", 1)).at("SecondsSinceLastSeen").at("Int64").as_int64();
    EXPECT_LE(seen, 5);

    // The roles are swapped: the first lets go of its sessions, the second reads everything at once.
    EXPECT_EQ(code_of(ask(*second_, "/api/grab-election")), "OK");
    EXPECT_TRUE(eventually(seconds(5), [&] { return sessions_of_second() >= 3; }));
    EXPECT_TRUE(eventually(seconds(5), [&] {
        int others = 0;
        for (int i = 1; i <= 3; ++i) {
            const auto rows = servers_->sql(
                i,
                "select count(*) from information_schema.processlist where id <> connection_id() and user = '" +
                    std::string(sandbox::manager_account.user) + "'"
            );
            others += std::stoi(rows->scalar());
        }
        return others == 0 && !leads(*first_);
    })) << sandbox::tail(first_->log(), 20);
    EXPECT_EQ(sandbox::known_servers(*first_), 3U);
}

TEST_P(Standby, replaces_a_primary_that_died_with_the_active_node) {
    ASSERT_NO_FATAL_FAILURE(set_up_two(3));
    const auto died = std::chrono::steady_clock::now();
    first_->kill();
    ASSERT_TRUE(servers_->kill(1));
    const auto since = [&] {
        return int(std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - died).count());
    };
    ASSERT_TRUE(eventually(takes_over_within, [&] { return leads(*second_); })) << sandbox::tail(second_->log(), 20);
    RecordProperty("milliseconds_until_the_other_leads", since());
    EXPECT_TRUE(eventually(seconds(20), [&] { return sandbox::writable(*servers_).size() == 1; }))
        << sandbox::tail(second_->log(), 40);
    RecordProperty("milliseconds_until_writable", since());
    EXPECT_TRUE(eventually(seconds(20), [&] { return !sandbox::what_is_not_whole(*servers_).has_value(); }))
        << sandbox::what_is_not_whole(*servers_).value_or("") << sandbox::tail(second_->log(), 40)
        << boost::json::serialize(ask(*second_, "/api/running"))
        << boost::json::serialize(ask(*second_, "/api/audit-recovery"));
}

ORC_ON_EACH_FLAVOR(Standby);

}  // namespace
}  // namespace orc::integration
