#include <gtest/gtest.h>

#include "mysql/dialect/status_rows.h"

namespace orc::mysql {
namespace {

using Cells = std::vector<std::pair<std::string, std::optional<std::string>>>;

ResultSet one_row(const Cells& cells) {
    ResultSet out;
    out.rows.emplace_back();
    for (const auto& [name, value] : cells) {
        out.columns.push_back(name);
        out.rows.back().push_back(value);
    }
    return out;
}

std::vector<model::Channel> channels_of(const ResultSet& set) { return read_channels(set, StatusLayout(set)); }

Cells mariadb_row() {
    return {
        {"Connection_name", ""},
        {"Slave_SQL_State", "Slave has read all relay log; waiting for more updates"},
        {"Slave_IO_State", "Waiting for master to send event"},
        {"Master_Host", "db1"},
        {"Master_User", "repl"},
        {"Master_Port", "3306"},
        {"Connect_Retry", "60"},
        {"Master_Log_File", "binlog.000003"},
        {"Read_Master_Log_Pos", "1234"},
        {"Relay_Log_File", "relay.000002"},
        {"Relay_Log_Pos", "555"},
        {"Relay_Master_Log_File", "binlog.000003"},
        {"Slave_IO_Running", "Yes"},
        {"Slave_SQL_Running", "Yes"},
        {"Replicate_Do_DB", ""},
        {"Replicate_Rewrite_DB", ""},
        {"Exec_Master_Log_Pos", "1200"},
        {"Master_SSL_Allowed", "No"},
        {"Seconds_Behind_Master", "7"},
        {"Last_IO_Errno", "0"},
        {"Last_IO_Error", ""},
        {"Last_SQL_Errno", "0"},
        {"Last_SQL_Error", ""},
        {"Master_Server_Id", "11"},
        {"Using_Gtid", "Slave_Pos"},
        {"Gtid_IO_Pos", "0-11-42,1-5-7"},
        {"SQL_Delay", "0"},
        {"Slave_received_heartbeats", "12"},
        {"Slave_heartbeat_period", "1.500"},
        {"Gtid_Slave_Pos", "0-11-40"},
    };
}

Cells mysql_row() {
    return {
        {"Replica_IO_State", "Connecting to source"},
        {"Source_Host", "db1"},
        {"Source_User", "repl"},
        {"Source_Port", "3306"},
        {"Source_Log_File", "b.000001"},
        {"Read_Source_Log_Pos", "18446744073709551615"},
        {"Relay_Source_Log_File", "b.000001"},
        {"Replica_IO_Running", "Connecting"},
        {"Replica_SQL_Running", "No"},
        {"Replicate_Do_DB", ""},
        {"Replicate_Wild_Ignore_Table", "tmp.%"},
        {"Exec_Source_Log_Pos", "4"},
        {"Source_SSL_Allowed", "Yes"},
        {"Source_SSL_CA_File", "/ca"},
        {"Source_SSL_Verify_Server_Cert", "No"},
        {"Seconds_Behind_Source", std::nullopt},
        {"Last_IO_Errno", "2003"},
        {"Last_IO_Error", "error connecting to source 'repl@db1:3306'"},
        {"Source_Server_Id", "0"},
        {"Source_UUID", "3e11fa47-71ca-11e1-9e33-c80aa9429562"},
        {"SQL_Delay", "3600"},
        {"Retrieved_Gtid_Set", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,\n4e11fa47-71ca-11e1-9e33-c80aa9429562:1"},
        {"Executed_Gtid_Set", ""},
        {"Auto_Position", "1"},
        {"Channel_Name", "eu"},
        {"Source_TLS_Version", "TLSv1.2,TLSv1.3"},
        {"Source_public_key_path", ""},
        {"Get_Source_public_key", "1"},
    };
}

TEST(StatusRows, reads_a_mariadb_replica) {
    const auto channels = channels_of(one_row(mariadb_row()));
    ASSERT_EQ(channels.size(), 1U);
    const auto& c = channels[0];
    EXPECT_EQ(c.name, "");
    EXPECT_EQ(c.source, (Endpoint{"db1", 3306}));
    EXPECT_EQ(c.source_server_id, 11U);
    EXPECT_EQ(c.user, "repl");
    EXPECT_EQ(c.receiver, model::ThreadState::running);
    EXPECT_EQ(c.applier, model::ThreadState::running);
    EXPECT_EQ(c.read, (gtid::BinlogCoordinates{"binlog.000003", 1234}));
    EXPECT_EQ(c.executed, (gtid::BinlogCoordinates{"binlog.000003", 1200}));
    EXPECT_EQ(c.relay, (gtid::BinlogCoordinates{"relay.000002", 555}));
    EXPECT_EQ(c.gtid_use, model::GtidUse::replica_position);
    EXPECT_EQ(gtid::text(c.received), "0-11-42,1-5-7");
    EXPECT_EQ(c.lag, Seconds(7));
    EXPECT_EQ(c.heartbeats_received, 12U);
    EXPECT_EQ(c.heartbeat_period, Millis(1500));
    EXPECT_FALSE(c.has_filters);
    EXPECT_FALSE(c.tls.enabled);
}

TEST(StatusRows, reads_a_mysql_replica_that_cannot_connect) {
    const auto channels = channels_of(one_row(mysql_row()));
    ASSERT_EQ(channels.size(), 1U);
    const auto& c = channels[0];
    EXPECT_EQ(c.name, "eu");
    EXPECT_EQ(c.receiver, model::ThreadState::other);
    EXPECT_EQ(c.applier, model::ThreadState::stopped);
    EXPECT_TRUE(c.is_failing_to_connect());
    EXPECT_EQ(c.read.position, UINT64_MAX) << "64 bits, whatever the server says";
    EXPECT_EQ(c.gtid_use, model::GtidUse::auto_position);
    EXPECT_EQ(std::get<gtid::GtidSet>(c.received).count(), 6U);
    EXPECT_EQ(c.lag, std::nullopt);
    EXPECT_EQ(c.delay, Seconds(3600));
    EXPECT_EQ(c.heartbeats_received, std::nullopt);
    EXPECT_TRUE(c.has_filters);
    EXPECT_TRUE(c.tls.enabled);
    EXPECT_EQ(c.tls.ca_file, "/ca");
    EXPECT_EQ(c.tls.verify_server_certificate, false);
    EXPECT_EQ(c.tls.tls_version, "TLSv1.2,TLSv1.3");
    EXPECT_EQ(c.tls.get_public_key, true);
}

// What is lost here is lost with the next change of the source (a file, a version, the key).
TEST(StatusRows, reads_all_tls_and_key_settings_in_either_wording) {
    const struct {
        std::string_view what;
        std::string source;
        std::string key_flag;
    } wordings[] = {{"new", "Source_", "Get_Source_public_key"}, {"old", "Master_", "Get_master_public_key"}};
    for (const auto& w : wordings) {
        SCOPED_TRACE(w.what);
        Cells row = {
            {w.source + "Host", "db1"},
            {w.source + "Port", "3306"},
            {w.source + "User", "repl"},
            {w.source + "SSL_Allowed", "Yes"},
            {w.source + "SSL_CA_File", "/ca.pem"},
            {w.source + "SSL_CA_Path", "/ca"},
            {w.source + "SSL_Cert", "/cert.pem"},
            {w.source + "SSL_Cipher", "AES"},
            {w.source + "SSL_Key", "/key.pem"},
            {w.source + "SSL_Verify_Server_Cert", "Yes"},
            {w.source + "SSL_Crl", "/crl.pem"},
            {w.source + "SSL_Crlpath", "/crl"},
            {w.source + "TLS_Version", "TLSv1.3"},
            {w.source + "public_key_path", "/public.pem"},
            {w.key_flag, "0"},
        };
        model::ChannelTls wanted;
        wanted.enabled = true;
        wanted.ca_file = "/ca.pem";
        wanted.ca_path = "/ca";
        wanted.certificate = "/cert.pem";
        wanted.cipher = "AES";
        wanted.key = "/key.pem";
        wanted.verify_server_certificate = true;
        wanted.crl_file = "/crl.pem";
        wanted.crl_path = "/crl";
        wanted.tls_version = "TLSv1.3";
        wanted.public_key_path = "/public.pem";
        wanted.get_public_key = false;
        EXPECT_EQ(channels_of(one_row(row)).at(0).tls, wanted);
        row.pop_back();
        EXPECT_EQ(channels_of(one_row(row)).at(0).tls.get_public_key, false) << "there is a key, and nothing to ask";
        row.pop_back();
        EXPECT_EQ(channels_of(one_row(row)).at(0).tls.get_public_key, std::nullopt);
    }
}

TEST(StatusRows, every_row_is_a_channel) {
    auto first = mariadb_row();
    auto second = mariadb_row();
    second[0].second = "eu";
    second[3].second = "db9";
    second[12].second = "No";
    second[18].second = std::nullopt;
    ResultSet set = one_row(second);
    set.rows.push_back(one_row(first).rows.front());
    auto channels = channels_of(set);
    ASSERT_EQ(channels.size(), 2U);
    EXPECT_EQ(channels[0].name, "eu");
    EXPECT_EQ(channels[0].source.host, "db9");
    EXPECT_EQ(channels[0].receiver, model::ThreadState::stopped);
    EXPECT_EQ(channels[0].lag, std::nullopt);
    EXPECT_EQ(channels[1].name, "");
    EXPECT_EQ(channels[1].receiver, model::ThreadState::running);
    const ResultSet beats{
        {"CHANNEL_NAME", "COUNT", "INTERVAL", "SUITES"},
        {{"eu", "5", "30.000", "TLS_AES_256_GCM_SHA384"}, {"gone", "1", "1", ""}}
    };
    read_heartbeats(beats, channels);
    EXPECT_EQ(channels[0].heartbeats_received, 5U);
    EXPECT_EQ(channels[0].tls.tls_ciphersuites, "TLS_AES_256_GCM_SHA384");
    EXPECT_EQ(channels[1].heartbeats_received, 12U) << "another channel's";
}

TEST(StatusRows, rows_without_a_source_and_the_groups_own_channels_are_none) {
    auto reset = mariadb_row();
    reset[3].second = "";
    EXPECT_TRUE(channels_of(one_row(reset)).empty());
    auto group = mysql_row();
    group[24].second = "group_replication_applier";
    EXPECT_TRUE(channels_of(one_row(group)).empty());
    EXPECT_TRUE(channels_of(ResultSet{}).empty());
}

TEST(StatusRows, odd_values_read_as_not_reported) {
    auto odd = mariadb_row();
    odd[5].second = "70000";
    odd[18].second = "-3";
    odd[24].second = "No";
    odd[27].second = "";
    const auto c = channels_of(one_row(odd)).at(0);
    EXPECT_EQ(c.source.port, 0);
    EXPECT_EQ(c.lag, Seconds(0));
    EXPECT_EQ(c.gtid_use, model::GtidUse::none);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(c.received));
    EXPECT_EQ(c.heartbeats_received, std::nullopt);
}

TEST(StatusRows, variables_become_facts) {
    VariableReader reader;
    model::Facts facts;
    const auto read = [&](Variable v, std::optional<std::string> text) {
        reader.read(v, text ? &*text : nullptr, facts);
    };
    read(Variable::read_only, "NO_LOCK");
    read(Variable::super_read_only, "0");
    read(Variable::log_bin, "1");
    read(Variable::report_host, std::nullopt);
    read(Variable::server_id, "4294967295");
    read(Variable::gtid_executed, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5");
    EXPECT_TRUE(facts.read_only && !facts.super_read_only && facts.log_bin);
    EXPECT_EQ(facts.report_host, "");
    EXPECT_EQ(facts.server_id, 4294967295U);
    EXPECT_EQ(std::get<gtid::GtidSet>(facts.executed).count(), 5U);
    read(Variable::gtid_executed, "");
    EXPECT_TRUE(std::holds_alternative<gtid::GtidSet>(facts.executed)) << "an empty set is not an unknown one";
    read(Variable::gtid_current, "0-1-2");
    read(Variable::gtid_binlog_state, "0-2-7,0-1-9");
    EXPECT_EQ(facts.binlog_state.last(0, 2), 7U);
    read(Variable::gtid_binlog, "broken");
    EXPECT_EQ(gtid::text(facts.executed), "0-1-2");
    EXPECT_TRUE(facts.binlog_position.empty());
}

TEST(StatusRows, replicas_by_registration_and_by_dump_thread) {
    const ResultSet hosts{
        {"Server_Id", "Host", "Port", "Source_Id"},
        {{"2", "db2", "3306", "1"}, {"3", "", "3306", "1"}, {"4", "db4", "0", "1"}, {"5", "db5", "3310", "1"}}
    };
    EXPECT_EQ(read_registered(hosts, {}), (std::vector<Endpoint>{{"db2", 3306}, {"db5", 3310}}));
    const ResultSet threads{
        {"HOST", "USER"},
        {{"db2:41234", "repl"}, {"db3", "cdc"}, {"db2:41235", "repl"}, {std::nullopt, "repl"}, {"::1:555", "repl"}}
    };
    using Endpoints = std::vector<Endpoint>;
    EXPECT_EQ(read_dump_threads(threads, 3306, {}), (Endpoints{{"db2", 3306}, {"db3", 3306}, {"::1", 3306}}));
    const UserFilter no_consumers = [](std::string_view user) { return user == "cdc"; };
    EXPECT_EQ(read_dump_threads(threads, 3306, no_consumers), (Endpoints{{"db2", 3306}, {"::1", 3306}}));
    const ResultSet named{{"Host", "User", "Port"}, {{"db2", "repl", "3306"}, {"db3", "cdc", "3306"}}};
    EXPECT_EQ(read_registered(named, no_consumers), (Endpoints{{"db2", 3306}}));
    EXPECT_EQ(read_registered(hosts, no_consumers).size(), 2U) << "a server that does not tell users";
    const ResultSet nodes{{"uri"}, {{"db7"}, {"db8:3306/?server-id=2"}, {""}, {"db9"}}};
    EXPECT_EQ(read_ndb_peers(nodes, {"db9", 3306}), (Endpoints{{"db7", 3306}, {"db8", 3306}}));
}

TEST(StatusRows, a_group_as_one_member_sees_it) {
    const ResultSet set{
        {"MEMBER_ID", "MEMBER_HOST", "MEMBER_PORT", "MEMBER_STATE", "MEMBER_ROLE", "name", "single"},
        {{"aaa", "db1", "3306", "ONLINE", "PRIMARY", "g", "1"},
         {"bbb", "db2", "3306", "RECOVERING", "SECONDARY", "g", "1"},
         {"ccc", "db3", "3306", "UNREACHABLE", "SECONDARY", "g", "1"}}
    };
    const auto group = read_group(set, "BBB");
    ASSERT_TRUE(group);
    EXPECT_EQ(group->group_name, "g");
    EXPECT_EQ(group->state, "RECOVERING");
    EXPECT_EQ(group->role, "SECONDARY");
    EXPECT_EQ(group->primary, (Endpoint{"db1", 3306}));
    EXPECT_EQ(group->members, (std::vector<Endpoint>{{"db1", 3306}, {"db3", 3306}}));
    ASSERT_EQ(group->view.size(), 3U);
    EXPECT_EQ(group->view[2].state, "UNREACHABLE");
    EXPECT_EQ(group->view[0].role, "PRIMARY");
    EXPECT_FALSE(read_group(set, "ddd"));
    EXPECT_FALSE(read_group(ResultSet{}, "aaa"));
}

}  // namespace
}  // namespace orc::mysql
