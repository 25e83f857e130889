#include "discovery/real_host_names.h"

#include <gtest/gtest.h>

#include "runtime/task_group.h"

namespace orc::discovery {
namespace {

Co<void> ask(HostNames& names, runtime::Clock& clock, std::vector<Result<std::string>>& out) {
    const Deadline deadline = clock.deadline_in(Seconds(10));
    out.push_back(co_await names.address("localhost", deadline));
    out.push_back(co_await names.address("127.0.0.9", deadline));
    out.push_back(co_await names.canonical("localhost", deadline));
}

TEST(RealHostNames, answers_for_the_one_name_that_every_machine_knows) {
    asio::io_context io;
    runtime::SystemClock clock;
    const auto names = make_host_names(clock, io.get_executor());
    runtime::TaskGroup group(io.get_executor());
    std::vector<Result<std::string>> answers;
    group.spawn(ask(*names, clock, answers));
    io.run();  // until the look-ups' threads have let go of it
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_TRUE(answers[0].has_value());
    EXPECT_EQ(answers[1].value_or("none"), "127.0.0.9");
    EXPECT_NE(answers[2].value_or("none").find("local"), std::string::npos);
}

}  // namespace
}  // namespace orc::discovery
