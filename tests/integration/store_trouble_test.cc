// The whole program on a database file that is locked, full or may only be read, and one that is killed while it
// changes things: watching goes on, it says what is wrong, nothing is half done, and it recovers by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <thread>

#include "runtime/rng.h"
#include "store/sqlite.h"
#include "store/testing.h"
#include "store_backend.h"

namespace orc::integration {
namespace {

using sandbox::ServiceProcess;
using ::testing::HasSubstr;

class Trouble : public ::testing::Test {
protected:
    void SetUp() override {
        if (const auto found = sandbox::find_installation(sandbox::Flavor::mariadb); !found) {
            ASSERT_EQ(std::getenv("CI"), nullptr) << "a CI run must test this";
            GTEST_SKIP() << found.error().message;
        }
        sandbox::Options options;
        options.servers = 1;
        auto started = sandbox::Sandbox::start(std::move(options));
        ASSERT_TRUE(started) << started.error().message;
        servers_ = *std::move(started);
    }

    void start(bool is_privileged = true) {
        sandbox::ServiceProcessOptions node;
        node.program = ORC_PROGRAM;
        node.folder = folder_.file("");
        node.settings = {{"InstancePollSeconds", "1"}};
        node.must_lead = false;
        if (!is_privileged && geteuid() == 0) {
            // Wherever the tree lies, others may run this copy.
            chmod(folder_.file("").c_str(), 0777);
            node.program = folder_.file("orchestrator");
            std::filesystem::copy_file(ORC_PROGRAM, node.program);
            node.runner = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"};
        }
        auto process = ServiceProcess::start(std::move(node));
        ASSERT_TRUE(process) << process.error().message;
        node_ = *std::move(process);
        ASSERT_TRUE(eventually(seconds(10), [&] { return leads(*node_); }));
        const Endpoint server = servers_->endpoint(1);
        ask(*node_, "/api/discover/" + server.host + "/" + std::to_string(server.port));
        ASSERT_TRUE(eventually(seconds(10), [&] { return sandbox::known_servers(*node_) == 1; }));
    }

    std::string database() const { return folder_.file("orchestrator.sqlite3"); }
    std::string path_of(const std::string& verb, const std::string& rest = "") const {
        const Endpoint server = servers_->endpoint(1);
        return "/api/" + verb + "/" + server.host + "/" + std::to_string(server.port) + rest;
    }
    boost::json::value server_now() const { return ask(*node_, path_of("instance")); }
    std::string last_seen() const { return std::string(server_now().at("LastSeenTimestamp").as_string()); }

    /// What holds while the database cannot be written. `word` must be in what it says.
    void expect_visible_trouble(const std::string& word) {
        ASSERT_TRUE(eventually(seconds(15), [&] {
            return message_of(ask(*node_, "/api/health")).find(word) != std::string::npos;
        })) << message_of(ask(*node_, "/api/health"));
        EXPECT_EQ(status_of(*node_, "/api/health"), 500);
        const auto sick = ask(*node_, "/api/health");
        EXPECT_THAT(message_of(sick), HasSubstr("Application node is unhealthy: database " + database()));
        EXPECT_THAT(message_of(sick), HasSubstr(word));
        EXPECT_EQ(std::string(sick.at("Code").as_string()), "ERROR");
        EXPECT_FALSE(sick.at("Details").at("Healthy").as_bool());
        EXPECT_THAT(std::string(sick.at("Details").at("Error").at("Message").as_string()), HasSubstr(word));
        EXPECT_EQ(status_of(*node_, "/health/ready"), 503);
        EXPECT_TRUE(eventually(seconds(10), [&] { return !leads(*node_); })) << "nothing can be decided";
        EXPECT_THAT(node_->get("/metrics")->body, HasSubstr("orchestrator_health_is_ready 0"));
        EXPECT_THAT(node_->get("/metrics")->body, HasSubstr("orchestrator_node_is_leader 0"));

        const auto refused = ask(*node_, path_of("begin-downtime", "/ann/refused/1h"));
        EXPECT_EQ(std::string(refused.at("Code").as_string()), "ERROR");
        EXPECT_THAT(message_of(refused), HasSubstr("nothing can be changed now: database " + database()));
        EXPECT_FALSE(server_now().at("IsDowntimed").as_bool());
        EXPECT_EQ(std::string(ask(*node_, path_of("forget")).at("Code").as_string()), "ERROR");
        EXPECT_EQ(sandbox::known_servers(*node_), 1U) << "a server was forgotten only here";

        const std::string seen = last_seen();
        EXPECT_TRUE(eventually(seconds(10), [&] { return last_seen() > seen; })) << "watching must go on";
    }

    void expect_recovery() {
        ASSERT_TRUE(eventually(seconds(10), [&] { return leads(*node_) && status_of(*node_, "/api/health") == 200; }))
            << sandbox::tail(node_->log(), 20);
        EXPECT_THAT(node_->get("/metrics")->body, HasSubstr("orchestrator_health_is_ready 1"));
        EXPECT_EQ(std::string(ask(*node_, path_of("begin-downtime", "/ann/agreed/1h")).at("Code").as_string()), "OK");
        // Readers are shown a snapshot, up to 50 ms old.
        EXPECT_TRUE(eventually(seconds(2), [&] { return server_now().at("DowntimeReason") == "agreed"; }));
        auto file = store::Database::open(database());
        ASSERT_TRUE(file) << file.error().message;
        std::vector<std::string> reasons;
        ASSERT_TRUE(file->query("select reason from database_instance_downtime", {}, [&](const store::Row& row) {
            reasons.push_back(std::get<std::string>(row[0]));
        }));
        EXPECT_THAT(reasons, ::testing::ElementsAre("agreed"));
    }

    store::testing::TemporaryDirectory folder_;
    std::unique_ptr<sandbox::Sandbox> servers_;
    std::unique_ptr<ServiceProcess> node_;
};

TEST_F(Trouble, a_locked_file) {
    ASSERT_NO_FATAL_FAILURE(start());
    auto other = store::Database::open(database());
    ASSERT_TRUE(other) << other.error().message;
    {
        auto held = store::Transaction::begin(*other);
        ASSERT_TRUE(held) << held.error().message;
        expect_visible_trouble("locked");
    }
    expect_recovery();
}

TEST_F(Trouble, a_full_disk) {
    ASSERT_NO_FATAL_FAILURE(start());
    const auto size = [](const std::string& file) {
        struct stat found{};
        return stat(file.c_str(), &found) == 0 ? rlim_t(found.st_size) : 0;
    };
    rlimit before{};
    ASSERT_EQ(prlimit(node_->pid(), RLIMIT_FSIZE, nullptr, &before), 0);
    rlimit small = before;
    // Room for the log of the program, none for the database's.
    small.rlim_cur = std::max(size(database() + "-wal"), rlim_t(200'000));
    ASSERT_EQ(prlimit(node_->pid(), RLIMIT_FSIZE, &small, nullptr), 0);
    expect_visible_trouble("I/O error");
    ASSERT_EQ(prlimit(node_->pid(), RLIMIT_FSIZE, &before, nullptr), 0);
    expect_recovery();
}

TEST_F(Trouble, a_file_that_may_only_be_read) {
    ASSERT_NO_FATAL_FAILURE(start(false));  // it is no obstacle to root
    ASSERT_TRUE(node_->terminate());
    ASSERT_EQ(chmod(database().c_str(), 0444), 0);
    ASSERT_TRUE(node_->restart());
    ASSERT_TRUE(eventually(seconds(10), [&] { return sandbox::known_servers(*node_) == 1; }))
        << "what was known is shown";
    expect_visible_trouble("readonly");
    ASSERT_EQ(chmod(database().c_str(), 0644), 0);
    expect_recovery();
}

TEST_F(Trouble, kill_9_of_the_whole_program_loses_nothing_that_was_answered) {
    ASSERT_NO_FATAL_FAILURE(start());
    constexpr std::uint64_t seed = 20240301;
    std::cout << "seed " << seed << "\n";
    runtime::SeededRng rng(seed);
    std::vector<std::string> answered;
    int number = 0;
    for (int round = 0; round < 6; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        std::thread killer([&, after = milliseconds(rng.below(400))] {
            std::this_thread::sleep_for(after);
            ::kill(node_->pid(), SIGKILL);
        });
        for (;;) {
            const std::string name = "tag-" + std::to_string(++number);
            const auto answer = node_->get(path_of("tag", "/" + name + "/" + std::to_string(number)), seconds(5));
            if (!answer || answer->status != 200) {
                break;
            }
            answered.push_back(name);
        }
        killer.join();
        node_->kill();
        ASSERT_TRUE(node_->restart());
        ASSERT_TRUE(eventually(seconds(10), [&] { return leads(*node_); })) << sandbox::tail(node_->log(), 20);
        const std::string tags = node_->get(path_of("tags"))->body;
        for (const auto& name : answered) {
            ASSERT_THAT(tags, HasSubstr(name + "=")) << "of " << answered.size();
        }
        auto file = store::Database::open(database());
        ASSERT_TRUE(file) << file.error().message;
        std::string verdict;
        ASSERT_TRUE(file->query("pragma integrity_check", {}, [&](const store::Row& row) {
            verdict = std::get<std::string>(row[0]);
        }));
        EXPECT_EQ(verdict, "ok");
    }
    EXPECT_GT(answered.size(), 20U) << "hardly anything was tried";
}

}  // namespace
}  // namespace orc::integration
