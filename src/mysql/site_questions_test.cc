// The site's own questions: one that hangs costs its own answer, and nothing of the server.
#include <gtest/gtest.h>

#include "model/topology.h"
#include "mysql/fake_sql_test.h"

namespace orc::mysql {
namespace {

GatewayOptions asking(std::string Questions::* question, std::string text) {
    GatewayOptions out;
    out.questions.*question = std::move(text);
    out.questions.data_center = "SELECT dc";
    out.rest_every = 1;
    return out;
}

TEST(SiteQuestions, one_that_hangs_costs_its_answer_only) {
    struct Case {
        std::string_view name;
        std::string Questions::* question;
    };
    const Case cases[] = {
        {"the lag query", &Questions::lag},
        {"the alias query", &Questions::cluster_alias},
        {"the promotion rule", &Questions::promotion_rule},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        Scene scene("8.4.3", asking(c.question, "SELECT locked"));
        make_mysql(scene.sql);
        scene.sql.on("SELECT locked", FakeSql::hang());
        scene.sql.on("SELECT dc", FakeSql::table({{"east"}}));
        const auto facts = scene.probe(Millis(300));
        ASSERT_TRUE(facts) << facts.error().message;
        EXPECT_EQ(facts->server_id, 7U);
        EXPECT_EQ(facts->queried_lag, std::nullopt);
        EXPECT_EQ(facts->cluster_alias, "");
        const auto pulse = scene.run(scene.gateway->pulse(scene.at(), scene.in(Seconds(5))));
        EXPECT_TRUE(pulse) << "the kept-open session lives";
        EXPECT_EQ(scene.broken, 0);
    }
}

TEST(SiteQuestions, one_that_hung_is_ended_on_the_server_and_not_asked_again_soon) {
    Scene scene("8.4.3", asking(&Questions::lag, "SELECT locked"));
    make_mysql(scene.sql);
    scene.sql.on("SELECT locked", FakeSql::hang());
    scene.sql.on("SELECT dc", FakeSql::table({{"east"}}));
    ASSERT_TRUE(scene.probe(Millis(300)));
    scene.run_for(Millis(50));
    const auto begun = scene.clock.now();
    for (int i = 0; i < 3; ++i) {
        const auto facts = scene.probe(Seconds(60));
        ASSERT_TRUE(facts);
        EXPECT_EQ(facts->data_center, "east") << "the others are asked as ever";
    }
    EXPECT_LT(scene.clock.now() - begun, Seconds(20)) << "nobody waits for it";
    EXPECT_EQ(scene.sql.count("SELECT locked"), 1U);
    for (int i = 0; i < 200 && scene.sql.count("KILL 815") == 0; ++i) {
        scene.run_for(Millis(10));
    }
    EXPECT_EQ(scene.sql.count("KILL 815"), 1U);
}

TEST(SiteQuestions, what_one_answered_before_stays_while_it_hangs_unless_it_is_the_lag) {
    auto options = asking(&Questions::lag, "SELECT lag");
    options.questions.cluster_alias = "SELECT alias";
    Scene scene("8.4.3", options);
    make_mysql(scene.sql);
    scene.sql.on("SELECT lag", FakeSql::table({{"3"}}));
    scene.sql.on("SELECT alias", FakeSql::table({{"shop"}}));
    scene.sql.on("SELECT dc", FakeSql::table({{"east"}}));
    auto facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->queried_lag, Seconds(3));
    EXPECT_EQ(facts->cluster_alias, "shop");
    scene.sql.on("SELECT lag", FakeSql::hang());
    scene.sql.on("SELECT alias", FakeSql::hang());
    for (int i = 0; i < 2; ++i) {
        facts = scene.probe(Millis(300));
        ASSERT_TRUE(facts) << facts.error().message;
        EXPECT_EQ(facts->queried_lag, std::nullopt);
        EXPECT_EQ(facts->cluster_alias, "shop");
        EXPECT_EQ(facts->data_center, "east");
    }
}

TEST(SiteQuestions, a_lag_of_null_is_unknown_and_no_answer_is_none) {
    struct Case {
        std::string_view name;
        FakeSql::Reply reply;
        std::optional<Seconds> lag;
    };
    const Case cases[] = {
        {"a number", FakeSql::table({{"3"}}), Seconds(3)},
        {"negative", FakeSql::table({{"-3"}}), Seconds(0)},
        {"NULL", FakeSql::table({{std::nullopt}}), std::nullopt},
        {"no row", FakeSql::table({}), Seconds(7)},
        {"no whole number", FakeSql::table({{"0.5"}}), Seconds(7)},
        {"refused", FakeSql::refusal(1146, "gone"), Seconds(7)},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        Scene scene("8.4.3", asking(&Questions::lag, "SELECT lag"));
        make_mysql(scene.sql);
        scene.sql.on("SELECT lag", c.reply);
        scene.sql.on("SELECT dc", FakeSql::table({{"east"}}));
        scene.sql.on(
            "SHOW REPLICA STATUS",
            FakeSql::table({{"db1", "3306", "7"}}, {"Source_Host", "Source_Port", "Seconds_Behind_Source"})
        );
        const auto facts = scene.probe();
        ASSERT_TRUE(facts) << facts.error().message;
        model::Server server;
        server.facts = std::make_shared<model::Facts>(*facts);
        EXPECT_EQ(server.lag(), c.lag);
    }
}

TEST(SiteQuestions, a_priority_is_no_negative_number) {
    for (const auto& [said, priority] : {std::pair("-1", 0), std::pair("12", 12), std::pair("x", 0)}) {
        Scene scene("8.4.3", asking(&Questions::semi_sync_priority, "SELECT priority"));
        make_mysql(scene.sql);
        scene.sql.on("SELECT priority", FakeSql::table({{said}}));
        scene.sql.on("SELECT dc", FakeSql::table({{"east"}}));
        const auto facts = scene.probe();
        ASSERT_TRUE(facts) << facts.error().message;
        EXPECT_EQ(facts->semi_sync_priority, priority) << said;
    }
}

TEST(SiteQuestions, a_session_that_died_while_idle_is_replaced) {
    Scene scene("8.4.3", asking(&Questions::lag, "SELECT lag"));
    make_mysql(scene.sql);
    scene.sql.on("SELECT lag", FakeSql::table({{"3"}}));
    scene.sql.on("SELECT dc", FakeSql::table({{"east"}}));
    ASSERT_TRUE(scene.probe());
    scene.sql.on("SELECT lag", FakeSql::hang_up());
    const auto facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(scene.sql.count("SELECT lag"), 3U) << "tried once more on a new session";
    EXPECT_EQ(facts->data_center, "east");
    EXPECT_EQ(scene.broken, 0);
}

TEST(SiteQuestions, a_server_nobody_asks_anything_has_one_session) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    ASSERT_TRUE(scene.probe());
    ASSERT_TRUE(scene.probe());
    EXPECT_EQ(scene.server.connections(), 1);
}

}  // namespace
}  // namespace orc::mysql
