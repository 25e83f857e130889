// The real gateway against real servers of both flavours: what it reads, what it changes, and how it fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "bridge.h"
#include "flavors.h"

namespace orc::mysql {
namespace {

using integration::Bridge;
using integration::manager;
using sandbox::Flavor;
using std::chrono::steady_clock;

std::string problem(const Error& error) { return error.message; }
template <typename T>
std::string problem(const Result<T>& result) {
    return result ? std::string() : problem(result.error());
}
#define ASSERT_OK(...) ASSERT_EQ(problem(__VA_ARGS__), "")

class RealServers : public integration::OnEachFlavor {
protected:
    void start(int servers, bool semi_sync = false) {
        sandbox::Options options;
        options.flavor = GetParam();
        options.servers = servers;
        options.semi_sync = semi_sync;
        auto started = sandbox::Sandbox::start(std::move(options));
        ASSERT_TRUE(started.has_value()) << started.error().message;
        lab_ = std::move(*started);
    }
    Endpoint at(int i) const { return lab_->endpoint(i); }
    std::string scalar(int i, std::string_view sql) const {
        const auto rows = lab_->sql(i, sql);
        return rows ? rows->scalar() : rows.error().message;
    }

    std::unique_ptr<sandbox::Sandbox> lab_;
};

ORC_ON_EACH_FLAVOR(RealServers);

TEST_P(RealServers, a_probe_reads_what_the_server_is) {
    ASSERT_NO_FATAL_FAILURE(start(3));
    Bridge bridge(manager());
    auto& gateway = bridge.gateway();
    auto client = lab_->connect(1);
    ASSERT_OK(client);
    ASSERT_OK(client->query("INSERT INTO lab.t VALUES (1, 'x', 1)"));
    ASSERT_OK(lab_->wait_until_caught_up(1, std::chrono::seconds(30)));
    for (int round = 0; round < 12; ++round) {
        SCOPED_TRACE(round);
        const auto primary = bridge.run(gateway.probe(at(1), bridge.in(Seconds(10))));
        ASSERT_OK(primary);
        EXPECT_EQ(primary->version.flavor, is_mysql() ? model::Flavor::mysql : model::Flavor::mariadb);
        EXPECT_FALSE(primary->hostname.empty());
        EXPECT_TRUE(primary->log_bin && primary->log_replica_updates && !primary->read_only);
        EXPECT_EQ(primary->server_uuid.empty(), !is_mysql());
        EXPECT_FALSE(primary->self.empty());
        EXPECT_TRUE(primary->channels.empty());
        EXPECT_FALSE(gtid::empty(primary->executed));
        auto replicas = primary->registered_replicas;
        std::sort(replicas.begin(), replicas.end());
        EXPECT_EQ(replicas, (std::vector<Endpoint>{at(2), at(3)}));
        EXPECT_EQ(primary->binlog_format, "ROW");

        const auto replica = bridge.run(gateway.probe(at(2), bridge.in(Seconds(10))));
        ASSERT_OK(replica);
        EXPECT_TRUE(replica->read_only);
        ASSERT_EQ(replica->channels.size(), 1U);
        const auto& channel = replica->channels[0];
        EXPECT_EQ(channel.source, at(1));
        EXPECT_EQ(channel.receiver, model::ThreadState::running);
        EXPECT_EQ(channel.applier, model::ThreadState::running);
        EXPECT_EQ(channel.user, sandbox::replication_account.user);
        EXPECT_EQ(channel.source_uuid, primary->server_uuid);
        EXPECT_EQ(channel.heartbeat_period, Seconds(1));
        EXPECT_TRUE(channel.heartbeats_received);
        EXPECT_EQ(channel.gtid_use, is_mysql() ? model::GtidUse::auto_position : model::GtidUse::replica_position);
        EXPECT_TRUE(gtid::covers(replica->executed, primary->executed));
        EXPECT_EQ(replica->replication_credentials_available, is_mysql());
    }
    const auto positions = bridge.run(gateway.positions(at(2), bridge.in(Seconds(10))));
    ASSERT_OK(positions);
    EXPECT_TRUE(positions->channel && positions->read_only);
    EXPECT_TRUE(gtid::covers(positions->executed, positions->received));
    EXPECT_TRUE(bridge.broken().empty());
    const auto pulse = bridge.run(gateway.pulse(at(2), bridge.in(Seconds(10))));
    ASSERT_OK(pulse);
    EXPECT_TRUE(pulse->session_was_open);
    ASSERT_OK(bridge.run(gateway.knock(at(3), bridge.in(Seconds(10)))));
    const auto no_session = bridge.run(gateway.pulse(at(3), bridge.in(Seconds(10))));
    ASSERT_FALSE(no_session);
    EXPECT_EQ(no_session.error().code, ErrorCode::not_found);
    gateway.forget(at(2));
    EXPECT_FALSE(bridge.run(gateway.pulse(at(2), bridge.in(Seconds(10)))));
}

TEST_P(RealServers, a_crash_is_told_at_once_and_a_hang_ends_at_the_deadline) {
    ASSERT_NO_FATAL_FAILURE(start(2));
    Bridge bridge(manager());
    auto& gateway = bridge.gateway();
    for (int i = 1; i <= 2; ++i) {
        ASSERT_OK(bridge.run(gateway.probe(at(i), bridge.in(Seconds(10)))));
    }
    ASSERT_OK(lab_->freeze(2));
    auto begun = steady_clock::now();
    const auto hung = bridge.run(gateway.probe(at(2), bridge.in(Millis(300))));
    auto took = steady_clock::now() - begun;
    ASSERT_FALSE(hung);
    EXPECT_EQ(hung.error().code, ErrorCode::timed_out) << hung.error().message;
    EXPECT_LT(took, Millis(900));
    const auto knocked = bridge.run(gateway.knock(at(2), bridge.in(Millis(200))));
    ASSERT_FALSE(knocked);
    EXPECT_EQ(knocked.error().code, ErrorCode::timed_out) << knocked.error().message;
    EXPECT_TRUE(bridge.broken().empty()) << "our own deadline is no news";
    ASSERT_OK(lab_->thaw(2));
    ASSERT_OK(bridge.run(gateway.probe(at(2), bridge.in(Seconds(10)))));

    ASSERT_OK(lab_->kill(1));
    begun = steady_clock::now();
    EXPECT_TRUE(bridge.run_until([&] { return !bridge.broken().empty(); }, Millis(5000)));
    took = steady_clock::now() - begun;
    std::cout << "broken session noticed " << std::chrono::duration_cast<Micros>(took).count()
              << " us after the process was reaped\n";
    EXPECT_EQ(bridge.broken(), std::vector<Endpoint>{at(1)});
    const auto dead = bridge.run(gateway.probe(at(1), bridge.in(Seconds(10))));
    ASSERT_FALSE(dead);
    EXPECT_EQ(dead.error().code, ErrorCode::unreachable);
    EXPECT_EQ(bridge.broken().size(), 1U) << "told once";
}

TEST_P(RealServers, the_steps_of_a_switchover) {
    ASSERT_NO_FATAL_FAILURE(start(3));
    Bridge bridge(manager());
    auto& gateway = bridge.gateway();
    auto client = lab_->connect(1);
    ASSERT_OK(client);
    ASSERT_OK(client->query("INSERT INTO lab.t VALUES (1, 'x', 1)"));
    ASSERT_OK(client->query("BEGIN"));
    ASSERT_OK(client->query("INSERT INTO lab.t VALUES (2, 'open transaction', 1)"));

    ReadOnlyChange close;
    close.with_super = true;
    close.end_writers = true;
    ASSERT_OK(bridge.run(gateway.set_read_only(at(1), close, bridge.in(Seconds(10)))));
    EXPECT_EQ(scalar(1, "SELECT @@global.read_only"), "1");
    if (is_mysql()) {
        EXPECT_EQ(scalar(1, "SELECT @@global.super_read_only"), "1");
    }
    EXPECT_FALSE(client->query("COMMIT")) << "its session was ended";
    const auto frozen = bridge.run(gateway.positions(at(1), bridge.in(Seconds(10))));
    ASSERT_OK(frozen);
    ASSERT_OK(bridge.run(gateway.wait_until_applied(at(2), frozen->executed, bridge.in(Seconds(10)))));
    EXPECT_EQ(scalar(2, "SELECT COUNT(*) FROM lab.t"), "1");
    EXPECT_EQ(scalar(2, "SELECT COUNT(*) FROM lab.t WHERE id = 2"), "0");

    ASSERT_OK(bridge.run(gateway.reset_replication(at(2), "", false, bridge.in(Seconds(10)))));
    ASSERT_OK(bridge.run(gateway.reset_replication(at(2), "", false, bridge.in(Seconds(10))))) << "idempotent";
    ReadOnlyChange open;
    open.read_only = false;
    ASSERT_OK(bridge.run(gateway.set_read_only(at(2), open, bridge.in(Seconds(10)))));
    EXPECT_EQ(scalar(2, "SELECT @@global.read_only"), "0");

    SourceChange change;
    change.source = at(2);
    change.gtid = is_mysql() ? model::GtidUse::auto_position : model::GtidUse::replica_position;
    ASSERT_OK(bridge.run(gateway.change_source(at(3), change, bridge.in(Seconds(10)))));
    ASSERT_OK(bridge.run(gateway.start_replication(at(3), "", bridge.in(Seconds(10)))));
    const auto credentials = bridge.run(gateway.replication_credentials(at(3), bridge.in(Seconds(10))));
    ASSERT_EQ(credentials.has_value(), is_mysql());
    if (credentials) {
        EXPECT_EQ(credentials->user, sandbox::replication_account.user);
        EXPECT_EQ(credentials->password, sandbox::replication_account.secret);
    } else {
        EXPECT_EQ(credentials.error().code, ErrorCode::not_found);
    }
    change.user = sandbox::replication_account.user;
    change.password = sandbox::replication_account.secret;
    change.include_own_writes = true;
    change.heartbeat = Seconds(1);
    change.connect_retry = Seconds(1);
    ASSERT_OK(bridge.run(gateway.change_source(at(1), change, bridge.in(Seconds(10)))));
    ASSERT_OK(bridge.run(gateway.start_replication(at(1), "", bridge.in(Seconds(10)))));
    auto writer = lab_->connect(2);
    ASSERT_OK(writer);
    ASSERT_OK(writer->query("INSERT INTO lab.t VALUES (3, 'after', 1)"));
    const auto written = bridge.run(gateway.positions(at(2), bridge.in(Seconds(10))));
    ASSERT_OK(written);
    for (const int i : {1, 3}) {
        ASSERT_OK(bridge.run(gateway.wait_until_applied(at(i), written->executed, bridge.in(Seconds(20)))));
        EXPECT_EQ(scalar(i, "SELECT COUNT(*) FROM lab.t"), "2");
        const auto facts = bridge.run(gateway.probe(at(i), bridge.in(Seconds(10))));
        ASSERT_OK(facts);
        EXPECT_EQ(facts->channels.at(0).source, at(2));
        EXPECT_EQ(facts->channels.at(0).heartbeat_period, Seconds(1)) << "kept through the change";
    }
    change.password = "wr0ng'pass";
    change.gtid = model::GtidUse::none;
    const auto nowhere = bridge.run(gateway.change_source(at(3), change, bridge.in(Seconds(10))));
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, ErrorCode::invalid);
    EXPECT_EQ(nowhere.error().message.find("wr0ng"), std::string::npos);
}

TEST_P(RealServers, received_events_are_not_forgotten_unasked) {
    ASSERT_NO_FATAL_FAILURE(start(2));
    Bridge bridge(manager());
    auto& gateway = bridge.gateway();
    ASSERT_OK(lab_->sql(2, is_mysql() ? "STOP REPLICA SQL_THREAD" : "STOP SLAVE SQL_THREAD"));
    auto client = lab_->connect(1);
    ASSERT_OK(client);
    ASSERT_OK(client->query("INSERT INTO lab.t VALUES (1, 'x', 1)"));
    const auto primary = bridge.run(gateway.positions(at(1), bridge.in(Seconds(10))));
    ASSERT_OK(primary);
    bool received = false;
    for (int i = 0; i < 500 && !received; ++i) {
        const auto replica = bridge.run(gateway.positions(at(2), bridge.in(Seconds(10))));
        ASSERT_OK(replica);
        received = replica->channel && replica->channel->read == primary->self;
        std::this_thread::sleep_for(std::chrono::milliseconds(received ? 0 : 10));
    }
    ASSERT_TRUE(received);
    const auto waited = bridge.run(gateway.wait_until_applied(at(2), primary->executed, bridge.in(Millis(300))));
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().code, ErrorCode::timed_out) << waited.error().message;
    const auto refused = bridge.run(gateway.reset_replication(at(2), "", false, bridge.in(Seconds(10))));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::refused) << refused.error().message;
    auto facts = bridge.run(gateway.probe(at(2), bridge.in(Seconds(10))));
    ASSERT_OK(facts);
    ASSERT_EQ(facts->channels.size(), 1U);
    EXPECT_EQ(facts->channels[0].receiver, model::ThreadState::running) << "left as it was";
    ASSERT_OK(bridge.run(gateway.stop_receiver(at(2), "", bridge.in(Seconds(10)))));
    ASSERT_OK(bridge.run(gateway.start_applier(at(2), "", bridge.in(Seconds(10)))));
    ASSERT_OK(bridge.run(gateway.wait_until_applied(at(2), primary->executed, bridge.in(Seconds(10)))));
    EXPECT_EQ(scalar(2, "SELECT COUNT(*) FROM lab.t"), "1") << "drained without its source";
    facts = bridge.run(gateway.probe(at(2), bridge.in(Seconds(10))));
    ASSERT_OK(facts);
    EXPECT_EQ(facts->channels.at(0).receiver, model::ThreadState::stopped);
    EXPECT_EQ(facts->channels.at(0).applier, model::ThreadState::running);
    ASSERT_OK(bridge.run(gateway.start_receiver(at(2), "", bridge.in(Seconds(10)))));
    ASSERT_OK(bridge.run(gateway.stop_replication(at(2), "", bridge.in(Seconds(10)))));
    ASSERT_OK(bridge.run(gateway.reset_replication(at(2), "", true, bridge.in(Seconds(10)))));
    facts = bridge.run(gateway.probe(at(2), bridge.in(Seconds(10))));
    ASSERT_OK(facts);
    EXPECT_TRUE(facts->channels.empty());
}

TEST_P(RealServers, read_only_is_not_held_up_by_writers_that_may_be_ended) {
    ASSERT_NO_FATAL_FAILURE(start(1));
    Bridge bridge(manager());
    auto& gateway = bridge.gateway();
    const auto block = [&] {
        std::jthread writer([&] {
            auto client = lab_->connect(1, std::string(sandbox::bench_account.user), std::chrono::milliseconds(20'000));
            if (client) {
                [[maybe_unused]] const auto done = client->query("INSERT INTO lab.t SELECT 77, 'slow', SLEEP(15)");
            }
        });
        for (int i = 0; i < 1000 && scalar(
                                        1,
                                        "SELECT COUNT(*) FROM information_schema.processlist WHERE INFO LIKE "
                                        "'INSERT INTO lab.t SELECT 77%'"
                                    ) != "1";
             ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return writer;
    };
    auto writer = block();
    ReadOnlyChange change;
    auto begun = steady_clock::now();
    const auto blocked = bridge.run(gateway.set_read_only(at(1), change, bridge.in(Millis(400))));
    const auto gave_up = steady_clock::now() - begun;
    if (!blocked) {
        EXPECT_EQ(blocked.error().code, ErrorCode::timed_out) << blocked.error().message;
        EXPECT_LT(gave_up, Millis(1500));
        const bool is_gone = bridge.run_until(
            [&] {
                return scalar(1, "SELECT COUNT(*) FROM information_schema.processlist WHERE INFO LIKE 'SET GLOBAL%'") ==
                       "0";
            },
            Millis(5000)
        );
        EXPECT_TRUE(is_gone) << "a timed-out attempt leaves nothing hanging";
    } else {
        std::cout << "this server becomes read-only beside a running statement\n";
    }
    change.end_writers = true;
    change.with_super = true;
    begun = steady_clock::now();
    ASSERT_OK(bridge.run(gateway.set_read_only(at(1), change, bridge.in(Seconds(10)))));
    EXPECT_LT(steady_clock::now() - begun, Millis(3000));
    const auto frozen = bridge.run(gateway.positions(at(1), bridge.in(Seconds(10))));
    writer.join();
    const auto later = bridge.run(gateway.positions(at(1), bridge.in(Seconds(10))));
    ASSERT_OK(frozen);
    ASSERT_OK(later);
    EXPECT_EQ(frozen->executed, later->executed) << "nothing is written after it returned";
    EXPECT_EQ(scalar(1, "SELECT @@global.read_only"), "1");
    ASSERT_OK(bridge.run(gateway.probe(at(1), bridge.in(Seconds(10))))) << "our own sessions were spared";
}

TEST_P(RealServers, semi_sync_switches_by_what_the_server_has) {
    ASSERT_NO_FATAL_FAILURE(start(2, true));
    Bridge bridge(manager());
    auto& gateway = bridge.gateway();
    // The source counts a replica when its acknowledging has begun, which is after the replica replicates.
    const std::string clients = "SELECT variable_value FROM " +
                                std::string(is_mysql() ? "performance_schema" : "information_schema") +
                                ".global_status WHERE variable_name LIKE 'rpl_semi_sync_%_clients'";
    ASSERT_TRUE(bridge.run_until([&] { return scalar(1, clients) == "1"; }, Millis(10'000)));
    auto facts = bridge.run(gateway.probe(at(1), bridge.in(Seconds(10))));
    ASSERT_OK(facts);
    EXPECT_TRUE(facts->semi_sync.available && facts->semi_sync.source_enabled && facts->semi_sync.source_active);
    EXPECT_EQ(facts->semi_sync.clients, 1U);
    EXPECT_EQ(facts->semi_sync.acks_wanted, 1U);
    EXPECT_EQ(facts->semi_sync.source_plugin_is_new, is_mysql());
    ASSERT_OK(bridge.run(gateway.set_semi_sync_source(at(1), false, bridge.in(Seconds(10)))));
    ASSERT_OK(bridge.run(gateway.set_semi_sync_replica(at(2), false, bridge.in(Seconds(10)))));
    facts = bridge.run(gateway.probe(at(1), bridge.in(Seconds(10))));
    ASSERT_OK(facts);
    EXPECT_FALSE(facts->semi_sync.source_enabled) << "read again after our own write";
    facts = bridge.run(gateway.probe(at(2), bridge.in(Seconds(10))));
    ASSERT_OK(facts);
    EXPECT_FALSE(facts->semi_sync.replica_enabled);
}

TEST_P(RealServers, a_receiver_below_a_frozen_source_stops_at_once_and_acknowledges_after_its_next_start) {
    ASSERT_NO_FATAL_FAILURE(start(2, true));
    Bridge bridge(manager());
    auto& gateway = bridge.gateway();
    const std::string enabled =
        is_mysql() ? "SELECT @@global.rpl_semi_sync_replica_enabled" : "SELECT @@global.rpl_semi_sync_slave_enabled";
    ASSERT_OK(lab_->freeze(1));
    // Whoever asked for the first one gives up, or dies, before it is done.
    bridge.run(gateway.stop_receiver(at(2), "", bridge.in(Millis(15))));
    EXPECT_EQ(scalar(2, enabled), "1");
    const auto begun = steady_clock::now();
    ASSERT_OK(bridge.run(gateway.stop_receiver(at(2), "", bridge.in(Seconds(10)))));
    // MariaDB 11.8 does not let a farewell be cut short, which lasts a second then.
    EXPECT_LT(steady_clock::now() - begun, Millis(1500));
    EXPECT_EQ(scalar(2, enabled), "1");
    ASSERT_OK(lab_->thaw(1));
    ASSERT_OK(bridge.run(gateway.start_receiver(at(2), "", bridge.in(Seconds(10)))));
    ASSERT_OK(lab_->wait_until_replicating(Seconds(10)));
    EXPECT_EQ(scalar(2, enabled), "1");
}

TEST_P(RealServers, tls_and_passwords) {
    ASSERT_NO_FATAL_FAILURE(start(1));
    const auto open_with = [&](TlsMode mode, std::string password, bool& used_tls) {
        Bridge bridge(manager());
        Access access = manager(mode).access;
        access.password = std::move(password);
        const auto session = bridge.dialer().make(at(1), access);
        auto opened = bridge.run(session->open(bridge.in(Seconds(10))));
        used_tls = session->uses_tls();
        if (opened) {
            const auto answer = bridge.run(session->query("SELECT CONNECTION_ID()", bridge.in(Seconds(10))));
            EXPECT_TRUE(answer && !answer->error);
            EXPECT_EQ(answer->sets.at(0).rows.at(0).at(0), std::to_string(session->connection_id()));
        }
        return opened;
    };
    const std::string secret(sandbox::manager_account.secret);
    bool tls = true;
    if (is_mysql()) {
        ASSERT_OK(lab_->sql(1, "FLUSH PRIVILEGES"));  // forgets cached digests: the full exchange is needed
    }
    ASSERT_OK(open_with(TlsMode::off, secret, tls));
    EXPECT_FALSE(tls);
    ASSERT_OK(open_with(TlsMode::off, secret, tls));
    ASSERT_OK(open_with(TlsMode::prefer, secret, tls));
    const bool has_tls = scalar(1, "SELECT @@global.version") >= "11.4" || is_mysql();  // MariaDB's own certificate
    EXPECT_EQ(tls, has_tls);
    EXPECT_EQ(open_with(TlsMode::require, secret, tls).has_value(), has_tls);
    const auto unverified = open_with(TlsMode::verify_identity, secret, tls);
    ASSERT_FALSE(unverified);
    for (const auto mode : {TlsMode::off, TlsMode::prefer}) {
        const auto wrong = open_with(mode, "guess-me-not", tls);
        ASSERT_FALSE(wrong);
        EXPECT_EQ(wrong.error().code, ErrorCode::denied) << wrong.error().message;
        EXPECT_EQ(wrong.error().number, 1045);
        EXPECT_EQ(wrong.error().message.find("guess"), std::string::npos);
    }
    EXPECT_FALSE(open_with(TlsMode::off, "", tls));
}

}  // namespace
}  // namespace orc::mysql
