// The program itself, with a telling secret in every secret key: none may appear in anything it prints or answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "app/testing/program.h"
#include "config/keys.h"
#include "http/testing/client.h"

namespace orc::app {
namespace {

using http::testing_support::Client;
using testing::HasSubstr;
using testing::Not;
using testing_support::Program;
using testing_support::run;

constexpr std::string_view marked = "sesame-";

TEST(Secrets, appear_in_nothing_that_is_printed_or_answered) {
    char pattern[] = "/tmp/orc-secrets-XXXXXX";
    const std::string folder = mkdtemp(pattern);
    const std::string file = folder + "/orc.json";
    std::string keys;
    for (const auto& key : config::keys()) {
        if (key.is_secret()) {
            keys += ", \"" + std::string(key.name) + "\": \"" + std::string(marked) + std::string(key.name) + "\"";
        }
    }
    const auto write = [&](const std::string& more) {
        std::ofstream(file) << "{\"BackendDB\": \"sqlite\", \"SQLite3DataFile\": \"" << folder
                            << "/orc.sqlite\", \"ListenAddress\": \"127.0.0.1:0\", \"AuthenticationMethod\": \"basic\","
                               "\"HTTPAuthUser\": \"dba\", \"MySQLTopologyUser\": \"orc\","
                               "\"DiscoverySeeds\": [\"127.0.0.1:1\"]"
                            << keys << more << "}";
    };
    write("");
    Program service(ORC_PROGRAM, {"--debug", "--config", file, "http"});
    std::string all = service.read_until("http.listening port=");
    all = service.read_until("\n");
    const auto at = all.find("http.listening port=");
    ASSERT_NE(at, std::string::npos) << all;
    Client client(std::uint16_t(std::stoi(all.substr(at + 20))));
    std::string answers;
    // dba:sesame-HTTPAuthPassword
    const std::string login = "Authorization: Basic ZGJhOnNlc2FtZS1IVFRQQXV0aFBhc3N3b3Jk\r\n";
    const auto ask = [&](const std::string& path) {
        const auto answer = client.get(path, login);
        EXPECT_NE(answer.status, 401) << path;
        for (const auto& [name, value] : answer.headers) {
            answers += name + ": " + value + "\n";
        }
        answers += answer.body;
    };
    for (const std::string path : {
             "/",
             "/api/clusters",
             "/api/all-instances",
             "/api/problems",
             "/api/health",
             "/api/status",
             "/api/audit",
             "/api/overview",
             "/api/running",
             "/api/discover/127.0.0.1/1",
             "/api/instance/127.0.0.1/1",
             "/api/replication-analysis",
             "/api/reload-configuration",
             "/api/headers",
             "/metrics",
             "/debug/vars",
             "/debug/metrics",
             "/health/ready",
             "/nothing",
         }) {
        ask(path);
    }
    answers += client.get("/api/clusters", "Authorization: Basic ZGJhOndyb25n\r\n").body;
    // Secrets of the wrong kind, and a file that is bad elsewhere.
    write(", \"InstancePollSeconds\": \"x\"");
    ask("/api/reload-configuration");
    service.signal(SIGHUP);
    service.read_until("configuration.rejected trigger=SIGHUP");
    ask("/api/audit");
    const std::string bad = folder + "/bad.json";
    std::ofstream(bad) << "{\"MySQLTopologyPassword\": [\"" << marked << "list\"], \"HTTPAuthPassword\": {\"" << marked
                       << "name\": 1}}";
    answers += run(ORC_PROGRAM, {"--debug", "--config", bad, "-c", "clusters"});
    write("");
    answers += run(ORC_PROGRAM, {"--debug", "--config", file, "-c", "dump-config"});
    EXPECT_THAT(answers, HasSubstr("\"MySQLTopologyPassword\":\"******\""));
    service.signal(SIGTERM);
    all = service.read_until("");
    EXPECT_THAT(all, HasSubstr("service.stopped"));
    EXPECT_THAT(all, Not(HasSubstr(std::string(marked))));
    EXPECT_THAT(answers, Not(HasSubstr(std::string(marked))));
    // Asked for, they are shown: the test would otherwise pass on a program that knows none.
    EXPECT_THAT(
        run(ORC_PROGRAM, {"--config", file, "-show-secrets", "-c", "dump-config"}),
        HasSubstr("sesame-MySQLTopologyPassword")
    );
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace orc::app
