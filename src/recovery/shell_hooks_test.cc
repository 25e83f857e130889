#include "recovery/shell_hooks.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "runtime/task_group.h"

namespace orc::recovery {
namespace {

namespace fs = std::filesystem;

struct ShellHooks : testing::Test {
    Result<HookResult> run(HookCall call, Micros limit = Seconds(10)) {
        std::optional<Result<HookResult>> out;
        const auto ask = [](Hooks& h, HookCall c, Deadline d, std::optional<Result<HookResult>>& into) -> Co<void> {
            into = co_await h.run(std::move(c), d);
        };
        runtime::TaskGroup group(io.get_executor());
        group.spawn(ask(*hooks, std::move(call), clock.deadline_in(limit), out));
        io.restart();
        while (!out) {
            io.run_one();
        }
        io.poll();
        return *out;
    }
    static HookCall call(std::string command) {
        HookCall out;
        out.list = "test";
        out.command = std::move(command);
        return out;
    }

    asio::io_context io;
    runtime::SystemClock clock;
    std::unique_ptr<Hooks> hooks = make_shell_hooks(clock, "bash");
};

TEST_F(ShellHooks, give_exit_code_and_all_output) {
    const auto result = run(call("echo out; echo err >&2; exit 3"));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->exit_code, 3);
    EXPECT_EQ(result->output, "out\nerr\n");
}

TEST_F(ShellHooks, get_the_environment_on_top_of_ours) {
    HookCall asked = call("echo \"$ORC_FAILURE_TYPE $PATH\"");
    asked.environment["ORC_FAILURE_TYPE"] = "Dead 'Master'";
    const auto result = run(asked);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->output, "Dead 'Master' " + std::string(std::getenv("PATH")) + "\n");
}

TEST_F(ShellHooks, may_say_more_than_a_pipe_holds) {
    const auto result = run(call("head -c 1000000 /dev/zero | tr '\\0' x"));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->output.size(), 64U << 10U);
    EXPECT_EQ(result->exit_code, 0);
}

TEST_F(ShellHooks, are_killed_with_all_they_started_when_their_time_is_up) {
    const fs::path file = fs::temp_directory_path() / ("orc_hook_" + std::to_string(::getpid()));
    fs::remove(file);
    const auto result = run(call("(sleep 1; echo late > " + file.string() + ") & sleep 60"), Millis(100));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::timed_out);
    const auto waited = run(call("sleep 1.2"));
    EXPECT_TRUE(waited);
    EXPECT_FALSE(fs::exists(file));
}

TEST_F(ShellHooks, are_not_waited_for_by_those_who_hold_the_pipe_in_the_background) {
    const Instant began = clock.now();
    const auto result = run(call("sleep 5 & echo done"));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->output, "done\n");
    EXPECT_LT(clock.now() - began, Seconds(4));
}

TEST_F(ShellHooks, in_the_background_are_started_only) {
    HookCall asked = call("exit 7");
    asked.in_background = true;
    const auto result = run(asked);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->exit_code, 0);
}

TEST_F(ShellHooks, leave_no_script_behind) {
    const fs::path folder = fs::temp_directory_path() / ("orc_scripts_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    ::setenv("TMPDIR", folder.c_str(), 1);
    const auto result = run(call("echo \"$0\""));
    ::unsetenv("TMPDIR");
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->output.starts_with(folder.string() + "/orchestrator-process-cmd-")) << result->output;
    EXPECT_TRUE(fs::is_empty(folder));
    fs::remove_all(folder);
}

TEST_F(ShellHooks, say_so_when_there_is_no_such_shell) {
    hooks = make_shell_hooks(clock, "no-such-shell");
    const auto result = run(call("true"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::invalid);
    EXPECT_NE(result.error().message.find("no-such-shell"), std::string::npos);
}

}  // namespace
}  // namespace orc::recovery
