#include <gtest/gtest.h>

#include "cli/command_table.h"
#include "cli/flags.h"
#include "cli/remote.h"

namespace orc::cli {
namespace {

TEST(Flags, one_or_two_dashes_and_both_ways_to_give_a_value) {
    const auto flags = parse_flags({"-c", "topology", "--i=db1:3306", "-debug", "--noop=false", "cli", "-verbose"});
    ASSERT_TRUE(flags.has_value());
    EXPECT_EQ(flags->text("c"), "topology");
    EXPECT_EQ(flags->text("i"), "db1:3306");
    EXPECT_TRUE(flags->on("debug"));
    EXPECT_FALSE(flags->on("noop"));
    EXPECT_FALSE(flags->on("verbose")) << "flags after the first word are words";
    EXPECT_EQ(flags->words, (std::vector<std::string>{"cli", "-verbose"}));
}

TEST(Flags, defaults_hold_until_something_is_given) {
    const auto flags = parse_flags({});
    ASSERT_TRUE(flags.has_value());
    EXPECT_EQ(flags->text("promotion-rule"), "prefer");
    EXPECT_TRUE(flags->on("discovery"));
    EXPECT_FALSE(flags->on("quiet"));
}

TEST(Flags, what_is_wrong_is_named) {
    struct Case {
        std::vector<std::string> arguments;
        std::string_view named;
    };
    const Case cases[] = {
        {{"--bin-log", "x"}, "-bin-log"},
        {{"-i"}, "-i"},
        {{"-debug=maybe"}, "'maybe'"},
    };
    for (const auto& c : cases) {
        const auto flags = parse_flags(c.arguments);
        ASSERT_FALSE(flags.has_value());
        EXPECT_NE(flags.error().message.find(c.named), std::string::npos) << flags.error().message;
    }
}

TEST(Remote, a_command_survives_the_trip_to_the_service) {
    const auto flags =
        flags_from_query({{"c", "begin-downtime"}, {"i", "db 1:3306"}, {"reason", "50% & = more"}, {"noop", "true"}});
    ASSERT_TRUE(flags.has_value());
    EXPECT_EQ(flags->text("i"), "db 1:3306");
    EXPECT_EQ(flags->text("reason"), "50% & = more");
    EXPECT_TRUE(flags->on("noop"));
    EXPECT_FALSE(flags_from_query({{"nonsense", "1"}}).has_value());
    EXPECT_FALSE(flags_from_query({{"noop", "perhaps"}}).has_value());
}

TEST(Commands, every_command_is_listed_and_synonyms_work) {
    EXPECT_EQ(why_not("which-replicas"), "");
    EXPECT_EQ(why_not("which-slaves"), "");
    EXPECT_EQ(find_command("which-slaves"), find_command("which-replicas"));
    EXPECT_EQ(
        why_not("wich-replica"),
        "Unknown command: \"wich-replica\"; the nearest known one is which-replicas, 'orchestrator help' lists all"
    );
    EXPECT_EQ(
        why_not("stop-slave"),
        "stop-replica is not available in this release: commands that change replication come with a later one"
    );
    EXPECT_TRUE(needs_topology("topology"));
    EXPECT_FALSE(needs_topology("discover"));
    EXPECT_NE(listing().find("\ttopology "), std::string::npos);
    EXPECT_NE(listing().find("\n:\n"), std::string::npos) << "the last commands have no section";
}

}  // namespace
}  // namespace orc::cli
