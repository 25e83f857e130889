#include "model/expiry.h"

#include <gtest/gtest.h>

namespace orc::model {
namespace {

const Endpoint db_a{"db1", 3306};
const Endpoint db_b{"db2", 3306};
const Endpoint db_c{"db3", 3306};
const WallTime noon{Seconds(1'700'000'000)};
const WallTime ago = noon - Seconds(100);

TEST(Expiry, ends_what_is_over_and_nothing_else) {
    Intent intent;
    for (const auto& [endpoint, end] : {std::pair(db_a, noon), std::pair(db_b, noon + Seconds(1))}) {
        intent.apply(PutDowntime{{endpoint, ago, end, "ann", "x"}});
        intent.apply(PutMaintenance{{endpoint, ago, end, "ann", "x", "", NodeToken(), 0, true}});
    }
    // A lock goes with its process, a person's does not.
    intent.apply(PutMaintenance{{db_c, ago, noon + Seconds(1), "o", "move", "h", NodeToken("dead"), 0, false}});
    intent.apply(PutCandidate{{db_a, PromotionRule::must, ago}});
    intent.apply(PutCandidate{{db_b, PromotionRule::must, noon}});
    intent.apply(PutPool{{"old", {db_a}, ago}});
    intent.apply(PutPool{{"new", {db_a}, noon}});
    intent.apply(PutUnresolve{{"old", "vip", ago}});
    intent.apply(PutUnresolve{{"new", "vip", noon}});
    intent.apply(PutAccessToken{{"once", "s", ago, "ann", false, false, std::nullopt}});
    intent.apply(PutAccessToken{{"often", "s", ago, "ann", false, true, std::nullopt}});
    intent.apply(PutBlockedRecovery{{db_a, "DeadMaster", ClusterName("c"), ago, std::nullopt}});
    intent.apply(PutTag{{db_a, "a", "", ago}});
    const Lifetimes lifetimes{Seconds(60), Seconds(60), Seconds(60), Seconds(60), Seconds(60)};
    for (const auto& change : expired(intent, lifetimes, {NodeToken("alive")}, noon)) {
        intent.apply(change);
    }
    EXPECT_EQ(intent.downtimes.size(), 1U);
    EXPECT_TRUE(intent.downtimes.contains(db_b));
    EXPECT_EQ(intent.maintenance.size(), 1U);
    EXPECT_TRUE(intent.maintenance.contains(db_b));
    EXPECT_EQ(intent.candidates.size(), 1U);
    EXPECT_TRUE(intent.pools.contains("new") && intent.pools.size() == 1);
    EXPECT_TRUE(intent.unresolves.contains("new") && intent.unresolves.size() == 1);
    EXPECT_TRUE(intent.access_tokens.contains("often") && intent.access_tokens.size() == 1);
    EXPECT_TRUE(intent.blocked.empty());
    EXPECT_EQ(intent.tags.size(), 1U);
    EXPECT_TRUE(expired(intent, lifetimes, {NodeToken("alive")}, noon).empty());
}

TEST(Expiry, a_lifetime_of_zero_is_for_ever_and_unknown_processes_keep_their_locks) {
    Intent intent;
    intent.apply(PutCandidate{{db_a, PromotionRule::must, ago}});
    intent.apply(PutMaintenance{{db_c, ago, noon + Seconds(1), "o", "move", "h", NodeToken("t"), 0, false}});
    EXPECT_TRUE(expired(intent, {}, {}, noon).empty());
}

}  // namespace
}  // namespace orc::model
