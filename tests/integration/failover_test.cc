// The main path on real servers, both flavours: a writer counts acknowledged rows while primaries are killed, frozen,
// thawed and replaced, and candidates die. (The service itself dies in failover_death_test.cc.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>

#include "flavors.h"
#include "stage.h"

namespace orc::integration {
namespace {

using sandbox::Flavor;

class Failover : public OnEachFlavor {
protected:
    std::unique_ptr<Stage> stage(StageOptions options = {}) {
        options.flavor = GetParam();
        return Stage::set_up(std::move(options));
    }

    static std::string story(Stage& stage) { return stage.story(); }
};

TEST_P(Failover, a_killed_primary_is_replaced_and_no_acknowledged_row_is_lost) {
    StageOptions options;
    options.semi_sync = true;
    const auto on = stage(options);
    ASSERT_NE(on, nullptr);
    on->start_writing();
    const Endpoint old_primary = on->servers().endpoint(1);
    const auto killed = Clock::now();
    ASSERT_TRUE(on->servers().kill(1));
    const auto gap = on->gap_after(old_primary, killed, seconds(20));
    ASSERT_TRUE(gap.has_value()) << story(*on);
    EXPECT_TRUE(on->wait_until_whole(seconds(10))) << on->what_is_not_whole().value_or("") << "\n" << story(*on);
    const auto primaries = on->writable();
    ASSERT_EQ(primaries.size(), 1U);
    EXPECT_EQ(on->rows_lost_on(primaries.front()), 0U) << story(*on);
    EXPECT_FALSE(on->writer().double_primary().has_value());
    EXPECT_LT(gap->count(), 3000) << story(*on);
    EXPECT_TRUE(eventually(seconds(5), [&] { return on->count_recoveries() == 1; }));
    RecordProperty("milliseconds_without_writes", int(gap->count()));
}

TEST_P(Failover, a_frozen_primary_is_replaced_and_is_read_only_soon_after_it_thaws) {
    StageOptions options;
    options.semi_sync = true;
    const auto on = stage(options);
    ASSERT_NE(on, nullptr);
    on->start_writing();
    const Endpoint old_primary = on->servers().endpoint(1);
    const auto frozen = Clock::now();
    ASSERT_TRUE(on->servers().freeze(1));
    const auto gap = on->gap_after(old_primary, frozen, seconds(30));
    ASSERT_TRUE(gap.has_value()) << story(*on);
    EXPECT_LT(gap->count(), 8000) << story(*on);
    ASSERT_TRUE(on->servers().thaw(1));
    EXPECT_TRUE(eventually(seconds(10), [&] {
        return on->writable().size() == 1 && on->writable().front() != old_primary;
    })) << story(*on);
    RecordProperty("milliseconds_without_writes", int(gap->count()));
}

/// As a server has it by itself: a heartbeat every half minute.
bool use_rare_heartbeats(sandbox::Sandbox& servers) {
    const bool is_mariadb = servers.flavor() == Flavor::mariadb;
    const std::vector<std::string> texts = {
        is_mariadb ? "STOP SLAVE" : "STOP REPLICA",
        is_mariadb ? "SET GLOBAL slave_net_timeout = 60" : "SET GLOBAL replica_net_timeout = 60",
        is_mariadb ? "CHANGE MASTER TO MASTER_HEARTBEAT_PERIOD = 30"
                   : "CHANGE REPLICATION SOURCE TO SOURCE_HEARTBEAT_PERIOD = 30",
        is_mariadb ? "START SLAVE" : "START REPLICA"
    };
    bool is_done = true;
    for (int i = 2; i <= servers.size(); ++i) {
        for (const auto& text : texts) {
            is_done = is_done && servers.sql(i, text).has_value();
        }
    }
    return is_done && servers.wait_until_replicating(seconds(10)).has_value();
}

TEST_P(Failover, a_frozen_primary_is_found_within_seconds_with_rare_heartbeats_too) {
    for (const bool semi_sync : {false, true}) {
        SCOPED_TRACE(semi_sync ? "semi-synchronous" : "asynchronous");
        StageOptions options;
        options.semi_sync = semi_sync;
        const auto on = stage(options);
        ASSERT_NE(on, nullptr);
        ASSERT_TRUE(use_rare_heartbeats(on->servers()));
        on->start_writing();
        // Long enough for every replica to be read again.
        std::this_thread::sleep_for(seconds(7));
        const Endpoint old_primary = on->servers().endpoint(1);
        const auto frozen = Clock::now();
        ASSERT_TRUE(on->servers().freeze(1));
        const auto gap = on->gap_after(old_primary, frozen, seconds(30));
        ASSERT_TRUE(gap.has_value()) << story(*on);
        std::cout << "rare heartbeats, " << (semi_sync ? "semi-synchronous: " : "asynchronous: ") << gap->count()
                  << " ms without writes\n";
        // MariaDB 11.8 has three farewells of a second each in it: two receivers that are tested, and the stop.
        const auto version = on->servers().sql(2, "SELECT VERSION()");
        const bool says_long_farewells = semi_sync && version && version->scalar().starts_with("11.8.");
        EXPECT_LT(gap->count(), says_long_farewells ? 10000 : 7000) << story(*on);
        ASSERT_TRUE(on->servers().thaw(1));
        EXPECT_TRUE(eventually(seconds(10), [&] {
            return on->writable().size() == 1 && on->writable().front() != old_primary;
        })) << story(*on);
    }
}

TEST_P(Failover, a_candidate_that_dies_during_promotion_is_replaced_by_the_next) {
    StageOptions options;
    const auto marker = std::filesystem::temp_directory_path() / ("orc-candidate-" + std::to_string(getpid()));
    // The hook runs when the plan is made and the promotion has not begun; the file says whom to kill.
    options.settings["PreFailoverProcesses"] = "[\"kill -9 $(cat " + marker.string() + ")\"]";
    const auto on = stage(options);
    ASSERT_NE(on, nullptr);
    const Endpoint second = on->servers().endpoint(2);
    std::ofstream(marker) << on->servers().pid(2);
    on->get("/api/register-candidate/" + second.host + "/" + std::to_string(second.port) + "/prefer");
    on->start_writing();
    const Endpoint old_primary = on->servers().endpoint(1);
    const auto killed = Clock::now();
    ASSERT_TRUE(on->servers().kill(1));
    const auto gap = on->gap_after(old_primary, killed, seconds(30));
    std::filesystem::remove(marker);
    ASSERT_TRUE(gap.has_value()) << story(*on);
    EXPECT_TRUE(on->wait_until_whole(seconds(10))) << on->what_is_not_whole().value_or("") << "\n" << story(*on);
    const auto primaries = on->writable();
    ASSERT_EQ(primaries.size(), 1U);
    EXPECT_NE(primaries.front(), second);
}

TEST_P(Failover, stopped_appliers_and_a_primary_that_only_we_cannot_reach_are_no_reason_to_act) {
    const auto on = stage();
    ASSERT_NE(on, nullptr);
    const bool mariadb = GetParam() == Flavor::mariadb;
    for (int i = 2; i <= 4; ++i) {
        ASSERT_TRUE(on->servers().sql(i, mariadb ? "STOP SLAVE SQL_THREAD" : "STOP REPLICA SQL_THREAD"));
    }
    // Cut the service off: its account may not log in any more, and its sessions end. Nobody else notices.
    ASSERT_TRUE(on->servers().sql(1, "SET SESSION sql_log_bin=0"));
    ASSERT_TRUE(on->servers().sql(1, "ALTER USER 'orchestrator'@'%' ACCOUNT LOCK"));
    const auto sessions =
        on->servers().sql(1, "SELECT id FROM information_schema.processlist WHERE user = 'orchestrator'");
    ASSERT_TRUE(sessions.has_value());
    for (std::size_t row = 0; row < sessions->cells.size(); ++row) {
        (void)on->servers().sql(1, "KILL " + sessions->cells[row][0].value_or("0"));
    }
    EXPECT_TRUE(eventually(seconds(15), [&] {
        const auto codes = on->analysis_codes();
        return std::find(codes.begin(), codes.end(), "UnreachableMaster") != codes.end();
    })) << story(*on);
    // Longer than any verdict takes.
    EXPECT_FALSE(eventually(seconds(6), [&] { return on->count_recoveries() > 0; })) << story(*on);
    EXPECT_THAT(on->writable(), testing::ElementsAre(on->servers().endpoint(1)));
}

TEST_P(Failover, a_graceful_takeover_moves_writes_and_loses_nothing_there_and_back) {
    const auto on = stage();
    ASSERT_NE(on, nullptr);
    on->start_writing();
    for (const auto& [from, to] : {std::pair{1, 2}, std::pair{2, 1}}) {
        SCOPED_TRACE("from " + std::to_string(from) + " to " + std::to_string(to));
        const Endpoint old_primary = on->servers().endpoint(from);
        const Endpoint designated = on->servers().endpoint(to);
        const auto asked = Clock::now();
        const auto answer = on->get(
            "/api/graceful-master-takeover-auto/" + old_primary.text() + "/" + designated.host + "/" +
            std::to_string(designated.port)
        );
        ASSERT_TRUE(answer.is_object());
        EXPECT_EQ(answer.at("Code").as_string(), "OK") << boost::json::serialize(answer).substr(0, 600) << "\n"
                                                       << story(*on);
        const auto gap = on->gap_after(old_primary, asked, seconds(10));
        ASSERT_TRUE(gap.has_value());
        EXPECT_LT(gap->count(), 2000);
        EXPECT_TRUE(on->wait_until_whole(seconds(10))) << on->what_is_not_whole().value_or("") << "\n" << story(*on);
        EXPECT_THAT(on->writable(), testing::ElementsAre(designated));
    }
    // There and back takes less than the default gap that tells two periods of writing apart.
    EXPECT_FALSE(sandbox::find_double_primary(on->writer().acked(), milliseconds(10)).has_value());
    EXPECT_EQ(on->rows_lost_on(on->servers().endpoint(1)), 0U);
}

/// MySQL with two acknowledgements wanted, no time limit to speak of, and one replica that does not acknowledge.
bool want_two_acknowledgements(sandbox::Sandbox& servers) {
    const auto all = [&](int i, const std::vector<std::string>& texts) {
        return std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
            return servers.sql(i, text).has_value();
        });
    };
    bool is_done =
        all(4, {"SET GLOBAL rpl_semi_sync_replica_enabled = 0", "STOP REPLICA IO_THREAD", "START REPLICA IO_THREAD"});
    for (int i = 1; i <= 4; ++i) {
        is_done = is_done && all(i,
                                 {"SET GLOBAL rpl_semi_sync_source_timeout = 1000000000",
                                  "SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = 2"});
    }
    return is_done;
}

class TwoAcknowledgements : public testing::TestWithParam<bool> {};

TEST_P(TwoAcknowledgements, are_there_before_the_new_primary_needs_them) {
    const bool is_planned = GetParam();
    StageOptions options;
    options.flavor = Flavor::mysql;
    options.semi_sync = true;
    options.settings["InstancePollSeconds"] = "1";
    const auto on = Stage::set_up(options);
    ASSERT_NE(on, nullptr);
    ASSERT_TRUE(want_two_acknowledgements(on->servers()));
    const Endpoint old_primary = on->servers().endpoint(1);
    const Endpoint designated = on->servers().endpoint(2);
    on->get("/api/register-candidate/" + designated.host + "/" + std::to_string(designated.port) + "/prefer");
    // Who acknowledges is read with the rarer facts.
    ASSERT_TRUE(eventually(seconds(40), [&] {
        const auto instances = on->get("/api/all-instances");
        int wanting = 0;
        int acknowledging = 0;
        for (const auto& instance : instances.as_array()) {
            wanting += instance.at("SemiSyncMasterWaitForReplicaCount").to_number<int>() == 2 ? 1 : 0;
            acknowledging += instance.at("SemiSyncReplicaEnabled").as_bool() ? 1 : 0;
        }
        return wanting == 4 && acknowledging <= 3;
    }));
    on->start_writing();
    const auto began = Clock::now();
    if (is_planned) {
        const auto answer = on->get(
            "/api/graceful-master-takeover-auto/" + old_primary.text() + "/" + designated.host + "/" +
            std::to_string(designated.port)
        );
        ASSERT_TRUE(answer.is_object());
        EXPECT_EQ(answer.at("Code").as_string(), "OK") << boost::json::serialize(answer).substr(0, 600);
    } else {
        ASSERT_TRUE(on->servers().kill(1));
    }
    const auto gap = on->gap_after(old_primary, began, seconds(20));
    std::string story;
    for (const auto& step : on->newest_recovery_steps()) {
        story += step + "\n";
    }
    ASSERT_TRUE(gap.has_value()) << story;
    EXPECT_LT(gap->count(), 1500) << story;
    EXPECT_TRUE(on->wait_until_whole(seconds(10))) << on->what_is_not_whole().value_or("") << "\n" << story;
    EXPECT_THAT(on->writable(), testing::ElementsAre(designated));
    const auto clients = on->servers().sql(2, "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_clients'");
    ASSERT_TRUE(clients.has_value() && !clients->cells.empty());
    EXPECT_GE(std::stoi(clients->cells[0][1].value_or("0")), 2) << story;
    if (is_planned) {
        const auto waits = on->servers().sql(1, "SELECT @@GLOBAL.rpl_semi_sync_source_enabled");
        ASSERT_TRUE(waits.has_value());
        EXPECT_EQ(waits->cells[0][0].value_or(""), "0") << "a replica that waits for nobody's acknowledgement";
    }
    EXPECT_EQ(on->rows_lost_on(designated), 0U) << story;
    RecordProperty("milliseconds_without_writes", int(gap->count()));
}

INSTANTIATE_TEST_SUITE_P(Ways, TwoAcknowledgements, testing::Bool(), [](const auto& instance) {
    return std::string(instance.param ? "takeover" : "kill");
});

/// Output and exit status of the program, run as a command beside the service.
std::pair<std::string, int> command(Stage& on, const std::string& arguments) {
    const std::string text =
        std::string(ORC_PROGRAM) + " --config=" + on.service().configuration().string() + " " + arguments + " 2>&1";
    FILE* const pipe = popen(text.c_str(), "r");
    std::string out;
    char buffer[4096];
    for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
        out.append(buffer, got);
    }
    const int status = pclose(pipe);
    return {out, WEXITSTATUS(status)};
}

TEST_P(Failover, commands_are_answered_by_the_service_that_runs_and_noop_only_plans) {
    const auto on = stage();
    ASSERT_NE(on, nullptr);
    const std::string primary = on->servers().endpoint(1).text();
    const std::string designated = on->servers().endpoint(2).text();
    const auto [tree, tree_status] = command(*on, "-c topology -i " + primary);
    EXPECT_EQ(tree_status, 0) << tree;
    EXPECT_THAT(tree, testing::HasSubstr("\n+ " + designated));
    const std::string takeover = "-c graceful-master-takeover-auto -i " + primary + " -d " + designated;
    const auto [plan, plan_status] = command(*on, "-noop " + takeover);
    EXPECT_EQ(plan_status, 0) << plan;
    EXPECT_THAT(plan, testing::HasSubstr("make " + designated + " writable"));
    EXPECT_THAT(on->writable(), testing::ElementsAre(on->servers().endpoint(1))) << "a plan changes nothing";
    const auto [done, done_status] = command(*on, takeover);
    EXPECT_EQ(done_status, 0) << done << story(*on);
    EXPECT_THAT(done, testing::StartsWith(designated + "\n"));
    EXPECT_THAT(on->writable(), testing::ElementsAre(on->servers().endpoint(2)));
    const auto [nobody, nobody_status] = command(*on, "-c topology -i x:y:z");
    EXPECT_EQ(nobody_status, 1) << "an instance that cannot be understood is never this machine";
    EXPECT_THAT(nobody, testing::HasSubstr("x:y:z"));
}

ORC_ON_EACH_FLAVOR(Failover);

}  // namespace
}  // namespace orc::integration
