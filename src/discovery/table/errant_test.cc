// Errant transactions as the table claims them: never one that is merely on its way, always one that is proven.
#include <gtest/gtest.h>

#include <algorithm>

#include "discovery/testing/desk.h"
#include "runtime/rng.h"

namespace orc::discovery {
namespace {

using testing::Desk;
using testing::ep;
using testing::primary;
using testing::replica;
using testing::with_executed;

std::string errant_of(Desk& desk, const std::string& name) { return desk.server(name).errant.text(); }

TEST(Errant, is_found_with_the_next_reading_of_the_source_and_stays_until_it_is_mended) {
    Desk desk;
    const auto source = with_executed(primary("a"), "uuid-of-a:1-10");
    desk.read("a", source);
    desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1-10,uuid-of-b:1"));
    EXPECT_EQ(errant_of(desk, "b"), "") << "the source may have got it since it was read";
    desk.read("a", source);
    EXPECT_EQ(errant_of(desk, "b"), "uuid-of-b:1");
    desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1-10,uuid-of-b:1-2"));
    EXPECT_EQ(errant_of(desk, "b"), "uuid-of-b:1") << "what was proven stays";
    desk.read("a", source);
    EXPECT_EQ(errant_of(desk, "b"), "uuid-of-b:1-2");
    desk.read("a", with_executed(primary("a"), "uuid-of-a:1-12,uuid-of-b:1-2"));
    EXPECT_EQ(errant_of(desk, "b"), "") << "injected";
}

TEST(Errant, what_is_beyond_the_source_needs_a_second_look_a_second_later) {
    Desk desk;
    const auto source = with_executed(primary("a"), "uuid-of-a:1-10");
    desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1-12,old:1"));
    desk.read("a", source);
    EXPECT_EQ(errant_of(desk, "b"), "old:1") << "its last two may be in the middle of their commit on the source";
    desk.read("a", source);
    EXPECT_EQ(errant_of(desk, "b"), "old:1") << "a few milliseconds later";
    desk.now += Seconds(1);
    desk.read("a", source);
    EXPECT_EQ(errant_of(desk, "b"), "old:1,uuid-of-a:11-12");
    desk.read("a", source);
    EXPECT_EQ(errant_of(desk, "b"), "old:1,uuid-of-a:11-12");
}

// Under semi-sync a replica applies what its source has not committed, for as long as the source waits.
TEST(Errant, a_source_that_waits_for_acknowledgements_is_behind_its_replicas) {
    Desk desk;
    auto source = with_executed(primary("a"), "uuid-of-a:1-10,old:1-5");
    source.semi_sync.source_enabled = true;
    for (int i = 0; i < 5; ++i) {
        desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1-12,old:1-6,uuid-of-b:1"));
        desk.now += Seconds(2);
        desk.read("a", source);
        EXPECT_EQ(errant_of(desk, "b"), i == 0 ? "uuid-of-b:1" : "old:6,uuid-of-b:1") << i;
    }
}

TEST(Errant, is_exact_on_each_of_three_tiers) {
    Desk desk;
    for (int i = 0; i < 2; ++i) {
        desk.read("c", with_executed(replica("c", "b"), "uuid-of-a:1-9,uuid-of-c:t:1"));
        desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1-10,uuid-of-b:1"));
        desk.read("a", with_executed(primary("a"), "uuid-of-a:1-11"));
    }
    EXPECT_EQ(errant_of(desk, "b"), "uuid-of-b:1");
    EXPECT_EQ(errant_of(desk, "c"), "uuid-of-c:t:1");
}

// A new server, or one whose binary logs were reset. Where GTID is off the set is empty, too, and proves nothing.
TEST(Errant, is_found_below_a_source_that_has_executed_nothing) {
    for (const bool is_on : {true, false}) {
        SCOPED_TRACE(is_on);
        Desk desk;
        auto source = with_executed(primary("a"), "");
        source.gtid_mode = is_on ? "ON" : "OFF";
        desk.read("a", source);
        desk.read("b", with_executed(replica("b", "a"), "uuid-of-b:1-3"));
        EXPECT_EQ(errant_of(desk, "b"), "");
        desk.read("a", source);
        EXPECT_EQ(errant_of(desk, "b"), is_on ? "uuid-of-b:1-3" : "");
        desk.miss("a");
        desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1,uuid-of-b:1-4"));
        EXPECT_EQ(errant_of(desk, "b"), is_on ? "uuid-of-b:1-4" : "");
    }
}

TEST(Errant, probes_that_overlapped_are_not_compared) {
    Desk desk;
    const Reading source_look{Instant{Seconds(1)}, Instant{Seconds(2)}, {}};
    const Reading replica_look{Instant{Micros(1'500'000)}, Instant{Seconds(3)}, {}};
    desk.table.fold(ep("b"), with_executed(replica("b", "a"), "uuid-of-a:1-12,uuid-of-b:1"), replica_look);
    desk.table.fold(ep("a"), with_executed(primary("a"), "uuid-of-a:1-10"), source_look);
    EXPECT_EQ(errant_of(desk, "b"), "");
}

TEST(Errant, own_writes_of_a_replica_whose_source_has_died_are_errant) {
    Desk desk;
    desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1-10,uuid-of-b:1-3"));
    desk.miss("a");
    desk.read("a", with_executed(primary("a"), "uuid-of-a:1-10,uuid-of-b:1-3"));
    desk.miss("a");
    desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1-12,uuid-of-b:1-4"));
    EXPECT_EQ(errant_of(desk, "b"), "uuid-of-b:4") << "11 and 12 came from the source before it died";
}

TEST(Errant, a_takeover_makes_nobodys_writes_errant) {
    Desk desk;
    // b takes over from a; c moves from a to b. b was last read before it had a's last writes.
    desk.read("c", with_executed(replica("c", "a"), "uuid-of-a:1-98"));
    desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1-98"));
    desk.read("a", with_executed(primary("a"), "uuid-of-a:1-98"));
    desk.read("c", with_executed(replica("c", "b"), "uuid-of-a:1-100,uuid-of-b:1-2"));
    EXPECT_EQ(errant_of(desk, "c"), "");
    desk.read("a", with_executed(replica("a", "b"), "uuid-of-a:1-100,uuid-of-b:1-3"));
    EXPECT_EQ(errant_of(desk, "a"), "");
    desk.read("b", with_executed(primary("b"), "uuid-of-a:1-100,uuid-of-b:1-4"));
    EXPECT_EQ(errant_of(desk, "a") + errant_of(desk, "c"), "");
}

TEST(Errant, writes_of_an_active_pair_are_not_errant) {
    Desk desk;
    for (int i = 0; i < 3; ++i) {
        desk.read("a", with_executed(replica("a", "b"), "uuid-of-a:1-10,uuid-of-b:1-4"));
        desk.read("b", with_executed(replica("b", "a"), "uuid-of-a:1-9,uuid-of-b:1-5"));
        desk.now += Seconds(2);
    }
    EXPECT_EQ(errant_of(desk, "a"), "");
    EXPECT_EQ(errant_of(desk, "b"), "");
}

TEST(Errant, what_comes_from_another_source_is_not_errant_but_own_writes_are) {
    Desk desk;
    auto both = replica("m", "a");
    both.channels.push_back(replica("m", "x").channels[0]);
    both.channels[1].name = "x";
    for (int i = 0; i < 3; ++i) {
        desk.read("m", with_executed(both, "uuid-of-a:1-10,uuid-of-x:1-70,old-of-x:1-5,uuid-of-m:1"));
        desk.now += Seconds(2);
        desk.read("a", with_executed(primary("a"), "uuid-of-a:1-10"));
        desk.read("x", with_executed(primary("x"), "uuid-of-x:1-70,old-of-x:1-5"));
    }
    EXPECT_EQ(errant_of(desk, "m"), "uuid-of-m:1");
}

TEST(Errant, members_of_a_group_commit_in_an_order_of_their_own) {
    Desk desk;
    const auto member = [](const std::string& name, const std::string& role) {
        auto facts = primary(name);
        facts.group = model::GroupMembership{"group", true, "ONLINE", role, {}, ep("a")};
        return facts;
    };
    for (int i = 0; i < 3; ++i) {
        desk.read("b", with_executed(member("b", "SECONDARY"), "group:1-12,uuid-of-b:1"));
        desk.now += Seconds(2);
        desk.read("a", with_executed(member("a", "PRIMARY"), "group:1-10"));
    }
    EXPECT_EQ(errant_of(desk, "b"), "uuid-of-b:1");
}

/// A tree of `depth` tiers under load: every server applies what its source has sent, some of it before the source has
/// committed it, and everybody is read at moments of their own.
struct LoadedTree {
    explicit LoadedTree(std::uint64_t seed) : rng(seed) {}

    struct Node {
        std::string name;
        int above = -1;
        std::uint64_t has = 0;
        std::string own;  ///< written here and nowhere else
    };
    void add(const std::string& name, int above) { nodes.push_back({name, above, 100, ""}); }
    void work() {
        nodes[0].has += rng.below(5);
        for (auto& node : nodes) {
            if (node.above >= 0) {
                // One ahead of a source that is still committing.
                const std::uint64_t sent =
                    nodes[static_cast<std::size_t>(node.above)].has + (rng.below(20) == 0 ? 1 : 0);
                node.has = std::max(node.has, sent - std::min(sent - 100, rng.below(4)));
            }
        }
    }
    model::Facts facts(const Node& node) {
        const auto number = std::to_string(node.has);
        // A tagged stream and five past primaries beside the one that writes now.
        std::string set = "uuid-of-a:1-" + number + ":app:1-" + number + ",p1:1-50,p2:1-7,p3:1,p4:1-9:t:1-3,p5:1-2";
        set += node.own.empty() ? "" : "," + node.own;
        const auto made =
            node.above < 0 ? primary(node.name) : replica(node.name, nodes[static_cast<std::size_t>(node.above)].name);
        return with_executed(made, set);
    }

    runtime::SeededRng rng;
    std::vector<Node> nodes;
};

TEST(Errant, ten_minutes_of_a_loaded_three_tier_tree_without_one_false_flag_then_a_true_one_in_two_polls) {
    for (const std::uint64_t seed : {11ULL, 12ULL, 13ULL}) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        LoadedTree tree(seed);
        tree.add("a", -1);
        for (int i = 0; i < 3; ++i) {
            tree.add("b" + std::to_string(i), 0);
        }
        for (int i = 0; i < 9; ++i) {
            tree.add("c" + std::to_string(i), 1 + i % 3);
        }
        Desk desk;
        const auto poll_all = [&] {
            std::vector<std::size_t> order(tree.nodes.size());
            for (std::size_t i = 0; i < order.size(); ++i) {
                order[i] = i;
            }
            for (std::size_t i = order.size(); i > 1; --i) {
                std::swap(order[i - 1], order[static_cast<std::size_t>(tree.rng.below(i))]);
            }
            for (const std::size_t i : order) {
                tree.work();
                desk.read(tree.nodes[i].name, tree.facts(tree.nodes[i]));
                desk.now += Millis(1 + static_cast<std::int64_t>(tree.rng.below(100)));
            }
        };
        for (int poll = 0; poll < 600; ++poll) {
            poll_all();
            for (const auto& node : tree.nodes) {
                ASSERT_EQ(errant_of(desk, node.name), "") << node.name << " in poll " << poll;
            }
        }
        tree.nodes[7].own = "uuid-of-c3:app:1";
        poll_all();
        poll_all();
        for (const auto& node : tree.nodes) {
            EXPECT_EQ(errant_of(desk, node.name), node.own) << node.name;
        }
    }
}

}  // namespace
}  // namespace orc::discovery
