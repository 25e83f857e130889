// Two services on one database, in simulated time: what one that stands by has the active one do.
#include <gtest/gtest.h>

#include "api/errands.h"
#include "app/service.h"
#include "discovery/testing/builders.h"
#include "discovery/testing/fake_gateway.h"
#include "recovery/testing/no_hooks.h"
#include "runtime/simulated.h"
#include "store/memory_store.h"

namespace orc::app {
namespace {

/// What the nodes share: time, and the disk.
struct Place {
    Place() { disk->is_shared = true; }
    asio::io_context io;
    runtime::SimulatedClock clock{io};
    runtime::SeededRng rng{7};
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    runtime::TaskGroup tasks{io.get_executor()};

    void run(Co<void> work, Micros span) {
        tasks.spawn(std::move(work));
        clock.run_for(span);
    }
};

class Node {
public:
    Node(Place& place, const std::string& host)
        : place_(place), store_(store::make_memory_store(place.disk, place.clock)), gateway_(place.clock) {
        gateway_.servers[Endpoint{"db1", 3306}] = std::make_shared<discovery::testing::FakeServer>();
        gateway_.at(Endpoint{"db1", 3306}).facts = discovery::testing::primary("db1:3306");
        ServiceOptions options;
        options.settings.discovery_seeds = {"db1:3306"};
        options.node = {host, NodeToken("token of " + host)};
        options.has_shared_backend = true;
        service_ = std::make_unique<Service>(
            Outside{gateway_, *store_, hooks_, place.clock, place.rng, place.io.get_executor()}, std::move(options)
        );
        place_.run(start(*service_), Seconds(1));
    }
    ~Node() {
        place_.run(stop(*service_), Seconds(60));
        service_.reset();
    }
    api::UseCases& use_cases() { return service_->use_cases(); }
    unsigned probes() { return gateway_.at(Endpoint{"db1", 3306}).probes; }

private:
    static Co<void> start(Service& service) {
        const auto done = co_await service.start();
        EXPECT_TRUE(done) << done.error().message;
    }
    static Co<void> stop(Service& service) { co_await service.stop(); }

    Place& place_;
    recovery::testing::NoHooks hooks_;
    std::unique_ptr<store::Store> store_;
    discovery::testing::FakeGateway gateway_;
    std::unique_ptr<Service> service_;
};

using Outcome = std::optional<Result<store::ErrandAnswer>>;

Co<void> have_done(api::UseCases& use_cases, Outcome& out) {
    store::Errand errand;
    errand.method = "GET";
    errand.target = "/api/tag/db1/3306/role/report";
    errand.user = "ann";
    out = co_await api::have_done(use_cases, std::move(errand));
}

Co<void> take(api::UseCases& use_cases, std::vector<store::Errand>& out) {
    out = (co_await api::take_errands(use_cases)).value_or(std::vector<store::Errand>());
}

Co<void> answer(api::UseCases& use_cases, std::string id) {
    store::ErrandAnswer given;
    given.status = 200;
    given.body = "done";
    const auto done = co_await api::answer_errand(use_cases, std::move(id), std::move(given));
    EXPECT_TRUE(done) << done.error().message;
}

Co<void> grab(api::UseCases& use_cases) {
    const auto done = co_await use_cases.grab_election();
    EXPECT_TRUE(done) << done.error().message;
}

TEST(TwoNodes, an_errand_reaches_the_active_one_and_its_answer_comes_back) {
    Place place;
    Node first(place, "orc1");
    Node second(place, "orc2");
    EXPECT_FALSE(api::stands_by(first.use_cases()));
    EXPECT_TRUE(api::stands_by(second.use_cases()));
    EXPECT_EQ(second.probes(), 0U) << "only the active one probes";
    Outcome outcome;
    place.run(have_done(second.use_cases(), outcome), Millis(100));
    EXPECT_FALSE(outcome) << "nobody has done it yet";
    std::vector<store::Errand> taken;
    place.run(take(second.use_cases(), taken), Millis(10));
    EXPECT_TRUE(taken.empty()) << "it is not for the one that stands by";
    place.run(take(first.use_cases(), taken), Millis(10));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].target, "/api/tag/db1/3306/role/report");
    EXPECT_EQ(taken[0].user, "ann");
    place.run(answer(first.use_cases(), taken[0].id), Millis(300));
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(*outcome) << outcome->error().message;
    EXPECT_EQ((*outcome)->body, "done");
    EXPECT_TRUE(place.disk->errands.empty());
}

TEST(TwoNodes, an_errand_is_waited_for_while_the_database_is_away) {
    Place place;
    Node first(place, "orc1");
    Node second(place, "orc2");
    Outcome outcome;
    std::vector<store::Errand> taken;
    place.run(have_done(second.use_cases(), outcome), Millis(100));
    place.run(take(first.use_cases(), taken), Millis(10));
    ASSERT_EQ(taken.size(), 1U);
    place.disk->faults.deaf_next = 50;
    place.run(answer(first.use_cases(), taken[0].id), Seconds(2));
    EXPECT_FALSE(outcome) << "the active one goes on";
    place.clock.run_for(Seconds(10));
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(*outcome) << outcome->error().message;
    EXPECT_EQ((*outcome)->body, "done");
}

TEST(TwoNodes, an_errand_is_given_up_when_the_database_stays_away) {
    Place place;
    Node first(place, "orc1");
    Node second(place, "orc2");
    Outcome outcome;
    place.disk->faults.deaf_next = 1'000'000;
    place.run(have_done(second.use_cases(), outcome), Seconds(40));
    ASSERT_TRUE(outcome);
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().message, "what came of the request is not known: the disk is gone");
}

TEST(TwoNodes, an_errand_that_nobody_takes_up_is_taken_back) {
    Place place;
    Node first(place, "orc1");
    Node second(place, "orc2");
    Outcome outcome;
    place.run(have_done(second.use_cases(), outcome), Seconds(9));
    EXPECT_FALSE(outcome);
    place.clock.run_for(Seconds(2));
    ASSERT_TRUE(outcome);
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().code, ErrorCode::not_leader);
    EXPECT_EQ(
        outcome->error().message,
        "this node stands by, and the active node orc1 has not taken up the request within 10 s: nothing was done"
    );
    std::vector<store::Errand> taken;
    place.run(take(first.use_cases(), taken), Millis(10));
    EXPECT_TRUE(taken.empty()) << "what was taken back must not be done later";
}

TEST(TwoNodes, what_came_of_an_errand_is_not_known_when_its_node_is_deposed) {
    Place place;
    Node first(place, "orc1");
    Node second(place, "orc2");
    Outcome outcome;
    place.run(have_done(second.use_cases(), outcome), Millis(100));
    std::vector<store::Errand> taken;
    place.run(take(first.use_cases(), taken), Millis(10));
    ASSERT_EQ(taken.size(), 1U);
    place.clock.run_for(Seconds(60));
    EXPECT_FALSE(outcome) << "a recovery may take its time";
    place.run(grab(second.use_cases()), Seconds(4));
    EXPECT_FALSE(outcome) << "the deposed one may still say";
    place.clock.run_for(Seconds(3));
    ASSERT_TRUE(outcome);
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().code, ErrorCode::timed_out);
    std::vector<store::Errand> again;
    place.run(take(second.use_cases(), again), Millis(10));
    EXPECT_TRUE(again.empty()) << "nothing is done twice";
}

Co<void> ask_health(api::UseCases& use_cases, api::Health& out) { out = co_await use_cases.health(); }

TEST(TwoNodes, one_whose_clock_differs_from_that_of_the_database_says_so) {
    struct Case {
        Seconds there;
        std::string warning;
    };
    const Case cases[] = {
        {Seconds(0), ""},
        {Seconds(5), "the clock of orc1 is at least 5 s behind that of database memory"},
        {Seconds(2), ""},
        {Seconds(-6), "the clock of orc1 is at least 5 s ahead of that of database memory"},
        {Seconds(0), ""},
    };
    Place place;
    Node node(place, "orc1");
    for (const auto& c : cases) {
        place.disk->faults.clock_ahead = c.there;
        place.clock.run_for(Seconds(3));
        api::Health health;
        place.run(ask_health(node.use_cases(), health), Millis(10));
        EXPECT_EQ(health.warning, c.warning) << c.there.count();
        EXPECT_TRUE(health.is_healthy);
    }
}

}  // namespace
}  // namespace orc::app
