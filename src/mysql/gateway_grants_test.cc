// Rights that are granted while the service runs: they count from the next log-in on.
#include <gtest/gtest.h>

#include "mysql/fake_sql_test.h"

namespace orc::mysql {
namespace {

TEST(GatewayGrants, a_right_that_is_granted_counts_with_the_next_probe) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    ASSERT_TRUE(scene.probe());
    scene.sql.on("SHOW REPLICA STATUS", FakeSql::refusal(1227, "Access denied; you need REPLICATION CLIENT"));
    EXPECT_FALSE(scene.probe());
    scene.sql.on("SHOW REPLICA STATUS", FakeSql::table({}));
    EXPECT_TRUE(scene.probe());
    EXPECT_EQ(scene.server.connections(), 2) << "rights are looked up when a session begins";
    EXPECT_EQ(scene.broken, 0);
}

TEST(GatewayGrants, an_account_that_lacks_rights_logs_in_now_and_then) {
    GatewayOptions options;
    options.grants_awaited_for = Micros(1);  // any later moment is past it
    Scene scene("8.4.3", options);
    make_mysql(scene.sql);
    scene.sql.on("SHOW GRANTS", FakeSql::table({{"GRANT USAGE ON *.* TO `orc`@`%`"}}));
    auto facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_FALSE(facts->missing_grants.empty());
    const std::string dynamic = "REPLICATION_SLAVE_ADMIN,SYSTEM_VARIABLES_ADMIN,CONNECTION_ADMIN";
    scene.sql.on(
        "SHOW GRANTS",
        FakeSql::table({{"GRANT ALL PRIVILEGES ON *.* TO `orc`@`%`"}, {"GRANT " + dynamic + " ON *.* TO `orc`@`%`"}})
    );
    facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_TRUE(facts->missing_grants.empty()) << model::text(facts->missing_grants);
    ASSERT_TRUE(scene.probe());
    EXPECT_EQ(scene.server.connections(), 2) << "nothing is awaited any more";
    EXPECT_EQ(scene.broken, 0);
}

TEST(GatewayGrants, who_wants_all_hears_what_is_rarely_read_and_what_was_refused) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    scene.sql.on("SELECT COUNT(*) FROM mysql.", FakeSql::refusal(1142, "SELECT command denied"));
    ASSERT_TRUE(scene.probe());
    ASSERT_TRUE(scene.probe());
    scene.sql.on("SELECT COUNT(*) FROM mysql.", FakeSql::table({{"1"}}));
    scene.sql.forget_asked();
    scene.gateway->want_all(scene.at());
    const auto facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(scene.sql.count("SHOW GRANTS"), 1U);
    EXPECT_TRUE(facts->replication_credentials_available);
    ASSERT_TRUE(scene.probe());
    EXPECT_EQ(scene.sql.count("SHOW GRANTS"), 1U) << "once";
}

}  // namespace
}  // namespace orc::mysql
