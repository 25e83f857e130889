// Whole programs on one shared database: exactly one acts, the others stand by, watch and answer; and what happens when
// the database itself goes away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "nodes.h"

namespace orc::integration {
namespace {

using ::testing::HasSubstr;

TEST_P(Nodes, one_acts_and_the_other_answers_until_it_is_its_turn) {
    ASSERT_NO_FATAL_FAILURE(set_up(3));
    const auto first = start("first", true);
    ASSERT_NE(first, nullptr);
    discover(*first);
    const auto second = start("second", false);
    ASSERT_NE(second, nullptr);

    // The second stands by and answers.
    EXPECT_EQ(status_of(*second, "/api/leader-check"), 404);
    EXPECT_EQ(status_of(*second, "/api/leader-check/503"), 503);
    EXPECT_TRUE(eventually(seconds(20), [&] { return sandbox::known_servers(*second) == 3; }))
        << sandbox::tail(second->log(), 20);
    ASSERT_TRUE(eventually(seconds(5), [&] {
        const auto health = ask(*second, "/api/health");
        return health.is_object() && health.at("Details").at("AvailableNodes").as_array().size() == 2;
    }));
    const auto health = ask(*second, "/api/health").at("Details");
    EXPECT_TRUE(health.at("Healthy").as_bool());
    EXPECT_FALSE(health.at("IsActiveNode").as_bool());
    EXPECT_EQ(std::string(health.at("ActiveNode").at("Token").as_string()), token_of(*first));
    EXPECT_NE(std::string(health.at("ActiveNode").at("FirstSeenActive").as_string()), "");
    EXPECT_THAT(message_of(ask(*first, downtime_path("agreed"))), HasSubstr("Instance downtimed"));
    EXPECT_TRUE(eventually(seconds(5), [&] { return downtime_reason(*second) == "agreed"; }));
    EXPECT_EQ(database_->cell("select token from orchestrator.active_node"), token_of(*first));
    EXPECT_EQ(database_->cell("select count(*) from orchestrator.node_health"), "2");

    // It dies.
    const std::string second_token = token_of(*second);
    const auto killed = std::chrono::steady_clock::now();
    first->kill();
    ASSERT_TRUE(eventually(takes_over_within, [&] { return leads(*second); })) << sandbox::tail(second->log(), 20);
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - killed);
    RecordProperty("milliseconds_until_the_other_leads", int(took.count()));
    EXPECT_EQ(downtime_reason(*second), "agreed");
    EXPECT_EQ(database_->cell("select token from orchestrator.active_node"), second_token);
    EXPECT_THAT(message_of(ask(*second, downtime_path("by_the_second"))), HasSubstr("Instance downtimed"));

    // It comes back and stands by; told to end, the active one hands over at once.
    const auto third = start("third", false);
    ASSERT_NE(third, nullptr);
    EXPECT_FALSE(leads(*third));
    EXPECT_TRUE(second->terminate());
    ASSERT_TRUE(eventually(seconds(4), [&] { return leads(*third); })) << sandbox::tail(third->log(), 20);
    EXPECT_TRUE(eventually(seconds(5), [&] { return downtime_reason(*third) == "by_the_second"; }));
}

TEST_P(Nodes, a_frozen_leader_that_wakes_up_is_none_and_goes_on_as_the_other) {
    ASSERT_NO_FATAL_FAILURE(set_up(3));
    const auto first = start("first", true);
    ASSERT_NE(first, nullptr);
    discover(*first);
    const auto second = start("second", false);
    ASSERT_NE(second, nullptr);
    ASSERT_TRUE(eventually(seconds(20), [&] { return sandbox::known_servers(*second) == 3; }));

    ASSERT_EQ(kill(first->pid(), SIGSTOP), 0);
    ASSERT_TRUE(eventually(takes_over_within, [&] { return leads(*second); })) << sandbox::tail(second->log(), 20);
    EXPECT_THAT(message_of(ask(*second, downtime_path("decided_meanwhile"))), HasSubstr("Instance downtimed"));

    ASSERT_EQ(kill(first->pid(), SIGCONT), 0);
    EXPECT_EQ(status_of(*first, "/api/leader-check"), 404) << "from its first answer on it is not the leader";
    ASSERT_TRUE(eventually(seconds(5), [&] { return downtime_reason(*first) == "decided_meanwhile"; }))
        << sandbox::tail(first->log(), 20);
    EXPECT_TRUE(leads(*second));
    EXPECT_FALSE(leads(*first));
    EXPECT_EQ(kill(first->pid(), 0), 0) << "the process must go on";
    EXPECT_THAT(message_of(ask(*first, downtime_path("passed_on"))), HasSubstr("Instance downtimed"));
    EXPECT_EQ(downtime_reason(*second), "passed_on");

    // Exactly one acts.
    const Endpoint old = servers_->endpoint(1);
    ask(*second, "/api/end-downtime/" + old.host + "/" + std::to_string(old.port));
    ASSERT_TRUE(servers_->kill(1));
    EXPECT_TRUE(eventually(seconds(30), [&] { return !sandbox::what_is_not_whole(*servers_).has_value(); }))
        << sandbox::what_is_not_whole(*servers_).value_or("") << sandbox::tail(second->log(), 40);
    EXPECT_EQ(database_->cell("select count(*) from orchestrator.topology_recovery"), "1");
    const auto recoveries = ask(*first, "/api/audit-recovery");
    ASSERT_TRUE(recoveries.is_array());
    EXPECT_EQ(recoveries.as_array().size(), 1U) << "the one that stands by must show it as well";

    // And back: whoever grabs the lead has it, and the other one notices.
    EXPECT_EQ(std::string(ask(*first, "/api/grab-election").at("Code").as_string()), "OK");
    EXPECT_TRUE(leads(*first));
    EXPECT_TRUE(eventually(seconds(4), [&] { return !leads(*second); }));
    EXPECT_EQ(ask(*first, "/api/audit-recovery").as_array().size(), 1U);
}

TEST_P(Nodes, a_database_that_goes_away_is_told_and_outlived) {
    ASSERT_NO_FATAL_FAILURE(set_up(2));
    const auto node = start("node", true, {{"MySQLOrchestratorReadTimeoutSeconds", "2"}});
    ASSERT_NE(node, nullptr);
    discover(*node);
    const auto last_seen = [&] {
        const auto all = ask(*node, "/api/all-instances");
        return all.is_array() && !all.as_array().empty()
                   ? std::string(all.as_array().front().at("LastSeenTimestamp").as_string())
                   : "";
    };
    for (const bool is_frozen : {false, true}) {
        SCOPED_TRACE(is_frozen ? "frozen" : "killed");
        auto& server = database_->server();
        ASSERT_TRUE(is_frozen ? server.freeze(1) : server.kill(1));
        ASSERT_TRUE(eventually(seconds(10), [&] { return status_of(*node, "/api/health") == 500; }));
        const auto began = std::chrono::steady_clock::now();
        const auto sick = ask(*node, "/api/health");
        EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(2)) << "health must not wait for what is ill";
        EXPECT_THAT(message_of(sick), HasSubstr("Application node is unhealthy: database"));
        EXPECT_FALSE(sick.at("Details").at("Healthy").as_bool());
        EXPECT_TRUE(eventually(seconds(10), [&] { return !leads(*node); })) << "nothing can be decided";
        EXPECT_THAT(node->get("/metrics")->body, HasSubstr("orchestrator_health_is_ready 0"));
        EXPECT_THAT(
            message_of(ask(*node, downtime_path("refused"))), HasSubstr("nothing can be changed now: database")
        );
        const std::string seen = last_seen();
        EXPECT_TRUE(eventually(seconds(10), [&] { return last_seen() > seen; })) << "watching must go on";
        EXPECT_EQ(downtime_reason(*node), "");

        ASSERT_TRUE(is_frozen ? server.thaw(1) : server.restart(1, {false, true}));
        ASSERT_TRUE(eventually(seconds(15), [&] { return leads(*node) && status_of(*node, "/api/health") == 200; }))
            << sandbox::tail(node->log(), 20);
        EXPECT_THAT(node->get("/metrics")->body, HasSubstr("orchestrator_health_is_ready 1"));
        EXPECT_THAT(message_of(ask(*node, downtime_path("agreed"))), HasSubstr("Instance downtimed"));
        EXPECT_EQ(database_->cell("select reason from orchestrator.database_instance_downtime"), "agreed");
        const Endpoint first = servers_->endpoint(1);
        ask(*node, "/api/end-downtime/" + first.host + "/" + std::to_string(first.port));
    }
}

TEST_P(Nodes, the_way_to_the_database_is_encrypted_and_proven_as_told) {
    database_ = SharedDatabase::set_up(GetParam(), true);
    ASSERT_NE(database_, nullptr);
    auto& server = database_->server();
    ASSERT_TRUE(server.sql(1, "alter user 'keeper'@'%' require x509"));
    const auto folder = server.authority().parent_path();
    const auto start_with = [&](const std::string& name, const std::map<std::string, std::string>& more) {
        sandbox::ServiceProcessOptions options;
        options.program = ORC_PROGRAM;
        options.folder = server.folder() / name;
        std::filesystem::create_directories(options.folder);
        options.settings = database_->settings();
        for (const auto& [key, value] : more) {
            options.settings[key] = value;
        }
        auto started = ServiceProcess::start(std::move(options));
        return started ? std::string("leads") : started.error().message;
    };
    std::map<std::string, std::string> tls = {
        {"MySQLOrchestratorUseMutualTLS", "true"},
        {"MySQLOrchestratorSSLCAFile", quoted((folder / "ca.pem").string())},
        {"MySQLOrchestratorSSLCertFile", quoted((folder / "cert.pem").string())},
        {"MySQLOrchestratorSSLPrivateKeyFile", quoted((folder / "key.pem").string())},
    };
    EXPECT_EQ(start_with("proven", tls), "leads");
    EXPECT_THAT(start_with("without", {}), HasSubstr("Access denied"));
    // Not the one that signed the server's certificate.
    tls["MySQLOrchestratorSSLCAFile"] = quoted((folder / "cert.pem").string());
    EXPECT_THAT(start_with("stranger", tls), HasSubstr("certificate"));
    tls["MySQLOrchestratorSSLSkipVerify"] = "true";
    EXPECT_EQ(start_with("trusting", tls), "leads");
}

TEST_P(Nodes, a_new_password_of_the_database_is_taken_while_the_program_runs) {
    ASSERT_NO_FATAL_FAILURE(set_up(1));
    const auto node = start("node", true);
    ASSERT_NE(node, nullptr);
    auto& server = database_->server();
    ASSERT_TRUE(server.sql(1, "alter user 'keeper'@'%' identified by 'another'"));
    const auto sessions = server.sql(1, "select id from information_schema.processlist where user = 'keeper'");
    ASSERT_TRUE(sessions);
    for (const auto& row : sessions->cells) {
        // One may have gone by itself.
        [[maybe_unused]] const auto killed = server.sql(1, "kill " + row.front().value_or(""));
    }
    ASSERT_TRUE(eventually(seconds(10), [&] {
        return message_of(ask(*node, "/api/health")).find("Access denied") != std::string::npos;
    })) << message_of(ask(*node, "/api/health"));
    ASSERT_NO_FATAL_FAILURE(reload_with(*node, {{"keep'er", "another"}}));
    EXPECT_TRUE(eventually(seconds(10), [&] { return leads(*node) && status_of(*node, "/api/health") == 200; }))
        << message_of(ask(*node, "/api/health"));
}

TEST_P(Nodes, a_database_that_moves_is_followed_and_gets_its_tables) {
    ASSERT_NO_FATAL_FAILURE(set_up(1));
    const auto node = start("node", true);
    ASSERT_NE(node, nullptr);
    discover(*node);
    const auto other = SharedDatabase::set_up(GetParam());
    ASSERT_NE(other, nullptr);
    const Endpoint from = database_->server().endpoint(1);
    const Endpoint to = other->server().endpoint(1);
    ASSERT_NO_FATAL_FAILURE(reload_with(
        *node,
        {{"\"MySQLOrchestratorHost\": \"" + from.host, "\"MySQLOrchestratorHost\": \"" + to.host},
         {"\"MySQLOrchestratorPort\": " + std::to_string(from.port),
          "\"MySQLOrchestratorPort\": " + std::to_string(to.port)}}
    ));
    const auto is_there = [&] {
        const auto named = other->server().sql(1, "select count(*) from orchestrator.active_node where token <> ''");
        return named && named->scalar() == "1" && leads(*node) && status_of(*node, "/api/health") == 200;
    };
    ASSERT_TRUE(eventually(seconds(15), is_there))
        << message_of(ask(*node, "/api/health")) << sandbox::tail(node->log(), 20);
    EXPECT_THAT(message_of(ask(*node, downtime_path("after_the_move"))), HasSubstr("Instance downtimed"));
    EXPECT_EQ(other->cell("select reason from orchestrator.database_instance_downtime"), "after_the_move");
    EXPECT_EQ(database_->cell("select count(*) from orchestrator.database_instance_downtime"), "0");
    EXPECT_TRUE(eventually(seconds(10), [&] {
        return other->cell("select count(*) from orchestrator.database_instance") == "1";
    })) << "what is seen is written there too";
}

TEST_P(Nodes, a_node_that_is_told_to_reelect_lets_go_and_exactly_one_leads_after) {
    ASSERT_NO_FATAL_FAILURE(set_up(1));
    const auto first = start("first", true);
    ASSERT_NE(first, nullptr);
    discover(*first);
    const std::string since = database_->cell("select first_seen_active from orchestrator.active_node");
    const auto is_settled_anew = [&](const std::pair<const ServiceProcess*, const ServiceProcess*>& nodes) {
        const std::string token = database_->cell("select max(token) from orchestrator.active_node");
        const auto& active = token == token_of(*nodes.first) ? nodes.first : nodes.second;
        const auto& other = active == nodes.first ? nodes.second : nodes.first;
        return active != nullptr && token == token_of(*active) && leads(*active) &&
               (other == nullptr || !leads(*other)) &&
               database_->cell("select max(first_seen_active) from orchestrator.active_node") > since;
    };
    // Alone, it goes on: nobody else wants to.
    EXPECT_EQ(message_of(ask(*first, "/api/reelect")), "Set re-elections");
    EXPECT_TRUE(eventually(seconds(10), [&] { return is_settled_anew({first.get(), nullptr}); }))
        << sandbox::tail(first->log(), 20);
    EXPECT_THAT(message_of(ask(*first, downtime_path("alone"))), HasSubstr("Instance downtimed"));

    const auto second = start("second", false);
    ASSERT_NE(second, nullptr);
    ASSERT_TRUE(eventually(seconds(10), [&] { return downtime_reason(*second) == "alone"; }));
    // Asked of the one that stands by, the active one lets go.
    EXPECT_EQ(message_of(ask(*second, "/api/reelect")), "Set re-elections");
    EXPECT_TRUE(eventually(seconds(10), [&] { return is_settled_anew({first.get(), second.get()}); }))
        << sandbox::tail(first->log(), 20) << sandbox::tail(second->log(), 20);
    EXPECT_THAT(message_of(ask(*second, downtime_path("after"))), HasSubstr("Instance downtimed"));
    EXPECT_EQ(downtime_reason(*second), "after");
}

TEST_P(Nodes, the_domain_that_servers_tell_of_their_cluster_is_kept_and_told_by_every_node) {
    ASSERT_NO_FATAL_FAILURE(set_up(2));
    const auto first = start("first", true, {{"DetectClusterDomainQuery", quoted("select 'shop.example'")}});
    ASSERT_NE(first, nullptr);
    discover(*first);
    const auto second = start("second", false);
    ASSERT_NE(second, nullptr);
    const Endpoint primary = servers_->endpoint(1);
    for (const auto* node : {first.get(), second.get()}) {
        EXPECT_TRUE(eventually(seconds(10), [&] {
            const auto all = ask(*node, "/api/clusters-info");
            return all.is_array() && all.as_array().size() == 1 &&
                   all.as_array().front().at("ClusterDomain").as_string() == "shop.example";
        })) << boost::json::serialize(ask(*node, "/api/clusters-info"));
    }
    EXPECT_EQ(
        database_->cell("select concat(cluster_name, ' ', domain_name) from orchestrator.cluster_domain_name"),
        primary.text() + " shop.example"
    );
}

ORC_ON_EACH_FLAVOR(Nodes);

}  // namespace
}  // namespace orc::integration
