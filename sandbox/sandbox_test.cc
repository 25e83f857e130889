#include "sandbox/sandbox.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>

namespace orc::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::chrono::milliseconds patience{60'000};

#define ASSERT_OK(...)                                                   \
    do {                                                                 \
        const auto ok_result = (__VA_ARGS__);                            \
        ASSERT_TRUE(ok_result.has_value()) << ok_result.error().message; \
    } while (false)

std::string count_rows(const Sandbox& sandbox, int i) {
    const auto rows = sandbox.sql(i, "SELECT COUNT(*) FROM lab.t");
    return rows ? rows->scalar() : rows.error().message;
}

class Servers : public testing::TestWithParam<Flavor> {
protected:
    void SetUp() override {
        if (const auto found = find_installation(GetParam()); !found) {
            std::cerr << "\n*** NOT TESTED ON " << name(GetParam()) << ": " << found.error().message << " ***\n\n";
            if (std::getenv("CI") != nullptr) {
                FAIL() << "a CI run must test every flavour: " << found.error().message;
            }
            GTEST_SKIP() << found.error().message;
        }
    }
    void start(Options options) {
        options.flavor = GetParam();
        const auto before = std::chrono::steady_clock::now();
        auto started = Sandbox::start(std::move(options));
        ASSERT_TRUE(started.has_value()) << started.error().message;
        sandbox_ = std::move(*started);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
        std::cout << sandbox_->size() << " servers up in " << took.count() << " s on " << sandbox_->endpoint(1).text()
                  << "..\n";
    }

    std::unique_ptr<Sandbox> sandbox_;
};

INSTANTIATE_TEST_SUITE_P(
    OnRealServers,
    Servers,
    testing::Values(Flavor::mariadb, Flavor::mysql),
    [](const auto& tested) { return std::string(name(tested.param)); }
);

TEST_P(Servers, replicate_break_and_come_back) {
    ASSERT_NO_FATAL_FAILURE(start({.folder = {}}));
    Sandbox& lab = *sandbox_;
    {
        SCOPED_TRACE("a row written as bench arrives everywhere, and only server 1 takes writes");
        auto bench = lab.connect(1);
        ASSERT_TRUE(bench.has_value()) << bench.error().message;
        ASSERT_OK(bench->query("INSERT INTO lab.t VALUES (1, 'first', 0.5)"));
        ASSERT_OK(lab.wait_until_caught_up(1, patience));
        for (int i = 1; i <= 4; ++i) {
            EXPECT_EQ(count_rows(lab, i), "1");
        }
        auto replica = lab.connect(2);
        ASSERT_TRUE(replica.has_value()) << replica.error().message;
        const auto refused = replica->query("INSERT INTO lab.t VALUES (2, 'second', 0.5)");
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, ErrorCode::denied);
        EXPECT_EQ(refused.error().number, 1290);
    }
    {
        SCOPED_TRACE("a killed server is gone at once");
        const pid_t pid = lab.pid(1);
        ASSERT_OK(lab.kill(1));
        EXPECT_EQ(lab.pid(1), 0);
        EXPECT_EQ(::kill(pid, 0), -1);
        const auto refused = lab.connect(1);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, ErrorCode::unreachable);
        EXPECT_FALSE(lab.freeze(1).has_value()) << "what does not run cannot be frozen";
    }
    {
        SCOPED_TRACE("a frozen server holds its connections and says nothing until it thaws");
        auto session = lab.connect(3, "bench", 300ms);
        ASSERT_TRUE(session.has_value()) << session.error().message;
        ASSERT_OK(lab.freeze(3));
        EXPECT_TRUE(lab.status()[2].frozen);
        const auto silent = session->query("SELECT 1");
        ASSERT_FALSE(silent.has_value());
        EXPECT_EQ(silent.error().code, ErrorCode::timed_out);
        ASSERT_OK(lab.thaw(3));
        EXPECT_EQ(count_rows(lab, 3), "1");
    }
    {
        SCOPED_TRACE("a restarted server keeps its rows, is read-only and does not replicate");
        ASSERT_OK(lab.restart(1));
        EXPECT_EQ(count_rows(lab, 1), "1");
        ASSERT_OK(lab.restart(4));
        const auto seen = lab.status();
        EXPECT_TRUE(seen[0].read_only);
        EXPECT_TRUE(seen[3].read_only);
        EXPECT_EQ(seen[3].source, lab.endpoint(1));
        EXPECT_FALSE(seen[3].io || seen[3].sql);
        ASSERT_OK(lab.kill(1));  // a clean stop of a MySQL with replicas attached takes it ten seconds
        ASSERT_OK(lab.restart(1, {.writable = true}));
        ASSERT_OK(lab.restart(4, {.replicate = true}));
        ASSERT_OK(lab.wait_until_replicating(patience));
        EXPECT_FALSE(lab.status()[0].read_only);
    }
    {
        SCOPED_TRACE("a reseeded server has everything its source has, and is a server of its own");
        ASSERT_OK(lab.sql(1, "INSERT INTO lab.t VALUES (3, 'third', 0.5)"));
        ASSERT_OK(lab.reseed(2, 3));
        ASSERT_OK(lab.wait_until_replicating(patience));
        ASSERT_OK(lab.wait_until_caught_up(1, patience));
        EXPECT_EQ(count_rows(lab, 2), "2");
        EXPECT_EQ(lab.status()[1].source, lab.endpoint(3));
    }
    {
        SCOPED_TRACE("waiting for replication that stopped fails with a description");
        ASSERT_OK(lab.kill(3));
        ASSERT_OK(lab.restart(4));
        const auto waited = lab.wait_until_replicating(100ms);
        ASSERT_FALSE(waited.has_value());
        EXPECT_THAT(waited.error().message, HasSubstr("dead"));
        EXPECT_THAT(waited.error().message, HasSubstr("io=no sql=no"));
    }
    {
        SCOPED_TRACE("nothing is left behind, frozen servers included");
        ASSERT_OK(lab.freeze(1));
        const fs::path folder = lab.folder();
        std::vector<pid_t> pids;
        for (int i = 1; i <= 4; ++i) {
            pids.push_back(lab.pid(i));
        }
        sandbox_.reset();
        EXPECT_FALSE(fs::exists(folder));
        for (const pid_t pid : pids) {
            EXPECT_TRUE(pid == 0 || ::kill(pid, 0) != 0) << pid;
        }
    }
}

TEST_P(Servers, stand_in_the_layout_asked_for) {
    struct Case {
        std::string_view name;
        Options options;
        std::vector<std::vector<int>> sources;  // of servers 1, 2, ... over their channels
        std::string acknowledgers;              // how many replicas server 1 waits for; "" without semi-sync
    };
    const Case cases[] = {
        {"chain", {.servers = 3, .layout = Layout::chain, .semi_sync = true, .folder = {}}, {{}, {1}, {2}}, "1"},
        {"tree by position, over TLS",
         {.servers = 4, .layout = Layout::tree, .gtid = false, .tls = true, .folder = {}},
         {{}, {1}, {1}, {2}},
         ""},
        {"co-primaries", {.servers = 3, .layout = Layout::co_primary, .folder = {}}, {{2}, {1}, {1}}, ""},
        {"two sources", {.servers = 3, .layout = Layout::multi_source, .folder = {}}, {{}, {}, {1, 2}}, ""},
        {"two sources by position",
         {.servers = 3, .layout = Layout::multi_source, .gtid = false, .folder = {}},
         {{}, {}, {1, 2}},
         ""},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        ASSERT_NO_FATAL_FAILURE(start(c.options));
        ASSERT_OK(sandbox_->sql(1, "INSERT INTO lab.t VALUES (1, 'first', 0.5)"));
        ASSERT_OK(sandbox_->wait_until_caught_up(1, patience));
        const auto seen = sandbox_->status();
        for (std::size_t i = 0; i < c.sources.size(); ++i) {
            std::vector<int> sources;
            for (const auto& channel : seen[i].channels) {
                for (int source = 1; source <= sandbox_->size(); ++source) {
                    if (sandbox_->endpoint(source) == channel.source) {
                        sources.push_back(source);
                    }
                }
            }
            EXPECT_EQ(sources, c.sources[i]) << "server " << i + 1;
            const bool has_row = i == 0 || !sources.empty();
            EXPECT_EQ(count_rows(*sandbox_, static_cast<int>(i) + 1), has_row ? "1" : "0");
        }
        if (!c.acknowledgers.empty()) {
            const auto clients = sandbox_->sql(1, "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync%clients'");
            ASSERT_TRUE(clients.has_value()) << clients.error().message;
            EXPECT_EQ(clients->at(0, "Value").value_or("no such status"), c.acknowledgers);
        }
        sandbox_.reset();
    }
}

TEST_P(Servers, form_a_group_where_the_flavour_has_one) {
    Options options{.servers = 3, .layout = Layout::group, .folder = {}};
    if (GetParam() == Flavor::mariadb) {
        options.flavor = Flavor::mariadb;
        const auto refused = Sandbox::start(options);
        ASSERT_FALSE(refused.has_value());
        EXPECT_THAT(refused.error().message, HasSubstr("MySQL"));
        return;
    }
    ASSERT_NO_FATAL_FAILURE(start(options));
    ASSERT_OK(sandbox_->sql(1, "INSERT INTO lab.t VALUES (1, 'first', 0.5)"));
    ASSERT_OK(sandbox_->wait_until_caught_up(1, patience));
    const auto seen = sandbox_->status();
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].group_state, "ONLINE");
        EXPECT_EQ(seen[i].is_group_primary, i == 0);
        EXPECT_EQ(count_rows(*sandbox_, static_cast<int>(i) + 1), "1");
    }
    ASSERT_OK(sandbox_->kill(3));
    ASSERT_OK(sandbox_->restart(3, {.replicate = true}));
    ASSERT_OK(sandbox_->wait_until_replicating(patience));
    EXPECT_EQ(sandbox_->status()[2].group_state, "ONLINE");
}

TEST(Sandbox, says_what_is_wrong_with_its_options) {
    const auto none = Sandbox::start({.servers = 0, .folder = {}});
    ASSERT_FALSE(none.has_value());
    EXPECT_THAT(none.error().message, HasSubstr("1 to 250"));
    const auto taken = Sandbox::start({.folder = ORC_SOURCE_DIR});
    ASSERT_FALSE(taken.has_value());
    EXPECT_THAT(taken.error().message, HasSubstr("is not empty"));
    EXPECT_TRUE(fs::exists(ORC_SOURCE_DIR)) << "what was there before must not be removed";
    EXPECT_FALSE(parse_flavor("oracle").has_value());
    const auto alone = Sandbox::start({.servers = 2, .layout = Layout::multi_source, .folder = {}});
    ASSERT_FALSE(alone.has_value());
    EXPECT_THAT(alone.error().message, HasSubstr("three servers"));
}

TEST(Sandbox, runs_the_mariadb_of_a_private_tree_when_one_is_named) {
    const char* before = std::getenv("ORC_MARIADB_ROOT");
    const std::string given = before == nullptr ? "" : before;
    ::setenv("ORC_MARIADB_ROOT", "/nowhere/at/all", 1);
    const auto found = find_installation(Flavor::mariadb);
    if (before == nullptr) {
        ::unsetenv("ORC_MARIADB_ROOT");
    } else {
        ::setenv("ORC_MARIADB_ROOT", given.c_str(), 1);
    }
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message, HasSubstr("no MariaDB server in /nowhere/at/all; script/fetch-mysql --mariadb"));
}

TEST(Sandbox, keeps_its_folder_when_asked) {
    auto started = Sandbox::start({.servers = 1, .folder = {}, .keep = true});
    ASSERT_TRUE(started.has_value()) << started.error().message;
    const fs::path log = (*started)->log(1);
    const fs::path folder = (*started)->folder();
    const pid_t pid = (*started)->pid(1);
    started->reset();
    EXPECT_TRUE(fs::exists(log));
    EXPECT_NE(::kill(pid, 0), 0);
    fs::remove_all(folder);
}

}  // namespace
}  // namespace orc::sandbox
