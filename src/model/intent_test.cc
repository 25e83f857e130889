#include "model/intent.h"

#include <gmock/gmock.h>

namespace orc::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

const Endpoint db1{"db1", 3306};
const Endpoint db2{"db2", 3306};

WallTime second(int n) { return WallTime(Seconds(n)); }

template <typename... Changes>
Intent after(Changes... changes) {
    Intent out;
    (out.apply(changes), ...);
    return out;
}

Downtime downtime(Endpoint endpoint, WallTime end) { return {std::move(endpoint), second(0), end, "owner", "reason"}; }

Detection detection(std::int64_t id, Endpoint endpoint, bool is_actionable = true) {
    Detection out;
    out.id = id;
    out.endpoint = std::move(endpoint);
    out.is_actionable = is_actionable;
    return out;
}

RecoveryRecord recovery(std::string uid, Endpoint failed, std::int64_t id = 1) {
    RecoveryRecord out;
    out.id = id;
    out.uid = RecoveryUid(std::move(uid));
    out.failed = std::move(failed);
    out.start = second(int(id));
    return out;
}

TEST(Downtimes, are_replaced_and_ended) {
    const Intent put = after(PutDowntime{downtime(db1, second(10))}, PutDowntime{downtime(db1, second(20))});
    ASSERT_THAT(put.downtimes, SizeIs(1));
    EXPECT_EQ(put.downtimes.at(db1).end, second(20));
    EXPECT_THAT(after(PutDowntime{downtime(db1, second(10))}, EndDowntime{db1}).downtimes, IsEmpty());
    EXPECT_THAT(after(EndDowntime{db1}).downtimes, IsEmpty());
}

TEST(Downtimes, are_in_force_until_their_end) {
    const Intent intent = after(PutDowntime{downtime(db1, second(10))});
    ASSERT_NE(intent.downtime_of(db1, second(9)), nullptr);
    EXPECT_EQ(intent.downtime_of(db1, second(9))->owner, "owner");
    EXPECT_EQ(intent.downtime_of(db1, second(10)), nullptr);
    EXPECT_EQ(intent.downtime_of(db2, second(9)), nullptr);
}

TEST(Maintenance, begins_and_ends) {
    const Maintenance record{db1, second(0), second(10), "owner", "reason", "node", NodeToken("token")};
    EXPECT_THAT(after(PutMaintenance{record}).maintenance, ElementsAre(Pair(db1, record)));
    EXPECT_THAT(after(PutMaintenance{record}, EndMaintenance{db1, second(5)}).maintenance, IsEmpty());
}

TEST(Candidates, give_a_server_its_rule) {
    const Intent intent = after(PutCandidate{{db1, PromotionRule::must_not, second(0)}});
    EXPECT_EQ(intent.rule_of(db1), PromotionRule::must_not);
    EXPECT_EQ(intent.rule_of(db2), PromotionRule::neutral);
    Intent dropped = intent;
    dropped.apply(DropCandidate{db1});
    EXPECT_EQ(dropped.rule_of(db1), PromotionRule::neutral);
}

TEST(Detections, stay_until_they_end_and_their_ids_only_grow) {
    Detection ended = detection(7, db1);
    ended.ended = second(5);
    const Intent intent = after(PutDetection{detection(7, db1)}, PutDetection{detection(3, db2)});
    EXPECT_THAT(intent.detections, SizeIs(2));
    EXPECT_EQ(intent.last_detection_id, 7);
    const Intent later = after(PutDetection{detection(7, db1)}, PutDetection{ended});
    EXPECT_THAT(later.detections, IsEmpty());
    EXPECT_EQ(later.last_detection_id, 7);
}

TEST(Detections, are_one_for_each_server_and_kind) {
    const Intent intent = after(
        PutDetection{detection(1, db1, true)},
        PutDetection{detection(2, db1, false)},
        PutDetection{detection(3, db1, true)},
        PutDetection{detection(4, db2, true)}
    );
    std::vector<std::int64_t> ids;
    for (const auto& [id, record] : intent.detections) {
        ids.push_back(id);
    }
    EXPECT_THAT(ids, ElementsAre(2, 3, 4));
}

TEST(Recoveries, leave_when_they_are_resolved_and_no_longer_block) {
    const RecoveryRecord running = recovery("a", db1, 4);
    RecoveryRecord resolved = running;
    resolved.ended = second(5);
    RecoveryRecord unblocking = running;
    unblocking.active_period_end = second(6);
    RecoveryRecord over = resolved;
    over.active_period_end = second(6);
    EXPECT_THAT(after(PutRecovery{running}).recoveries, SizeIs(1));
    EXPECT_THAT(after(PutRecovery{running}, PutRecovery{resolved}).recoveries, SizeIs(1)) << "still blocks";
    EXPECT_THAT(after(PutRecovery{running}, PutRecovery{unblocking}).recoveries, SizeIs(1)) << "not resolved";
    const Intent intent = after(PutRecovery{running}, PutRecovery{over});
    EXPECT_THAT(intent.recoveries, IsEmpty());
    EXPECT_EQ(intent.last_recovery_id, 4);
}

TEST(Recoveries, of_one_server_block_by_the_newest_only) {
    RecoveryRecord first = recovery("a", db1, 1);
    RecoveryRecord resolved = recovery("b", db1, 2);
    resolved.ended = second(2);
    const RecoveryRecord newest = recovery("c", db1, 3);
    const Intent intent =
        after(PutRecovery{recovery("other", db2, 1)}, PutRecovery{first}, PutRecovery{resolved}, PutRecovery{newest});
    ASSERT_THAT(intent.recoveries, SizeIs(3)) << "the resolved one neither blocks nor runs any more";
    EXPECT_EQ(intent.recoveries.at(RecoveryUid("a")).active_period_end, second(2));
    EXPECT_EQ(intent.recoveries.at(RecoveryUid("c")).active_period_end, std::nullopt);
    EXPECT_EQ(intent.recoveries.at(RecoveryUid("other")).active_period_end, std::nullopt);
}

TEST(RecoveryProgresses, are_kept_until_dropped) {
    const RecoveryProgress record{RecoveryUid("a"), RecoveryPhase::promoting, "{}", second(1)};
    EXPECT_THAT(after(PutRecoveryProgress{record}).progress, ElementsAre(Pair(RecoveryUid("a"), record)));
    EXPECT_THAT(after(PutRecoveryProgress{record}, DropRecoveryProgress{RecoveryUid("a")}).progress, IsEmpty());
}

TEST(Leases, keep_their_term_when_they_are_dropped) {
    const ClusterName shop("shop");
    const ClusterLease lease{shop, 9, "recovery", NodeToken("me"), second(30)};
    const Intent intent = after(PutLease{lease}, DropLease{shop});
    ASSERT_TRUE(intent.leases.contains(shop));
    EXPECT_EQ(intent.leases.at(shop).term, 9U);
    EXPECT_TRUE(intent.leases.at(shop).holder.empty());
    EXPECT_THAT(intent.leases.at(shop).purpose, IsEmpty());
    EXPECT_THAT(after(DropLease{shop}).leases, IsEmpty());
}

TEST(PrimaryTerms, are_kept_by_member) {
    const PrimaryTerm first{db1, 1, db1, "", second(1)};
    const PrimaryTerm second_term{db1, 2, db2, "", second(2)};
    EXPECT_THAT(
        after(PutPrimaryTerm{first}, PutPrimaryTerm{second_term}).primary_terms, ElementsAre(Pair(db1, second_term))
    );
}

TEST(Switches, and_names_keep_the_last_word) {
    EXPECT_TRUE(after(SetRecoveriesDisabled{true}).recoveries_disabled);
    EXPECT_FALSE(after(SetRecoveriesDisabled{true}, SetRecoveriesDisabled{false}).recoveries_disabled);

    const ClusterName a("a");
    const ClusterName b("b");
    const Intent moved = after(PutClusterAlias{a, "shop"}, PutClusterAlias{b, "shop"});
    EXPECT_THAT(moved.aliases, ElementsAre(Pair(b, "shop"))) << "an alias belongs to one cluster";
    EXPECT_THAT(after(PutAliasOverride{a, "x"}, PutAliasOverride{a, "y"}).alias_overrides, ElementsAre(Pair(a, "y")));
    EXPECT_THAT(after(PutAliasOverride{a, "x"}, DropAliasOverride{a}).alias_overrides, IsEmpty());

    const Intent attributes = after(
        PutAttribute{"db1", "rack", "7", second(0)},
        PutAttribute{"db1", "rack", "8", second(1)},
        PutAttribute{"db2", "rack", "7", second(1)}
    );
    EXPECT_THAT(
        attributes.attributes,
        ElementsAre(
            Pair(std::pair<std::string, std::string>("db1", "rack"), "8"),
            Pair(std::pair<std::string, std::string>("db2", "rack"), "7")
        )
    );
    EXPECT_THAT(
        after(PutKeyValue{"k", "1", second(0)}, PutKeyValue{"k", "2", second(1)}).key_values,
        ElementsAre(Pair("k", "2"))
    );
}

TEST(History, changes_nothing_that_decisions_need) {
    const Intent intent = after(AppendRecoveryStep{}, AppendAudit{});
    EXPECT_THAT(intent.recoveries, IsEmpty());
    EXPECT_THAT(intent.progress, IsEmpty());
    EXPECT_EQ(intent.last_recovery_id, 0);
    EXPECT_EQ(intent.last_detection_id, 0);
}

TEST(Labels, are_put_and_dropped_one_by_one) {
    const Intent tagged = after(PutTag{{db1, "a", "1", second(0)}}, PutTag{{db1, "a", "2", second(1)}});
    EXPECT_EQ(tagged.tags.at(db1).at("a").value, "2");
    EXPECT_THAT(after(PutTag{{db1, "a", "", second(0)}}, DropTag{db1, "a"}).tags, IsEmpty());
    EXPECT_THAT(after(PutTag{{db1, "a", "", second(0)}}, DropTag{db1, "b"}, DropTag{db2, "a"}).tags, SizeIs(1));
    const Intent pooled = after(PutPool{{"web", {db1}, second(0)}}, PutPool{{"web", {db2}, second(1)}});
    EXPECT_THAT(pooled.pools.at("web").members, ElementsAre(db2));
    EXPECT_THAT(after(PutPool{{"web", {db1}, second(0)}}, PutPool{{"web", {}, second(1)}}).pools, IsEmpty());
    const Intent named = after(PutUnresolve{{"db1", "vip", second(0)}});
    EXPECT_EQ(named.unresolved("db1"), "vip");
    EXPECT_EQ(named.unresolved("db2"), "db2");
    EXPECT_THAT(after(PutUnresolve{{"db1", "vip", second(0)}}, DropUnresolve{"db1"}).unresolves, IsEmpty());
}

TEST(Maintenance, numbers_only_grow) {
    Maintenance late;
    late.endpoint = db1;
    late.id = 7;
    Maintenance early = late;
    early.id = 3;
    EXPECT_EQ(
        after(PutMaintenance{late}, PutMaintenance{early}, EndMaintenance{db1, second(1)}).last_maintenance_id, 7
    );
}

TEST(Names, of_rules_and_phases_are_read_back) {
    for (const auto rule :
         {PromotionRule::must,
          PromotionRule::prefer,
          PromotionRule::neutral,
          PromotionRule::prefer_not,
          PromotionRule::must_not}) {
        EXPECT_EQ(parse_promotion_rule(name(rule)).value(), rule);
    }
    for (const auto phase :
         {RecoveryPhase::preparing,
          RecoveryPhase::positions_known,
          RecoveryPhase::promoting,
          RecoveryPhase::promoted,
          RecoveryPhase::undoing}) {
        EXPECT_EQ(parse_recovery_phase(name(phase)).value(), phase);
    }
    EXPECT_THAT(parse_promotion_rule("maybe").error().message, HasSubstr("'maybe'"));
    EXPECT_THAT(parse_recovery_phase("").error().message, HasSubstr("positions_known"));
}

}  // namespace
}  // namespace orc::model
