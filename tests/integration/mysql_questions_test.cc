// The site's own questions and somebody's locks: a locked table says nothing of its server.
#include <gtest/gtest.h>

#include "bridge.h"
#include "flavors.h"

namespace orc::integration {
namespace {

class SiteQuestions : public OnEachFlavor {};

ORC_ON_EACH_FLAVOR(SiteQuestions);

TEST_P(SiteQuestions, a_locked_table_costs_its_answer_only) {
    sandbox::Options sandbox_options;
    sandbox_options.flavor = GetParam();
    sandbox_options.servers = 1;
    auto lab = sandbox::Sandbox::start(std::move(sandbox_options));
    ASSERT_TRUE(lab.has_value()) << lab.error().message;
    const auto sql = [&](const std::string& text) {
        const auto rows = (*lab)->sql(1, text);
        EXPECT_TRUE(rows.has_value()) << text << ": " << rows.error().message;
        return rows ? rows->scalar() : std::string();
    };
    sql("CREATE TABLE lab.heartbeat (behind INT)");
    sql("INSERT INTO lab.heartbeat VALUES (3)");
    auto options = manager();
    options.questions.lag = "SELECT behind FROM lab.heartbeat";
    sql("GRANT SELECT ON lab.heartbeat TO '" + options.access.user + "'@'%'");
    sql("GRANT LOCK TABLES ON lab.* TO '" + std::string(sandbox::bench_account.user) + "'@'%'");
    Bridge bridge(std::move(options));
    const auto probe = [&] { return bridge.run(bridge.gateway().probe((*lab)->endpoint(1), bridge.in(Seconds(2)))); };
    auto facts = probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->queried_lag, Seconds(3));

    auto locker = (*lab)->connect(1, std::string(sandbox::bench_account.user));
    ASSERT_TRUE(locker.has_value()) << locker.error().message;
    const auto locked = locker->query("LOCK TABLES lab.heartbeat WRITE");
    ASSERT_TRUE(locked) << locked.error().message;
    for (int i = 0; i < 3; ++i) {
        facts = probe();
        ASSERT_TRUE(facts) << facts.error().message;
        EXPECT_EQ(facts->queried_lag, std::nullopt);
    }
    EXPECT_TRUE(bridge.broken().empty());
    const bool is_ended = bridge.run_until(
        [&] {
            return sql("SELECT COUNT(*) FROM information_schema.processlist WHERE INFO LIKE 'SELECT behind FROM%'") == "0";
        },
        Millis(5000)
    );
    EXPECT_TRUE(is_ended) << "nothing waits on the server for the lock to go";
}

}  // namespace
}  // namespace orc::integration
