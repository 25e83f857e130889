// A server as its row in database_instance, and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "store/rows.h"
#include "store/schema.h"
#include "store/table_testing.h"
#include "store/testing.h"

namespace orc::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::opened;
using ::testing::SizeIs;
using testing::texts;

using testing::noon;

TEST(InstanceRow, fills_every_classic_column) {
    Database database = opened(":memory:");
    ASSERT_TRUE(migrate(database, noon));
    std::set<std::string> classic;
    for (auto& name : texts(database, "select name from pragma_table_info('database_instance')")) {
        classic.insert(name);
    }
    std::set<std::string> ours;
    for (const auto& name : instance_columns()) {
        EXPECT_TRUE(ours.insert(std::string(name)).second) << name << " twice";
    }
    EXPECT_EQ(ours, classic);
}

model::Server full_server() {
    auto facts = std::make_shared<model::Facts>();
    facts->version = model::Version::parse("8.0.36-28", "Percona Server");
    facts->server_id = 4'000'000'000U;
    facts->server_uuid = "00000000-0000-0000-0000-0000000000aa";
    facts->uptime = Seconds(99);
    facts->read_only = true;
    facts->log_bin = true;
    facts->log_replica_updates = true;
    facts->binlog_format = "ROW";
    facts->binlog_row_image = "FULL";
    facts->self = {"bin.000007", 1234};
    facts->gtid_mode = "ON";
    facts->executed =
        gtid::GtidSet::parse("00000000-0000-0000-0000-0000000000aa:1-5,00000000-0000-0000-0000-0000000000bb:7").value();
    facts->latency = Micros(1500);
    facts->registered_replicas = {{"db9", 3306}, {"db3", 3306}};
    facts->semi_sync_priority = 3;
    facts->semi_sync.timeout = Millis(10'000);
    facts->cluster_alias = "what the query says";
    facts->data_center = "east";
    facts->queried_lag = Seconds(4);
    model::Channel channel;
    channel.source = {"db1", 3306};
    channel.source_uuid = "00000000-0000-0000-0000-0000000000bb";
    channel.receiver = model::ThreadState::other;
    channel.applier = model::ThreadState::running;
    channel.read = {"bin.000009", 77};
    channel.executed = {"bin.000008", 66};
    channel.relay = {"relay.000003", 55};
    channel.gtid_use = model::GtidUse::auto_position;
    channel.lag = Seconds(2);
    channel.delay = Seconds(60);
    channel.receiver_error = "can't \"reach\" db1\\x\ttab\nline \x01 \x7f caf\xc3\xa9 \xf0\x9f\x90\xac \xff";
    channel.user = "repl";
    channel.tls.enabled = true;
    facts->channels.push_back(channel);
    model::GroupMembership group;
    group.group_name = "g";
    group.state = "ONLINE";
    group.role = "SECONDARY";
    group.members = {{"db2", 3306}, {"db4", 3306}};
    group.primary = Endpoint{"db4", 3306};
    facts->group = group;
    model::Server out;
    out.endpoint = {"db2", 3306};
    out.facts = facts;
    out.check.seen = Instant(Seconds(10));
    out.check.seen_wall = noon;
    out.cluster = ClusterName("db1:3306");
    out.cluster_alias = "shop";
    out.depth = 1;
    out.errant = gtid::GtidSet::parse("00000000-0000-0000-0000-0000000000aa:9").value();
    return out;
}

std::map<std::string, std::string> stored(const model::Server& server, const Moment& moment) {
    Database database = opened(":memory:");
    EXPECT_TRUE(migrate(database, noon));
    const Write write = write_of(server, moment);
    const auto done = database.run(write.sql, write.values);
    EXPECT_TRUE(done) << done.error().message;
    std::map<std::string, std::string> out;
    for (const auto& column : instance_columns()) {
        const auto rows = texts(database, "select " + std::string(column) + " from database_instance");
        out[std::string(column)] = rows.size() == 1 ? rows[0] : "no row";
    }
    return out;
}

TEST(InstanceRow, says_what_the_original_would) {
    const auto row = stored(full_server(), Moment{Instant(Seconds(11)), noon + Seconds(1)});
    const std::map<std::string, std::string> expected = {
        {"hostname", "db2"},
        {"port", "3306"},
        {"last_checked", "2023-11-14 22:13:20"},
        {"last_attempted_check", "2023-11-14 22:13:20"},
        {"last_seen", "2023-11-14 22:13:20"},
        {"last_check_partial_success", "1"},
        {"server_id", "4000000000"},
        {"version", "8.0.36-28"},
        {"version_comment", "Percona Server"},
        {"major_version", "8.0"},
        {"binlog_server", "0"},
        {"read_only", "1"},
        {"binary_log_file", "bin.000007"},
        {"binary_log_pos", "1234"},
        {"master_host", "db1"},
        {"master_port", "3306"},
        {"master_uuid", "00000000-0000-0000-0000-0000000000bb"},
        {"slave_sql_running", "1"},
        {"slave_io_running", "0"},
        {"replication_sql_thread_state", "1"},
        {"replication_io_thread_state", "2"},
        {"oracle_gtid", "1"},
        {"mariadb_gtid", "0"},
        {"supports_oracle_gtid", "1"},
        {"executed_gtid_set", "00000000-0000-0000-0000-0000000000aa:1-5,\n00000000-0000-0000-0000-0000000000bb:7"},
        {"suggested_cluster_alias", "shop"},
        {"gtid_errant", "00000000-0000-0000-0000-0000000000aa:9"},
        {"master_log_file", "bin.000009"},
        {"read_master_log_pos", "77"},
        {"relay_master_log_file", "bin.000008"},
        {"exec_master_log_pos", "66"},
        {"relay_log_file", "relay.000003"},
        {"relay_log_pos", "55"},
        {"last_sql_error", ""},
        {"last_io_error", R"("can't \"reach\" db1\\x\ttab\nline \x01 \x7f caf\u00e9 \U0001f42c \xff")"},
        {"seconds_behind_master", "2"},
        {"slave_lag_seconds", "4"},
        {"sql_delay", "60"},
        {"allow_tls", "1"},
        {"num_slave_hosts", "2"},
        {"slave_hosts", R"([{"Hostname":"db3","Port":3306},{"Hostname":"db9","Port":3306}])"},
        {"cluster_name", "db1:3306"},
        {"data_center", "east"},
        {"semi_sync_enforced", "3"},
        {"semi_sync_master_timeout", "10000"},
        {"replication_depth", "1"},
        {"has_replication_credentials", "1"},
        {"last_discovery_latency", "1500000"},
        {"replication_group_members", R"([{"Hostname":"db4","Port":3306}])"},
        {"replication_group_primary_host", "db4"},
        {"replication_group_member_role", "SECONDARY"},
    };
    for (const auto& [column, value] : expected) {
        EXPECT_EQ(row.at(column), value) << column;
    }
}

TEST(InstanceRow, a_server_with_several_sources_has_a_row_for_each_channel_until_it_loses_it) {
    Database database = opened(":memory:");
    ASSERT_TRUE(migrate(database, noon));
    const auto write = [&](const std::vector<Write>& writes) {
        for (const auto& one : writes) {
            const auto done = database.run(one.sql, one.values);
            EXPECT_TRUE(done) << done.error().message;
        }
    };
    const auto see = [&](const model::Server& server) {
        write({write_of(server, Moment{Instant(Seconds(11)), noon})});
        write(channel_writes_of(server));
    };
    const auto expire = [&] {
        const std::chrono::hours long_ago(1);
        for (const auto& expiry : expiries(noon, noon, Retention{long_ago, long_ago, long_ago})) {
            const auto done = database.run_once(expiry.sql, expiry.values);
            EXPECT_TRUE(done) << done.error().message;
        }
    };
    const auto kept = [&] {
        return texts(
            database,
            "select hostname, port, channel_name, master_host, master_port, master_uuid, replication_io_running,"
            " replication_sql_running, seconds_behind_master, last_io_error, last_sql_error, last_seen"
            " from database_instance_channels order by channel_name"
        );
    };
    model::Server server = full_server();
    see(server);
    EXPECT_THAT(kept(), IsEmpty()) << "its one channel stands in its own row";
    auto facts = std::make_shared<model::Facts>(*server.facts);
    facts->channels[0].receiver_error = "no \"way\"";
    model::Channel second;
    second.name = "second";
    second.source = {"db7", 3307};
    second.receiver = second.applier = model::ThreadState::running;
    facts->channels.push_back(second);
    server.facts = facts;
    see(server);
    const std::string first =
        "db2|3306||db1|3306|00000000-0000-0000-0000-0000000000bb|0|1|2|\"no \\\"way\\\"\"||2023-11-14 22:13:20";
    EXPECT_THAT(kept(), ElementsAre(first, "db2|3306|second|db7|3307||1|1|NULL|||2023-11-14 22:13:20"));
    expire();
    EXPECT_THAT(kept(), SizeIs(2)) << "as young as its server";
    server.check.seen_wall = noon + Seconds(5);
    facts = std::make_shared<model::Facts>(*facts);
    facts->channels.pop_back();
    server.facts = facts;
    see(server);
    expire();
    EXPECT_THAT(kept(), IsEmpty());
    facts = std::make_shared<model::Facts>(*facts);
    facts->channels.push_back(second);
    server.facts = facts;
    see(server);
    write(forget_of(server.endpoint));
    EXPECT_THAT(kept(), IsEmpty());
}

TEST(InstanceRow, a_primary_has_no_source_and_no_threads) {
    model::Server server = full_server();
    auto facts = std::make_shared<model::Facts>(*server.facts);
    facts->channels.clear();
    facts->queried_lag.reset();
    server.facts = facts;
    const auto row = stored(server, Moment{Instant(Seconds(11)), noon});
    EXPECT_EQ(row.at("master_host"), "");
    EXPECT_EQ(row.at("master_port"), "0");
    EXPECT_EQ(row.at("replication_io_thread_state"), "-1");
    EXPECT_EQ(row.at("seconds_behind_master"), "NULL");
    EXPECT_EQ(row.at("slave_lag_seconds"), "NULL");
    EXPECT_EQ(row.at("last_io_error"), "");
}

TEST(InstanceRow, a_failed_check_reads_as_invalid_whatever_the_second) {
    model::Server server = full_server();
    server.check.failures = 1;
    server.check.attempted = Instant(Millis(10'100));
    server.check.completed = Instant(Millis(10'200));
    const auto row = stored(server, Moment{Instant(Millis(10'200)), noon + Millis(200)});
    EXPECT_EQ(row.at("last_seen"), "2023-11-14 22:13:20");
    EXPECT_GT(row.at("last_checked"), row.at("last_seen"));
    EXPECT_EQ(row.at("last_check_partial_success"), "0");
}

TEST(InstanceRow, a_server_that_was_never_read_is_a_seed) {
    model::Server server;
    server.endpoint = {"db7", 3306};
    server.check.failures = 1;
    const auto row = stored(server, Moment{Instant(Seconds(11)), noon});
    EXPECT_EQ(row.at("version"), "Unknown");
    EXPECT_EQ(row.at("cluster_name"), "db7:3306");
    EXPECT_EQ(row.at("last_seen"), "NULL");
}

std::vector<Row> cells(Database& database) {
    std::vector<Row> out;
    for (const std::string table : {"database_instance", "database_instance_channels"}) {
        const auto done = database.query("select * from " + table, {}, [&](const Row& row) { out.push_back(row); });
        EXPECT_TRUE(done) << done.error().message;
    }
    return out;
}

void write(Database& database, const model::Server& server, const Moment& moment) {
    std::vector<Write> writes = channel_writes_of(server);
    writes.push_back(write_of(server, moment));
    for (const auto& one : writes) {
        const auto done = database.run(one.sql, one.values);
        EXPECT_TRUE(done) << done.error().message;
    }
}

// What another node reads there, written again, must be the same row: nothing is lost on the way to a node that
// stands by.
void expect_to_come_back(const model::Server& server, const Moment& moment) {
    Database database = opened(":memory:");
    ASSERT_TRUE(migrate(database, noon));
    write(database, server, moment);
    const std::vector<Row> before = cells(database);
    const Reader reader = [&](std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) {
        return database.query(sql, values, each);
    };
    const auto read = read_observed(reader, moment);
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 1U);
    write(database, *read->front(), moment);
    EXPECT_EQ(cells(database), before);
    EXPECT_EQ(read->front()->check.is_valid(), server.check.is_valid());
}

TEST(InstanceRow, comes_back_as_the_server_that_was_written) {
    const Moment moment{Instant(Seconds(11)), noon + Seconds(1)};
    const model::Server replica = full_server();
    expect_to_come_back(replica, moment);

    model::Server primary = replica;
    auto facts = std::make_shared<model::Facts>(*replica.facts);
    facts->channels.clear();
    facts->group.reset();
    facts->queried_lag.reset();
    primary.facts = facts;
    expect_to_come_back(primary, moment);

    model::Server of_unknown_lag = replica;
    facts = std::make_shared<model::Facts>(*replica.facts);
    facts->queried_lag.reset();
    facts->is_lag_unknown = true;
    of_unknown_lag.facts = facts;
    expect_to_come_back(of_unknown_lag, moment);

    model::Server on_mariadb = replica;
    facts = std::make_shared<model::Facts>(*replica.facts);
    facts->version = model::Version::parse("10.11.6-MariaDB-log", "Debian 12");
    facts->executed = gtid::MariadbPosition::parse("0-1-5").value();
    facts->channels.front().gtid_use = model::GtidUse::replica_position;
    facts->channels.front().lag.reset();
    on_mariadb.facts = facts;
    on_mariadb.errant = {};
    on_mariadb.errant_mariadb = {{0, 2, 7}, {0, 1, 9}};
    expect_to_come_back(on_mariadb, moment);

    model::Server with_three = replica;
    facts = std::make_shared<model::Facts>(*replica.facts);
    for (const std::string name : {"b", "c"}) {
        model::Channel channel;
        channel.name = name;
        channel.source = {"db7", 3307};
        channel.receiver = model::ThreadState::running;
        channel.applier = model::ThreadState::stopped;
        channel.applier_error = "no such table";
        channel.lag = Seconds(3);
        facts->channels.push_back(channel);
    }
    with_three.facts = facts;
    expect_to_come_back(with_three, moment);
    facts = std::make_shared<model::Facts>(*facts);
    facts->channels.front().name = "a";
    with_three.facts = facts;
    expect_to_come_back(with_three, moment);

    model::Server failing = replica;
    failing.check.failures = 1;
    failing.check.attempted = Instant(Millis(10'500));
    failing.check.completed = Instant(Millis(11'000));
    expect_to_come_back(failing, moment);

    model::Server seed;
    seed.endpoint = {"db7", 3306};
    seed.check.failures = 1;
    expect_to_come_back(seed, moment);
}

TEST(InstanceRow, tells_when_it_was_seen_whatever_the_clock_of_the_reader) {
    Database database = opened(":memory:");
    ASSERT_TRUE(migrate(database, noon));
    const Write write = write_of(full_server(), Moment{Instant(Seconds(10)), noon});
    ASSERT_TRUE(database.run(write.sql, write.values));
    const Reader reader = [&](std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) {
        return database.query(sql, values, each);
    };
    const auto later = read_observed(reader, Moment{Instant(Seconds(500)), noon + Seconds(7)});
    ASSERT_TRUE(later);
    EXPECT_EQ(later->front()->check.seen, Instant(Seconds(493)));
    EXPECT_EQ(later->front()->check.seen_wall, noon);
    const auto by_a_slow_clock = read_observed(reader, Moment{Instant(Seconds(500)), noon - Seconds(7)});
    ASSERT_TRUE(by_a_slow_clock);
    EXPECT_EQ(by_a_slow_clock->front()->check.seen, Instant(Seconds(500))) << "nothing was seen in the future";
}

}  // namespace
}  // namespace orc::store
