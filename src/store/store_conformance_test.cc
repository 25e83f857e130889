// What every store promises. Which stores are asked is said elsewhere: media_test.cc here, and tests/integration for
// those on servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "runtime/clock.h"
#include "store/any_store_test.h"

namespace orc::store {

namespace {

using namespace model;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::run;

using testing::noon;
const Endpoint db1{"db1", 3306};
const Endpoint db2{"db2", 3307};

RecoveryRecord recovery(std::int64_t id, const Endpoint& failed) {
    RecoveryRecord out;
    out.id = id;
    out.uid = RecoveryUid("uid-" + std::to_string(id));
    out.failed = failed;
    out.code = "DeadPrimary";
    out.cluster = ClusterName("db1:3306");
    out.cluster_alias = "shop";
    out.replicas = {db2, Endpoint{"2001:db8::7", 3306}};
    out.start = noon + Seconds(id);
    out.errors = {"first", "second"};
    out.last_detection_id = 7;
    out.node_host = "orc1";
    out.node_token = NodeToken("token");
    return out;
}

Detection detection(std::int64_t id, const Endpoint& endpoint, bool is_actionable = true) {
    Detection out;
    out.id = id;
    out.endpoint = endpoint;
    out.code = "DeadPrimary";
    out.cluster = ClusterName("db1:3306");
    out.is_actionable = is_actionable;
    out.replicas = {db2};
    out.start = noon;
    return out;
}

std::vector<std::int64_t> ids(const std::vector<RecoveryRecord>& records) {
    std::vector<std::int64_t> out;
    for (const auto& record : records) {
        out.push_back(record.id);
    }
    return out;
}

ServerPtr server(const Endpoint& endpoint, const Endpoint& source, const std::string& cluster) {
    auto facts = std::make_shared<Facts>();
    facts->version = Version::parse("8.0.36", "");
    if (source.is_valid()) {
        Channel channel;
        channel.source = source;
        facts->channels.push_back(channel);
    }
    auto out = std::make_shared<Server>();
    out->endpoint = endpoint;
    out->facts = std::move(facts);
    out->check.seen = Instant{Seconds(1)};
    out->check.seen_wall = noon;
    out->cluster = ClusterName(cluster);
    return out;
}

TEST_P(AnyStore, a_fresh_one_knows_nothing) {
    const Intent intent = reopen();
    EXPECT_THAT(intent.downtimes, IsEmpty());
    EXPECT_THAT(intent.recoveries, IsEmpty());
    EXPECT_FALSE(intent.recoveries_disabled);
    EXPECT_EQ(intent.last_recovery_id, 0);
    EXPECT_THAT(ask(store_->known_servers()), IsEmpty());
}

TEST_P(AnyStore, every_kind_of_record_comes_back_as_it_was) {
    const Downtime downtime{db1, noon, noon + hours(1), "ann", "maint'enance \"x\" ü"};
    const Maintenance lock{db2, noon, noon + hours(2), "bob", "move", "orc1", NodeToken("t1"), 12, true};
    const Candidate candidate{db2, PromotionRule::prefer_not, noon};
    const RecoveryProgress progress{RecoveryUid("uid-3"), RecoveryPhase::promoting, "{\"steps\":[]}", noon + Millis(5)};
    const ClusterLease lease{ClusterName("db1:3306"), 42, "uid-3", NodeToken("t1"), noon + Millis(1234)};
    const PrimaryTerm term{db2, 9, db1, "u:1-5", noon + Millis(1)};
    const Tag tag{db2, "role", "", noon};
    const Tag other_tag{db2, "owner", "ü=1", noon + Seconds(1)};
    const Pool pool{"web", {db1, db2}, noon};
    const AccessToken token{"pub", "sec", noon, "ann", false, true, std::nullopt};
    const AccessToken used_token{"pub2", "sec2", noon, "ann", true, false, noon + Seconds(3)};
    const BlockedRecovery blocked{db1, "DeadMaster", ClusterName("db1:3306"), noon, 3};
    const BlockedRecovery blocked_by_none{db2, "DeadMaster", ClusterName("db2:3306"), noon, std::nullopt};
    std::vector<Change> changes = {
        PutTag{tag},
        PutTag{other_tag},
        PutPool{pool},
        PutUnresolve{{"db1", "vip1", noon}},
        PutAccessToken{token},
        PutAccessToken{used_token},
        PutBlockedRecovery{blocked},
        PutBlockedRecovery{blocked_by_none},
        PutDowntime{downtime},
        PutMaintenance{lock},
        PutCandidate{candidate},
        PutDetection{detection(7, db1)},
        PutRecovery{recovery(3, db1)},
        PutRecoveryProgress{progress},
        PutLease{lease},
        PutPrimaryTerm{term},
        SetRecoveriesDisabled{true},
        PutClusterAlias{ClusterName("db1:3306"), "shop"},
        PutAliasOverride{ClusterName("db9:3306"), "other"},
        PutAttribute{"*", "shop.example", "db1:3306", noon},
        PutKeyValue{"mysql/primary/shop", "db1:3306", noon},
    };
    Intent expected;
    for (const auto& change : changes) {
        expected.apply(change);
    }
    apply(std::move(changes));
    const Intent found = reopen();
    EXPECT_EQ(found.downtimes, expected.downtimes);
    EXPECT_EQ(found.maintenance, expected.maintenance);
    EXPECT_EQ(found.candidates, expected.candidates);
    EXPECT_EQ(found.tags, expected.tags);
    EXPECT_EQ(found.pools, expected.pools);
    EXPECT_EQ(found.unresolves, expected.unresolves);
    EXPECT_EQ(found.unresolved("db1"), "vip1");
    EXPECT_EQ(found.unresolved("db2"), "db2");
    EXPECT_EQ(found.access_tokens, expected.access_tokens);
    EXPECT_EQ(found.blocked, expected.blocked);
    EXPECT_EQ(found.last_maintenance_id, 12);
    EXPECT_EQ(found.detections, expected.detections);
    EXPECT_EQ(found.recoveries, expected.recoveries);
    EXPECT_EQ(found.progress, expected.progress);
    EXPECT_EQ(found.leases, expected.leases);
    EXPECT_EQ(found.primary_terms, expected.primary_terms);
    EXPECT_EQ(found.aliases, expected.aliases);
    EXPECT_EQ(found.alias_overrides, expected.alias_overrides);
    EXPECT_EQ(found.attributes, expected.attributes);
    EXPECT_EQ(found.key_values, expected.key_values);
    EXPECT_TRUE(found.recoveries_disabled);
    EXPECT_EQ(found.last_detection_id, 7);
    EXPECT_EQ(found.last_recovery_id, 3);
}

TEST_P(AnyStore, what_is_taken_away_stays_away) {
    apply(
        {PutDowntime{{db1, noon, noon + hours(1), "ann", "x"}},
         PutMaintenance{{db1, noon, noon + hours(1), "ann", "x", "", NodeToken()}},
         PutCandidate{{db1, PromotionRule::must, noon}},
         PutRecoveryProgress{{RecoveryUid("u"), RecoveryPhase::preparing, "", noon}},
         PutLease{{ClusterName("c"), 5, "p", NodeToken("t"), noon}},
         PutTag{{db1, "a", "1", noon}},
         PutPool{{"web", {db1, db2}, noon}},
         PutPool{{"old", {db1}, noon}},
         PutUnresolve{{"db1", "vip", noon}},
         PutAccessToken{{"pub", "sec", noon, "ann", false, false, std::nullopt}},
         PutBlockedRecovery{{db1, "DeadMaster", ClusterName("c"), noon, 1}},
         PutClusterAlias{ClusterName("c"), "a"},
         SetRecoveriesDisabled{true},
         PutAliasOverride{ClusterName("c"), "a"}}
    );
    apply(
        {EndDowntime{db1},
         EndMaintenance{db1, noon + Seconds(9)},
         DropCandidate{db1},
         DropRecoveryProgress{RecoveryUid("u")},
         DropLease{ClusterName("c")},
         DropTag{db1, "a"},
         DropTag{db1, "never there"},
         PutPool{{"web", {db2}, noon}},
         PutPool{{"old", {}, noon}},
         DropUnresolve{"db1"},
         DropAccessToken{"pub"},
         DropBlockedRecovery{db1},
         DropClusterAlias{ClusterName("c")},
         SetRecoveriesDisabled{false},
         DropAliasOverride{ClusterName("c")}}
    );
    const Intent found = reopen();
    EXPECT_THAT(found.downtimes, IsEmpty());
    EXPECT_THAT(found.maintenance, IsEmpty());
    EXPECT_THAT(found.candidates, IsEmpty());
    EXPECT_THAT(found.progress, IsEmpty());
    EXPECT_FALSE(found.recoveries_disabled);
    EXPECT_THAT(found.alias_overrides, IsEmpty());
    EXPECT_THAT(found.tags, IsEmpty());
    ASSERT_EQ(found.pools.size(), 1U);
    EXPECT_THAT(found.pools.at("web").members, ElementsAre(db2));
    EXPECT_THAT(found.unresolves, IsEmpty());
    EXPECT_THAT(found.access_tokens, IsEmpty());
    EXPECT_THAT(found.blocked, IsEmpty());
    EXPECT_THAT(found.aliases, IsEmpty());
    const ClusterLease& lease = found.leases.at(ClusterName("c"));
    EXPECT_EQ(lease.term, 5U);
    EXPECT_TRUE(lease.holder.empty());
}

TEST_P(AnyStore, maintenance_can_begin_again_and_again) {
    for (int i = 0; i < 3; ++i) {
        apply({PutMaintenance{{db1, noon, noon + hours(1), "ann", "x", "", NodeToken()}}});
        apply({PutMaintenance{{db1, noon, noon + hours(2), "ann", "renewed", "", NodeToken()}}});
        EXPECT_EQ(reopen().maintenance.at(db1).reason, "renewed");
        apply({EndMaintenance{db1, noon + Seconds(i)}});
    }
    EXPECT_THAT(reopen().maintenance, IsEmpty());
}

TEST_P(AnyStore, maintenance_is_numbered_and_a_number_is_never_shared) {
    apply({PutMaintenance{{db1, noon, noon + hours(1), "ann", "x", "", NodeToken()}}});
    const Intent first = reopen();
    EXPECT_GT(first.maintenance.at(db1).id, 0);
    EXPECT_EQ(first.last_maintenance_id, first.maintenance.at(db1).id);
    Maintenance other{db2, noon, noon + hours(1), "bob", "y", "", NodeToken(), first.last_maintenance_id};
    EXPECT_EQ(run(io_, store_->apply("clash", {PutMaintenance{other}})).error().code, ErrorCode::conflict);
    ++other.id;
    apply({PutMaintenance{other}});
    EXPECT_EQ(reopen().maintenance.size(), 2U);
}

TEST_P(AnyStore, a_taken_access_token_replaces_the_fresh_one) {
    AccessToken token{"pub", "sec", noon, "ann", false, false, std::nullopt};
    apply({PutAccessToken{token}});
    token.is_acquired = true;
    token.acquired = noon + Seconds(5);
    apply({PutAccessToken{token}});
    EXPECT_EQ(reopen().access_tokens.at("pub"), token);
}

TEST_P(AnyStore, snapshots_of_topologies_are_kept_by_their_second) {
    const SnapshotPlace top{db1, std::nullopt, ClusterName("db1:3306"), "8.0.36"};
    const SnapshotPlace below{db2, db1, ClusterName("db1:3306"), "8.0.36"};
    apply({AppendSnapshot{{noon, {top, below}}}, AppendSnapshot{{noon + hours(1), {below}}}});
    apply({AppendSnapshot{{noon, {top}}}});  // the second one of a second is no error
    reopen();
    EXPECT_THAT(ask(store_->snapshot_times()), ElementsAre(noon, noon + hours(1)));
    EXPECT_THAT(ask(store_->snapshot(noon)), ElementsAre(top, below));
    EXPECT_THAT(ask(store_->snapshot(noon + hours(1))), ElementsAre(below));
    EXPECT_THAT(ask(store_->snapshot(noon + hours(2))), IsEmpty());
}

TEST_P(AnyStore, notes_are_kept_in_order) {
    const AnalysisChange dead{db2, "DeadMaster", noon};
    const AnalysisChange well{db2, "NoProblem", noon};
    const AnalysisChange first{db1, "NoProblem", noon + Seconds(2)};
    store_->note(dead);
    store_->note(well);
    store_->note(first);
    store_->note(ResolvedName{"db1.old", "db1", noon});
    store_->note(ResolvedName{"db1.old", "db1.new", noon + Seconds(1)});
    store_->note(ResolvedName{"db1", "db1", noon});
    store_->note(HostAddresses{"db1", "10.0.0.1", "", noon});
    const TlsRequirement strict{db1, true};
    const TlsRequirement lax{db2, false};
    const ClusterDomain domain{ClusterName("db1:3306"), "shop.example", noon};
    store_->note(TlsRequirement{db2, true});
    store_->note(lax);
    store_->note(strict);
    store_->note(domain);
    run(io_, store_->close());
    reopen();
    EXPECT_THAT(ask(store_->analysis_changes()), ElementsAre(first, dead, well));
    const ResolvedName plain{"db1", "db1", noon};
    const ResolvedName newest{"db1.old", "db1.new", noon + Seconds(1)};
    EXPECT_THAT(ask(store_->resolved_names()), ElementsAre(plain, newest));
    const ResolvedName once{"db1.old", "db1", noon};
    EXPECT_THAT(ask(store_->former_names()), ElementsAre(once, newest));
    EXPECT_THAT(ask(store_->tls_requirements()), ElementsAre(strict, lax));
    EXPECT_THAT(ask(store_->cluster_domains()), ElementsAre(domain));
    EXPECT_TRUE(run(io_, store_->forget_resolved_names()));
    EXPECT_THAT(ask(store_->resolved_names()), IsEmpty());
    EXPECT_THAT(ask(store_->former_names()), ElementsAre(once, newest)) << "only the cache is forgotten";
}

TEST_P(AnyStore, steps_and_audit_have_the_numbers_of_their_rows) {
    apply({AppendRecoveryStep{{RecoveryUid("u"), noon, "one"}}, AppendAudit{{noon, "t", db1, "", "m"}}});
    apply({AppendRecoveryStep{{RecoveryUid("u"), noon, "two"}}, AppendAudit{{noon, "t", db1, "", "m"}}});
    const auto steps = ask(store_->recovery_steps(RecoveryUid("u")));
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[0].id, 1);
    EXPECT_EQ(steps[1].id, 2);
    const auto audit = ask(store_->audit(std::nullopt, Page{}));
    ASSERT_EQ(audit.size(), 2U);
    EXPECT_EQ(audit[0].id, 2);
    EXPECT_EQ(audit[1].id, 1);
}

TEST_P(AnyStore, a_repeated_commit_id_is_applied_once) {
    const std::vector<Change> step = {AppendRecoveryStep{{RecoveryUid("u"), noon, "once"}}};
    EXPECT_TRUE(run(io_, store_->apply("same", step)));
    EXPECT_TRUE(run(io_, store_->apply("same", step)));
    reopen();
    EXPECT_TRUE(run(io_, store_->apply("same", step)));
    EXPECT_EQ(ask(store_->recovery_steps(RecoveryUid("u"))).size(), 1U);
}

TEST_P(AnyStore, a_commit_without_an_id_is_refused) {
    const auto done = run(io_, store_->apply("", {}));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::invalid);
}

TEST_P(AnyStore, periods_of_one_server_may_end_within_one_second) {
    for (std::int64_t id = 1; id <= 4; ++id) {
        Detection found = detection(id, db1);
        RecoveryRecord record = recovery(id, db1);
        record.start = noon;
        apply({PutDetection{found}, PutRecovery{record}});
        found.ended = noon + Seconds(5);
        record.active_period_end = noon + Seconds(5);
        record.ended = noon + Seconds(5);
        apply({PutDetection{found}, PutRecovery{record}});
        apply({PutDetection{found}, PutRecovery{record}});
    }
    const Intent intent = reopen();
    EXPECT_THAT(intent.recoveries, IsEmpty());
    EXPECT_THAT(intent.detections, IsEmpty());
    EXPECT_EQ(intent.last_recovery_id, 4);
    EXPECT_EQ(intent.last_detection_id, 4);
    EXPECT_THAT(ids(ask(store_->recoveries({}))), ElementsAre(4, 3, 2, 1));
}

TEST_P(AnyStore, a_new_active_recovery_ends_the_period_of_the_older_one_of_the_same_server) {
    RecoveryRecord first = recovery(1, db1);
    first.ended = noon;
    apply({PutRecovery{first}, PutDetection{detection(1, db1)}});
    apply({PutRecovery{recovery(2, db1)}, PutDetection{detection(2, db1)}, PutDetection{detection(3, db1, false)}});
    const Intent intent = reopen();
    ASSERT_EQ(intent.recoveries.size(), 1U);
    EXPECT_EQ(intent.recoveries.begin()->second.id, 2);
    EXPECT_FALSE(intent.recoveries.begin()->second.active_period_end);
    EXPECT_EQ(intent.detections.size(), 2U);
    EXPECT_EQ(intent.detections.count(1), 0U);
    EXPECT_TRUE(ask(store_->recoveries({})).at(1).active_period_end);
}

TEST_P(AnyStore, recoveries_are_found_by_each_selector_newest_first) {
    RecoveryRecord second = recovery(2, db2);
    second.cluster = ClusterName("db2:3307");
    second.cluster_alias = "";
    second.acknowledged = true;
    second.acknowledged_at = noon + Seconds(3);
    second.acknowledged_by = "ann";
    second.acknowledge_comment = "seen";
    second.successor = db1;
    second.successor_alias = "one";
    second.is_successful = true;
    second.lost = {db2};
    second.participants = {db1, db2};
    second.ended = noon + Seconds(4);
    apply({PutRecovery{recovery(1, db1)}, PutRecovery{second}});
    reopen();
    struct Case {
        const char* name;
        RecoveryQuery query;
        std::vector<std::int64_t> found;
    };
    std::vector<Case> cases(7);
    cases[0] = {"all", {}, {2, 1}};
    cases[1] = {"id", {}, {1}};
    cases[1].query.id = 1;
    cases[2] = {"uid", {}, {2}};
    cases[2].query.uid = RecoveryUid("uid-2");
    cases[3] = {"cluster", {}, {1}};
    cases[3].query.cluster = ClusterName("db1:3306");
    cases[4] = {"alias", {}, {1}};
    cases[4].query.alias = "shop";
    cases[5] = {"unacknowledged", {}, {1}};
    cases[5].query.unacknowledged_only = true;
    cases[6] = {"second page", {}, {1}};
    cases[6].query.page = Page{1, 1};
    for (const auto& c : cases) {
        EXPECT_EQ(ids(ask(store_->recoveries(c.query))), c.found) << c.name;
    }
    EXPECT_EQ(ask(store_->recoveries(cases[2].query)).at(0), second);
}

TEST_P(AnyStore, history_is_paged_newest_first) {
    std::vector<Change> changes;
    for (int i = 0; i < 5; ++i) {
        AuditEntry entry{noon + Seconds(i), "recover", i % 2 == 0 ? std::optional(db1) : std::nullopt, "c", "m"};
        entry.message += std::to_string(i);
        changes.emplace_back(AppendAudit{entry});
    }
    apply(std::move(changes));
    const auto page = ask(store_->audit(std::nullopt, Page{1, 2}));
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0].message, "m2");
    EXPECT_EQ(page[1].message, "m1");
    EXPECT_EQ(page[1].endpoint, std::nullopt);
    EXPECT_THAT(ask(store_->audit(std::nullopt, Page{std::numeric_limits<std::size_t>::max(), 20})), IsEmpty());
    EXPECT_THAT(ask(store_->audit(std::nullopt, Page{std::size_t(1) << 62U, 4})), IsEmpty());
    const auto of_db1 = ask(store_->audit(db1, Page{}));
    ASSERT_EQ(of_db1.size(), 3U);
    EXPECT_EQ(of_db1[0].endpoint, db1);
    apply({PutDetection{detection(1, db1)}, PutDetection{detection(2, db2)}});
    DetectionQuery newest;
    newest.page = Page{0, 1};
    EXPECT_EQ(ask(store_->detections(newest)).at(0).id, 2);
    DetectionQuery by_id;
    by_id.id = 1;
    EXPECT_EQ(ask(store_->detections(by_id)).at(0).id, 1);
    DetectionQuery by_alias;
    by_alias.alias = "nobody";
    EXPECT_THAT(ask(store_->detections(by_alias)), IsEmpty());
}

TEST_P(AnyStore, detections_name_the_newest_recovery_made_for_them) {
    RecoveryRecord first = recovery(3, db1);
    RecoveryRecord second = recovery(4, db1);
    first.last_detection_id = second.last_detection_id = 1;
    apply({PutDetection{detection(1, db1)}, PutDetection{detection(2, db2)}, PutRecovery{first}, PutRecovery{second}});
    const auto found = ask(store_->detections({}));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].related_recovery, 0);
    EXPECT_EQ(found[1].related_recovery, 4);
}

TEST_P(AnyStore, observed_servers_are_known_after_a_restart) {
    store_->write_observed(server(db1, {}, "db1:3306"));
    auto of_two = std::make_shared<Server>(*server(db2, db1, "db1:3306"));
    auto facts = std::make_shared<Facts>(*of_two->facts);
    facts->channels.push_back(facts->channels.front());
    facts->channels.back().name = "second";
    of_two->facts = facts;
    store_->write_observed(of_two);
    store_->write_observed(server({"gone", 1}, db1, "db1:3306"));
    store_->forget_observed({"gone", 1});
    run(io_, store_->close());
    reopen();
    // Started again, not reached: what was known must not be lost.
    auto silent = std::make_shared<Server>();
    silent->endpoint = db2;
    store_->write_observed(silent);
    run(io_, store_->close());
    reopen();
    const auto known = ask(store_->known_servers());
    ASSERT_EQ(known.size(), 2U);
    EXPECT_EQ(known[0].endpoint, db1);
    EXPECT_EQ(known[0].source, std::nullopt);
    EXPECT_EQ(known[1].source, db1);
    EXPECT_EQ(known[1].cluster, ClusterName("db1:3306"));
}

TEST_P(AnyStore, live_processes_are_those_that_registered_lately_whatever_their_clocks_say) {
    const WallTime began = runtime::SystemClock().wall() - Seconds(2);
    NodeRecord one{"orc1", NodeToken("a"), "4", "", "x.db", noon, noon};
    NodeRecord two{"orc2", NodeToken("b"), "4", "topology", "x.db", noon, noon + hours(10)};
    EXPECT_EQ(ask(store_->register_node(one, Seconds(60))).size(), 1U);
    const auto both = ask(store_->register_node(two, Seconds(60)));
    ASSERT_EQ(both.size(), 2U);
    EXPECT_GE(both[0].last_seen, began);
    EXPECT_EQ(both[0].first_seen, noon);
    EXPECT_EQ(both[1].command, "topology");
    EXPECT_THAT(ask(store_->register_node(two, Seconds(-60))), IsEmpty()) << "seen earlier than that";
}

TEST_P(AnyStore, expiry_takes_what_is_old_and_done) {
    RecoveryRecord done = recovery(1, db1);
    done.ended = noon;
    done.active_period_end = noon;
    RecoveryRecord unresolved = recovery(2, db2);
    unresolved.active_period_end = noon;
    Detection over = detection(1, db1);
    over.ended = noon;
    apply(
        {PutRecovery{done},
         PutRecovery{unresolved},
         PutDetection{over},
         PutDetection{detection(2, db2)},
         AppendRecoveryStep{{done.uid, noon, "x"}},
         AppendAudit{{noon, "t", db1, "", "old"}},
         AppendAudit{{noon + hours(30), "t", db1, "", "new"}}}
    );
    store_->write_observed(server(db1, {}, "db1:3306"));
    store_->write_observed(server(db2, db1, "db1:3306"));
    run(io_, store_->close());
    reopen();
    EXPECT_TRUE(run(io_, store_->expire(noon + hours(31), Retention{hours(2), hours(100), hours(1)})));
    EXPECT_THAT(ids(ask(store_->recoveries({}))), ElementsAre(2));
    EXPECT_EQ(ask(store_->detections({})).at(0).id, 2);
    EXPECT_EQ(ask(store_->audit(std::nullopt, {})).size(), 1U);
    EXPECT_THAT(ask(store_->recovery_steps(done.uid)), IsEmpty());
    EXPECT_EQ(ask(store_->known_servers()).size(), 2U);
    EXPECT_TRUE(run(io_, store_->expire(noon + hours(31), Retention{hours(2), hours(3), hours(1)})));
    EXPECT_THAT(ask(store_->known_servers()), IsEmpty());
}

TEST_P(AnyStore, an_alias_belongs_to_the_last_cluster_that_claimed_it) {
    apply({PutClusterAlias{ClusterName("a"), "shop"}, PutClusterAlias{ClusterName("b"), "shop"}});
    const auto aliases = reopen().aliases;
    ASSERT_EQ(aliases.size(), 1U);
    EXPECT_EQ(aliases.at(ClusterName("b")), "shop");
}

NodeRecord node(const std::string& token) {
    NodeRecord out;
    out.host = "host-of-" + token;
    out.token = NodeToken(token);
    out.first_seen = noon;
    out.last_seen = noon;
    return out;
}

TEST_P(AnyStore, one_node_is_active_until_it_lets_go) {
    const auto active = [&](const std::string& token, Seconds patience) {
        return ask(store_->claim_activity(node(token), patience));
    };
    EXPECT_FALSE(ask(store_->active_node())) << "looking is no claim";
    const ActiveNode first = active("a", Seconds(60));
    EXPECT_EQ(ask(store_->active_node())->token.text(), "a");
    EXPECT_EQ(first.token.text(), "a");
    EXPECT_EQ(first.host, "host-of-a");
    EXPECT_EQ(active("b", Seconds(60)).token.text(), "a");
    const ActiveNode again = active("a", Seconds(60));
    EXPECT_EQ(again.token.text(), "a");
    EXPECT_EQ(again.first_seen, first.first_seen) << "it was active all the time";
    EXPECT_EQ(active("b", Seconds(0)).token.text(), "b") << "no patience takes it";
    EXPECT_TRUE(run(io_, store_->release_activity(NodeToken("a"))));
    EXPECT_EQ(active("a", Seconds(60)).token.text(), "b") << "who is not active has nothing to let go";
    EXPECT_TRUE(run(io_, store_->release_activity(NodeToken("b"))));
    EXPECT_FALSE(ask(store_->active_node()));
    EXPECT_EQ(active("a", Seconds(60)).token.text(), "a");
}

TEST_P(AnyStore, intent_is_read_anew_only_when_something_was_committed) {
    const IntentSince first = ask(store_->intent_since(""));
    ASSERT_TRUE(first.intent);
    EXPECT_FALSE(ask(store_->intent_since(first.mark)).intent);
    apply({PutKeyValue{"k", "v", noon}});
    const IntentSince second = ask(store_->intent_since(first.mark));
    ASSERT_TRUE(second.intent);
    EXPECT_EQ(second.intent->key_values.at("k"), "v");
    EXPECT_NE(second.mark, first.mark);
    EXPECT_TRUE(ask(store_->intent_since("")).intent) << "asked without a mark";
}

TEST_P(AnyStore, a_node_that_stands_by_writes_no_observations) {
    const auto seen = [](const std::string& host) {
        auto out = std::make_shared<Server>();
        out->endpoint = {host, 3306};
        return out;
    };
    store_->keep_observations(false);
    store_->write_observed(seen("db1"));
    store_->note(ResolvedName{"db1", "db1.example", noon});
    store_->keep_observations(true);
    store_->write_observed(seen("db2"));
    run(io_, store_->close());
    reopen();
    std::vector<std::string> hosts;
    for (const auto& known : ask(store_->known_servers())) {
        hosts.push_back(known.endpoint.host);
    }
    EXPECT_THAT(hosts, ElementsAre("db2"));
    EXPECT_THAT(ask(store_->resolved_names()), IsEmpty());
}

}  // namespace
}  // namespace orc::store
