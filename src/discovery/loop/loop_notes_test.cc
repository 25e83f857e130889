// What discovery tells the store beside servers, and what it makes of it after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discovery/names/host_names.h"
#include "discovery/testing/bench.h"
#include "discovery/testing/scripted_names.h"

namespace orc::discovery {
namespace {

using testing::Bench;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::ep;
using ::testing::IsEmpty;
using testing::Mood;
using testing::primary;
using testing::replica;
using testing::ScriptedNames;

/// "host resolved" of what the disk holds.
std::vector<std::string> names_on(Bench& bench) {
    [[maybe_unused]] const auto written = bench.stored();
    std::vector<std::string> out;
    for (const auto& [host, name] : bench.disk->resolved_names) {
        out.push_back(host + " " + name.resolved);
    }
    return out;
}

std::vector<std::string> remembered_by(Bench& bench) {
    std::vector<std::string> out;
    for (const auto& name : bench.loop->cached_names()) {
        out.push_back(name.host + " " + name.resolved);
    }
    return out;
}

/// The same disk, servers, names and settings, another process.
void restart(Bench& before, Bench& after) {
    before.stop();
    [[maybe_unused]] const auto written = before.stored();
    after.disk = before.disk;
    after.store = store::make_memory_store(after.disk, after.clock);
    after.gateway.servers = before.gateway.servers;
    after.host_names = before.host_names;
    after.settings = before.settings;
    after.clock.run_for(Seconds(1));
    after.start();
}

/// "type server" of what is audited from now on.
std::shared_ptr<std::vector<std::string>> audits_of(Bench& bench) {
    auto out = std::make_shared<std::vector<std::string>>();
    bench.ledger.on_change([out](const std::vector<model::Change>& changes) {
        for (const auto& change : changes) {
            if (const auto* audit = std::get_if<model::AppendAudit>(&change)) {
                const auto& entry = audit->record;
                out->push_back(entry.type + " " + entry.endpoint.value_or(Endpoint{}).text() + " in " + entry.cluster);
            }
        }
    });
    return out;
}

Bench& with_cname(Bench& bench, ScriptedNames& names) {
    names.canonical_names = {{"vip", "a"}, {"a", "a"}, {"b", "b"}};
    bench.settings.discovery_seeds = {"b"};
    bench.settings.mysql_hostname_resolve_method = "none";
    bench.settings.hostname_resolve_method = "cname";
    bench.host_names = &names;
    bench.add("a", primary("a"));
    bench.add("b", replica("b", "vip"));
    return bench;
}

TEST(Notes, what_names_resolve_to_is_written_and_survives_a_restart) {
    ScriptedNames names;
    Bench bench;
    with_cname(bench, names).start();
    bench.clock.run_for(Millis(100));
    EXPECT_THAT(names_on(bench), ElementsAre("a a", "b b", "vip a"));

    Bench second;
    names.canonical_names.clear();  // the name service is down by now
    names.asked = 0;
    restart(bench, second);
    second.clock.run_for(Seconds(1));
    EXPECT_EQ(second.cluster("b"), "a:3306: a/0 b/1");
    EXPECT_EQ(names.asked, 0U);
    EXPECT_THAT(remembered_by(second), ElementsAre("a a", "b b", "vip a"));
}

TEST(Notes, an_old_answer_is_asked_for_again_and_used_meanwhile) {
    ScriptedNames names;
    Bench bench;
    with_cname(bench, names);
    bench.settings.expiry_hostname_resolves_minutes = 1;
    bench.start();
    bench.clock.run_for(Millis(100));
    bench.add("c", primary("c"));
    names.canonical_names["vip"] = "c";
    names.canonical_names["c"] = "c";
    bench.clock.run_for(Seconds(50));
    EXPECT_EQ(bench.cluster("b"), "a:3306: a/0 b/1") << "believed for a minute";
    bench.clock.run_for(Seconds(30));
    EXPECT_EQ(bench.cluster("b"), "c:3306: b/1 c/0");

    names.canonical_names.clear();
    bench.clock.run_for(Seconds(200));
    EXPECT_EQ(bench.cluster("b"), "c:3306: b/1 c/0") << "an outage of the name service changes nothing";
}

TEST(Notes, an_outage_of_the_name_service_does_not_hold_up_probes) {
    ScriptedNames names;
    Bench bench;
    with_cname(bench, names);
    names.clock = &bench.clock;
    names.delay = Seconds(2);
    names.canonical_names.clear();
    bench.settings.instance_poll_seconds = 1;
    bench.start();
    bench.clock.run_for(Seconds(10));
    const auto before = bench.fake("b").probes;
    bench.clock.run_for(Seconds(120));
    EXPECT_GE(bench.fake("b").probes, before + 110) << "though every name is asked for again each minute";
}

TEST(Notes, answers_that_are_no_names_and_rejected_ones_change_nothing) {
    for (const auto* answer : {"", "two,names", "with blank", "a/b"}) {
        SCOPED_TRACE(answer);
        ScriptedNames names;
        Bench bench;
        with_cname(bench, names);
        names.canonical_names["vip"] = answer;
        bench.add("vip", primary("a"));
        bench.start();
        bench.clock.run_for(Millis(100));
        EXPECT_EQ(bench.cluster("b"), "vip:3306: b/1 vip/0");
        EXPECT_THAT(names_on(bench), ElementsAre("b b"));
    }
    ScriptedNames names;
    Bench bench;
    with_cname(bench, names);
    bench.settings.reject_hostname_resolve_pattern = "^a$";
    bench.add("vip", primary("a"));
    bench.start();
    bench.clock.run_for(Millis(100));
    EXPECT_EQ(bench.cluster("b"), "vip:3306: b/1 vip/0");
    EXPECT_THAT(remembered_by(bench), ElementsAre("b b"));
    bench.clock.run_for(Seconds(30));
    EXPECT_LE(names.asked, 2U) << "not with every probe";
}

TEST(Notes, the_later_half_of_a_loop_counts) {
    config::Settings settings;
    settings.hostname_resolve_method = "cname";
    asio::io_context io;
    runtime::SimulatedClock clock(io);
    ScriptedNames names;
    for (const bool later_first : {false, true}) {
        SCOPED_TRACE(later_first);
        HostResolution hosts(settings, clock, &names);
        const Instant soon = clock.now() + Seconds(10);
        const Instant later = clock.now() + Seconds(20);
        if (later_first) {
            hosts.recall("b", "a", later);
            hosts.recall("a", "b", soon);
        } else {
            hosts.recall("a", "b", soon);
            hosts.recall("b", "a", later);
        }
        hosts.recall("old", "a", clock.now());
        ASSERT_EQ(hosts.remembered().size(), 1U);
        EXPECT_EQ(hosts.remembered().front().host, "b");
    }
}

TEST(Notes, a_name_that_resolves_to_another_known_server_is_not_taken_for_it) {
    ScriptedNames names;
    Bench bench;
    with_cname(bench, names);
    bench.disk->servers[ep("c")] = store::KnownServer{ep("c"), std::nullopt, ClusterName("c:3306")};
    bench.add("c", primary("c"));
    names.canonical_names["c"] = "a";  // says the name service, and a is somebody else
    bench.start();
    bench.clock.run_for(Seconds(20));
    EXPECT_EQ(bench.cluster("b"), "a:3306: a/0 b/1");
    EXPECT_EQ(bench.cluster("c"), "c:3306: c/0");
}

TEST(Notes, a_silent_server_whose_name_leads_to_another_known_one_goes) {
    ScriptedNames names;
    Bench bench;
    with_cname(bench, names);
    bench.disk->servers[ep("vip")] = store::KnownServer{ep("vip"), std::nullopt, ClusterName("vip:3306")};
    bench.add("vip", primary("x"));
    bench.fake("vip").mood = Mood::refusing;
    const auto audits = audits_of(bench);
    bench.start();
    bench.clock.run_for(Seconds(70));
    EXPECT_EQ(bench.server("vip"), nullptr);
    EXPECT_THAT(*audits, Contains("forget-unseen-differently-resolved vip:3306 in vip:3306"));
}

TEST(Notes, the_name_that_a_server_gives_itself_is_written_and_kept_young) {
    Bench bench;
    bench.settings.discovery_seeds = {"10.0.0.1"};
    auto facts = primary("db1");
    bench.add("10.0.0.1", facts);
    bench.gateway.servers[ep("db1")] = bench.gateway.servers.at(ep("10.0.0.1"));
    bench.start();
    bench.clock.run_for(Millis(100));
    EXPECT_THAT(names_on(bench), ElementsAre("10.0.0.1 db1"));
    EXPECT_THAT(remembered_by(bench), ElementsAre("10.0.0.1 db1"));
    const auto first = bench.disk->resolved_names.at("10.0.0.1").at;
    bench.clock.run_for(std::chrono::minutes(100));
    EXPECT_THAT(names_on(bench), ElementsAre("10.0.0.1 db1"));
    EXPECT_GT(bench.disk->resolved_names.at("10.0.0.1").at, first + std::chrono::minutes(60));
    EXPECT_EQ(bench.loop->known_as(ep("10.0.0.1")), ep("db1"));

    Bench second;
    restart(bench, second);
    EXPECT_EQ(second.loop->known_as(ep("10.0.0.1")), ep("db1")) << "before anything was asked";
    EXPECT_EQ(second.loop->known_as(ep("10.0.0.1:3307")), ep("10.0.0.1:3307")) << "on its own port only";
    second.loop->forget_cached_names();
    EXPECT_THAT(remembered_by(second), IsEmpty());
}

TEST(Notes, an_address_that_moved_to_another_server_is_followed) {
    for (const bool is_known : {true, false}) {
        SCOPED_TRACE(is_known);
        Bench bench;
        bench.settings.discovery_seeds = {"b"};
        bench.add("a", primary("a"));
        bench.gateway.servers[ep("vip")] = bench.gateway.servers.at(ep("a"));
        bench.add("b", replica("b", "vip"));
        bench.fake("b").facts.channels[0].source_uuid = "uuid-of-a";
        bench.add("c", primary("c"));
        if (is_known) {
            bench.settings.discovery_seeds.emplace_back("c");
        }
        bench.start();
        bench.clock.run_for(Seconds(1));
        ASSERT_EQ(bench.cluster("b"), "a:3306: a/0 b/1");
        bench.gateway.servers[ep("vip")] = bench.gateway.servers.at(ep("c"));
        bench.fake("b").facts.channels[0].source_uuid = "uuid-of-c";
        bench.clock.run_for(Seconds(12));
        EXPECT_EQ(bench.cluster("b"), "c:3306: b/1 c/0");
    }
}

TEST(Notes, addresses_of_hosts_are_looked_up_once_in_a_while) {
    ScriptedNames names;
    names.ips = {{"a", {"10.0.0.1", ""}}, {"b", {"10.0.0.2", "fe80::2"}}};
    Bench bench;
    bench.settings.discovery_seeds = {"a"};
    bench.host_names = &names;
    bench.add("a", primary("a"));
    bench.add("b", replica("b", "a"));
    bench.registers("a", {"b"});
    bench.start();
    bench.clock.run_for(Seconds(300));
    [[maybe_unused]] const auto written = bench.stored();
    ASSERT_EQ(bench.disk->addresses.size(), 2U);
    EXPECT_EQ(bench.disk->addresses.at("b").ipv4, "10.0.0.2");
    EXPECT_EQ(bench.disk->addresses.at("b").ipv6, "fe80::2");
    EXPECT_EQ(names.addresses_asked, 2U);
    names.ips["a"] = {"10.0.0.9", ""};
    bench.clock.run_for(Seconds(400));
    [[maybe_unused]] const auto again = bench.stored();
    EXPECT_EQ(bench.disk->addresses.at("a").ipv4, "10.0.0.9");
    EXPECT_EQ(names.addresses_asked, 4U);
}

TEST(Notes, who_insists_on_tls_is_remembered) {
    Bench bench;
    bench.settings.discovery_seeds = {"a"};
    bench.add("a", primary("a"));
    bench.add("b", replica("b", "a"));
    bench.registers("a", {"b"});
    bench.fake("a").facts.refuses_plain = true;
    bench.fake("b").facts.refuses_plain = false;
    bench.start();
    bench.clock.run_for(Seconds(1));
    [[maybe_unused]] const auto written = bench.stored();
    ASSERT_EQ(bench.disk->tls.size(), 1U) << "what nobody doubted is not written";
    EXPECT_TRUE(bench.disk->tls.at(ep("a")).is_required);

    Bench second;
    restart(bench, second);
    EXPECT_THAT(second.gateway.expected_tls, ElementsAre(ep("a")));
    second.fake("a").facts.refuses_plain = false;
    second.clock.run_for(Seconds(10));
    [[maybe_unused]] const auto later = second.stored();
    EXPECT_FALSE(second.disk->tls.at(ep("a")).is_required);
}

TEST(Notes, the_domain_of_a_cluster_outlives_a_restart_while_its_primary_is_away) {
    Bench bench;
    bench.settings.discovery_seeds = {"a"};
    bench.add("a", primary("a"));
    bench.add("b", replica("b", "a"));
    bench.registers("a", {"b"});
    bench.fake("a").facts.cluster_domain = "shop.example";
    bench.start();
    bench.clock.run_for(Seconds(1));
    [[maybe_unused]] const auto written = bench.stored();
    ASSERT_EQ(bench.disk->domains.size(), 1U);
    EXPECT_EQ(bench.disk->domains.begin()->second.domain, "shop.example");
    const auto first = bench.disk->domains.begin()->second.at;
    bench.clock.run_for(std::chrono::minutes(45));
    [[maybe_unused]] const auto renewed = bench.stored();
    const auto last = bench.disk->domains.begin()->second.at;
    EXPECT_GT(last, first) << "before it expires";

    Bench second;
    bench.fake("a").mood = Mood::refusing;
    restart(bench, second);
    second.clock.run_for(Seconds(10));
    EXPECT_EQ(second.loop->topology()->cluster(ep("b"))->domain, "shop.example");
    [[maybe_unused]] const auto unread = second.stored();
    EXPECT_EQ(second.disk->domains.begin()->second.at, last) << "nobody has read it since";
    second.fake("a").mood = Mood::well;
    second.fake("a").facts.cluster_domain = "";
    second.clock.run_for(Seconds(20));
    EXPECT_EQ(second.loop->topology()->cluster(ep("b"))->domain, "") << "its own word counts";
}

TEST(Notes, what_discovery_does_by_itself_is_audited) {
    Bench bench;
    bench.settings.discovery_seeds = {"b"};
    bench.settings.unseen_instance_forget_hours = 1;
    bench.add("b", replica("b", "gone"));
    const auto audits = audits_of(bench);
    bench.start();
    bench.clock.run_for(Seconds(10));
    EXPECT_THAT(*audits, ElementsAre("inject-seed b:3306 in ", "inject-unseen-masters gone:3306 in gone:3306"));
    bench.clock.run_for(std::chrono::minutes(70));
    ASSERT_GE(audits->size(), 3U);
    EXPECT_EQ((*audits)[2], "forget-unseen gone:3306 in gone:3306");
}

TEST(Notes, a_source_known_by_name_only_that_turns_out_to_be_a_known_server_is_audited) {
    Bench bench;
    bench.settings.discovery_seeds = {"b"};
    bench.add("b", replica("b", "vip"));
    bench.add("a", primary("a"));
    const auto audits = audits_of(bench);
    bench.start();
    bench.clock.run_for(Seconds(10));
    EXPECT_EQ(bench.cluster("b"), "vip:3306: b/1 vip/0");
    bench.gateway.servers[ep("vip")] = bench.gateway.servers.at(ep("a"));
    bench.clock.run_for(Seconds(20));
    EXPECT_EQ(bench.cluster("b"), "a:3306: a/0 b/1");
    EXPECT_THAT(*audits, Contains(::testing::StartsWith("resolve-unknown-masters a:3306")));
}

TEST(Notes, nobody_audits_who_does_not_lead) {
    Bench bench;
    bench.with_leadership = false;
    bench.settings.discovery_seeds = {"a"};
    bench.add("a", primary("a"));
    const auto audits = audits_of(bench);
    bench.start();
    bench.clock.run_for(Seconds(10));
    EXPECT_THAT(*audits, IsEmpty());
}

}  // namespace
}  // namespace orc::discovery
