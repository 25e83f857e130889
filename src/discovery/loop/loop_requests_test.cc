// What people ask of discovery: to forget a server, to read one now, to read some again.
#include <gtest/gtest.h>

#include "discovery/testing/bench.h"

namespace orc::discovery {
namespace {

using testing::Bench;
using testing::discover;
using testing::ep;
using testing::Mood;
using testing::primary;
using testing::refresh;
using testing::replica;
using testing::seeded;

Result<model::ServerPtr> discover_now(Bench& bench, const std::string& name, Micros span = Seconds(2)) {
    Result<model::ServerPtr> out = fail(ErrorCode::invalid, "did not return");
    bench.run(discover(bench, name, bench.clock.deadline_in(span), out), span + Millis(1));
    return out;
}

TEST(Requests, forgets_for_a_while_and_by_request_for_good) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(1));
    ASSERT_TRUE(bench.loop->forget(ep("d")));
    EXPECT_EQ(bench.server("d"), nullptr);
    EXPECT_TRUE(bench.gateway.forgotten.contains(ep("d")));
    EXPECT_EQ(bench.stored(), (std::vector<std::string>{"a", "b", "c"}));
    bench.clock.run_for(Seconds(10));
    EXPECT_EQ(bench.server("d"), nullptr) << "its source still names it";
    bench.clock.run_for(Seconds(15));
    EXPECT_NE(bench.server("d"), nullptr) << "remembered for three intervals";
    ASSERT_TRUE(bench.loop->forget(ep("d")));
    EXPECT_TRUE(discover_now(bench, "d").has_value()) << "asking for it by name brings it back";
    const auto unknown = bench.loop->forget(ep("nobody"));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
}

TEST(Requests, a_server_forgotten_while_it_is_read_stays_forgotten) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(1));
    bench.fake("d").latency = Millis(500);
    bench.loop->suspect(ep("d"), "test");
    bench.clock.run_for(Millis(100));
    ASSERT_TRUE(bench.loop->forget(ep("d")));
    bench.clock.run_for(Seconds(2));
    EXPECT_EQ(bench.server("d"), nullptr);
}

// Whoever judges a failure has to know who was asked since, and how long the answer has been missing.
TEST(Requests, a_look_that_is_wanted_at_once_is_shown_as_begun) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(1));
    bench.fake("d").latency = Millis(500);
    const Instant asked = bench.clock.now();
    bench.loop->suspect(ep("d"), "test");
    bench.clock.run_for(Millis(100));
    const auto underway = bench.server("d")->check;
    EXPECT_EQ(underway.attempted, asked);
    EXPECT_LT(underway.completed, asked);
    bench.clock.run_for(Millis(500));
    EXPECT_GT(bench.server("d")->check.completed, asked);
}

TEST(Requests, the_first_look_at_a_server_is_shown_as_begun) {
    Bench bench(seeded());
    bench.add_four();
    bench.disk->servers[ep("d")] = store::KnownServer{ep("d"), ep("c"), ClusterName("a:3306")};
    bench.fake("d").latency = Millis(500);
    bench.start();
    bench.clock.run_for(Millis(400));
    ASSERT_NE(bench.server("d"), nullptr);
    EXPECT_TRUE(bench.server("d")->check.attempted);
    EXPECT_FALSE(bench.server("d")->check.completed);
}

TEST(Requests, forgets_what_has_not_been_seen_for_very_long) {
    auto settings = seeded();
    settings.unseen_instance_forget_hours = 1;
    Bench bench(settings);
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(1));
    bench.fake("d").mood = Mood::refusing;
    bench.registers("c", {});
    bench.clock.run_for(std::chrono::minutes(58));
    ASSERT_NE(bench.server("d"), nullptr);
    bench.clock.run_for(std::chrono::minutes(5));
    EXPECT_EQ(bench.server("d"), nullptr);
    EXPECT_NE(bench.server("c"), nullptr);
}

TEST(Requests, discovers_by_request_and_says_why_not) {
    Bench bench;
    bench.settings.mysql_hostname_resolve_method = "none";
    bench.add_four();
    bench.add("x", primary("x"));
    bench.fake("x").mood = Mood::silent;
    bench.start();
    const auto found = discover_now(bench, "a");
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)->endpoint, ep("a"));
    bench.clock.run_for(Millis(100));
    EXPECT_EQ(bench.cluster("d"), "a:3306: a/0 b/1 c/1 d/2") << "and follows";
    const auto nobody = discover_now(bench, "nobody");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().message, "discover nobody:3306: no such host: nobody");
    const auto silent = discover_now(bench, "x");
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error().code, ErrorCode::timed_out);
    EXPECT_FALSE(bench.loop->cluster_now(ep("x"))) << "a name that never answered is not kept";
    Result<model::ServerPtr> bad = fail(ErrorCode::corrupt, "");
    const auto ask = [](Bench& b, Result<model::ServerPtr>& out) -> Co<void> {
        const Endpoint nothing;
        const Deadline never;
        out = co_await b.loop->discover(nothing, never);
    };
    bench.run(ask(bench, bad));
    EXPECT_EQ(bad.error().code, ErrorCode::invalid);
}

TEST(Requests, refresh_reads_anew_and_returns_at_its_deadline) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(1));
    const auto a = bench.fake("a").probes;
    const auto b = bench.fake("b").probes;
    std::optional<Instant> ended;
    Instant begun = bench.clock.now();
    const std::vector<Endpoint> servers = {ep("a"), ep("b"), ep("nobody")};
    bench.run(refresh(bench, servers, bench.clock.deadline_in(Seconds(1)), ended), Millis(50));
    ASSERT_TRUE(ended);
    EXPECT_LE(*ended - begun, Micros(Millis(5)));
    EXPECT_EQ(bench.fake("a").probes, a + 1);
    EXPECT_EQ(bench.fake("b").probes, b + 1);

    bench.fake("a").mood = Mood::silent;
    bench.fake("b").mood = Mood::refusing;
    ended.reset();
    begun = bench.clock.now();
    bench.run(refresh(bench, servers, bench.clock.deadline_in(Millis(300)), ended), Millis(400));
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended - begun, Micros(Millis(300)));
    EXPECT_GE(bench.server("a")->check.failures, 1U) << "asked with that deadline, it failed by it";
    EXPECT_GE(bench.server("b")->check.failures, 1U);
}

TEST(DiscoveryLoop, who_discovers_a_server_hears_what_is_rarely_read_too) {
    Bench bench(seeded());
    bench.add_four();
    bench.start();
    bench.clock.run_for(Seconds(1));
    EXPECT_TRUE(bench.gateway.wanted_all.empty());
    Result<model::ServerPtr> out = fail(ErrorCode::corrupt, "");
    bench.run(discover(bench, "b", bench.clock.deadline_in(Seconds(5)), out), Seconds(1));
    EXPECT_TRUE(out);
    EXPECT_EQ(bench.gateway.wanted_all, std::vector<Endpoint>{ep("b")});
}

}  // namespace
}  // namespace orc::discovery
