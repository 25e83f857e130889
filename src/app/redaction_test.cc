// The program itself, with a telling secret in every secret key: none may appear in anything it prints or answers.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "config/keys.h"
#include "http/testing/client.h"

extern char** environ;

namespace orc::app {
namespace {

using http::testing_support::Client;
using testing::HasSubstr;
using testing::Not;

/// A running program whose output is read through a pipe.
class Program {
public:
    explicit Program(std::vector<std::string> arguments) {
        int ends[2] = {};
        EXPECT_EQ(pipe(ends), 0);
        output_ = ends[0];
        posix_spawn_file_actions_t actions{};
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addclose(&actions, ends[0]);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
        arguments.insert(arguments.begin(), ORC_PROGRAM);
        std::vector<char*> words;
        for (auto& argument : arguments) {
            words.push_back(argument.data());
        }
        words.push_back(nullptr);
        EXPECT_EQ(posix_spawn(&pid_, ORC_PROGRAM, &actions, nullptr, words.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
    }
    ~Program() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        close(output_);
    }
    /// All that was printed, at least up to the first `mark` behind the mark before; "" reads to the end.
    const std::string& read_until(std::string_view mark) {
        // One read may bring more than was asked for, so the search begins behind what was found last.
        char piece[4096];
        std::size_t at = 0;
        while (mark.empty() || (at = printed_.find(mark, found_)) == std::string::npos) {
            const ssize_t count = read(output_, piece, sizeof piece);
            if (count <= 0) {
                break;
            }
            printed_.append(piece, std::size_t(count));
        }
        found_ = mark.empty() || at == std::string::npos ? printed_.size() : at + mark.size();
        return printed_;
    }
    void signal(int number) const { kill(pid_, number); }

private:
    pid_t pid_ = 0;
    int output_ = -1;
    std::string printed_;
    std::size_t found_ = 0;  ///< where the last mark ended
};

std::string run(std::vector<std::string> arguments) {
    Program program(std::move(arguments));
    return program.read_until("");
}

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
    Program service({"--debug", "--config", file, "http"});
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
    answers += run({"--debug", "--config", bad, "-c", "clusters"});
    write("");
    answers += run({"--debug", "--config", file, "-c", "dump-config"});
    EXPECT_THAT(answers, HasSubstr("\"MySQLTopologyPassword\":\"******\""));
    service.signal(SIGTERM);
    all = service.read_until("");
    EXPECT_THAT(all, HasSubstr("service.stopped"));
    EXPECT_THAT(all, Not(HasSubstr(std::string(marked))));
    EXPECT_THAT(answers, Not(HasSubstr(std::string(marked))));
    // Asked for, they are shown: the test would otherwise pass on a program that knows none.
    EXPECT_THAT(
        run({"--config", file, "-show-secrets", "-c", "dump-config"}), HasSubstr("sesame-MySQLTopologyPassword")
    );
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace orc::app
