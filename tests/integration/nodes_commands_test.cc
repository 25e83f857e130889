// Commands on a database that nodes share, from machines where no service runs; and nodes that only serve.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "nodes.h"
#include "run_command.h"

namespace orc::integration {
namespace {

using ::testing::HasSubstr;

class NodesCommands : public Nodes {
protected:
    /// A configuration as on another machine: the same database, no service at its address.
    std::filesystem::path elsewhere() {
        auto settings = database_->settings();
        settings["MySQLTopologyUser"] = quoted(std::string(sandbox::manager_account.user));
        settings["MySQLTopologyPassword"] = quoted(std::string(sandbox::manager_account.secret));
        settings["MySQLHostnameResolveMethod"] = quoted("none");
        settings["ListenAddress"] = quoted("127.0.0.1:1");
        const auto file = servers_->folder() / "elsewhere.json";
        std::ofstream out(file);
        out << "{";
        std::string comma;
        for (const auto& [key, value] : settings) {
            out << comma << quoted(key) << ": " << value;
            comma = ", ";
        }
        out << "}";
        return file;
    }
    void expect(const std::string& arguments, const std::string& out) {
        const Ran ran = run_command(elsewhere(), arguments);
        EXPECT_EQ(ran.out, out) << arguments;
        EXPECT_EQ(ran.error, "") << arguments;
        EXPECT_EQ(ran.status, 0) << arguments;
    }
    std::string name(int server) { return servers_->endpoint(server).text(); }
};

TEST_P(NodesCommands, are_done_by_the_active_node_wherever_they_are_given) {
    ASSERT_NO_FATAL_FAILURE(set_up(2));
    const auto first = start("first", true, {{"ReadOnly", "true"}});
    ASSERT_NE(first, nullptr);
    expect("-c discover -i " + name(1), name(1) + "\n");
    ASSERT_TRUE(eventually(seconds(20), [&] { return sandbox::known_servers(*first) == 2; }));
    const auto began = std::chrono::steady_clock::now();
    expect("-c clusters", name(1) + "\n");
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(3));
    expect("-c begin-downtime -i " + name(2) + " -reason disk -duration 1h", name(2) + "\n");
    EXPECT_EQ(downtime_reason(*first), "disk");
    expect("-c end-downtime -i " + name(2), name(2) + "\n");
    const Ran failed = run_command(elsewhere(), "-c which-instance -i nobody.invalid");
    EXPECT_EQ(failed.status, 1);
    EXPECT_THAT(failed.error, HasSubstr("nobody.invalid"));
    EXPECT_TRUE(leads(*first)) << "a command takes nothing away from it";
    EXPECT_EQ(database_->cell("select count(*) from orchestrator.orchestrator_errand"), "0");
}

TEST_P(NodesCommands, take_turns_where_no_node_is_active) {
    ASSERT_NO_FATAL_FAILURE(set_up(1));
    expect("-c discover -i " + name(1), name(1) + "\n");
    const auto file = elsewhere();
    std::vector<std::future<Ran>> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(std::async(std::launch::async, [&, i] {
            return run_command(file, "-c tag -i " + name(1) + " -tag t" + std::to_string(i) + "=x");
        }));
    }
    for (auto& one : all) {
        const Ran ran = one.get();
        EXPECT_EQ(ran.out, name(1) + "\n") << ran.error;
    }
    expect("-c tags -i " + name(1), "t0=x\nt1=x\nt2=x\nt3=x\n");
}

TEST_P(NodesCommands, go_on_where_one_has_died) {
    ASSERT_NO_FATAL_FAILURE(set_up(1));
    expect("-c discover -i " + name(1), name(1) + "\n");
    // As one leaves it that is killed: active, and silent from now on.
    database_->cell(
        "insert into orchestrator.active_node (anchor, hostname, token, first_seen_active, last_seen_active)"
        " values (1, 'gone', 'dead', now(), now())"
    );
    expect("-c clusters", name(1) + "\n");
}

TEST_P(NodesCommands, a_node_that_only_serves_never_acts) {
    ASSERT_NO_FATAL_FAILURE(set_up(2));
    const auto guest = start_node(
        servers_->folder(), "guest", database_->settings(), false, std::vector<std::string>{"-discovery=false"}
    );
    ASSERT_NE(guest, nullptr);
    EXPECT_FALSE(eventually(seconds(3), [&] { return leads(*guest); })) << "though nobody else does";
    EXPECT_EQ(database_->cell("select token from orchestrator.active_node"), "");
    const auto first = start("first", true);
    ASSERT_NE(first, nullptr);
    discover(*first);
    EXPECT_TRUE(eventually(seconds(10), [&] { return sandbox::known_servers(*guest) == 2; }));
    EXPECT_THAT(message_of(ask(*guest, downtime_path("through_the_guest"))), HasSubstr("Instance downtimed"));
    EXPECT_EQ(downtime_reason(*first), "through_the_guest");
    first->kill();
    EXPECT_FALSE(eventually(takes_over_within, [&] { return leads(*guest); })) << "nor when the other is gone";
    EXPECT_THAT(message_of(ask(*guest, "/api/grab-election")), HasSubstr("only shows what others do"));
}

TEST_P(NodesCommands, a_node_may_be_told_to_lead_when_it_starts) {
    ASSERT_NO_FATAL_FAILURE(set_up(1));
    const auto first = start("first", true);
    ASSERT_NE(first, nullptr);
    const auto second = start_node(
        servers_->folder(), "second", database_->settings(), true, std::vector<std::string>{"-grab-election"}
    );
    ASSERT_NE(second, nullptr);
    EXPECT_TRUE(eventually(seconds(5), [&] { return !leads(*first) && leads(*second); }));
}

ORC_ON_EACH_FLAVOR(NodesCommands);

}  // namespace
}  // namespace orc::integration
