// The program as a person uses it: one terminal holds the servers, another one breaks them.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <thread>

#include "base/text.h"
#include "sandbox/control.h"
#include "sandbox/process.h"
#include "sandbox/sandbox.h"

namespace orc::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::seconds program_patience{60};

/// Looks again every few milliseconds, since another process makes it true. False when it did not.
bool becomes_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + program_patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

class Program : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "orc-program-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        parent_ = pattern;
        folder_ = parent_ / "lab";
        const auto started = nursery_.spawn(
            {ORC_SANDBOX_PROGRAM, "--folder", folder_.string(), "up", "--servers", "2"}, parent_ / "log"
        );
        ASSERT_TRUE(started.has_value()) << started.error().message;
        holder_ = *started;
        ASSERT_TRUE(becomes_true([this] { return fs::exists(folder_ / "servers") || ended(); }));
        ASSERT_FALSE(ended()) << tail(parent_ / "log", 20);
        for (int i = 1; i <= 2; ++i) {
            pid_t pid = 0;
            std::ifstream(folder_ / std::to_string(i) / "pid") >> pid;
            ASSERT_GT(pid, 0);
            ASSERT_EQ(::kill(pid, 0), 0);
            servers_.push_back(pid);
        }
    }
    void TearDown() override {
        if (!ended()) {
            ::kill(holder_, SIGTERM);
            reap(holder_, program_patience);
        }
        std::error_code ignored;
        fs::remove_all(parent_, ignored);
    }
    bool ended() {
        holder_ended_ = holder_ended_ || reap(holder_, 0ms);
        return holder_ended_;
    }
    /// Ended; whether the machine's init has reaped an orphan is not ours to promise.
    bool servers_are_gone() const {
        return std::all_of(servers_.begin(), servers_.end(), [](pid_t pid) {
            return ::kill(pid, 0) != 0 || process_state(pid) == 'Z';
        });
    }
    std::string answer(const Words& request, bool until_gone = false) const {
        const auto answered = ask(folder_, request, until_gone);
        return answered ? *answered : "refused: " + answered.error().message;
    }

    Nursery nursery_;
    fs::path parent_;
    fs::path folder_;
    pid_t holder_ = 0;
    bool holder_ended_ = false;
    std::vector<pid_t> servers_;
};

TEST_F(Program, does_what_a_second_terminal_asks) {
    EXPECT_THAT(answer({"status"}), HasSubstr("writable"));
    EXPECT_THAT(answer({"kill", "1"}), HasSubstr("killed"));
    EXPECT_THAT(answer({"status"}), HasSubstr("dead"));
    EXPECT_THAT(answer({"freeze", "1"}), HasSubstr("does not run"));
    EXPECT_THAT(answer({"kill", "3"}), HasSubstr("numbered 1 to 2"));
    EXPECT_THAT(answer({"kill", "two"}), HasSubstr("numbered 1 to 2"));
    EXPECT_THAT(answer({"dance", "1", "2"}), HasSubstr("no such verb: dance"));
    EXPECT_THAT(answer({"sql", "2", "SELECT 6 * 7 AS answer"}), HasSubstr("answer\n42\n"));
    EXPECT_THAT(answer({"sql", "2", "SELECT"}), HasSubstr("refused"));
    EXPECT_THAT(answer({"restart", "1", "--writable"}), HasSubstr("runs again"));
    EXPECT_THAT(answer({"reseed", "2", "1"}), HasSubstr("replicates from server 1"));
    EXPECT_THAT(answer({"status"}), Not(HasSubstr("dead")));
}

TEST_F(Program, refuses_a_second_sandbox_in_the_same_folder) {
    const auto second = run({ORC_SANDBOX_PROGRAM, "--folder", folder_.string(), "up"}, parent_ / "second.log");
    ASSERT_FALSE(second.has_value());
    EXPECT_THAT(second.error().message, HasSubstr("is up in"));
    EXPECT_THAT(answer({"status"}), HasSubstr("writable"));
}

TEST_F(Program, down_returns_when_everything_is_gone) {
    EXPECT_EQ(answer({"down"}, true), "");
    EXPECT_TRUE(servers_are_gone());
    EXPECT_FALSE(fs::exists(folder_));
    EXPECT_THAT(answer({"status"}), HasSubstr("no sandbox is up"));
    EXPECT_TRUE(becomes_true([this] { return ended(); }));
}

TEST_F(Program, leaves_nothing_when_interrupted) {
    ::kill(holder_, SIGINT);
    EXPECT_TRUE(becomes_true([this] { return ended(); }));
    EXPECT_TRUE(servers_are_gone());
    EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(Program, leaves_nothing_when_killed) {
    ::kill(holder_, SIGKILL);
    EXPECT_TRUE(becomes_true([this] { return servers_are_gone(); }));
    EXPECT_TRUE(becomes_true([this] { return !fs::exists(folder_); }));
}

}  // namespace
}  // namespace orc::sandbox
