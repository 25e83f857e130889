// The gateway against servers of canned answers: what it does when a server refuses a part, dies, hangs or is odd.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "mysql/fake_sql_test.h"

namespace orc::mysql {
namespace {

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
        EXPECT_EQ(scene.sql.count("SET GLOBAL rpl_semi_sync_slave_enabled"), 0U);
        EXPECT_LT(place("SET @farewell"), place("KILL 7"));
        EXPECT_LT(place("STOP SLAVE IO_THREAD"), place("SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout=@farewell"));
    }
}

TEST(Gateway, a_stop_that_is_cut_short_leaves_acknowledging_as_it_was) {
    Scene scene("10.11.6-MariaDB");
    scene.sql.on("SHOW GLOBAL VARIABLES LIKE 'rpl_semi", FakeSql::table({{"rpl_semi_sync_slave_enabled", "ON"}}));
    scene.sql.on("SELECT ID, USER, COMMAND", FakeSql::table({{"7", "system user", "Slave_IO"}}));
    scene.sql.on("STOP", FakeSql::hang());
    const auto stopped = scene.run(scene.gateway->stop_receiver(scene.at(), "", scene.in(Millis(150))));
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::timed_out);
    EXPECT_EQ(scene.sql.count("STOP SLAVE IO_THREAD"), 1U);
    EXPECT_EQ(scene.sql.count("SET GLOBAL rpl_semi_sync_slave_enabled"), 0U) << "who would switch it back?";
}

TEST(Gateway, a_receiver_is_started_anew_with_a_short_farewell) {
    Scene scene("11.8.3-MariaDB");
    scene.sql.on("SHOW GLOBAL VARIABLES LIKE 'rpl_semi", FakeSql::table({{"rpl_semi_sync_slave_enabled", "ON"}}));
    scene.sql.on("SELECT ID, USER, COMMAND", FakeSql::table({{"7", "system user", "Slave_IO"}}));
    for (const char* statement : {"SET", "KILL", "DO SLEEP", "STOP", "START"}) {
        scene.sql.on(statement, {});
    }
    ASSERT_TRUE(scene.run(scene.gateway->restart_receiver(scene.at(), "", scene.in(Seconds(5)))));
    const auto asked = scene.sql.asked();
    auto last = asked.begin();
    for (const char* part : {"kill_conn_timeout=1", "KILL 7", "STOP SLAVE", "START SLAVE", "=@farewell"}) {
        const auto place =
            std::find_if(last, asked.end(), [&](const auto& text) { return text.find(part) != std::string::npos; });
        ASSERT_NE(place, asked.end()) << part << " in its turn";
        last = place;
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

TEST(Gateway, binary_logs_of_a_mariadb_say_who_had_logged_what) {
    Scene scene("10.11.6-MariaDB");
    const auto events = [](const std::string& before) {
        return FakeSql::table({{"Format_desc", "Server ver: 10.11.6"}, {"Gtid_list", before}}, {"Event_type", "Info"});
    };
    scene.sql.on("SHOW BINARY LOGS", FakeSql::table({{"b.1", "100"}, {"b.2", "200"}}, {"Log_name", "File_size"}));
    scene.sql.on("SHOW BINLOG EVENTS IN 'b.1'", events("[]"));
    scene.sql.on("SHOW BINLOG EVENTS IN 'b.2'", events("[0-1-5,\n0-2-6]"));
    const auto logs = scene.run(scene.gateway->binary_logs(scene.at(), scene.in(Seconds(5))));
    ASSERT_TRUE(logs) << logs.error().message;
    ASSERT_EQ(logs->size(), 2U);
    EXPECT_TRUE(logs->front().before_on_mariadb.empty());
    EXPECT_EQ(logs->back().before_on_mariadb.text(), "0-1-5,0-2-6");
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

TEST(Gateway, a_reading_of_positions_tells_every_channel) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    const std::vector<std::string> columns = {
        "Replica_IO_State",
        "Source_Host",
        "Source_Port",
        "Replica_IO_Running",
        "Replica_SQL_Running",
        "Auto_Position",
        "Retrieved_Gtid_Set",
        "Last_IO_Errno",
        "Channel_Name"
    };
    const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    scene.sql.on(
        "SHOW REPLICA STATUS",
        FakeSql::table(
            {{"", "billing", "3306", "Yes", "No", "1", uuid + ":1-4", "0", "billing"},
             {"", "shop", "3306", "Yes", "Yes", "1", uuid + ":1-9", "0", ""}},
            columns
        )
    );
    auto positions = scene.run(scene.gateway->positions(scene.at(), scene.in(Seconds(5))));
    ASSERT_TRUE(positions) << positions.error().message;
    ASSERT_EQ(positions->channels.size(), 2U);
    ASSERT_TRUE(positions->channel);
    EXPECT_EQ(positions->channel->name, "") << "the default one is the main one";
    EXPECT_EQ(positions->channel->source.host, "shop");
    EXPECT_EQ(gtid::text(positions->received), uuid + ":1-9");
    positions->look_at("billing");
    ASSERT_TRUE(positions->channel);
    EXPECT_EQ(positions->channel->applier, model::ThreadState::stopped);
    EXPECT_EQ(gtid::text(positions->received), uuid + ":1-4");
    positions->look_at("nobody");
    EXPECT_FALSE(positions->channel);
    EXPECT_TRUE(gtid::empty(positions->received));
}

TEST(Gateway, a_write_waits_no_longer_than_its_own_limit) {
    GatewayOptions options;
    options.write_limit = Millis(50);
    Scene scene("8.4.3", options);
    make_mysql(scene.sql);
    scene.sql.on("STOP REPLICA", FakeSql::hang());
    const auto begun = scene.clock.now();
    const auto stopped = scene.run(scene.gateway->stop_replication(scene.at(), "", scene.in(Seconds(60))));
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::timed_out) << stopped.error().message;
    EXPECT_LT(scene.clock.now() - begun, Seconds(10));
}

TEST(Gateway, a_server_that_insists_on_tls_says_so) {
    Scene scene("8.4.3");
    make_mysql(scene.sql);
    const auto facts = scene.probe();
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->refuses_plain, true);
    EXPECT_EQ(scene.sql.count("SELECT @@global.server_id,"), 1U);
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
