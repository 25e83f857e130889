// What commands and verbs leave behind in the database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "app/testing/program.h"
#include "store/sqlite.h"
#include "store/testing.h"
#include "store/value.h"

namespace orc::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_support::run;

class Traces : public ::testing::Test {
protected:
    std::string write(const std::string& more) {
        const std::string file = folder_.file("orc.json");
        std::ofstream(file) << "{\"BackendDB\": \"sqlite\", \"SQLite3DataFile\": \"" << folder_.file("orc.sqlite")
                            << "\"" << more << "}";
        return file;
    }
    std::string database() const { return folder_.file("orc.sqlite"); }
    /// Nothing where the table is not there yet.
    std::vector<std::string> texts(const std::string& sql) {
        auto reader = store::Database::open(database());
        EXPECT_TRUE(reader.has_value());
        return texts(*reader, sql);
    }
    static std::vector<std::string> texts(store::Database& reader, const std::string& sql) {
        std::vector<std::string> out;
        [[maybe_unused]] const auto read =
            reader.query(sql, {}, [&](const store::Row& row) { out.push_back(std::get<std::string>(row.at(0))); });
        return out;
    }

private:
    store::testing::TemporaryDirectory folder_;
};

TEST_F(Traces, a_command_is_registered_while_it_runs_unless_told_otherwise) {
    const std::string file = write("");
    const std::string registered = "select command || ' ' || extra_info from node_health order by command";
    run(ORC_PROGRAM, {"--config", file, "--skip-continuous-registration", "-c", "clusters"});
    run(ORC_PROGRAM, {"--config", file, "-c", "redeploy-internal-db"});
    EXPECT_THAT(texts(registered), IsEmpty());
    run(ORC_PROGRAM, {"--config", file, "-c", "clusters"});
    EXPECT_THAT(texts(registered), ElementsAre("clusters CLIMode"));
}

TEST_F(Traces, a_service_registers_again_and_again_though_nobody_asks_for_its_health) {
    testing_support::Program service(
        ORC_PROGRAM, {"--verbose", "--config", write(", \"ListenAddress\": \"127.0.0.1:0\""), "http"}
    );
    service.read_until("http.listening");  // before that, the file is being made
    auto reader = store::Database::open(database());
    ASSERT_TRUE(reader) << reader.error().message;
    const std::string seen_twice =
        "select extra_info from node_health where command = '' and incrementing_indicator >= 2";
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::vector<std::string> found;
    while (found.empty() && std::chrono::steady_clock::now() < limit) {
        std::this_thread::yield();
        found = texts(*reader, seen_twice);
    }
    EXPECT_THAT(found, ElementsAre("HttpMode"));
}

TEST_F(Traces, audit_is_kept_in_the_database_only_when_that_is_wanted) {
    const std::vector<std::string> downtime = {"-c", "begin-downtime", "-i", "db1.example:3306", "-reason", "why"};
    const auto perform = [&](const std::string& more) {
        std::vector<std::string> arguments = {"--config", write(more)};
        arguments.insert(arguments.end(), downtime.begin(), downtime.end());
        EXPECT_THAT(run(ORC_PROGRAM, arguments), HasSubstr("db1.example:3306"));
    };
    perform("");
    EXPECT_THAT(texts("select audit_type from audit"), IsEmpty());
    perform(", \"AuditToBackendDB\": true");
    EXPECT_THAT(texts("select audit_type from audit"), ElementsAre("begin-downtime"));
}

TEST_F(Traces, redeploying_makes_lost_tables_anew_whatever_was_deployed) {
    run(ORC_PROGRAM, {"--config", write(""), "-c", "clusters"});
    auto beside = store::Database::open(database());
    ASSERT_TRUE(beside) << beside.error().message;
    ASSERT_TRUE(beside->run_script("drop table database_instance_tags"));
    const std::vector<std::string> redeploy = {"--config", write(""), "-c", "redeploy-internal-db"};
    EXPECT_EQ(run(ORC_PROGRAM, redeploy), "Redeployed internal db\n");
    const std::string tables = "select name from sqlite_schema where name = 'database_instance_tags'";
    EXPECT_THAT(texts(tables), ElementsAre("database_instance_tags"));
    ASSERT_TRUE(beside->run_script("drop table database_instance_tags; delete from orchestrator_db_deployments"));
    write(", \"PanicIfDifferentDatabaseDeploy\": true");
    EXPECT_EQ(run(ORC_PROGRAM, redeploy), "Redeployed internal db\n");
    EXPECT_THAT(texts(tables), ElementsAre("database_instance_tags"));
}

}  // namespace
}  // namespace orc::app
