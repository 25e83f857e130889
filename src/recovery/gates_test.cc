#include "recovery/gates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace orc::recovery {
namespace {

using analysis::Handling;
using testing::HasSubstr;

struct Situation {
    analysis::Finding finding;
    model::Intent intent;
    config::Settings settings;
    GateFacts facts;

    Situation() {
        finding.subject = Endpoint{"db1", 3306};
        finding.cluster = ClusterName("db1:3306");
        finding.cluster_alias = "shop";
        finding.handling = Handling::recover_dead_primary;
        finding.automated_primary_recovery = true;
        facts.now = WallTime{Millis{1'000'000'000}};
    }
    model::RecoveryRecord& recovery(const char* code, Seconds ago) {
        model::RecoveryRecord record;
        record.uid = RecoveryUid("u" + std::to_string(intent.recoveries.size()));
        record.failed = Endpoint{"db9", 3306};
        record.code = code;
        record.cluster = finding.cluster;
        record.start = facts.now - ago;
        record.ended = record.start + Seconds(1);
        return intent.recoveries[record.uid] = record;
    }
};

TEST(Gates, name_each_rule_that_blocks) {
    struct Case {
        const char* name;
        std::function<void(Situation&)> arrange;
        const char* rule;  ///< "" free to go
    };
    const Case cases[] = {
        {"nothing", [](Situation&) {}, ""},
        {"noop", [](Situation& s) { s.facts.is_noop = true; }, "--noop"},
        {"follower", [](Situation& s) { s.facts.is_leader = false; }, "another node leads"},
        {"disabled", [](Situation& s) { s.intent.recoveries_disabled = true; }, "disabled everywhere"},
        {"filters", [](Situation& s) { s.finding.automated_primary_recovery = false; }, "no configured filter"},
        {"intermediate filters",
         [](Situation& s) { s.finding.handling = Handling::recover_dead_intermediate; },
         "no configured filter"},
        {"downtime",
         [](Situation& s) { s.finding.is_downtimed = s.finding.is_skippable_by_downtime = true; },
         "in downtime"},
        {"recent recovery", [](Situation& s) { s.recovery("DeadMaster", Seconds(100)); }, "was recovered at"},
        {"old recovery", [](Situation& s) { s.recovery("DeadMaster", Seconds(3601)); }, ""},
        {"acknowledged recovery", [](Situation& s) { s.recovery("DeadMaster", Seconds(100)).acknowledged = true; }, ""},
        {"old recovery under way",
         [](Situation& s) { s.recovery("DeadMaster", Seconds(9000)).ended.reset(); },
         "is being recovered"},
        {"another class", [](Situation& s) { s.recovery("LockedSemiSyncMaster", Seconds(100)); }, ""},
        {"an intermediate one", [](Situation& s) { s.recovery("DeadIntermediateMaster", Seconds(100)); }, ""},
        {"a read-only one", [](Situation& s) { s.recovery("NoWriteableMasterStructureWarning", Seconds(100)); }, ""},
        {"another cluster",
         [](Situation& s) { s.recovery("DeadMaster", Seconds(100)).cluster = ClusterName("other"); },
         ""},
        {"promoted lately, under another name",
         [](Situation& s) {
             auto& record = s.recovery("DeadMaster", Seconds(100));
             record.cluster = ClusterName("other");
             record.successor = s.finding.subject;
         },
         "was promoted at"},
        {"period in minutes",
         [](Situation& s) {
             s.settings.recovery_period_block_seconds = 0;
             s.settings.recovery_period_block_minutes = 1;
             s.recovery("DeadMaster", Seconds(100));
         },
         ""},
        {"leased",
         [](Situation& s) {
             model::ClusterLease lease;
             lease.cluster = s.finding.cluster;
             lease.holder = NodeToken("x");
             lease.purpose = "a switch";
             lease.expires = s.facts.now + Seconds(1);
             s.intent.leases[lease.cluster] = lease;
         },
         "a switch"},
        {"leased by a node that has been replaced",
         [](Situation& s) {
             model::ClusterLease lease;
             lease.cluster = s.finding.cluster;
             lease.holder = NodeToken("x");
             lease.expires = s.facts.now + std::chrono::hours(1);
             s.intent.leases[lease.cluster] = lease;
             s.facts.others_may_act = false;
         },
         ""},
        {"lease expired",
         [](Situation& s) {
             model::ClusterLease lease;
             lease.cluster = s.finding.cluster;
             lease.holder = NodeToken("x");
             lease.expires = s.facts.now;
             s.intent.leases[lease.cluster] = lease;
         },
         ""},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        Situation situation;
        c.arrange(situation);
        const auto rules = rules_against(situation.finding, situation.intent, situation.settings, situation.facts);
        if (*c.rule == '\0') {
            EXPECT_THAT(rules, testing::IsEmpty());
        } else {
            EXPECT_THAT(rules, testing::ElementsAre(HasSubstr(c.rule)));
        }
    }
}

TEST(Gates, a_recorded_block_lasts_as_long_as_the_recovery_it_names) {
    struct Case {
        const char* name;
        std::function<void(model::RecoveryRecord&)> arrange;
        bool still;
    };
    const Case cases[] = {
        {"recent", [](model::RecoveryRecord&) {}, true},
        {"acknowledged", [](model::RecoveryRecord& r) { r.acknowledged = true; }, false},
        {"its period was ended", [](model::RecoveryRecord& r) { r.active_period_end = r.ended; }, false},
        {"old", [](model::RecoveryRecord& r) { r.start -= Seconds(3600); }, false},
        {"old and under way",
         [](model::RecoveryRecord& r) {
             r.start -= Seconds(3600);
             r.ended.reset();
         },
         true},
        {"another one", [](model::RecoveryRecord& r) { r.id = 8; }, false},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.name);
        Situation s;
        auto& record = s.recovery("DeadMaster", Seconds(100));
        record.id = 7;
        one.arrange(record);
        model::BlockedRecovery blocked;
        blocked.endpoint = s.finding.subject;
        blocked.blocking_recovery = 7;
        EXPECT_EQ(still_blocks(blocked, s.intent, s.settings, s.facts.now), one.still);
    }
}

}  // namespace
}  // namespace orc::recovery
