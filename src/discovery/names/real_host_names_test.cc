#include "discovery/names/real_host_names.h"

#include <gtest/gtest.h>

#include "runtime/task_group.h"

namespace orc::discovery {
namespace {

Co<void> ask(HostNames& names, runtime::Clock& clock, std::vector<Result<std::string>>& out, HostIps& ips) {
    const Deadline deadline = clock.deadline_in(Seconds(10));
    const auto numeric = co_await names.addresses("127.0.0.9", deadline);
    const auto local = co_await names.addresses("localhost", deadline);
    ips = local ? *local : HostIps{};
    out.push_back(numeric ? Result<std::string>(numeric->v4 + numeric->v6) : tl::unexpected(numeric.error()));
    out.push_back(co_await names.canonical("localhost", deadline));
}

TEST(RealHostNames, answers_for_the_one_name_that_every_machine_knows) {
    asio::io_context io;
    runtime::SystemClock clock;
    const auto names = make_host_names(clock, io.get_executor());
    runtime::TaskGroup group(io.get_executor());
    std::vector<Result<std::string>> answers;
    HostIps local;
    group.spawn(ask(*names, clock, answers, local));
    io.run();  // until the look-ups' threads have let go of it
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(local.v4.starts_with("127.") || local.v6 == "::1") << local.v4 << local.v6;
    EXPECT_EQ(answers[0].value_or("none"), "127.0.0.9") << "one address, of one kind";
    EXPECT_NE(answers[1].value_or("none").find("local"), std::string::npos);
}

}  // namespace
}  // namespace orc::discovery
