// The process dies at each step of a recovery; the next one finishes or undoes what it finds, and recovers.
#include "recovery/testing/bench_test.h"

namespace orc::recovery {
namespace {

using testing::IsEmpty;

struct ProcessDies : testing::TestWithParam<std::tuple<bool, const char*>>, Bench {};

INSTANTIATE_TEST_SUITE_P(
    AtEachStep,
    ProcessDies,
    testing::Combine(
        testing::Bool(),
        testing::Values(
            "take the lease",
            "confirm that",
            "read-only:",
            "positions of",
            "decide by",
            "once more",
            "write down",
            "forget the source",
            "writable:",
            "publish",
            "and start it",
            "account for",
            "resolve the"
        )
    )
);

TEST_P(ProcessDies, and_the_next_one_finishes_or_undoes_and_recovers) {
    star(4, std::get<0>(GetParam()));
    write(5);
    start();
    const std::string where = std::get<1>(GetParam());
    bool is_due = false;
    on_event = [&](const Event& event) { is_due = is_due || event.text.find(where) != std::string::npos; };
    world.at("db1").alive = false;
    for (int i = 0; i < 20000 && !is_due; ++i) {
        clock.run_for(Micros(200));
    }
    ASSERT_TRUE(is_due) << where << "\n" << all_steps();
    kill();
    on_event = nullptr;
    start();
    run(Seconds(90));
    EXPECT_EQ(world.writable().size(), 1U) << all_steps();
    EXPECT_THAT(world.violations, IsEmpty());
    for (const auto& record : records()) {
        EXPECT_TRUE(record.ended.has_value()) << all_steps();
    }
    const std::string winner = world.writable().empty() ? "" : world.writable().front();
    for (const std::string host : {"db2", "db3", "db4"}) {
        if (host != winner) {
            EXPECT_EQ(world.at(host).source, World::name(winner)) << host << "\n" << all_steps();
            EXPECT_TRUE(world.at(host).receiver && world.at(host).applier) << host << "\n" << all_steps();
        }
    }
    EXPECT_TRUE(intent().progress.empty());
}

struct OfAnother : testing::Test, Bench {
    OfAnother() {
        record.id = 7;
        record.uid = RecoveryUid("theirs");
        record.failed = {"db9", 3306};
        record.code = "DeadMaster";
        record.cluster = ClusterName("db9:3306");
        record.start = clock.wall();
        record.node_host = "elsewhere";
        record.node_token = NodeToken("theirs");
    }
    void begin() {
        star(2);
        disk->recoveries[record.id] = record;
        disk->intent.recoveries[record.uid] = record;
        start();
    }
    void show_alive() {
        store::NodeRecord node;
        node.host = record.node_host;
        node.token = record.node_token;
        node.last_seen = clock.wall();
        disk->nodes[{node.host, node.token}] = node;
    }
    model::RecoveryRecord record;
};

TEST_F(OfAnother, what_was_acknowledged_without_an_end_stays_as_it_is) {
    record.active_period_end = clock.wall();
    record.acknowledged = true;
    record.acknowledged_at = clock.wall();
    record.acknowledged_by = "dba";
    record.acknowledge_comment = "seen to";
    begin();
    run(Seconds(60));
    EXPECT_EQ(disk->recoveries.at(record.id), record);
}

TEST_F(OfAnother, what_is_active_is_acknowledged_as_crashed_when_its_process_is_gone) {
    show_alive();
    begin();
    for (int i = 0; i < 20; ++i) {
        show_alive();
        run(Seconds(1));
    }
    EXPECT_EQ(disk->recoveries.at(record.id), record) << "its process lives";
    run(Seconds(20));
    const auto& found = disk->recoveries.at(record.id);
    EXPECT_TRUE(found.ended);
    EXPECT_TRUE(found.acknowledged);
    EXPECT_EQ(found.acknowledged_by, "orchestrator");
    EXPECT_EQ(found.acknowledge_comment, "detected crashed recovery");
}

}  // namespace
}  // namespace orc::recovery
