// Errant transactions of MariaDB's servers as the table claims them, and a model of servers that write, take over and
// are restored, in which nothing may be claimed that is not so.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "discovery/testing/desk.h"
#include "runtime/rng.h"

namespace orc::discovery {
namespace {

using testing::Desk;
using testing::ep;

/// What a MariaDB says: its id, the state of its binary log, and how far it replicated.
struct Said {
    std::uint32_t id;
    std::string state;
    std::string replicated = "";
};

model::Facts mariadb(const std::string& name, const Said& said, const std::string& source = "") {
    model::Facts facts = source.empty() ? testing::primary(name) : testing::replica(name, source);
    facts.version = model::Version::parse("10.11.6-MariaDB-log", "Debian 12");
    facts.server_uuid = "";
    facts.server_id = said.id;
    facts.log_replica_updates = true;
    const auto state = gtid::MariadbBinlogState::parse(said.state);
    const auto position = gtid::MariadbPosition::parse(said.replicated);
    ENSURE(state && position, "tests write positions that can be read");
    facts.binlog_state = *state;
    facts.binlog_position = state->position();
    facts.replica_position = *position;
    facts.executed = facts.binlog_position.max_with(*position);
    for (auto& channel : facts.channels) {
        channel.source_uuid = "";
        channel.gtid_use = model::GtidUse::replica_position;
    }
    return facts;
}

std::string errant_position_of(Desk& desk, const std::string& name) { return desk.server(name).errant_text(); }

TEST(MariadbErrant, each_case_by_what_replica_and_source_say) {
    struct Case {
        std::string_view name;
        Said replica;
        Said source;
        std::string errant;
    };
    const Case cases[] = {
        {"all from the source", {2, "0-1-10", "0-1-10"}, {1, "0-1-12"}, ""},
        {"its own write", {2, "0-1-10,0-2-11", "0-1-10"}, {1, "0-1-10"}, "0-2-11"},
        {"which the source has passed", {2, "0-2-11,0-1-19", "0-1-19"}, {1, "0-1-20"}, "0-2-11"},
        {"another's write, which the source never had", {2, "0-1-10,0-9-11"}, {1, "0-1-12"}, "0-9-11"},
        {"the end of a former primary's log", {1, "0-1-15,0-2-20"}, {2, "0-1-12,0-2-30", "0-1-12"}, "0-1-15"},
        {"a domain that the source does not know", {2, "0-1-10,7-2-1"}, {1, "0-1-10"}, "7-2-1"},
        {"a source that has no transactions yet", {2, "0-2-1"}, {1, ""}, "0-2-1"},
        {"a source restored after those writes", {2, "0-2-50,0-1-90"}, {1, "0-1-99", "0-2-60"}, ""},
        {"and before them", {2, "0-2-50,0-1-90"}, {1, "0-1-99", "0-2-40"}, "0-2-50"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        Desk desk;
        desk.read("a", mariadb("a", c.source));
        desk.read("b", mariadb("b", c.replica, "a"));
        EXPECT_EQ(errant_position_of(desk, "b"), "") << "the source may have got it since it was read";
        desk.read("a", mariadb("a", c.source));
        EXPECT_EQ(errant_position_of(desk, "b"), c.errant);
        EXPECT_EQ(desk.server("b").has_errant(), !c.errant.empty());
        desk.read("b", mariadb("b", c.replica, "a"));
        EXPECT_EQ(errant_position_of(desk, "b"), c.errant) << "what was proven stays";
    }
}

TEST(MariadbErrant, is_gone_when_the_replica_loses_it_or_the_source_gets_it) {
    for (const bool is_reset : {true, false}) {
        SCOPED_TRACE(is_reset);
        Desk desk;
        desk.read("b", mariadb("b", {2, "0-1-10,0-2-11"}, "a"));
        desk.read("a", mariadb("a", {1, "0-1-10"}));
        ASSERT_EQ(errant_position_of(desk, "b"), "0-2-11");
        if (is_reset) {
            desk.read("b", mariadb("b", {2, "0-1-12", "0-1-12"}, "a"));
        } else {
            desk.read("a", mariadb("a", {1, "0-2-11,0-1-12", ""}));
        }
        EXPECT_EQ(errant_position_of(desk, "b"), "");
    }
}

// A source in the middle has replicated beyond that number by now, so that only having seen it come tells.
TEST(MariadbErrant, is_found_below_a_source_in_the_middle_when_it_was_written_under_our_eyes) {
    Desk desk;
    desk.read("c", mariadb("c", {3, "0-3-50,0-1-100", "0-1-100"}, "b"));
    desk.read("b", mariadb("b", {2, "0-1-101", "0-1-101"}, "a"));
    EXPECT_EQ(errant_position_of(desk, "c"), "") << "from a time when it was the primary, as far as can be told";
    desk.read("c", mariadb("c", {3, "0-3-102,0-1-150", "0-1-150"}, "b"));
    desk.read("b", mariadb("b", {2, "0-1-160", "0-1-160"}, "a"));
    EXPECT_EQ(errant_position_of(desk, "c"), "0-3-102");
    desk.read("c", mariadb("c", {3, "0-1-10,0-3-11", "0-1-10"}, "b"));
    desk.read("b", mariadb("b", {2, "0-1-170", "0-1-170"}, "a"));
    EXPECT_EQ(errant_position_of(desk, "c"), "") << "its log was reset: how it came to be there was not seen";
}

TEST(MariadbErrant, own_writes_of_a_replica_whose_source_has_died_are_errant) {
    Desk desk;
    desk.read("b", mariadb("b", {2, "0-2-5,0-1-10", "0-1-10"}, "a"));
    desk.miss("a");
    desk.read("a", mariadb("a", {1, "0-2-5,0-1-10", "0-2-5"}));
    desk.miss("a");
    desk.read("b", mariadb("b", {2, "0-1-12,0-2-13", "0-1-12"}, "a"));
    EXPECT_EQ(errant_position_of(desk, "b"), "0-2-13") << "11 and 12 came from the source before it died";
}

TEST(MariadbErrant, writes_of_a_ring_and_of_other_sources_are_not_errant) {
    Desk desk;
    for (int i = 0; i < 3; ++i) {
        desk.read("a", mariadb("a", {1, "1-1-10,2-2-4", "2-2-4"}, "b"));
        desk.read("b", mariadb("b", {2, "1-1-9,2-2-5", "1-1-9"}, "a"));
        desk.now += Seconds(2);
    }
    EXPECT_EQ(errant_position_of(desk, "a") + errant_position_of(desk, "b"), "");

    auto both = mariadb("m", {5, "0-1-10,7-7-70,0-5-11", "0-1-10,7-7-70"}, "x");
    both.channels.push_back(testing::replica("m", "y").channels[0]);
    both.channels[1].name = "y";
    for (int i = 0; i < 3; ++i) {
        desk.read("m", both);
        desk.read("x", mariadb("x", {1, "0-1-10"}));
        desk.read("y", mariadb("y", {7, "7-7-70"}));
    }
    EXPECT_EQ(errant_position_of(desk, "m"), "0-5-11");
}

TEST(MariadbErrant, nothing_is_said_across_flavours_or_below_a_source_without_a_binary_log) {
    Desk desk;
    auto source = mariadb("a", {1, ""});
    source.log_bin = false;
    desk.read("b", mariadb("b", {2, "0-2-1"}, "a"));
    desk.read("a", source);
    EXPECT_EQ(errant_position_of(desk, "b"), "");
    desk.read("b", mariadb("b", {2, "0-2-1"}, "m"));
    desk.read("m", testing::with_executed(testing::primary("m"), "uuid-of-m:1-10"));
    EXPECT_EQ(errant_position_of(desk, "b"), "");
}

/// Servers with true logs: they write, replicate, take over from each other and are restored from backups.
class Model {
public:
    struct Node {
        std::string name;
        std::uint32_t id = 0;
        int above = -1;
        std::vector<gtid::MariadbGtid> had;  ///< in order, whether it is in the log or came with a backup
        std::size_t log_begins = 0;          ///< in `had`
        std::size_t read_to = 0;             ///< in `had` of the one above
        std::uint64_t replicated = 0;        ///< its last replicated number, and who wrote it
        std::uint32_t replicated_of = 0;
    };

    explicit Model(std::uint64_t seed) : rng(seed) {
        for (int i = 0; i < 9; ++i) {
            Node node;
            node.name = "n" + std::to_string(i);
            node.id = static_cast<std::uint32_t>(i + 1);
            node.above = i == 0 ? -1 : (i < 4 ? 0 : 1 + i % 3);
            nodes.push_back(std::move(node));
        }
    }
    Node& at(int i) { return nodes[static_cast<std::size_t>(i)]; }
    void write(Node& node) {
        std::uint64_t last = node.replicated;
        for (std::size_t i = node.log_begins; i < node.had.size(); ++i) {
            last = std::max(last, node.had[i].sequence);
        }
        node.had.push_back({0, node.id, last + 1});
    }
    void pull(Node& node, std::uint64_t count) {
        const Node& above = at(node.above);
        for (; count > 0 && node.read_to < above.had.size(); --count, ++node.read_to) {
            node.had.push_back(above.had[node.read_to]);
            node.replicated = above.had[node.read_to].sequence;
            node.replicated_of = above.had[node.read_to].server;
        }
    }
    bool is_leaf(const Node& node) const {
        const int self = static_cast<int>(&node - nodes.data());
        return node.above >= 0 &&
               std::none_of(nodes.begin(), nodes.end(), [&](const Node& other) { return other.above == self; });
    }
    /// Everybody does a little.
    void work() {
        for (auto& node : nodes) {
            if (node.above < 0) {
                for (auto n = rng.below(5); n > 0; --n) {
                    write(node);
                }
            } else {
                pull(node, rng.below(7));
            }
        }
    }
    void settle() {
        for (int round = 0; round < 4; ++round) {
            for (auto& node : nodes) {
                if (node.above >= 0) {
                    pull(node, ~0ULL);
                }
            }
        }
    }
    void follow(Node& node, int source) {
        node.above = source;
        node.read_to = at(source).had.size();  // both have the same, in whatever order
    }
    /// A replica takes over; all are even when it happens, as a switchover makes them.
    void take_over() {
        settle();
        int old = 0;
        while (at(old).above >= 0) {
            ++old;
        }
        const int next = static_cast<int>((static_cast<std::uint64_t>(old) + 1 + rng.below(nodes.size() - 1)) % 9);
        for (int i = 0; i < 9; ++i) {
            if (i != next && (at(i).above == old || i == old || at(i).above < 0)) {
                follow(at(i), next);
            }
        }
        at(next).above = -1;
    }
    /// A new server in place of the node, with all that the one above has, and an empty log.
    void restore(Node& node) {
        const Node& above = at(node.above);
        node.had = above.had;
        node.log_begins = node.had.size();
        node.read_to = above.had.size();
        if (!node.had.empty()) {
            node.replicated = node.had.back().sequence;
            node.replicated_of = node.had.back().server;
        }
    }
    model::Facts facts(const Node& node) {
        std::vector<gtid::MariadbGtid> state;  // the most recent writer last
        for (std::size_t i = node.log_begins; i < node.had.size(); ++i) {
            std::erase_if(state, [&](const auto& gtid) { return gtid.server == node.had[i].server; });
            state.push_back(node.had[i]);
        }
        std::string text;
        for (const auto& gtid : state) {
            text += (text.empty() ? "" : ",") + gtid.text();
        }
        const std::string replicated =
            node.replicated == 0 ? "" : gtid::MariadbGtid{0, node.replicated_of, node.replicated}.text();
        return mariadb(node.name, {node.id, text, replicated}, node.above < 0 ? "" : at(node.above).name);
    }

    runtime::SeededRng rng;
    std::vector<Node> nodes;
};

void poll(Desk& desk, Model& model) {
    std::vector<int> order = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[static_cast<std::size_t>(model.rng.below(i))]);
    }
    for (const int i : order) {
        model.work();
        desk.read(model.at(i).name, model.facts(model.at(i)));
    }
}

TEST(MariadbErrant, never_is_what_a_loaded_tree_with_takeovers_and_restored_servers_has_and_a_true_one_soon_is) {
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Model model(seed);
        Desk desk;
        for (int i = 0; i < 60; ++i) {
            if (model.rng.below(8) == 0) {
                model.take_over();
            }
            auto& some = model.at(static_cast<int>(model.rng.below(9)));
            if (model.is_leaf(some) && model.rng.below(6) == 0) {
                model.restore(some);
            }
            poll(desk, model);
            for (const auto& node : model.nodes) {
                ASSERT_EQ(errant_position_of(desk, node.name), "") << node.name << " in poll " << i;
            }
        }
        const auto leaf =
            std::find_if(model.nodes.begin(), model.nodes.end(), [&](const auto& node) { return model.is_leaf(node); });
        ASSERT_NE(leaf, model.nodes.end());
        model.write(*leaf);
        const std::string written = leaf->had.back().text();
        poll(desk, model);
        poll(desk, model);
        for (const auto& node : model.nodes) {
            EXPECT_EQ(errant_position_of(desk, node.name), node.name == leaf->name ? written : "") << node.name;
        }
    }
}

}  // namespace
}  // namespace orc::discovery
