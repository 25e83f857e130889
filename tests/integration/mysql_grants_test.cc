// What docs/grants.md promises: the rights it names are enough, and each one that is taken away is missed by name.
#include <gtest/gtest.h>

#include <algorithm>

#include "bridge.h"
#include "flavors.h"
#include "mysql/dialect/dialect_grants.h"

namespace orc::integration {
namespace {

using std::chrono::seconds;

constexpr std::string_view account = "'least'@'%'";

mysql::GatewayOptions least() {
    auto options = manager();
    options.access.user = "least";
    options.access.password = "least_pw";
    return options;
}

class Grants : public OnEachFlavor {
protected:
    void start() {
        sandbox::Options options;
        options.flavor = GetParam();
        options.servers = 2;
        auto started = sandbox::Sandbox::start(std::move(options));
        ASSERT_TRUE(started.has_value()) << started.error().message;
        lab_ = std::move(*started);
        sql("CREATE USER " + std::string(account) + " IDENTIFIED BY 'least_pw'");
        auto rows = lab_->sql(1, "SELECT @@version, @@version_comment");
        ASSERT_TRUE(rows.has_value()) << rows.error().message;
        version_ = model::Version::parse(rows->scalar(), "");
    }
    void sql(const std::string& text) const {
        const auto done = lab_->sql(1, text);
        EXPECT_TRUE(done.has_value()) << text << ": " << done.error().message;
    }
    void grant_all() const {
        for (const auto& grant : mysql::needed_grants(version_)) {
            sql(mysql::grant_statement(grant, account));
        }
    }
    /// What a probe on a new session finds missing, or says when it fails for want of it.
    static std::string missing(Bridge& bridge, const Endpoint& server) {
        bridge.gateway().forget(server);
        const auto facts = bridge.run(bridge.gateway().probe(server, bridge.in(Seconds(10))));
        return facts ? model::text(facts->missing_grants) : facts.error().message;
    }

    std::unique_ptr<sandbox::Sandbox> lab_;
    model::Version version_;
};

ORC_ON_EACH_FLAVOR(Grants);

TEST_P(Grants, each_one_taken_away_is_named_with_its_statement_and_the_remedy_mends_it) {
    ASSERT_NO_FATAL_FAILURE(start());
    grant_all();
    Bridge bridge(least());
    ASSERT_EQ(missing(bridge, lab_->endpoint(1)), "");
    for (const auto& grant : mysql::needed_grants(version_)) {
        const std::string right = std::string(grant.privilege) + " ON " + std::string(grant.object);
        SCOPED_TRACE(right);
        sql("REVOKE " + right + " FROM " + std::string(account));
        const std::string told = missing(bridge, lab_->endpoint(1));
        const std::string wanted = "lacks " + right + " (" + std::string(grant.used_for) + "): ";
        const auto at = told.find(wanted);
        ASSERT_NE(at, std::string::npos) << told;
        EXPECT_EQ(told.find("lacks ", at + 1), std::string::npos) << "that one alone: " << told;
        const std::string remedy = told.substr(at + wanted.size());
        EXPECT_TRUE(remedy.starts_with("GRANT " + right + " TO ")) << remedy;
        sql(remedy);
        EXPECT_EQ(missing(bridge, lab_->endpoint(1)), "");
    }
}

TEST_P(Grants, may_come_by_a_role) {
    ASSERT_NO_FATAL_FAILURE(start());
    sql("CREATE ROLE caretaker");
    for (const auto& grant : mysql::needed_grants(version_)) {
        sql(mysql::grant_statement(grant, "caretaker"));
    }
    sql("GRANT caretaker TO " + std::string(account));
    sql(is_mysql() ? "SET DEFAULT ROLE caretaker TO " + std::string(account)
                   : "SET DEFAULT ROLE caretaker FOR " + std::string(account));
    Bridge bridge(least());
    EXPECT_EQ(missing(bridge, lab_->endpoint(1)), "");
}

TEST_P(Grants, are_enough_for_everything_that_is_done_to_a_server) {
    ASSERT_NO_FATAL_FAILURE(start());
    grant_all();
    ASSERT_TRUE(lab_->wait_until_caught_up(1, seconds(30)));
    Bridge bridge(least());
    auto& gateway = bridge.gateway();
    const Endpoint source = lab_->endpoint(1);
    const Endpoint replica = lab_->endpoint(2);
    const auto done = [&](std::string_view what, Task<void> work) {
        const auto result = bridge.run(std::move(work));
        EXPECT_TRUE(result.has_value()) << what << ": " << result.error().message;
    };
    const auto facts = bridge.run(gateway.probe(source, bridge.in(Seconds(10))));
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->registered_replicas, std::vector<Endpoint>{replica});
    done("stop", gateway.stop_replication(replica, "", bridge.in(Seconds(10))));
    done("applier", gateway.start_applier(replica, "", bridge.in(Seconds(10))));
    done("start", gateway.start_replication(replica, "", bridge.in(Seconds(10))));
    done("restart", gateway.restart_receiver(replica, "", bridge.in(Seconds(10))));
    mysql::ReadOnlyChange close;
    close.with_super = true;
    close.end_writers = true;
    done("read-only", gateway.set_read_only(source, close, bridge.in(Seconds(10))));
    const auto positions = bridge.run(gateway.positions(source, bridge.in(Seconds(10))));
    ASSERT_TRUE(positions) << positions.error().message;
    done("wait", gateway.wait_until_applied(replica, positions->executed, bridge.in(Seconds(10))));
    const auto credentials = bridge.run(gateway.replication_credentials(replica, bridge.in(Seconds(10))));
    EXPECT_EQ(credentials.has_value(), is_mysql());
    done("reset", gateway.reset_replication(replica, "", false, bridge.in(Seconds(10))));
    mysql::ReadOnlyChange open;
    open.read_only = false;
    done("writable", gateway.set_read_only(replica, open, bridge.in(Seconds(10))));
    mysql::SourceChange change;
    change.source = replica;
    change.gtid = is_mysql() ? model::GtidUse::auto_position : model::GtidUse::replica_position;
    change.user = sandbox::replication_account.user;
    change.password = sandbox::replication_account.secret;
    change.include_own_writes = true;
    done("follow", gateway.change_source(source, change, bridge.in(Seconds(10))));
    done("start", gateway.start_replication(source, "", bridge.in(Seconds(10))));
}

}  // namespace
}  // namespace orc::integration
