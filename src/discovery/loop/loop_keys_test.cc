// The keys of discovery, one by one: what each does, and that a reload puts it in force. Those that wait for a restart
// are kept as they were (config) and named by the reload; the last test says which.
#include <gtest/gtest.h>

#include <functional>

#include "config/changes.h"
#include "config/keys.h"
#include "discovery/loop/probe_history.h"
#include "discovery/testing/bench.h"
#include "runtime/log.h"

namespace orc::discovery {
namespace {

using testing::Bench;
using testing::ep;
using testing::Mood;
using testing::primary;
using testing::replica;
using testing::seeded;

using Change = std::function<void(config::Settings&)>;

/// A star around a, all of it named by a.
void add_star(Bench& bench, const std::vector<std::string>& replicas) {
    bench.add("a", primary("a"));
    for (const auto& name : replicas) {
        bench.add(name, replica(name, "a"));
    }
    bench.registers("a", replicas);
}

/// Lines of the log while `work` runs, that hold `word`.
std::size_t lines_with(std::string_view word, const std::function<void()>& work) {
    ::testing::internal::CaptureStderr();
    runtime::configure_log(runtime::LogLevel::info, runtime::LogFormat::text);
    work();
    const std::string told = ::testing::internal::GetCapturedStderr();
    runtime::configure_log(runtime::LogLevel::error, runtime::LogFormat::text);
    std::size_t count = 0;
    for (auto at = told.find(word); at != std::string::npos; at = told.find(word, at + 1)) {
        ++count;
    }
    return count;
}

TEST(DiscoveryKeys, a_full_queue_keeps_new_names_waiting_and_loses_none) {
    for (const std::int64_t capacity : {100'000, 0, 2}) {
        SCOPED_TRACE(capacity);
        auto settings = seeded();
        settings.discovery_queue_capacity = capacity;
        Bench bench(settings);
        add_star(bench, {"b", "c", "d", "e", "f"});
        bench.start();
        bench.clock.run_for(Millis(500));
        EXPECT_EQ(bench.loop->counters().servers, capacity == 2 ? 3U : 6U);
        bench.clock.run_for(Seconds(12));
        EXPECT_EQ(bench.loop->counters().servers, 6U);
    }
}

TEST(DiscoveryKeys, dead_servers_are_logged_when_that_is_wanted) {
    for (const bool is_wanted : {true, false}) {
        SCOPED_TRACE(is_wanted);
        Bench bench(seeded());
        add_star(bench, {"b"});
        bench.start();
        bench.clock.run_for(Seconds(1));
        auto settings = bench.settings;
        settings.dead_instance_discovery_logs_enabled = is_wanted;
        bench.loop->adopt(settings);
        bench.fake("b").mood = Mood::refusing;
        const auto pass = [&] { bench.clock.run_for(Seconds(30)); };
        const auto is_told = [&](std::size_t count) { return is_wanted ? count > 0 : count == 0; };
        EXPECT_TRUE(is_told(lines_with("discovery.dead_registered server=b:3306", pass)));
        EXPECT_TRUE(is_told(lines_with("discovery.dead_rechecked server=b:3306", pass)));
        bench.fake("b").mood = Mood::well;
        EXPECT_EQ(lines_with("discovery.dead_released server=b:3306", pass), is_wanted ? 1U : 0U);
        EXPECT_EQ(lines_with("discovery.dead_", pass), 0U) << "no longer";
    }
}

TEST(DiscoveryKeys, take_force_with_a_reload) {
    struct Case {
        std::string_view key;
        Change change;
        /// What is seen after the reload, and without it.
        std::function<std::string(Bench&)> look;
        std::string with, without;
    };
    const auto is_known = [](const std::string& name) {
        return [name](Bench& bench) {
            bench.registers("a", {"b", "new"});
            bench.clock.run_for(Seconds(20));
            return bench.server(name) == nullptr ? std::string("unknown") : std::string("known");
        };
    };
    const auto probes_of = [](const std::string& name, Mood mood) {
        return [name, mood](Bench& bench) {
            bench.fake(name).mood = mood;
            bench.clock.run_for(Seconds(20));
            const auto before = bench.fake(name).probes;
            bench.clock.run_for(Seconds(100));
            const auto count = bench.fake(name).probes - before;
            return std::string(count > 70 ? "many" : count > 12 ? "some" : "few");
        };
    };
    const auto fact_of_b = [](std::string model::Facts::* member) {
        return [member](Bench& bench) {
            bench.clock.run_for(Seconds(10));
            return (*bench.server("b")->facts).*member;
        };
    };
    const Case cases[] = {
        {"InstancePollSeconds", [](auto& s) { s.instance_poll_seconds = 1; }, probes_of("b", Mood::well), "many", "some"
        },
        {"DeadInstancePollSecondsMultiplyFactor",
         [](auto& s) { s.dead_instance_poll_seconds_multiply_factor = 3; },
         probes_of("b", Mood::refusing),
         "few",
         "some"},
        {"DiscoveryIgnoreHostnameFilters",
         [](auto& s) { s.discovery_ignore_hostname_filters = {"new"}; },
         is_known("new"),
         "unknown",
         "known"},
        {"DiscoveryIgnoreHostnameFilters",
         [](auto& s) { s.discovery_ignore_hostname_filters = {"^b:"}; },
         [](Bench& bench) {
             bench.clock.run_for(Seconds(20));
             const auto before = bench.fake("b").probes;
             bench.clock.run_for(Seconds(20));
             const bool is_probed = bench.fake("b").probes > before;
             return std::string(is_probed ? "probed, " : "") + (bench.server("b") == nullptr ? "unknown" : "known");
         },
         "unknown",
         "probed, known"},
        {"DiscoveryIgnoreReplicaHostnameFilters",
         [](auto& s) { s.discovery_ignore_replica_hostname_filters = {"new"}; },
         is_known("new"),
         "unknown",
         "known"},
        {"DiscoveryIgnoreMasterHostnameFilters",
         [](auto& s) { s.discovery_ignore_master_hostname_filters = {"above"}; },
         [](Bench& bench) {
             bench.add("above", primary("above"));
             bench.fake("a").facts.channels = replica("a", "above").channels;
             bench.clock.run_for(Seconds(20));
             return bench.server("above") == nullptr ? "unknown" : "known";
         },
         "unknown",
         "known"},
        {"DiscoveryIgnoreReplicationUsernameFilters",
         [](auto& s) { s.discovery_ignore_replication_username_filters = {"consumer"}; },
         [](Bench& bench) {
             bench.fake("new").facts.channels.front().user = "consumer";
             bench.registers("a", {"b", "new"});
             bench.clock.run_for(Seconds(20));
             return bench.server("new") == nullptr ? "unknown" : "known";
         },
         "unknown",
         "known"},
        {"DataCenterPattern",
         [](auto& s) { s.data_center_pattern = "^(.)"; },
         fact_of_b(&model::Facts::data_center),
         "b",
         ""},
        {"RegionPattern", [](auto& s) { s.region_pattern = "^(.)"; }, fact_of_b(&model::Facts::region), "b", ""},
        {"PhysicalEnvironmentPattern",
         [](auto& s) { s.physical_environment_pattern = "^(.)"; },
         fact_of_b(&model::Facts::environment),
         "b",
         ""},
        {"ClusterNameToAlias",
         [](auto& s) { s.cluster_name_to_alias = {{"a:", "shop"}}; },
         [](Bench& bench) {
             bench.clock.run_for(Seconds(1));  // long enough to be kept
             return bench.loop->topology()->cluster(ep("b"))->alias;
         },
         "shop",
         "a:3306"},
        {"UnseenInstanceForgetHours",
         [](auto& s) { s.unseen_instance_forget_hours = 1; },
         [](Bench& bench) {
             bench.fake("b").mood = Mood::refusing;
             bench.registers("a", {});
             bench.clock.run_for(Seconds(2 * 3600));
             return bench.server("b") == nullptr ? "unknown" : "known";
         },
         "unknown",
         "known"},
        {"MySQLDiscoveryReadTimeoutSeconds",
         [](auto& s) { s.mysql_discovery_read_timeout_seconds = 1; },
         [](Bench& bench) {
             bench.fake("new").mood = Mood::silent;
             bench.registers("a", {"b", "new"});
             bench.clock.run_for(Seconds(9));
             return std::to_string(bench.fake("new").in_flight);
         },
         "0",
         "1"},
        {"DiscoveryCollectionRetentionSeconds",
         [](auto& s) { s.discovery_collection_retention_seconds = 1; },
         [](Bench& bench) {
             bench.clock.run_for(Seconds(60));
             return bench.loop->history().since(WallTime{}).size() < 8 ? "short" : "long";
         },
         "short",
         "long"},
        {"DiscoveryQueueMaxStatisticsSize",
         [](auto& s) { s.discovery_queue_max_statistics_size = 3; },
         [](Bench& bench) {
             bench.clock.run_for(Seconds(60));
             return bench.loop->history().last(Crowd::answering, 100).size() <= 3 ? "short" : "long";
         },
         "short",
         "long"},
    };
    for (const auto& c : cases) {
        ASSERT_NE(config::find_key(c.key), nullptr) << c.key;
        EXPECT_NE(config::find_key(c.key)->takes_effect, config::TakesEffect::start) << c.key;
        for (const bool is_reloaded : {true, false}) {
            SCOPED_TRACE(std::string(c.key) + (is_reloaded ? ", reloaded" : ", not reloaded"));
            Bench bench(seeded());
            add_star(bench, {"b"});
            bench.add("new", replica("new", "a"));
            bench.start();
            bench.clock.run_for(Seconds(1));
            auto settings = bench.settings;
            if (is_reloaded) {
                c.change(settings);
                ASSERT_EQ(
                    config::keep_start_values(bench.settings, settings).live,
                    std::vector<std::string>{std::string(c.key)}
                );
            }
            bench.loop->adopt(settings);
            EXPECT_EQ(c.look(bench), is_reloaded ? c.with : c.without);
        }
    }
}

TEST(DiscoveryKeys, that_wait_for_a_restart_are_named_and_kept) {
    const std::pair<std::string_view, Change> cases[] = {
        {"DiscoveryMaxConcurrency", [](auto& s) { s.discovery_max_concurrency = 7; }},
        {"DeadInstanceDiscoveryMaxConcurrency", [](auto& s) { s.dead_instance_discovery_max_concurrency = 7; }},
        {"DiscoveryQueueCapacity", [](auto& s) { s.discovery_queue_capacity = 7; }},
        {"DiscoverySeeds", [](auto& s) { s.discovery_seeds = {"other"}; }},
        {"InstanceWriteBufferSize", [](auto& s) { s.instance_write_buffer_size = 7; }},
        {"InstanceFlushIntervalMilliseconds", [](auto& s) { s.instance_flush_interval_milliseconds = 7; }},
    };
    const config::Settings running = seeded();
    for (const auto& [key, change] : cases) {
        SCOPED_TRACE(key);
        config::Settings loaded = running;
        change(loaded);
        const config::Changes changes = config::keep_start_values(running, loaded);
        EXPECT_EQ(changes.needs_restart, std::vector<std::string>{std::string(key)});
        EXPECT_TRUE(changes.live.empty());
        EXPECT_EQ(loaded, running) << "what runs goes on with the old value";
    }
}

}  // namespace
}  // namespace orc::discovery
