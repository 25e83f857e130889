// The program while it starts: what may reach it then, and what it refuses to start with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "app/testing/program.h"
#include "store/sqlite.h"
#include "store/testing.h"

namespace orc::app {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing_support::Program;
using testing_support::run;

class Startup : public ::testing::Test {
protected:
    std::string write(const std::string& more) {
        const std::string file = folder_.file("orc.json");
        std::ofstream(file) << "{\"BackendDB\": \"sqlite\", \"SQLite3DataFile\": \"" << database()
                            << "\", \"ListenAddress\": \"127.0.0.1:0\"" << more << "}";
        return file;
    }
    std::string database() const { return folder_.file("orc.sqlite"); }
    /// Then it has read its configuration, and a hangup does not end it.
    void wait_for_its_lock() const {
        std::error_code ignored;
        while (std::filesystem::file_size(database() + ".lock", ignored) == 0 || ignored) {
            std::this_thread::yield();
        }
    }

private:
    store::testing::TemporaryDirectory folder_;
};

TEST_F(Startup, a_hangup_before_the_service_is_up_is_served_when_it_is) {
    const std::string file = write("");
    // Whoever holds the database keeps the service from being up.
    auto other = store::Database::open(database());
    ASSERT_TRUE(other) << other.error().message;
    auto held = store::Transaction::begin(*other);
    ASSERT_TRUE(held);
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    wait_for_its_lock();
    service.signal(SIGHUP);
    other->roll_back();
    const std::string& printed = service.read_until("configuration.reloaded trigger=SIGHUP");
    EXPECT_THAT(printed, HasSubstr("configuration.reloaded trigger=SIGHUP"));
    EXPECT_THAT(printed, HasSubstr("service.started"));
}

TEST_F(Startup, a_group_of_several_nodes_is_refused_by_name) {
    const std::string raft = ", \"RaftEnabled\": true, \"RaftDataDir\": \"/tmp\", \"RaftBind\": \"10.0.0.1\"";
    const std::string several = write(raft + ", \"RaftNodes\": [\"10.0.0.1\", \"10.0.0.2\", \"10.0.0.3\"]");
    const std::string printed = run(ORC_PROGRAM, {"--config", several, "http"});
    EXPECT_THAT(printed, HasSubstr("FATAL RaftEnabled is set with 3 RaftNodes"));
    EXPECT_THAT(printed, HasSubstr("come with a later release"));
    EXPECT_THAT(run(ORC_PROGRAM, {"--config", several, "-c", "clusters"}), HasSubstr("FATAL RaftEnabled is set"));
    Program alone(ORC_PROGRAM, {"--verbose", "--config", several, "--ignore-raft-setup", "http"});
    EXPECT_THAT(alone.read_until("http.listening"), HasSubstr("group.not_joined key=RaftEnabled nodes=3"));
}

TEST_F(Startup, what_it_dies_of_is_logged_like_everything_else) {
    const std::string file = write(", \"LogFormat\": \"json\", \"SkipOrchestratorDatabaseUpdate\": true");
    EXPECT_THAT(
        run(ORC_PROGRAM, {"--config", file, "-c", "clusters"}),
        MatchesRegex(R"(\{"time":"[^"]*","level":"FATAL","event":"program.failed","why":"[^"]*lacks tables[^"]*"\}.)")
    );
}

TEST_F(Startup, doubts_about_the_configuration_are_told_unless_silence_is_asked_for) {
    const std::string file = write(
        ", \"NoSuchKey\": 1, \"DataCenterPattern\": \"(\", \"MySQLTopologyPassword\": \"${ORC_NO_SUCH_VARIABLE}\","
        "\"ServeAgentsHttp\": true, \"StaleSeedFailMinutes\": 60"
    );
    const std::string printed = run(ORC_PROGRAM, {"--config", file, "-c", "clusters"});
    EXPECT_THAT(printed, HasSubstr(" WARNING configuration.questioned file=" + file + " key=NoSuchKey why="));
    EXPECT_THAT(printed, HasSubstr(" key=DataCenterPattern why="));
    EXPECT_THAT(printed, HasSubstr(" key=MySQLTopologyPassword why="));
    EXPECT_THAT(
        printed,
        HasSubstr(" key=ServeAgentsHttp why=\"" + file + ": ServeAgentsHttp: not in effect in this build yet\"")
    );
    EXPECT_THAT(printed, Not(HasSubstr("StaleSeedFailMinutes"))) << "its default needs no effect";
    EXPECT_EQ(run(ORC_PROGRAM, {"--quiet", "--config", file, "-c", "clusters"}), "\n");
}

TEST_F(Startup, doubts_about_a_configuration_read_again_are_told_as_well) {
    const std::string file = write("");
    Program service(ORC_PROGRAM, {"--config", file, "http"});
    wait_for_its_lock();
    write(", \"NoSuchKey\": 1, \"ListenAddress\": \"127.0.0.1:1\"");
    service.signal(SIGHUP);
    EXPECT_THAT(
        service.read_until("configuration.waits_for_restart keys=ListenAddress"),
        HasSubstr(" WARNING configuration.questioned file=" + file + " key=NoSuchKey why=")
    );
}

TEST_F(Startup, a_file_that_was_read_and_is_gone_does_not_bring_the_defaults_in) {
    const std::filesystem::path before = std::filesystem::current_path();
    const std::filesystem::path folder = std::filesystem::path(write("")).parent_path();
    std::filesystem::current_path(folder);
    std::filesystem::rename("orc.json", "orchestrator.conf.json");
    Program service(ORC_PROGRAM, {"--verbose", "http"});
    std::filesystem::current_path(before);
    service.read_until("http.listening");
    std::filesystem::remove(folder / "orchestrator.conf.json");
    service.signal(SIGHUP);
    service.read_until("trigger=SIGHUP");
    EXPECT_THAT(
        service.read_until("\n"),
        HasSubstr("ERROR configuration.rejected trigger=SIGHUP why=\"orchestrator.conf.json: No such file or directory")
    );
}

TEST_F(Startup, what_a_flag_forces_is_no_change_to_a_reload) {
    const std::string file = write(", \"SkipOrchestratorDatabaseUpdate\": true");
    Program service(ORC_PROGRAM, {"--verbose", "--enable-database-update", "--config", file, "http"});
    service.read_until("http.listening");
    service.signal(SIGHUP);
    service.read_until("configuration.reloaded trigger=SIGHUP");
    EXPECT_THAT(service.read_until("\n"), HasSubstr("trigger=SIGHUP outcome=\"nothing changed\""));
}

TEST_F(Startup, tables_are_left_alone_when_told_so) {
    const std::string file = write(", \"SkipOrchestratorDatabaseUpdate\": true");
    EXPECT_THAT(
        run(ORC_PROGRAM, {"--config", file, "-c", "clusters"}),
        HasSubstr(database() + ": SkipOrchestratorDatabaseUpdate is set, but the database lacks tables")
    );
    EXPECT_EQ(run(ORC_PROGRAM, {"--config", file, "--enable-database-update", "-c", "clusters"}), "\n");
    EXPECT_EQ(run(ORC_PROGRAM, {"--config", file, "-c", "clusters"}), "\n") << "now there is nothing to change";
}

TEST_F(Startup, a_database_of_another_version_is_refused_when_told_so) {
    const std::string picky = write(", \"PanicIfDifferentDatabaseDeploy\": true");
    EXPECT_THAT(
        run(ORC_PROGRAM, {"--config", picky, "-c", "clusters"}),
        HasSubstr(database() + ": PanicIfDifferentDatabaseDeploy is set")
    );
    EXPECT_EQ(run(ORC_PROGRAM, {"--config", write(""), "-c", "clusters"}), "\n");
    EXPECT_EQ(
        run(ORC_PROGRAM, {"--config", write(", \"PanicIfDifferentDatabaseDeploy\": true"), "-c", "clusters"}), "\n"
    );
}

TEST_F(Startup, a_group_of_one_works_alone_and_says_so) {
    Program service(
        ORC_PROGRAM, {"--verbose", "--config", write(", \"RaftEnabled\": true, \"RaftDataDir\": \"/tmp\""), "http"}
    );
    EXPECT_THAT(service.read_until("http.listening"), HasSubstr("group.not_joined key=RaftEnabled nodes=0"));
}

}  // namespace
}  // namespace orc::app
