// What nodes on one database leave there for each other. Which stores are asked is said elsewhere, as for
// store_conformance_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/any_store_test.h"

namespace orc::store {
namespace {

using namespace model;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const NodeToken first("first");
const NodeToken second("second");

Errand errand(const std::string& id) {
    return Errand{id, "GET", "/api/begin-downtime/db1/3306/ann/a%20reason?x=\xc3\xbc", "ann"};
}

TEST_P(AnyStore, an_errand_is_taken_up_once_and_its_answer_found) {
    ask(store_->put_errand(errand("one")));
    EXPECT_TRUE(ask(store_->errand("one")).is_known);
    EXPECT_EQ(ask(store_->errand("one")).taken_by, NodeToken());
    const auto taken = ask(store_->take_errands(first));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].id, "one");
    EXPECT_EQ(taken[0].method, "GET");
    EXPECT_EQ(taken[0].target, errand("one").target);
    EXPECT_EQ(taken[0].user, "ann");
    EXPECT_THAT(ask(store_->take_errands(second)), IsEmpty());
    EXPECT_EQ(ask(store_->errand("one")).taken_by, first);
    EXPECT_EQ(ask(store_->errand("one")).answer, std::nullopt);

    ask(store_->answer_errand("one", ErrandAnswer{200, "Content-Type: text/plain\nX: y", "done \xf0\x9f\x90\xac '\\"}));
    const auto answered = ask(store_->errand("one"));
    ASSERT_TRUE(answered.answer);
    EXPECT_EQ(answered.answer->status, 200U);
    EXPECT_EQ(answered.answer->headers, "Content-Type: text/plain\nX: y");
    EXPECT_EQ(answered.answer->body, "done \xf0\x9f\x90\xac '\\");
    EXPECT_TRUE(ask(store_->drop_errand("one")));
    EXPECT_FALSE(ask(store_->errand("one")).is_known);
}

TEST_P(AnyStore, an_errand_that_is_under_way_cannot_be_taken_back) {
    ask(store_->put_errand(errand("early")));
    EXPECT_TRUE(ask(store_->drop_errand("early"))) << "nobody had taken it up";
    EXPECT_THAT(ask(store_->take_errands(first)), IsEmpty());
    ask(store_->put_errand(errand("late")));
    EXPECT_EQ(ask(store_->take_errands(first)).size(), 1U);
    EXPECT_FALSE(ask(store_->drop_errand("late")));
    EXPECT_TRUE(ask(store_->errand("late")).is_known);
}

ServerPtr seen(const std::string& host, const std::string& version) {
    auto facts = std::make_shared<Facts>();
    facts->version = Version::parse(version, "");
    auto out = std::make_shared<Server>();
    out->endpoint = Endpoint{host, 3306};
    out->facts = std::move(facts);
    out->check.seen = Instant(Seconds(1));
    out->check.seen_wall = WallTime(Seconds(1'700'000'000));
    out->cluster = ClusterName("db1:3306");
    return out;
}

TEST_P(AnyStore, what_was_written_before_an_answer_is_there_with_it) {
    const auto other = medium_->store();
    ask(other->open());
    store_->write_observed(seen("db1", "8.0.36"));
    store_->write_observed(seen("db2", "8.0.35"));
    store_->write_observed(seen("db1", "8.0.37"));
    ask(store_->put_errand(errand("one")));
    ask(store_->answer_errand("one", ErrandAnswer{200, "", ""}));
    const auto observed = ask(other->observed_servers());
    std::vector<std::string> versions;
    for (const auto& server : observed) {
        versions.push_back(server->endpoint.host + " " + server->facts->version.text);
        EXPECT_EQ(server->cluster, ClusterName("db1:3306"));
    }
    EXPECT_THAT(versions, ElementsAre("db1 8.0.37", "db2 8.0.35"));
    store_->forget_observed({"db1", 3306});
    ask(store_->answer_errand("one", ErrandAnswer{200, "", ""}));
    EXPECT_EQ(ask(other->observed_servers()).size(), 1U);
    testing::run(io_, other->close());
}

TEST_P(AnyDatabase, an_errand_that_waited_for_too_long_is_not_done_any_more) {
    ask(store_->put_errand(errand("old")));
    const auto backend = medium_->backend();
    ASSERT_NE(backend, nullptr);
    ASSERT_TRUE(backend->run("update orchestrator_errand set asked_at = '2020-01-01 00:00:00'"));
    ask(store_->put_errand(errand("new")));
    const auto taken = ask(store_->take_errands(first));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].id, "new");
    EXPECT_FALSE(ask(store_->errand("old")).is_known);
}

// Answers `count` commits one after another, then says so.
Co<void> commit_often(Store& store, int count, std::vector<std::string>& order) {
    for (int i = 0; i < count; ++i) {
        std::string id = "beside " + std::to_string(i);
        std::vector<Change> changes;
        changes.emplace_back(PutKeyValue{"k", id, testing::noon});
        const auto done = co_await store.apply(std::move(id), std::move(changes));
        EXPECT_TRUE(done) << done.error().message;
    }
    order.emplace_back("commits");
}

Co<void> expire_all(Store& store, std::vector<std::string>& order) {
    const Retention retention;
    const auto done = co_await store.expire(testing::noon, retention);
    EXPECT_TRUE(done) << done.error().message;
    order.emplace_back("expiry");
}

TEST_P(AnyDatabase, commits_do_not_wait_until_all_that_is_old_has_gone) {
    const auto backend = medium_->backend();
    ASSERT_NE(backend, nullptr);
    ASSERT_TRUE(
        backend->run("insert into audit (audit_timestamp, audit_type, port, message) values"
                     " ('2020-01-01 00:00:00', 'old', 1, 'm')")
    );
    for (int doubled = 0; doubled < 15; ++doubled) {
        ASSERT_TRUE(
            backend->run("insert into audit (audit_timestamp, audit_type, port, message)"
                         " select audit_timestamp, audit_type, port, message from audit")
        );
    }
    std::vector<std::string> order;
    asio::co_spawn(io_, expire_all(*store_, order), [](std::exception_ptr) {});
    asio::co_spawn(io_, commit_often(*store_, 5, order), [](std::exception_ptr) {});
    io_.restart();
    io_.run();
    EXPECT_THAT(order, ElementsAre("commits", "expiry"));
    EXPECT_THAT(ask(store_->audit(std::nullopt, {})), IsEmpty());
}

}  // namespace
}  // namespace orc::store
