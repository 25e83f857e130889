// The service dies by SIGKILL in the middle of a recovery on real servers, at one step after the other; the next one
// finishes or undoes what it finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <vector>

#include "flavors.h"
#include "stage.h"
#include "store/sqlite.h"

namespace orc::integration {
namespace {

class ServiceDies : public OnEachFlavor {
protected:
    std::unique_ptr<Stage> stage(StageOptions options) {
        options.flavor = GetParam();
        options.semi_sync = true;  // without it the last row of a killed primary may be acknowledged and never sent
        return Stage::set_up(std::move(options));
    }

    /// The next life brings everything to an end in five seconds.
    static void live_again(Stage& on) {
        const auto begun = Clock::now();
        ASSERT_TRUE(on.service().restart());
        EXPECT_TRUE(on.wait_until_whole(seconds(20))) << on.what_is_not_whole().value_or("") << "\n" << on.story();
        const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begun);
        std::cout << "whole again " << took.count() << " ms after the service was started again\n";
        EXPECT_LT(took, seconds(5)) << on.story();
        const auto primaries = on.writable();
        ASSERT_EQ(primaries.size(), 1U);
        EXPECT_FALSE(on.writer().double_primary().has_value());
        EXPECT_EQ(on.rows_lost_on(primaries.front()), 0U);
    }
};

TEST_P(ServiceDies, while_a_hook_runs_before_fencing_before_the_decision_or_after_the_promotion) {
    for (const std::string hook :
         {"OnFailureDetectionProcesses", "PreFailoverProcesses", "PostMasterFailoverProcesses"}) {
        SCOPED_TRACE(hook);
        StageOptions options;
        const auto marker = std::filesystem::temp_directory_path() / ("orc-hook-" + std::to_string(getpid()));
        std::filesystem::remove(marker);
        options.settings[hook] =
            "[\"test -e " + marker.string() + " || { touch " + marker.string() + "; sleep 30; }\"]";
        const auto on = stage(std::move(options));
        ASSERT_NE(on, nullptr);
        on->start_writing();
        ASSERT_TRUE(on->servers().kill(1));
        ASSERT_TRUE(eventually(seconds(20), [&] { return std::filesystem::exists(marker); })) << on->story();
        on->service().kill();
        live_again(*on);
        std::filesystem::remove(marker);
    }
}

/// Nothing can be applied or written on the servers while these sessions hold the writer's table.
std::vector<sandbox::Client> hold_table(Stage& on, const std::vector<int>& servers) {
    std::vector<sandbox::Client> out;
    for (const int server : servers) {
        auto client = on.servers().connect(server);
        if (!client || !client->query("LOCK TABLES lab.t READ")) {
            ADD_FAILURE() << "the table of server " << server << " cannot be locked";
            return out;
        }
        out.push_back(*std::move(client));
    }
    return out;
}

bool waits_for_table(Stage& on, int server) {
    const auto waits = on.servers().sql(
        server, "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%lock'"
    );
    return waits && !waits->cells.empty() && waits->cells[0][0].value_or("0") != "0";
}

/// The service waits there until all that was received is applied.
bool is_waited_for(Stage& on, int server) {
    const auto waits = on.servers().sql(
        server,
        "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'orchestrator' AND "
        "(info LIKE '%MASTER_GTID_WAIT(%' OR info LIKE '%WAIT_FOR_EXECUTED_GTID_SET(%')"
    );
    return waits && !waits->cells.empty() && waits->cells[0][0].value_or("0") != "0";
}

std::string rows_on(Stage& on, int server) {
    const auto rows = on.servers().sql(server, "SELECT COUNT(*) FROM lab.t");
    return rows && !rows->cells.empty() ? rows->cells[0][0].value_or("") : "";
}

bool may_lock(Stage& on) {
    return on.servers().sql(1, "GRANT LOCK TABLES ON lab.* TO 'bench'@'%'").has_value() &&
           on.servers().wait_until_caught_up(1, seconds(10)).has_value();
}

TEST_P(ServiceDies, while_the_winner_applies_what_it_received) {
    const auto on = stage({});
    ASSERT_NE(on, nullptr);
    ASSERT_TRUE(may_lock(*on));
    on->start_writing();
    auto held = hold_table(*on, {2, 3, 4});
    ASSERT_TRUE(eventually(seconds(5), [&] {
        return waits_for_table(*on, 2) && waits_for_table(*on, 3) && waits_for_table(*on, 4);
    }));
    ASSERT_TRUE(on->servers().kill(1));
    const auto is_draining = [&] { return is_waited_for(*on, 2) || is_waited_for(*on, 3) || is_waited_for(*on, 4); };
    ASSERT_TRUE(eventually(seconds(8), is_draining)) << on->story();
    EXPECT_THAT(on->writable(), testing::IsEmpty());
    on->service().kill();
    held.clear();
    live_again(*on);
}

/// The recovery under way has begun the step whose description begins so.
bool is_at(Stage& on, const std::string& beginning) {
    const auto running = on.get("/api/running");
    for (const auto& one : running.is_array() ? running.as_array() : boost::json::array()) {
        for (const auto& step : one.at("steps").as_array()) {
            if (step.at("what").as_string().starts_with(beginning) && step.at("state") == "running") {
                return true;
            }
        }
    }
    return false;
}

/// Who a recovery under way is about to promote; 0: nobody yet.
int successor(Stage& on) {
    const auto running = on.get("/api/running");
    for (const auto& one : running.is_array() ? running.as_array() : boost::json::array()) {
        for (int i = 1; i <= on.servers().size(); ++i) {
            const auto* chosen = one.at("plan").as_object().if_contains("successor");
            if (chosen != nullptr && chosen->is_string() && chosen->as_string() == on.servers().endpoint(i).text()) {
                return i;
            }
        }
    }
    return 0;
}

std::string recorded_phase(store::Database& database) {
    std::string out;
    const auto read =
        database.query("select phase from orchestrator_recovery_progress", {}, [&](const store::Row& row) {
            out = std::get<std::string>(row[0]);
        });
    EXPECT_TRUE(read);
    return out;
}

// The database is held so that the service waits with its decision, and the winner is frozen before it can be opened.
TEST_P(ServiceDies, between_the_durable_decision_and_the_opening_of_the_new_primary) {
    const auto on = stage({});
    ASSERT_NE(on, nullptr);
    ASSERT_TRUE(may_lock(*on));
    on->start_writing();
    auto held = hold_table(*on, {2, 3, 4});
    ASSERT_TRUE(eventually(seconds(5), [&] {
        return waits_for_table(*on, 2) && waits_for_table(*on, 3) && waits_for_table(*on, 4);
    }));
    ASSERT_TRUE(on->servers().kill(1));
    ASSERT_TRUE(eventually(seconds(8), [&] { return is_at(*on, "let "); })) << on->story();
    const int winner = successor(*on);
    ASSERT_NE(winner, 0) << boost::json::serialize(on->get("/api/running"));
    auto database = store::Database::open((on->folder() / "orchestrator" / "orchestrator.sqlite3").string());
    ASSERT_TRUE(database);
    {
        auto transaction = store::Transaction::begin(*database);
        ASSERT_TRUE(transaction);
        held.clear();
        ASSERT_TRUE(eventually(seconds(4), [&] { return is_at(*on, "write down that"); }))
            << boost::json::serialize(on->get("/api/running"));
        ASSERT_TRUE(on->servers().freeze(winner));
    }
    ASSERT_TRUE(eventually(seconds(3), [&] { return recorded_phase(*database) == "promoting"; }));
    on->service().kill();
    ASSERT_TRUE(on->servers().thaw(winner));
    EXPECT_THAT(on->writable(), testing::IsEmpty());
    live_again(*on);
    EXPECT_THAT(on->writable(), testing::ElementsAre(on->servers().endpoint(winner))) << on->story();
}

TEST_P(ServiceDies, while_siblings_wait_for_their_appliers_to_be_moved) {
    const auto on = stage({});
    ASSERT_NE(on, nullptr);
    const Endpoint second = on->servers().endpoint(2);
    ASSERT_TRUE(may_lock(*on));
    on->start_writing();
    auto held = hold_table(*on, {3, 4});
    ASSERT_TRUE(eventually(seconds(5), [&] { return waits_for_table(*on, 3) && waits_for_table(*on, 4); }));
    // Nobody may have received more than the second server: one of the held ones would have to be promoted.
    const auto quiet = hold_table(*on, {1});
    ASSERT_TRUE(eventually(seconds(5), [&] { return rows_on(*on, 2) == rows_on(*on, 1); }));
    ASSERT_TRUE(on->servers().kill(1));
    ASSERT_TRUE(eventually(seconds(4), [&] { return !on->writable().empty(); })) << on->story();
    ASSERT_TRUE(on->what_is_not_whole().has_value()) << "the siblings were moved before the service could die";
    on->service().kill();
    held.clear();
    live_again(*on);
    EXPECT_THAT(on->writable(), testing::ElementsAre(second)) << on->story();
}

ORC_ON_EACH_FLAVOR(ServiceDies);

}  // namespace
}  // namespace orc::integration
