// Packets that vanish, on real servers: no connection is closed and none is refused, nobody says anything any more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "flavors.h"
#include "silence.h"
#include "stage.h"

namespace orc::integration {
namespace {

/// What silence may cost: as much as a frozen primary.
constexpr milliseconds budget{4000};

class Silenced : public OnEachFlavor {
protected:
    void SetUp() override {
        OnEachFlavor::SetUp();
        if (IsSkipped() || HasFatalFailure()) {
            return;
        }
        if (const auto why = Silence::unavailable()) {
            std::cerr << "\n*** NOT TESTED: silence of the network: " << *why << " ***\n\n";
            GTEST_SKIP() << *why;
        }
    }

    static std::unique_ptr<Stage> stage(bool semi_sync) {
        StageOptions options;
        options.flavor = GetParam();
        options.semi_sync = semi_sync;
        options.runner = Silence::runner();
        return Stage::set_up(std::move(options));
    }
};

bool is_called(Stage& on, const std::string& code) {
    const auto codes = on.analysis_codes();
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

TEST_P(Silenced, a_primary_that_only_the_service_does_not_hear_stays_primary) {
    const auto on = stage(false);
    ASSERT_NE(on, nullptr);
    on->start_writing();
    const Endpoint primary = on->servers().endpoint(1);
    Silence silence;
    silence.between_service_and(primary);
    EXPECT_TRUE(eventually(seconds(15), [&] { return is_called(*on, "UnreachableMaster"); })) << on->story();
    // Longer than any verdict takes.
    EXPECT_FALSE(eventually(seconds(8), [&] { return on->count_recoveries() > 0; })) << on->story();
    EXPECT_TRUE(on->writer().wait_for_acks(50, seconds(5))) << "its clients notice nothing";
    silence.heal();
    EXPECT_TRUE(eventually(seconds(15), [&] { return on->analysis_codes().empty() || is_called(*on, "NoProblem"); }))
        << on->story();
    EXPECT_FALSE(eventually(seconds(3), [&] { return on->count_recoveries() > 0; })) << on->story();
    EXPECT_THAT(on->writable(), testing::ElementsAre(primary));
    EXPECT_FALSE(on->what_is_not_whole().has_value()) << on->what_is_not_whole().value_or("");
    EXPECT_EQ(on->rows_lost_on(primary), 0U);
}

TEST_P(Silenced, a_primary_that_nobody_hears_is_replaced_and_closed_when_it_is_heard_again) {
    const auto on = stage(true);
    ASSERT_NE(on, nullptr);
    on->start_writing();
    const Endpoint old_primary = on->servers().endpoint(1);
    Silence silence;
    const auto silenced = Clock::now();
    silence.around(old_primary);
    const auto gap = on->gap_after(old_primary, silenced, seconds(30));
    ASSERT_TRUE(gap.has_value()) << on->story();
    std::cout << "host vanished: " << gap->count() << " ms without writes\n";
    EXPECT_LE(*gap, budget) << on->story();
    const auto successor = on->writer().first_ack_not_on(old_primary, silenced)->server;
    EXPECT_FALSE(on->writer().double_primary().has_value());
    EXPECT_EQ(on->rows_lost_on(successor), 0U) << on->story();
    // What it may still acknowledge from here on, until it is reached and closed, nobody can prevent from outside.
    silence.heal();
    EXPECT_TRUE(eventually(seconds(10), [&] {
        const auto open = on->writable();
        return open.size() == 1 && open.front() == successor;
    })) << on->story();
    EXPECT_FALSE(eventually(
        seconds(3),
        [&] {
            const auto open = on->writable();
            return std::find(open.begin(), open.end(), old_primary) != open.end();
        }
    )) << "it came back writable\n"
       << on->story();
    EXPECT_EQ(on->count_recoveries(), 1U) << on->story();
    RecordProperty("milliseconds_without_writes", int(gap->count()));
}

ORC_ON_EACH_FLAVOR(Silenced);

}  // namespace
}  // namespace orc::integration
