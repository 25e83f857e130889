// From one server to the whole topology, on real servers in every layout of the sandbox, and what is read of them.
#include "discovery/discovery.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "bridge.h"
#include "flavors.h"
#include "ledger/twin.h"
#include "runtime/rng.h"
#include "sandbox/writer.h"
#include "store/memory_store.h"

namespace orc::integration {
namespace {

using sandbox::Flavor;
using sandbox::Layout;
using std::chrono::seconds;

/// A discovery loop on a real clock and real servers; store and ledger are in memory.
class Finder {
public:
    explicit Finder(Endpoint seed) {
        group_.elect("node");
        settings_.instance_poll_seconds = 1;
        settings_.mysql_hostname_resolve_method = "none";
        settings_.discovery_seeds = {seed.text()};
        loop_.emplace(
            discovery::Seams{
                bridge_.gateway(), *store_, ledger_, bridge_.clock(), rng_, bridge_.executor(), &ledger_, nullptr
            },
            settings_
        );
        const auto started = bridge_.run(loop_->start());
        EXPECT_TRUE(started.has_value()) << started.error().message;
    }
    ~Finder() { bridge_.finish(loop_->stop()); }
    Finder(const Finder&) = delete;
    Finder& operator=(const Finder&) = delete;

    template <typename Done>
    bool until(Done done, std::chrono::milliseconds limit = seconds(20)) {
        return bridge_.run_until(done, limit);
    }
    model::TopologyPtr topology() { return loop_->topology(); }
    const model::Server* server(const Endpoint& endpoint) { return topology()->find(endpoint); }
    /// Facts of a server that has been read; fails the test and gives empty ones otherwise.
    model::Facts facts(const Endpoint& endpoint) {
        const bool is_read = until([&] { return server(endpoint) != nullptr && server(endpoint)->facts != nullptr; });
        EXPECT_TRUE(is_read) << endpoint.text() << " was not read";
        return is_read ? *server(endpoint)->facts : model::Facts{};
    }

private:
    Bridge bridge_{manager()};
    runtime::SystemRng rng_;
    std::unique_ptr<store::Store> store_ =
        store::make_memory_store(std::make_shared<store::MemoryDisk>(), bridge_.clock());
    ledger::TwinGroup group_;
    ledger::Twin ledger_{"node", group_, bridge_.clock(), rng_};
    config::Settings settings_;
    std::optional<discovery::DiscoveryLoop> loop_;
};

class Discovery : public OnEachFlavor {
protected:
    void start(sandbox::Options options) {
        options.flavor = GetParam();
        auto started = sandbox::Sandbox::start(std::move(options));
        ASSERT_TRUE(started.has_value()) << started.error().message;
        lab_ = std::move(*started);
    }
    Endpoint at(int i) const { return lab_->endpoint(i); }
    void sql(int i, const std::string& text) const {
        const auto done = lab_->sql(i, text);
        EXPECT_TRUE(done.has_value()) << done.error().message;
    }
    /// "1: 1/0 2/1*; ..." every cluster by the number of its first server, with depth, * for co-primaries, + for
    /// guests.
    std::string drawn(Finder& finder) const {
        std::string out;
        const auto topology = finder.topology();
        for (const auto& [name, cluster] : topology->clusters) {
            std::string text;
            for (int i = 1; i <= lab_->size(); ++i) {
                if (const auto* server = cluster->find(at(i)); server != nullptr && server->check.is_valid()) {
                    text += " " + std::to_string(i) + "/" + std::to_string(server->depth);
                    text += server->is_co_primary ? "*" : "";
                }
            }
            for (const auto& guest : cluster->guests) {
                text += " +" + guest->endpoint.text();
            }
            out += (out.empty() ? "" : ";") + text;
        }
        return out;
    }

    std::unique_ptr<sandbox::Sandbox> lab_;
};

ORC_ON_EACH_FLAVOR(Discovery);

TEST_P(Discovery, finds_every_layout_from_one_server) {
    struct Case {
        std::string_view name;
        Layout layout;
        int servers;
        int seed;
        std::string drawn;
    };
    const Case cases[] = {
        {"flat", Layout::flat, 3, 3, " 1/0 2/1 3/1"},
        {"chain", Layout::chain, 4, 4, " 1/0 2/1 3/2 4/3"},
        {"tree", Layout::tree, 4, 1, " 1/0 2/1 3/1 4/2"},
        {"co-primaries", Layout::co_primary, 3, 3, " 1/0* 2/1* 3/1"},
        {"two sources", Layout::multi_source, 3, 1, " 1/0 3/1; 2/0 +"},
        {"group", Layout::group, 3, 2, " 1/0 2/1 3/1"},
    };
    for (const auto& c : cases) {
        if (c.layout == Layout::group && !is_mysql()) {
            continue;
        }
        SCOPED_TRACE(c.name);
        ASSERT_NO_FATAL_FAILURE(start({.servers = c.servers, .layout = c.layout, .folder = {}}));
        Finder finder(at(c.seed));
        const std::string wanted = c.drawn + (c.layout == Layout::multi_source ? at(3).text() : "");
        EXPECT_TRUE(finder.until([&] { return drawn(finder) == wanted; })) << drawn(finder) << "\nwanted:" << wanted;
        lab_.reset();
    }
}

TEST_P(Discovery, reads_replicas_by_position_and_over_tls_and_semi_sync) {
    ASSERT_NO_FATAL_FAILURE(start({.servers = 2, .semi_sync = true, .gtid = false, .tls = true, .folder = {}}));
    Finder finder(at(1));
    const auto replica = finder.facts(at(2));
    ASSERT_EQ(replica.channels.size(), 1U);
    const auto& channel = replica.channels[0];
    EXPECT_EQ(channel.gtid_use, model::GtidUse::none);
    EXPECT_FALSE(channel.read.empty() || channel.executed.empty() || channel.relay.empty());
    EXPECT_TRUE(channel.tls.enabled);
    EXPECT_EQ(channel.tls.ca_file, lab_->authority().string());
    EXPECT_EQ(channel.tls.verify_server_certificate, true);
    EXPECT_EQ(channel.tls.get_public_key, is_mysql() ? std::optional(true) : std::nullopt);
    EXPECT_EQ(channel.user, sandbox::replication_account.user);
    EXPECT_EQ(replica.gtid_mode, is_mysql() ? "OFF" : "");
    EXPECT_EQ(replica.binlog_row_image, "FULL");
    EXPECT_TRUE(replica.semi_sync.replica_enabled && replica.semi_sync.replica_active);
    EXPECT_EQ(replica.semi_sync.replica_plugin_is_new, is_mysql());
    const auto source = finder.facts(at(1));
    EXPECT_TRUE(source.semi_sync.available && source.semi_sync.source_enabled && source.semi_sync.source_active);
    EXPECT_EQ(source.semi_sync.timeout, Seconds(2));
    EXPECT_EQ(source.semi_sync.clients, 1U);
    EXPECT_GE(source.uptime, Seconds(0));
    EXPECT_GT(source.latency, Micros{0});
    sql(2, is_mysql() ? "STOP REPLICA SQL_THREAD" : "STOP SLAVE SQL_THREAD");
    sql(2,
        is_mysql() ? "CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE = ('lab.tmp%')"
                   : "SET GLOBAL replicate_do_db = 'lab'");
    EXPECT_TRUE(finder.until([&] { return finder.facts(at(2)).channels[0].has_filters; }));
    EXPECT_EQ(finder.facts(at(2)).channels[0].applier, model::ThreadState::stopped);
    EXPECT_EQ(finder.facts(at(2)).channels[0].receiver, model::ThreadState::running);
}

TEST_P(Discovery, every_channel_is_told_apart) {
    ASSERT_NO_FATAL_FAILURE(start({.servers = 3, .layout = Layout::multi_source, .folder = {}}));
    sql(2, "INSERT INTO lab.t VALUES (2, 'second', 1)");
    sql(1, "INSERT INTO lab.t VALUES (1, 'first', 1)");
    Finder finder(at(3));
    const auto facts = finder.facts(at(3));
    ASSERT_EQ(facts.channels.size(), 2U);
    ASSERT_NE(facts.main_channel(), nullptr);
    EXPECT_EQ(facts.main_channel()->name, "");
    EXPECT_EQ(facts.main_channel()->source, at(1));
    ASSERT_NE(facts.channel_named(sandbox::second_channel), nullptr);
    EXPECT_EQ(facts.channel_named(sandbox::second_channel)->source, at(2));
    sql(3, is_mysql() ? "STOP REPLICA FOR CHANNEL 'second'" : "STOP SLAVE 'second'");
    EXPECT_TRUE(finder.until([&] {
        const auto now = finder.facts(at(3));
        return now.channel_named("second") != nullptr &&
               now.channel_named("second")->receiver == model::ThreadState::stopped;
    }));
    EXPECT_EQ(finder.facts(at(3)).main_channel()->receiver, model::ThreadState::running);
    EXPECT_TRUE(finder.server(at(3))->is_replicating()) << "the main channel's affair";
    EXPECT_TRUE(finder.until([&] { return finder.topology()->cluster(at(2))->guests.size() == 1; }));
    finder.until([] { return false; }, seconds(4));
    EXPECT_EQ(finder.server(at(3))->errant.text(), "") << "what comes over the second channel is nobody's error";
}

TEST_P(Discovery, a_group_stays_together_when_its_primary_goes) {
    if (!is_mysql()) {
        GTEST_SKIP() << "MariaDB has no group replication";
    }
    ASSERT_NO_FATAL_FAILURE(start({.servers = 3, .layout = Layout::group, .folder = {}}));
    Finder finder(at(3));
    ASSERT_TRUE(finder.until([&] { return drawn(finder) == " 1/0 2/1 3/1"; })) << drawn(finder);
    const auto secondary = finder.facts(at(3));
    ASSERT_TRUE(secondary.group.has_value());
    EXPECT_EQ(secondary.group->role, "SECONDARY");
    EXPECT_EQ(secondary.group->state, "ONLINE");
    EXPECT_TRUE(secondary.group->single_primary);
    EXPECT_EQ(secondary.group->primary, at(1));
    EXPECT_EQ(secondary.group->members.size(), 2U);
    EXPECT_EQ(secondary.group->view.size(), 3U);
    EXPECT_TRUE(secondary.channels.empty()) << "the group's own channels are not for us";
    sql(1, "INSERT INTO lab.t VALUES (1, 'first', 1)");
    finder.until([] { return false; }, seconds(3));
    EXPECT_EQ(finder.server(at(2))->errant.text() + finder.server(at(3))->errant.text(), "");
    ASSERT_TRUE(lab_->kill(1));
    const auto has_new_primary = [&] {
        const auto two = finder.facts(at(2));
        const auto three = finder.facts(at(3));
        return two.group && three.group && two.group->primary == three.group->primary && two.group->primary &&
               *two.group->primary != at(1) && finder.server(*two.group->primary)->depth == 0 &&
               finder.server(at(2))->cluster == finder.server(at(3))->cluster;
    };
    EXPECT_TRUE(finder.until(has_new_primary, seconds(40))) << drawn(finder);
}

TEST_P(Discovery, a_loaded_tree_has_no_errant_transactions_until_there_is_one) {
    if (!is_mysql()) {
        GTEST_SKIP() << "only MySQL has sets of transactions";
    }
    ASSERT_NO_FATAL_FAILURE(start({.servers = 4, .layout = Layout::tree, .semi_sync = true, .folder = {}}));
    Finder finder(at(1));
    ASSERT_TRUE(finder.until([&] { return drawn(finder) == " 1/0 2/1 3/1 4/2"; })) << drawn(finder);
    sandbox::Writer writer;
    writer.start(lab_->endpoints());
    std::atomic<bool> stop = false;
    std::thread tagged([&] {
        auto root = sandbox::Client::connect(lab_->socket(1), "root", seconds(5));
        if (root && root->query("SET SESSION gtid_next = 'AUTOMATIC:app'")) {
            for (int i = 0; !stop; ++i) {
                (void)root->query("REPLACE INTO lab.t VALUES (-1, 'tagged', " + std::to_string(i) + ")");
            }
        }
    });
    std::string flagged;
    finder.until(
        [&] {
            for (int i = 1; i <= 4; ++i) {
                const auto* server = finder.server(at(i));
                flagged += server->errant.empty() ? "" : server->endpoint.text() + " " + server->errant.text() + "; ";
            }
            return !flagged.empty();
        },
        seconds(15)
    );
    EXPECT_EQ(flagged, "");
    EXPECT_TRUE(std::get<gtid::GtidSet>(finder.facts(at(4)).executed).has_tags()) << "tagged ones were among them";
    const std::string own = finder.facts(at(4)).server_uuid;
    sql(4, "SET GLOBAL super_read_only = 0");
    sql(4, "CREATE DATABASE astray");
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(finder.until([&] { return finder.server(at(4))->errant.text() == own + ":1"; }, seconds(10)))
        << finder.server(at(4))->errant.text();
    // Polls are a second apart, give or take a tenth: one of the replica and one of its source after it.
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(2700));
    EXPECT_TRUE(finder.server(at(2))->errant.empty());
    stop = true;
    tagged.join();
    writer.stop();
}

TEST_P(Discovery, a_loaded_mariadb_chain_has_no_errant_transactions_until_there_is_one) {
    if (is_mysql()) {
        GTEST_SKIP() << "its sets have a test of their own";
    }
    ASSERT_NO_FATAL_FAILURE(start({.servers = 4, .layout = Layout::chain, .semi_sync = true, .folder = {}}));
    Finder finder(at(1));
    ASSERT_TRUE(finder.until([&] { return drawn(finder) == " 1/0 2/1 3/2 4/3"; })) << drawn(finder);
    sandbox::Writer writer;
    writer.start(lab_->endpoints());
    std::string flagged;
    finder.until(
        [&] {
            for (int i = 1; i <= 4; ++i) {
                const auto* server = finder.server(at(i));
                flagged += server->has_errant() ? server->endpoint.text() + " " + server->errant_text() + "; " : "";
            }
            return !flagged.empty();
        },
        seconds(15)
    );
    EXPECT_EQ(flagged, "");
    // Below a source in the middle, which goes on replicating past its number.
    sql(4, "INSERT INTO lab.t VALUES (-4, 'astray', 1)");
    const auto own = [&] { return finder.facts(at(4)).binlog_state.last(0, finder.facts(at(4)).server_id); };
    EXPECT_TRUE(finder.until([&] { return own() && finder.server(at(4))->has_errant(); }, seconds(10)));
    const auto id = finder.facts(at(4)).server_id;
    EXPECT_EQ(finder.server(at(4))->errant_text(), gtid::MariadbGtid({0, id, own().value_or(0)}).text());
    EXPECT_FALSE(finder.server(at(2))->has_errant() || finder.server(at(3))->has_errant());
    writer.stop();
}

TEST_P(Discovery, what_a_replica_has_and_a_source_without_any_transaction_lacks_is_errant) {
    ASSERT_NO_FATAL_FAILURE(start({.servers = 2, .folder = {}}));
    Finder finder(at(1));
    ASSERT_TRUE(finder.until([&] { return drawn(finder) == " 1/0 2/1"; })) << drawn(finder);
    ASSERT_TRUE(gtid::empty(finder.facts(at(1)).executed)) << gtid::text(finder.facts(at(1)).executed);
    if (is_mysql()) {
        sql(2, "SET GLOBAL super_read_only = 0");
    }
    sql(2, "CREATE DATABASE astray");
    const auto replica = finder.facts(at(2));
    const std::string wanted =
        is_mysql() ? replica.server_uuid + ":1" : gtid::MariadbGtid({0, replica.server_id, 1}).text();
    EXPECT_TRUE(finder.until([&] { return finder.server(at(2))->errant_text() == wanted; }, seconds(10)))
        << finder.server(at(2))->errant_text();
}

}  // namespace
}  // namespace orc::integration
