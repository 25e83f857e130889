#include "recovery/testing/bench_test.h"

namespace orc::recovery {
namespace {

using testing::IsEmpty;

TEST(ReadingPositions, a_hung_replica_that_answers_late_is_moved_after_all) {
    Bench bench;
    bench.star(5);
    bench.write(3);
    bench.start();
    bench.run(Seconds(2));
    bench.world.at("db1").alive = false;
    bench.world.at("db4").hung = true;
    bench.on_event = [&](const Event& event) {
        if (event.text.find("writable: done") != std::string::npos) {
            bench.world.at("db4").hung = false;
        }
    };
    bench.settle();
    const auto open = bench.world.writable();
    ASSERT_EQ(open.size(), 1U) << bench.all_steps();
    EXPECT_TRUE(bench.world.at("db4").source == World::name(open.front())) << bench.all_steps();
    EXPECT_THAT(bench.records().front().lost, IsEmpty());
}

TEST(ReadingPositions, a_late_one_that_owns_more_stays_where_it_is) {
    Bench bench;
    bench.star(5);
    bench.write(3);
    bench.start();
    bench.run(Seconds(2));
    for (const std::string host : {"db2", "db3", "db5"}) {
        bench.world.at(host).receiver = false;
    }
    bench.write(2);
    for (const std::string host : {"db2", "db3", "db5"}) {
        bench.world.at(host).receiver = true;
    }
    bench.world.at("db1").alive = false;
    bench.world.at("db4").hung = true;
    bench.on_event = [&](const Event& event) {
        if (event.text.find("writable: done") != std::string::npos) {
            bench.world.at("db4").hung = false;
        }
    };
    bench.settle();
    ASSERT_EQ(bench.world.writable().size(), 1U) << bench.all_steps();
    // Detached from the dead one, with all it has.
    EXPECT_TRUE(bench.world.at("db4").source == (Endpoint{"//db1", 3306})) << bench.all_steps();
    ASSERT_EQ(bench.records().front().lost.size(), 1U);
}

}  // namespace
}  // namespace orc::recovery
