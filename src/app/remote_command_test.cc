// Commands that the running service carries out, through the socket beside its database; and who waits for whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "app/testing/program.h"
#include "store/testing.h"

namespace orc::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::Program;
using testing_support::run;

class RemoteCommand : public ::testing::Test {
protected:
    /// A configuration of this database, with further keys.
    std::string write(const std::string& more, const std::string& name = "orc.json") {
        std::ofstream(path(name)) << "{\"BackendDB\": \"sqlite\", \"SQLite3DataFile\": \"" << path("orc.sqlite")
                                  << "\", \"ListenAddress\": \"127.0.0.1:0\"" << more << "}";
        return path(name);
    }
    std::string path(const std::string& file) const { return folder_.file(file); }
    static std::string command(const std::string& file, const std::string& name) {
        return run(ORC_PROGRAM, {"--config", file, "-c", name});
    }
    void expect_to_be_served(const std::string& settings, const std::string& verb = "http") {
        const std::string file = write(settings);
        Program service(ORC_PROGRAM, {"--verbose", "--config", file, verb == "http" ? "http" : "-c=" + verb});
        const std::string up = verb == "http" ? "http.listening" : "service.continuous";
        ASSERT_THAT(service.read_until(up), HasSubstr(up));
        EXPECT_EQ(command(file, "check-global-recoveries"), "OK: Global recoveries disabled: false\n") << settings;
        EXPECT_THAT(command(file, "access-token"), ::testing::MatchesRegex("[0-9a-f]+\n")) << settings;
    }

private:
    store::testing::TemporaryDirectory folder_;
};

TEST_F(RemoteCommand, needs_no_more_than_the_database_however_the_service_is_reached_and_guarded) {
    expect_to_be_served("");
    expect_to_be_served(", \"ListenSocket\": \"" + path("public.sock") + "\", \"ListenAddress\": \"\"");
    expect_to_be_served(R"(, "ReadOnly": true)");
    expect_to_be_served(R"(, "AuthenticationMethod": "token")");
    expect_to_be_served(R"(, "AuthenticationMethod": "proxy", "PowerAuthUsers": ["somebody-else"])");
    expect_to_be_served(R"(, "AuthenticationMethod": "basic", "HTTPAuthUser": "a", "HTTPAuthPassword": "b")");
    expect_to_be_served(R"(, "ChangesByGet": false, "URLPrefix": "/ops")");
    expect_to_be_served("", "continuous");
}

TEST_F(RemoteCommand, is_open_to_those_who_may_open_the_file) {
    const std::string file = write("");
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    ASSERT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    struct stat seen = {};
    ASSERT_EQ(::stat(path("orc.sqlite.sock").c_str(), &seen), 0);
    EXPECT_EQ(seen.st_mode & 0777U, 0600U);
    service.signal(SIGTERM);
    service.read_until("");
    EXPECT_FALSE(std::filesystem::exists(path("orc.sqlite.sock")));
}

TEST_F(RemoteCommand, carries_as_much_as_a_command_line_holds) {
    const std::string file = write("");
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    ASSERT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    std::string members;
    for (int i = 0; i < 4000; ++i) {
        members += (i == 0 ? "db" : ",db") + std::to_string(i) + ".example.com:3306";
    }
    const std::string printed =
        run(ORC_PROGRAM, {"--config", file, "-c", "submit-pool-instances", "-pool", "all", "-i", members});
    EXPECT_THAT(printed, Not(HasSubstr("FATAL"))) << printed.substr(0, 200);
    EXPECT_THAT(command(file, "cluster-pool-instances"), Not(HasSubstr("FATAL")));
}

TEST_F(RemoteCommand, waits_for_other_commands) {
    const std::string file = write("");
    std::vector<std::future<std::string>> all;
    for (int i = 0; i < 6; ++i) {
        all.push_back(std::async(std::launch::async, [&file, i] {
            return run(
                ORC_PROGRAM,
                {"--config",
                 file,
                 "-c",
                 "register-candidate",
                 "-i",
                 "db" + std::to_string(i) + ":3306",
                 "-promotion-rule",
                 "prefer"}
            );
        }));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_THAT(all[i].get(), HasSubstr("db" + std::to_string(i) + ":3306"));
    }
}

TEST_F(RemoteCommand, makes_a_service_that_starts_wait_for_it) {
    const std::string file = write("");
    const std::string go = path("go");
    // Holds the lock as a command does: it serves nobody, and goes.
    const std::string script = "echo held; until [ -e " + go + " ]; do sleep 0.01; done";
    Program holder("/usr/bin/flock", {path("orc.sqlite.lock"), "sh", "-c", script});
    ASSERT_THAT(holder.read_until("held"), HasSubstr("held"));
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    auto second = std::async(std::launch::async, [&] { return command(file, "check-global-recoveries"); });
    std::ofstream(go) << "now";
    EXPECT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    EXPECT_EQ(second.get(), "OK: Global recoveries disabled: false\n");
}

TEST_F(RemoteCommand, does_not_make_a_second_service_wait) {
    const std::string file = write("");
    Program service(ORC_PROGRAM, {"--verbose", "--config", file, "http"});
    ASSERT_THAT(service.read_until("http.listening"), HasSubstr("http.listening"));
    const auto began = std::chrono::steady_clock::now();
    EXPECT_THAT(run(ORC_PROGRAM, {"--config", file, "http"}), HasSubstr("is in use by another orchestrator"));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace orc::app
