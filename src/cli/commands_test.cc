// Runs tests/data/cli/*.session: commands as a person types them, and what comes out, to the character.
// UPDATE_EXPECTED=1 rewrites the answers; review the diff like code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "cli/testing/bench.h"

namespace orc::cli {
namespace {

namespace fs = std::filesystem;
using discovery::testing::FakeServer;
using discovery::testing::gtids;
using discovery::testing::primary;
using discovery::testing::replica;

const fs::path folder = fs::path(ORC_SOURCE_DIR) / "tests/data/cli";

/// Words between blanks; 'single quotes' keep blanks.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> out;
    std::string word;
    bool is_quoted = false;
    bool has_word = false;
    for (const char c : std::string(text) + " ") {
        if (c == '\'') {
            is_quoted = !is_quoted;
            has_word = true;
        } else if (c == ' ' && !is_quoted) {
            if (has_word) {
                out.push_back(std::exchange(word, ""));
            }
            has_word = false;
        } else {
            word += c;
            has_word = true;
        }
    }
    return out;
}

/// shop: db1 <- db2 <- db3-long (called third, stopped, with a transaction of its own), db1 <- db4.
/// lone: by itself.
class Fleet : public testing::Bench {
public:
    Fleet() : Bench(fleet_settings()) {
        model::Facts one = member(primary("db1.example"));
        one.cluster_alias = "shop";
        one.cluster_domain = "shop.example";
        one.registered_replicas = {{"db2.example", 3306}, {"db4.example", 3306}};
        add("db1.example", one);
        model::Facts two = member(replica("db2.example", "db1.example"));
        two.registered_replicas = {{"db3-long.example", 13306}};
        two.data_center = "north";
        add("db2.example", two);
        model::Facts three = member(replica("db3-long.example:13306", "db2.example"));
        three.instance_alias = "third";
        three.executed = gtids("00000000-0000-0000-0000-00000000000a:1-9,00000000-0000-0000-0000-00000000000c:1");
        three.server_uuid = "00000000-0000-0000-0000-00000000000c";
        three.channels[0].receiver = three.channels[0].applier = model::ThreadState::stopped;
        three.channels[0].lag.reset();
        const std::string before = "00000000-0000-0000-0000-00000000000a:1-4";
        add("db3-long.example:13306", three).logs = {
            {"binlog.000001", gtids(""), {}},
            {"binlog.000002", gtids(before), {}},
            {"binlog.000003", gtids(before + ",00000000-0000-0000-0000-00000000000c:1"), {}},
        };
        model::Facts four = member(replica("db4.example", "db1.example"));
        four.channels[0].lag = Seconds(7);
        four.version = model::Version::parse("8.0.36", "MySQL Community Server - GPL");
        add("db4.example", four);
        add("lone.example", member(primary("lone.example")));
        start({"db1.example", "db2.example", "lone.example"});
    }

private:
    static config::Settings fleet_settings() {
        config::Settings out;
        out.instance_poll_seconds = 1;
        out.detect_cluster_alias_query = "select alias";
        out.detect_cluster_domain_query = "select domain";
        out.backend_db = "sqlite";
        return out;
    }
    static model::Facts member(model::Facts facts) {
        facts.binlog_format = "ROW";
        facts.log_replica_updates = true;
        facts.gtid_mode = "ON";
        facts.executed = gtids("00000000-0000-0000-0000-00000000000a:1-9");
        return facts;
    }
};

/// Each line that comes out, indented; then how it failed.
std::string shown(const Printed& printed) {
    std::string out = printed.out;
    if (!printed.error.empty()) {
        out += "FATAL " + printed.error + "\n";
    }
    if (printed.exit_code != 0) {
        out += "exit code " + std::to_string(printed.exit_code) + "\n";
    }
    std::string indented;
    std::istringstream lines(out);
    for (std::string text; std::getline(lines, text);) {
        indented += "  " + text + "\n";
    }
    return indented;
}

constexpr std::string_view prompt = "$ orchestrator ";

std::vector<std::string> lines_of_file(const fs::path& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string text; std::getline(in, text);) {
        lines.push_back(text);
    }
    return lines;
}

std::vector<fs::path> sessions() {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".session") {
            out.push_back(entry.path());
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

class Sessions : public ::testing::TestWithParam<fs::path> {};

TEST_P(Sessions, print_what_they_show) {
    Fleet fleet;
    std::string before;
    std::string after;
    for (const auto& text : lines_of_file(GetParam())) {
        before += text + "\n";
        if (text.starts_with("  ")) {
            continue;  // an answer: given anew behind its command
        }
        after += text + "\n";
        if (text.starts_with(prompt)) {
            after += shown(fleet.run(words_of(std::string_view(text).substr(prompt.size()))));
        }
    }
    if (std::getenv("UPDATE_EXPECTED") != nullptr) {
        std::ofstream(GetParam()) << after;
        return;
    }
    EXPECT_EQ(after, before);
}

INSTANTIATE_TEST_SUITE_P(Data, Sessions, ::testing::ValuesIn(sessions()), [](const auto& instance) {
    return replace_all(instance.param.stem().string(), "-", "_");
});

TEST(Sessions, use_every_command) {
    // Its output is long and has tests of its own (config).
    std::set<std::string_view> used = {"dump-config"};
    for (const auto& path : sessions()) {
        for (const auto& text : lines_of_file(path)) {
            const auto words = words_of(text);
            const auto flag = std::find(words.begin(), words.end(), "-c");
            if (text.starts_with(prompt) && flag != words.end() && flag + 1 != words.end()) {
                if (const Command* command = find_command(*(flag + 1))) {
                    used.insert(command->name);
                }
            }
        }
    }
    std::vector<std::string_view> unused;
    for (const auto& command : all_commands()) {
        if (!used.contains(command.name)) {
            unused.push_back(command.name);
        }
    }
    EXPECT_THAT(unused, ::testing::IsEmpty());
}

TEST(Commands, act_on_this_machine_only_when_no_instance_is_given) {
    struct Case {
        std::string_view name;
        std::vector<std::string> arguments;
        std::string error;
    };
    const Case cases[] = {
        {"blank", {"-c", "end-downtime", "-i", ""}, "-i is empty: it must name an instance, host[:port]"},
        {"only separators", {"-c", "end-downtime", "-i", " , "}, "-i is empty: it must name an instance, host[:port]"},
        {"unreadable", {"-c", "end-downtime", "-i", "db1:x:y"}, "-i: "},
        {"bad port", {"-c", "end-downtime", "-i", "db1:99999"}, "-i: "},
        {"blank cluster", {"-c", "which-cluster", "-alias", ""}, "-alias is empty: it must name a cluster"},
        {"unknown cluster", {"-c", "which-cluster", "-alias", "shoop", "-i", "db1.example"}, "Unable to determine"},
        {"blank destination", {"-c", "can-replicate-from", "-i", "db2.example", "-d", ""}, "-d is required"},
        {"the second of a list", {"-c", "end-downtime", "-i", "db2.example,db1:x:y"}, "-i: "},
    };
    Fleet fleet;
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const Printed printed = fleet.run(c.arguments);
        EXPECT_THAT(printed.error, ::testing::StartsWith(c.error));
        EXPECT_EQ(printed.exit_code, 1);
        EXPECT_THAT(printed.out, ::testing::Not(::testing::HasSubstr("db1.example:3306")));
    }
    EXPECT_EQ(fleet.run({"-c", "end-downtime"}).out, "db1.example:3306\n");
    EXPECT_EQ(fleet.run({"-c", "end-downtime"}, "elsewhere").out, "elsewhere:3306\n");
}

TEST(Commands, take_an_empty_flag_beside_what_they_need_for_one_that_is_not_given) {
    struct Case {
        std::string_view name;
        std::vector<std::string> empty;
        std::vector<std::string> without;
    };
    const std::vector<std::string> can = {"-c", "can-replicate-from", "-i", "db2.example", "-s", "db1.example"};
    const Case cases[] = {
        {"alias",
         {"-c", "which-cluster", "-i", "db2.example", "-alias", ""},
         {"-c", "which-cluster", "-i", "db2.example"}},
        {"alias that may be left out",
         {"-c", "which-downtimed-instances", "-alias", ""},
         {"-c", "which-downtimed-instances"}},
        {"destination", {"-c", "can-replicate-from", "-i", "db2.example", "-s", "db1.example", "-d", ""}, can},
        {"pattern", {"-c", "topology", "-i", "db2.example", "-pattern", ""}, {"-c", "topology", "-i", "db2.example"}},
    };
    Fleet fleet;
    ASSERT_EQ(fleet.run({"-c", "begin-downtime", "-i", "db4.example", "-reason", "why"}).error, "");
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const Printed printed = fleet.run(c.empty);
        EXPECT_EQ(printed.error, "");
        EXPECT_THAT(printed.out, ::testing::Not(::testing::IsEmpty()));
        EXPECT_EQ(printed.out, fleet.run(c.without).out);
    }
    const Printed explained = fleet.run({"-c", "explain", "-i", "db2.example", "-alias", " "});
    EXPECT_THAT(explained.out, ::testing::StartsWith("db2.example:3306 in cluster db1.example:3306 (shop)\nVerdict: "));
}

TEST(Commands, discover_reads_the_very_instance_that_is_named) {
    Fleet fleet;
    fleet.add("b2.example", primary("b2.example"));  // a part of db2.example
    EXPECT_EQ(fleet.run({"-c", "discover", "-i", "b2.example"}).out, "b2.example:3306\n");
    EXPECT_EQ(fleet.run({"-c", "which-cluster", "-i", "b2.example"}).out, "b2.example:3306\n");
    EXPECT_THAT(fleet.run({"-c", "discover", "-i", "lone"}).error, ::testing::HasSubstr("no such host: lone"));
}

TEST(Commands, a_plan_that_is_refused_is_shown_and_fails) {
    Fleet fleet;
    const Printed printed = fleet.run({"-noop", "-c", "graceful-master-takeover", "-alias", "shop"});
    EXPECT_THAT(printed.out, ::testing::StartsWith("Take over from db1.example:3306 in cluster shop.\nREFUSED: "));
    EXPECT_THAT(printed.out, ::testing::HasSubstr("db1.example:3306 has 2 replicas: say which one takes over"));
    EXPECT_EQ(printed.error, "refused: the switch in db1.example:3306 is not safe now");
    EXPECT_EQ(printed.exit_code, 1);
}

}  // namespace
}  // namespace orc::cli
