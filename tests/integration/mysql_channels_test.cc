// A server with several sources: what is done to one channel leaves the others as they were.
#include <gtest/gtest.h>

#include "bridge.h"
#include "flavors.h"

namespace orc::integration {
namespace {

using std::chrono::seconds;

class Channels : public OnEachFlavor {
protected:
    void SetUp() override {
        OnEachFlavor::SetUp();
        if (IsSkipped() || HasFatalFailure()) {
            return;
        }
        sandbox::Options options;
        options.flavor = GetParam();
        options.servers = 3;
        options.layout = sandbox::Layout::multi_source;
        auto started = sandbox::Sandbox::start(std::move(options));
        ASSERT_TRUE(started.has_value()) << started.error().message;
        lab_ = std::move(*started);
    }
    Endpoint at(int i) const { return lab_->endpoint(i); }
    /// "name: source receiver applier; ..." of server 3.
    std::string drawn(Bridge& bridge) const {
        const auto facts = bridge.run(bridge.gateway().probe(at(3), bridge.in(Seconds(10))));
        if (!facts) {
            return facts.error().message;
        }
        std::string out;
        for (const auto& channel : facts->channels) {
            const auto runs = [](model::ThreadState state) {
                return state == model::ThreadState::stopped ? " stopped" : " runs";
            };
            out += (out.empty() ? "" : "; ") + channel.name + ": " + (channel.source == at(1) ? "1" : "2") +
                   runs(channel.receiver) + runs(channel.applier);
        }
        return out;
    }
    std::string rows(const std::string& where) const {
        const auto found = lab_->sql(3, "SELECT COUNT(*) FROM lab.t WHERE " + where);
        return found ? found->scalar() : found.error().message;
    }

    std::unique_ptr<sandbox::Sandbox> lab_;
};

ORC_ON_EACH_FLAVOR(Channels);

TEST_P(Channels, the_others_go_on_whatever_is_done_to_one) {
    Bridge bridge(manager());
    auto& gateway = bridge.gateway();
    const auto in = [&] { return bridge.in(Seconds(10)); };
    const auto done = [&](std::string_view what, Task<void> work) {
        const auto result = bridge.run(std::move(work));
        EXPECT_TRUE(result.has_value()) << what << ": " << result.error().message;
    };
    ASSERT_EQ(drawn(bridge), ": 1 runs runs; second: 2 runs runs");
    done("stop", gateway.stop_replication(at(3), "", in()));
    EXPECT_EQ(drawn(bridge), ": 1 stopped stopped; second: 2 runs runs");
    mysql::SourceChange change;
    change.source = at(1);
    change.gtid = is_mysql() ? model::GtidUse::auto_position : model::GtidUse::replica_position;
    done("change the default one", gateway.change_source(at(3), change, in()));
    EXPECT_EQ(drawn(bridge), ": 1 stopped stopped; second: 2 runs runs");
    ASSERT_TRUE(lab_->sql(2, "INSERT INTO lab.t VALUES (2, 'second', 1)"));
    EXPECT_TRUE(bridge.run_until([&] { return rows("id = 2") == "1"; }, seconds(10))) << "it goes on receiving";
    done("start", gateway.start_replication(at(3), "", in()));
    change.source = at(2);
    change.channel = "second";
    done("change the second one", gateway.change_source(at(3), change, in()));
    EXPECT_TRUE(
        bridge.run_until([&] { return drawn(bridge) == ": 1 runs runs; second: 2 stopped stopped"; }, seconds(10))
    ) << drawn(bridge);
    ASSERT_TRUE(lab_->sql(1, "INSERT INTO lab.t VALUES (1, 'first', 1)"));
    EXPECT_TRUE(bridge.run_until([&] { return rows("id = 1") == "1"; }, seconds(10)));
    done("forget the second one", gateway.reset_replication(at(3), "second", false, in()));
    EXPECT_EQ(drawn(bridge), ": 1 runs runs");
}

}  // namespace
}  // namespace orc::integration
