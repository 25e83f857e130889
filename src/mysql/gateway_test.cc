// The gateway against servers of canned answers: what it does when a server refuses a part, dies, hangs or is odd.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "mysql/dialer.h"
#include "mysql/fake_server_test.h"
#include "mysql/real_gateway.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"

namespace orc::mysql {
namespace {

/// Answers statements by their beginnings; the longest that fits wins.
class FakeSql {
public:
    struct Reply {
        std::vector<std::string> columns;
        std::vector<std::vector<std::optional<std::string>>> rows;
        int error = 0;
        std::string text;
        bool hangs = false;
        bool closes = false;
    };

    explicit FakeSql(std::string version) {
        on("SELECT @@global.version", table({{version, "fake"}}));
        on("SELECT @@global.version, @@global.version_comment, CONNECTION_ID()", table({{version, "fake", "815"}}));
        on("SHOW VARIABLES LIKE 'maxscale%'", table({}));
        on("SET ", Reply{});
        on("SHOW ", table({}));
        on("KILL", Reply{});
    }
    static Reply table(
        std::vector<std::vector<std::optional<std::string>>> rows, std::vector<std::string> columns = {}
    ) {
        const std::size_t width = rows.empty() ? std::max<std::size_t>(1, columns.size()) : rows.front().size();
        columns.resize(width, "c");
        return Reply{std::move(columns), std::move(rows), 0, "", false, false};
    }
    static Reply refusal(int number, std::string text) { return Reply{{}, {}, number, std::move(text), false, false}; }
    static Reply hang() { return Reply{{}, {}, 0, "", true, false}; }
    static Reply hang_up() { return Reply{{}, {}, 0, "", false, true}; }

    void on(const std::string& beginning, Reply reply) {
        const std::lock_guard lock(mutex_);
        replies_[beginning] = std::move(reply);
    }
    std::vector<std::string> asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    std::size_t count(std::string_view beginning) {
        const auto all = asked();
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& text) {
            return text.starts_with(beginning);
        }));
    }
    void forget_asked() {
        const std::lock_guard lock(mutex_);
        asked_.clear();
    }

    void operator()(Peer& peer) {
        peer.log_in();
        while (const auto command = peer.read_packet()) {
            if (command->front() == 0x0e) {
                peer.send_packet(canned::ok());
                continue;
            }
            if (command->front() != 0x03) {
                return;
            }
            const auto statements = split(std::string_view(*command).substr(1), ';');
            for (std::size_t i = 0; i < statements.size(); ++i) {
                const auto reply = reply_to(trim(statements[i]));
                const bool more = i + 1 < statements.size();
                if (reply.hangs) {
                    peer.wait_until_closed();
                    return;
                }
                if (reply.closes) {
                    return;
                }
                if (reply.error != 0) {
                    peer.send_packet(canned::error(reply.error, reply.text));
                    break;
                }
                if (reply.columns.empty()) {
                    peer.send_packet(canned::ok(more));
                } else {
                    peer.send_set(reply.columns, reply.rows, more);
                }
            }
        }
    }

private:
    Reply reply_to(std::string_view statement) {
        const std::lock_guard lock(mutex_);
        asked_.emplace_back(statement);
        const Reply* best = nullptr;
        std::size_t length = 0;
        for (const auto& [beginning, reply] : replies_) {
            if (statement.starts_with(beginning) && beginning.size() >= length) {
                best = &reply;
                length = beginning.size();
            }
        }
        return best != nullptr ? *best : refusal(1064, "what? " + std::string(statement));
    }

    std::mutex mutex_;
    std::map<std::string, Reply> replies_;
    std::vector<std::string> asked_;
};

/// One server and a gateway to it.
struct Scene {
    explicit Scene(std::string version, GatewayOptions options = {}) : sql(std::move(version)) {
        options.access.user = "orc";
        options.access.password = "secret";
        options.access.tls = TlsMode::off;
        options.replicas_by_registration = true;
        gateway = make_gateway(std::move(options), *dialer, clock, io.get_executor());
        gateway->on_session_broken([this](Endpoint) { ++broken; });
    }
    ~Scene() {
        tasks.spawn(gateway->stop());
        run_until_idle();
    }
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    Endpoint at() const { return server.endpoint(); }
    Deadline in(Micros span) { return clock.deadline_in(span); }
    Result<model::Facts> probe(Micros limit = Seconds(5)) { return run(gateway->probe(at(), in(limit))); }

    template <typename T>
    Result<T> run(Task<T> work) {
        Result<T> out = fail(ErrorCode::conflict, "did not end");
        tasks.spawn(keep(std::move(work), out));
        run_until_idle();
        return out;
    }
    template <typename T>
    static Co<void> keep(Task<T> work, Result<T>& out) {
        out = co_await std::move(work);
    }
    void run_until_idle() {
        io.restart();
        while (tasks.running() > 0) {
            io.run_one();
        }
    }
    void run_for(std::chrono::milliseconds span) {
        io.restart();
        io.run_for(span);
    }

    FakeSql sql;
    FakeServer server{[this](Peer& peer) { sql(peer); }};
    asio::io_context io{1};
    runtime::SystemClock clock;
    std::unique_ptr<Resolver> resolver = make_resolver(clock, io.get_executor(), {});
    std::unique_ptr<Dialer> dialer = make_dialer(clock, io.get_executor(), *resolver);
    std::unique_ptr<RealGateway> gateway;
    int broken = 0;
    runtime::TaskGroup tasks{io.get_executor()};
};

void make_mysql(FakeSql& sql) {
    // server_id, read_only, format, image, super, gtid_mode, executed, purged
    sql.on(
        "SELECT @@global.server_id,",
        FakeSql::table(
            {{"7",
              "0",
              "ROW",
              "FULL",
              "0",
              "ON",
              "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5",
              "",
              "db1",
              "",
              "1",
              "1",
              "3e11fa47-71ca-11e1-9e33-c80aa9429562"}}
        )
    );
    sql.on("SHOW BINARY LOG STATUS", FakeSql::table({{"b.000001", "154", "", "", ""}}));
    sql.on("SHOW REPLICAS", FakeSql::table({{"2", "db2", "3306"}}, {"Server_Id", "Host", "Port"}));
    sql.on("SHOW GLOBAL STATUS", FakeSql::table({{"Uptime", "100"}}));
    sql.on("SELECT s.CHANNEL_NAME", FakeSql::table({}));
    sql.on("SELECT HOST FROM", FakeSql::table({}));
    sql.on("SELECT COUNT(*) FROM mysql.", FakeSql::table({{"1"}}));
    sql.on("SELECT MEMBER_ID", FakeSql::refusal(1193, "Unknown system variable 'group_replication_group_name'"));
}

TEST(Gateway, a_refused_part_costs_that_part_only_and_is_not_asked_again_soon) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    scene.sql.on("SELECT COUNT(*) FROM mysql.", FakeSql::refusal(1142, "SELECT command denied"));
    const auto facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->server_id, 7U);
    EXPECT_EQ(facts->hostname, "db1");
    EXPECT_EQ(facts->server_uuid, "3e11fa47-71ca-11e1-9e33-c80aa9429562");
    EXPECT_EQ(facts->registered_replicas, (std::vector<Endpoint>{{"db2", 3306}}));
    EXPECT_EQ(facts->self.text(), "b.000001:154");
    EXPECT_FALSE(facts->replication_credentials_available);
    EXPECT_GE(facts->uptime, Seconds(100));
    scene.sql.forget_asked();
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(scene.probe());
    }
    EXPECT_EQ(scene.sql.count("SELECT MEMBER_ID"), 0U);
    EXPECT_EQ(scene.sql.count("SELECT COUNT(*) FROM mysql."), 0U);
    EXPECT_EQ(scene.sql.count("SHOW REPLICA STATUS"), 12U);
    EXPECT_EQ(scene.sql.count("SHOW REPLICAS"), 6U) << "new replicas are noticed within two probes";
    EXPECT_EQ(scene.server.connections(), 1) << "one kept-open session";
}

TEST(Gateway, a_variable_that_is_gone_does_not_lose_the_row) {
    Scene scene("10.9.0");  // a MySQL of some later day
    make_mysql(scene.sql);
    scene.sql.on(
        "SELECT @@global.server_id,@@global.read_only,@@global.binlog_format,",
        FakeSql::refusal(1193, "Unknown system variable 'binlog_format'")
    );
    scene.sql.on(
        "SELECT @@global.server_id,@@global.read_only,@@global.binlog_row_image,",
        FakeSql::table({{"9", "1", "FULL", "1", "ON", "", "", "db1", "", "1", "1", "u"}})
    );
    auto facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->server_id, 9U);
    EXPECT_TRUE(facts->read_only && facts->super_read_only && facts->log_bin);
    EXPECT_EQ(facts->binlog_format, "");
    scene.sql.forget_asked();
    facts = scene.probe();
    ASSERT_TRUE(facts);
    EXPECT_EQ(scene.sql.count("SELECT @@global.server_id"), 1U) << "it has learned";
}

TEST(Gateway, a_required_part_that_is_refused_is_the_probes_error) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    scene.sql.on("SHOW REPLICA STATUS", FakeSql::refusal(1227, "Access denied; you need REPLICATION CLIENT"));
    const auto facts = scene.probe();
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().code, ErrorCode::denied);
    EXPECT_EQ(facts.error().number, 1227);
    EXPECT_NE(facts.error().message.find(scene.at().text()), std::string::npos);
}

TEST(Gateway, a_session_that_died_while_idle_is_replaced_and_told) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    ASSERT_TRUE(scene.probe());
    // The session is cut while a statement is answered, as a server does that restarts between two probes.
    scene.sql.on("SHOW REPLICA STATUS", FakeSql::hang_up());
    EXPECT_FALSE(scene.probe());
    EXPECT_EQ(scene.server.connections(), 2) << "tried once more on a new session";
    EXPECT_EQ(scene.broken, 1);
    scene.sql.on("SHOW REPLICA STATUS", FakeSql::table({}));
    EXPECT_TRUE(scene.probe());
    EXPECT_EQ(scene.broken, 1);
}

GatewayOptions options_of(const std::string& password) {
    GatewayOptions out;
    out.access.user = "orc";
    out.access.password = password;
    out.access.tls = TlsMode::off;
    out.replicas_by_registration = true;
    return out;
}

TEST(Gateway, another_password_replaces_the_session_before_its_next_use_and_is_no_failure) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    ASSERT_TRUE(scene.probe());
    auto same = options_of("secret");
    same.questions.data_center = "SELECT 'x'";
    scene.gateway->adopt(same);
    EXPECT_TRUE(scene.probe());
    EXPECT_EQ(scene.server.connections(), 1) << "another question needs no other session";
    scene.gateway->adopt(options_of("other"));
    const auto pulse = scene.run(scene.gateway->pulse(scene.at(), scene.in(Seconds(5))));
    ASSERT_FALSE(pulse);
    EXPECT_EQ(pulse.error().code, ErrorCode::not_found) << "no session to ask on, which says nothing bad";
    EXPECT_TRUE(scene.probe());
    EXPECT_EQ(scene.server.connections(), 2);
    EXPECT_EQ(scene.broken, 0);
}

TEST(Gateway, a_session_past_its_life_is_replaced_and_is_no_failure) {
    auto options = options_of("secret");
    options.session_life = Micros(1);  // any later moment is past it
    Scene scene("8.4.3", options);
    make_mysql(scene.sql);
    ASSERT_TRUE(scene.probe());
    ASSERT_TRUE(scene.probe());
    EXPECT_EQ(scene.server.connections(), 2);
    EXPECT_EQ(scene.broken, 0);
}

TEST(Gateway, a_pulse_waits_its_turn_but_not_beyond_its_deadline) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    ASSERT_TRUE(scene.probe());
    scene.sql.on("SHOW REPLICA STATUS", FakeSql::hang());
    Result<model::Facts> hung = fail(ErrorCode::conflict, "");
    Result<Pulse> early = fail(ErrorCode::conflict, "");
    Result<Pulse> late = fail(ErrorCode::conflict, "");
    scene.tasks.spawn(Scene::keep(scene.gateway->probe(scene.at(), scene.in(Millis(150))), hung));
    scene.run_for(Millis(10));
    scene.tasks.spawn(Scene::keep(scene.gateway->pulse(scene.at(), scene.in(Millis(40))), early));
    scene.tasks.spawn(Scene::keep(scene.gateway->pulse(scene.at(), scene.in(Seconds(5))), late));
    scene.run_until_idle();
    EXPECT_EQ(hung.error().code, ErrorCode::timed_out);
    EXPECT_EQ(early.error().code, ErrorCode::timed_out);
    EXPECT_EQ(late.error().code, ErrorCode::unreachable) << "the session died with the probe";
    EXPECT_EQ(scene.broken, 0);
}

TEST(Gateway, a_write_that_times_out_is_ended_on_the_server) {
    Scene scene("10.11.6-MariaDB");
    scene.sql.on("SET GLOBAL read_only", FakeSql::hang());
    const ReadOnlyChange change;
    const auto written = scene.run(scene.gateway->set_read_only(scene.at(), change, scene.in(Millis(100))));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::timed_out);
    for (int i = 0; i < 200 && scene.sql.count("KILL 815") == 0; ++i) {
        scene.run_for(Millis(10));
    }
    EXPECT_EQ(scene.sql.count("KILL 815"), 1U);
}

TEST(Gateway, a_receiver_that_takes_its_leave_is_stopped_when_the_signal_can_reach_it) {
    struct Case {
        std::string name;
        bool is_gone;
        std::size_t looks_least;
        std::size_t looks_most;
    };
    // While it is still on its way to say farewell, stopping would wait two seconds; once it is gone, nobody waits.
    const Case cases[] = {{"silent source", false, 2, 20}, {"healthy source", true, 1, 1}};
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        Scene scene("10.11.6-MariaDB");
        scene.sql.on("SHOW GLOBAL VARIABLES LIKE 'rpl_semi", FakeSql::table({{"rpl_semi_sync_slave_enabled", "ON"}}));
        scene.sql.on("SELECT ID, USER, COMMAND", FakeSql::table({{"7", "system user", "Slave_IO"}}));
        const auto remaining = c.is_gone ? FakeSql::table({}) : FakeSql::table({{"7", "system user", "Killed"}});
        scene.sql.on("SELECT ID, USER, COMMAND FROM information_schema.processlist WHERE ID = 7", remaining);
        scene.sql.on("STOP", {});
        ASSERT_TRUE(scene.run(scene.gateway->stop_receiver(scene.at(), "", scene.in(Seconds(5)))));
        const auto asked = scene.sql.asked();
        const auto place = [&](std::string_view beginning) {
            return std::find_if(asked.begin(), asked.end(), [&](const auto& text) {
                return text.starts_with(beginning);
            });
        };
        const auto looks = static_cast<std::size_t>(std::count_if(
            place("KILL 7"), place("STOP SLAVE IO_THREAD"), [](const auto& text) { return text.ends_with("ID = 7"); }
        ));
        EXPECT_GE(looks, c.looks_least);
        EXPECT_LE(looks, c.looks_most);
        EXPECT_EQ(scene.sql.count("SET GLOBAL rpl_semi_sync_slave_enabled = 1"), 1U);
    }
}

TEST(Gateway, asks_the_sites_own_questions) {
    GatewayOptions options;
    options.questions.cluster_alias = "SELECT alias FROM meta;";
    options.questions.data_center = "SELECT dc FROM missing";
    options.questions.promotion_rule = "SELECT rule";
    options.questions.semi_sync_priority = "SELECT prio";
    options.questions.pseudo_gtid = "SELECT pseudo";
    options.questions.lag = "SELECT lag; ";
    options.questions.replication_credentials = "SELECT user, password";
    Scene scene("8.4.3", options);
    make_mysql(scene.sql);
    scene.sql.on("SELECT alias", FakeSql::table({{"shop"}}));
    scene.sql.on("SELECT dc", FakeSql::refusal(1146, "Table 'missing' doesn't exist"));
    scene.sql.on("SELECT rule", FakeSql::table({{"prefer"}}));
    scene.sql.on("SELECT prio", FakeSql::table({{"12"}}));
    scene.sql.on("SELECT pseudo", FakeSql::table({{"1"}}));
    scene.sql.on("SELECT lag", FakeSql::table({{"-3"}}));
    scene.sql.on("SELECT user", FakeSql::table({{"repl", "pa$$"}}));
    auto facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->cluster_alias, "shop");
    EXPECT_EQ(facts->data_center, "");
    EXPECT_EQ(facts->promotion_rule, "prefer");
    EXPECT_EQ(facts->semi_sync_priority, 12);
    EXPECT_TRUE(facts->uses_pseudo_gtid);
    EXPECT_EQ(facts->queried_lag, Seconds(0));
    EXPECT_TRUE(facts->replication_credentials_available);
    scene.sql.on("SELECT lag", FakeSql::refusal(1146, "gone"));
    facts = scene.probe();
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->queried_lag, std::nullopt);
    const auto credentials = scene.run(scene.gateway->replication_credentials(scene.at(), scene.in(Seconds(5))));
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->password, "pa$$");
    scene.sql.on("SELECT user", FakeSql::refusal(1064, "near 'pa$$'"));
    const auto failed = scene.run(scene.gateway->replication_credentials(scene.at(), scene.in(Seconds(5))));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message.find("pa$$"), std::string::npos);
}

TEST(Gateway, binary_logs_say_what_was_executed_before_them) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    const std::string set = "00000000-0000-0000-0000-00000000000a:1-5";
    const auto events = [](const std::string& before) {
        return FakeSql::table(
            {{"Format_desc", "Server ver: 8.4.3"}, {"Previous_gtids", before}}, {"Event_type", "Info"}
        );
    };
    scene.sql.on("SHOW BINARY LOGS", FakeSql::table({{"b.1", "100"}, {"b.2", "200"}}, {"Log_name", "File_size"}));
    scene.sql.on("SHOW BINLOG EVENTS IN 'b.1'", events(""));
    scene.sql.on("SHOW BINLOG EVENTS IN 'b.2'", events(set));
    auto logs = scene.run(scene.gateway->binary_logs(scene.at(), scene.in(Seconds(5))));
    ASSERT_TRUE(logs) << logs.error().message;
    ASSERT_EQ(logs->size(), 2U);
    EXPECT_EQ(logs->front().file, "b.1");
    EXPECT_TRUE(logs->front().before.empty());
    EXPECT_EQ(logs->back().before.text(), set);
    scene.sql.on("SHOW BINLOG EVENTS IN 'b.2'", FakeSql::table({}, {"Event_type", "Info"}));
    logs = scene.run(scene.gateway->binary_logs(scene.at(), scene.in(Seconds(5))));
    ASSERT_FALSE(logs);
    EXPECT_NE(logs.error().message.find("b.2 does not say"), std::string::npos) << logs.error().message;
    scene.sql.on("SHOW BINARY LOGS", FakeSql::refusal(1381, "You are not using binary logging"));
    logs = scene.run(scene.gateway->binary_logs(scene.at(), scene.in(Seconds(5))));
    ASSERT_FALSE(logs);
    EXPECT_EQ(logs.error().number, 1381);
}

TEST(Gateway, a_password_never_comes_back_in_an_error) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    scene.sql.on("CHANGE", FakeSql::refusal(1064, "syntax error near 'SOURCE_PASSWORD = 'it''s5ecret''"));
    SourceChange change;
    change.source = {"db2", 3306};
    change.gtid = model::GtidUse::auto_position;
    change.password = "it's5ecret";
    const auto changed = scene.run(scene.gateway->change_source(scene.at(), change, scene.in(Seconds(5))));
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().number, 1064);
    EXPECT_EQ(changed.error().message.find("5ecret"), std::string::npos) << changed.error().message;
}

TEST(Gateway, knows_maxscale_by_its_own_variable) {
    Scene scene("8.0.11");
    scene.sql.on("SHOW VARIABLES LIKE 'maxscale%'", FakeSql::table({{"MAXSCALE_VERSION", "6.4.1"}}));
    const auto alone = scene.probe();
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().code, ErrorCode::invalid);
    scene.sql.on("SELECT @@global.server_id", FakeSql::refusal(1193, "Unknown system variable 'server_uuid'"));
    scene.sql.on(
        "SHOW SLAVE STATUS",
        FakeSql::table(
            {{"db1", "3306", "repl", "Yes", "Yes"}},
            {"Master_Host", "Master_Port", "Master_User", "Slave_IO_Running", "Slave_SQL_Running"}
        )
    );
    scene.sql.on("SHOW SLAVE HOSTS", FakeSql::table({{"9", "db2", "3306"}}, {"Server_id", "Host", "Port"}));
    const auto facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->version.flavor, model::Flavor::maxscale);
    EXPECT_TRUE(facts->version.is_binlog_server());
    EXPECT_EQ(facts->version.text, "6.4.1-maxscale");
    ASSERT_EQ(facts->channels.size(), 1U);
    EXPECT_EQ(facts->channels[0].source.host, "db1");
    EXPECT_EQ(facts->registered_replicas, (std::vector<Endpoint>{{"db2", 3306}}));
    EXPECT_TRUE(facts->read_only && facts->log_bin && facts->log_replica_updates);
    EXPECT_EQ(facts->binlog_format, "INHERIT");
    EXPECT_EQ(scene.sql.count("SELECT HOST"), 0U) << "its replicas are known by their registration only";
    EXPECT_EQ(scene.sql.count("SHOW GLOBAL"), 0U);
}

TEST(Gateway, stopping_ends_everything_and_refuses_new_work) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    ASSERT_TRUE(scene.probe());
    scene.sql.on("SHOW REPLICA STATUS", FakeSql::hang());
    Result<model::Facts> hung = fail(ErrorCode::conflict, "");
    scene.tasks.spawn(Scene::keep(scene.gateway->probe(scene.at(), scene.in(Seconds(20))), hung));
    scene.run_for(Millis(10));
    scene.tasks.spawn(scene.gateway->stop());
    scene.run_until_idle();
    EXPECT_EQ(hung.error().code, ErrorCode::cancelled);
    EXPECT_EQ(scene.probe().error().code, ErrorCode::cancelled);
    EXPECT_EQ(scene.broken, 0);
}

}  // namespace
}  // namespace orc::mysql
