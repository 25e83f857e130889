#include "app/reloader.h"

#include <gtest/gtest.h>

#include <future>

#include "runtime/task_group.h"

namespace orc::app {
namespace {

Co<void> keep_answer(Task<config::Loaded> reloading, std::optional<Result<config::Loaded>>& out) {
    out = co_await std::move(reloading);
}

TEST(Reloader, applies_what_flags_force_to_what_it_reads) {
    asio::io_context io;
    const auto load = [](const std::optional<std::string>& extra) -> Result<config::Loaded> {
        config::Loaded out;
        out.settings.skip_orchestrator_database_update = true;
        out.settings.web_message = extra.value_or("");
        return out;
    };
    cli::Flags flags;
    flags.switches["enable-database-update"] = true;
    Reloader reloader(load, flags, io.get_executor());
    runtime::TaskGroup group(io.get_executor());
    std::optional<Result<config::Loaded>> answer;
    group.spawn(keep_answer(reloader.reload("extra.json"), answer));
    io.run();
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ((*answer)->settings.web_message, "extra.json");
    EXPECT_FALSE((*answer)->settings.skip_orchestrator_database_update);
}

TEST(Reloader, does_not_hold_its_caller_up_when_the_file_system_hangs) {
    std::promise<void> answered;
    const auto load = [hung = answered.get_future().share()](const std::optional<std::string>&) {
        hung.wait();
        return Result<config::Loaded>(config::Loaded());
    };
    std::optional<Result<config::Loaded>> answer;
    {
        asio::io_context io;
        Reloader reloader(load, cli::Flags(), io.get_executor(), Millis(20));
        runtime::TaskGroup group(io.get_executor());
        group.spawn(keep_answer(reloader.reload({}), answer));
        io.run();
    }
    answered.set_value();
    ASSERT_TRUE(answer && !*answer);
    EXPECT_EQ(answer->error().code, ErrorCode::timed_out);
    EXPECT_EQ(answer->error().message, "the configuration files could not be read within 20 ms");
}

}  // namespace
}  // namespace orc::app
