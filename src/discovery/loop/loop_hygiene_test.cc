// What happens once a minute to servers that do not answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discovery/testing/bench.h"
#include "discovery/testing/desk.h"

namespace orc::discovery {
namespace {

using testing::Bench;
using testing::Desk;
using ::testing::ElementsAre;
using testing::ep;
using ::testing::IsEmpty;
using testing::Mood;
using testing::primary;
using testing::replica;

/// Audited types of `kinds` with their servers and messages, as they are committed.
std::shared_ptr<std::vector<std::string>> audits_of(Bench& bench, std::vector<std::string> kinds) {
    auto out = std::make_shared<std::vector<std::string>>();
    bench.ledger.on_change([out, kinds](const std::vector<model::Change>& changes) {
        for (const auto& change : changes) {
            const auto* audit = std::get_if<model::AppendAudit>(&change);
            if (audit != nullptr && std::find(kinds.begin(), kinds.end(), audit->record.type) != kinds.end()) {
                const auto& entry = audit->record;
                const std::string who = entry.endpoint ? " " + entry.endpoint->text() : "";
                out->push_back(entry.type + who + ": " + entry.message);
            }
        }
    });
    return out;
}

TEST(Hygiene, a_silent_server_that_came_into_another_cluster_is_audited) {
    Bench bench;
    bench.settings.discovery_seeds = {"a", "x"};
    bench.add("a", primary("a"));
    bench.add("b", replica("b", "a"));
    bench.add("c", replica("c", "b"));
    bench.add("x", primary("x"));
    bench.registers("a", {"b"});
    bench.registers("b", {"c"});
    const auto audits = audits_of(bench, {"update-cluster-name", "review-unseen-instances"});
    bench.start();
    bench.clock.run_for(Seconds(1));
    bench.fake("c").mood = Mood::refusing;
    bench.clock.run_for(Seconds(130));
    EXPECT_THAT(*audits, IsEmpty()) << "it is silent, and belongs where it did";
    bench.fake("b").facts.channels = replica("b", "x").channels;
    bench.clock.run_for(Seconds(130));
    EXPECT_EQ(bench.cluster("c"), "x:3306: b/1 c/2 x/0");
    EXPECT_THAT(
        *audits, ElementsAre("update-cluster-name c:3306: set to x:3306", "review-unseen-instances: operations: 1")
    );
}

TEST(Hygiene, what_a_silent_server_said_is_read_again_by_todays_names) {
    Desk desk;
    desk.read("a", primary("a"));
    desk.read("x", primary("x"));
    desk.names[ep("vip")] = ep("a");
    desk.read("b", replica("b", "vip"));
    desk.miss("b");
    EXPECT_EQ(desk.cluster_of("b"), "a:3306: a/0 b/1");
    EXPECT_TRUE(desk.table.review(ep("b"), desk.look()).empty()) << "nothing is new";
    // The table has the resolved name: what the replica wrote is resolved with each reading of it.
    desk.names[ep("a")] = ep("x");
    desk.table.review(ep("b"), desk.look());
    EXPECT_EQ(desk.cluster_of("b"), "x:3306: b/1 x/0");
    EXPECT_TRUE(desk.table.review(ep("nobody"), desk.look()).empty());
}

TEST(Hygiene, an_unknown_source_is_the_server_that_its_name_once_led_to) {
    struct Case {
        std::string_view name;
        std::string led_to;
        bool is_found;
        bool is_history = false;  ///< the name has led elsewhere since
    };
    const Case cases[] = {
        {"to the source", "a", true},
        {"to the source, and later to nobody", "a", true, true},
        {"to another server", "other", false},
        {"to nobody known", "gone", false},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        Bench bench;
        bench.settings.discovery_seeds = {"b", "a", "other"};
        bench.add("a", primary("a"));
        bench.add("other", primary("other"));
        auto below = replica("b", "vip");
        below.channels[0].source_uuid = "uuid-of-a";
        bench.add("b", below);
        const WallTime long_ago = bench.clock.wall() - std::chrono::hours(100);
        const store::ResolvedName name{"vip", std::string(c.led_to), long_ago};
        if (c.is_history) {
            bench.disk->former_names[name.resolved] = name;
            bench.disk->resolved_names["vip"] = store::ResolvedName{"vip", "gone", long_ago + Seconds(1)};
        } else {
            bench.disk->resolved_names["vip"] = name;
        }
        const auto audits = audits_of(bench, {"resolve-unknown-masters"});
        bench.start();
        bench.clock.run_for(Seconds(10));
        EXPECT_EQ(bench.cluster("b"), "vip:3306: b/1 vip/0");
        bench.clock.run_for(Seconds(61));
        EXPECT_EQ(bench.cluster("b"), c.is_found ? "a:3306: a/0 b/1" : "vip:3306: b/1 vip/0");
        EXPECT_EQ(audits->size(), c.is_found ? 1U : 0U);
        EXPECT_EQ(bench.loop->known_as(ep("vip")), c.is_found ? ep("a") : ep("vip"));
    }
}

}  // namespace
}  // namespace orc::discovery
