#include "http/legacy/legacy_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "discovery/testing/builders.h"

namespace orc::http::legacy {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

/// Field names of one classic shape, in order: tests/data/http/<shape>.fields.
std::vector<std::string> wanted_fields(const std::string& shape) {
    std::ifstream file(std::string(ORC_SOURCE_DIR) + "/tests/data/http/" + shape + ".fields");
    EXPECT_TRUE(file.is_open()) << shape;
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) {
        out.push_back(line);
    }
    return out;
}

std::vector<std::string> fields_of(const boost::json::value& value) {
    std::vector<std::string> out;
    for (const auto& member : value.as_object()) {
        out.emplace_back(member.key());
    }
    return out;
}

class LegacyNames : public ::testing::Test {
protected:
    LegacyNames() {
        settings_.backend_db = "sqlite";
        model::Cluster cluster;
        cluster.name = ClusterName("db1:3306");
        cluster.alias = "shop";
        cluster.servers = {server("db1", ""), server("db2", "db1"), server("db3", "db2")};
        const auto held = std::make_shared<const model::Cluster>(std::move(cluster));
        auto topology = std::make_shared<model::Topology>();
        topology->add(held);
        topology_ = topology;
    }

    static std::shared_ptr<model::Server> server(const std::string& host, const std::string& source) {
        auto out = std::make_shared<model::Server>();
        out->endpoint = Endpoint{host, 3306};
        out->cluster = ClusterName("db1:3306");
        auto facts = std::make_shared<model::Facts>(
            source.empty() ? discovery::testing::primary(host) : discovery::testing::replica(host, source)
        );
        facts->gtid_mode = "ON";
        facts->self = {"binlog.000007", 4711};
        facts->latency = Micros(1500);
        out->facts = facts;
        out->ancestry = source.empty() ? "uuid-of-" + host : "uuid-of-" + source + ",uuid-of-" + host;
        out->depth = source.empty() ? 0 : source == "db1" ? 1 : 2;
        out->check.seen = out->check.completed = Instant(Seconds(99));
        out->check.seen_wall = WallTime(Seconds(1'714'564'800));
        return out;
    }

    model::Server& at(const std::string& host) const {
        return const_cast<model::Server&>(*topology_->find(Endpoint{host, 3306}));
    }
    model::Facts& facts_of(const std::string& host) const { return const_cast<model::Facts&>(*at(host).facts); }
    View view() const {
        const recovery::Node node{"orc1", NodeToken("t")};
        return View(settings_, node, topology_, Instant(Seconds(100)), WallTime(Seconds(1'714'564'801)));
    }
    boost::json::object instance_json(const std::string& host) const {
        return boost::json::parse(instance(view(), at(host))).as_object();
    }

    config::Settings settings_;
    model::TopologyPtr topology_;
};

TEST_F(LegacyNames, instance_has_the_classic_fields_in_order) {
    EXPECT_THAT(fields_of(instance_json("db2")), ElementsAreArray(wanted_fields("Instance")));
    at("db2").facts = nullptr;
    EXPECT_THAT(fields_of(instance_json("db2")), ElementsAreArray(wanted_fields("Instance")));
}

TEST_F(LegacyNames, instances_name_their_replicas_once_each) {
    auto& channels = facts_of("db3").channels;
    model::Channel second = channels[0];
    second.name = "second";
    channels.push_back(second);
    second.name = "third";
    second.source = Endpoint{"db1", 3306};
    channels.push_back(second);
    const auto cluster = topology_->cluster(Endpoint{"db1", 3306});
    const auto all = boost::json::parse(instances(view(), cluster->servers)).as_array();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(
        boost::json::serialize(all[0].at("Replicas")),
        R"([{"Hostname":"db2","Port":3306},{"Hostname":"db3","Port":3306}])"
    );
    EXPECT_EQ(boost::json::serialize(all[1].at("Replicas")), R"([{"Hostname":"db3","Port":3306}])");
    EXPECT_EQ(boost::json::serialize(all[2].at("Replicas")), "[]");
    EXPECT_EQ(instance_json("db1").at("Replicas"), all[0].at("Replicas")) << "as when it is asked for alone";
}

TEST_F(LegacyNames, instances_name_replicas_that_belong_to_another_cluster) {
    auto guest = server("a9", "elsewhere");
    auto facts = std::make_shared<model::Facts>(*guest->facts);
    model::Channel side = facts->channels[0];
    side.name = "side";
    side.source = Endpoint{"db1", 3306};
    facts->channels.push_back(side);
    guest->facts = facts;
    const_cast<model::Cluster&>(*topology_->cluster(Endpoint{"db1", 3306})).guests.push_back(guest);
    const auto primary = instance_json("db1");
    EXPECT_EQ(
        boost::json::serialize(primary.at("Replicas")),
        R"([{"Hostname":"a9","Port":3306},{"Hostname":"db2","Port":3306}])"
    );
    EXPECT_EQ(primary.at("SlaveHosts"), primary.at("Replicas"));
}

TEST_F(LegacyNames, instance_says_what_a_replica_is) {
    facts_of("db2").channels[0].lag = Seconds(7);
    const auto json = instance_json("db2");
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"Key", R"({"Hostname":"db2","Port":3306})"},
        {"MasterKey", R"({"Hostname":"db1","Port":3306})"},
        {"SelfBinlogCoordinates", R"({"LogFile":"binlog.000007","LogPos":4711,"Type":0})"},
        {"RelaylogCoordinates", R"({"LogFile":"","LogPos":0,"Type":1})"},
        {"SecondsBehindMaster", R"({"Int64":7,"Valid":true})"},
        {"ReplicationLagSeconds", R"({"Int64":7,"Valid":true})"},
        {"SlaveLagSeconds", R"({"Int64":7,"Valid":true})"},
        {"SecondsSinceLastSeen", R"({"Int64":1,"Valid":true})"},
        {"ReplicationSQLThreadState", "1"},
        {"Slave_IO_Running", "true"},
        {"UsingOracleGTID", "true"},
        {"UsingMariaDBGTID", "false"},
        {"Replicas", R"([{"Hostname":"db3","Port":3306}])"},
        {"SlaveHosts", R"([{"Hostname":"db3","Port":3306}])"},
        {"AncestryUUID", R"("uuid-of-db1,uuid-of-db2")"},
        {"ReplicationDepth", "1"},
        {"LastSeenTimestamp", R"("2024-05-01T12:00:00Z")"},
        {"LastDiscoveryLatency", "1500000"},
        {"Problems", "[]"},
        {"PromotionRule", R"("neutral")"},
        {"FlavorName", R"("MySQL")"},
    };
    for (const auto& [name, value] : cases) {
        SCOPED_TRACE(name);
        EXPECT_EQ(boost::json::serialize(json.at(name)), value);
    }
}

TEST_F(LegacyNames, a_server_with_several_sources_tells_each_channel_beside_the_one_that_counts) {
    auto& facts = facts_of("db2");
    EXPECT_FALSE(instance_json("db2").contains("ReplicationChannels"));
    model::Channel second = facts.channels[0];
    second.name = "eu";
    second.source = Endpoint{"db9", 3306};
    second.receiver = model::ThreadState::other;
    second.lag.reset();
    facts.channels.insert(facts.channels.begin(), second);
    const auto json = instance_json("db2");
    EXPECT_EQ(boost::json::serialize(json.at("MasterKey")), R"({"Hostname":"db1","Port":3306})");
    EXPECT_EQ(json.at("ManagedChannelName").as_string(), "");
    ASSERT_EQ(json.at("ReplicationChannels").as_array().size(), 2U);
    const auto& channel = json.at("ReplicationChannels").as_array().at(0).as_object();
    const std::vector<std::string> wanted = {
        "ChannelName",
        "MasterKey",
        "MasterUUID",
        "ReplicationIOThreadRunning",
        "ReplicationSQLThreadRunning",
        "ReplicationIOThreadState",
        "ReplicationSQLThreadState",
        "ReadBinlogCoordinates",
        "ExecBinlogCoordinates",
        "RelaylogCoordinates",
        "SecondsBehindMaster",
        "SQLDelay",
        "LastSQLError",
        "LastIOError",
        "UsingOracleGTID",
        "UsingMariaDBGTID",
        "HasReplicationFilters",
        "HasReplicationCredentials"
    };
    EXPECT_THAT(fields_of(channel), ElementsAreArray(wanted));
    EXPECT_EQ(channel.at("ChannelName").as_string(), "eu");
    EXPECT_EQ(channel.at("ReplicationIOThreadState").as_int64(), 2);
    EXPECT_EQ(boost::json::serialize(channel.at("SecondsBehindMaster")), R"({"Int64":0,"Valid":false})");
}

TEST_F(LegacyNames, instance_says_what_a_primary_is) {
    const auto json = instance_json("db1");
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"MasterKey", R"({"Hostname":"","Port":0})"},
        {"ReplicationSQLThreadState", "-1"},
        {"ReplicationIOThreadState", "-1"},
        {"SecondsBehindMaster", R"({"Int64":0,"Valid":false})"},
        {"IsCoMaster", "false"},
        {"ReplicationGroupMembers", "[]"},
        {"ReplicationGroupPrimaryInstanceKey", R"({"Hostname":"","Port":0})"},
    };
    for (const auto& [name, value] : cases) {
        SCOPED_TRACE(name);
        EXPECT_EQ(boost::json::serialize(json.at(name)), value);
    }
}

TEST_F(LegacyNames, instance_lists_its_problems_in_the_classic_order) {
    struct Case {
        std::string_view name;
        void (*change)(model::Server&, model::Facts&);
        std::string_view problems;
    };
    const Case cases[] = {
        {"gone", [](model::Server& s, model::Facts&) { s.check.failures = 2; }, R"(["last_check_invalid"])"},
        {"unchecked",
         [](model::Server& s, model::Facts&) { s.check.completed = Instant(Seconds(1)); },
         R"(["not_recently_checked"])"},
        {"stopped",
         [](model::Server&, model::Facts& f) { f.channels[0].applier = model::ThreadState::stopped; },
         R"(["not_replicating"])"},
        {"behind", [](model::Server&, model::Facts& f) { f.channels[0].lag = Seconds(11); }, R"(["replication_lag"])"},
        {"delayed",
         [](model::Server&, model::Facts& f) { f.channels[0].lag = f.channels[0].delay = Seconds(600); },
         "[]"},
        {"stopped on a further channel",
         [](model::Server&, model::Facts& f) {
             f.channels.push_back(f.channels[0]);
             f.channels[1].name = "eu";
             f.channels[1].receiver = model::ThreadState::stopped;
         },
         R"(["not_replicating"])"},
        {"behind on a further channel",
         [](model::Server&, model::Facts& f) {
             f.channels.push_back(f.channels[0]);
             f.channels[1].name = "eu";
             f.channels[1].lag = Seconds(11);
         },
         R"(["replication_lag"])"},
        {"group",
         [](model::Server& s, model::Facts& f) {
             s.errant = discovery::testing::gtids("3e11fa47-71ca-11e1-9e33-c80aa9429562:1");
             f.group.emplace();
             f.group->group_name = "g";
             f.group->state = "ERROR";
         },
         R"(["errant_gtid","group_replication_member_not_online"])"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        model::Server changed = at("db2");
        auto facts = std::make_shared<model::Facts>(*changed.facts);
        c.change(changed, *facts);
        changed.facts = facts;
        const auto json = boost::json::parse(instance(view(), changed));
        EXPECT_EQ(boost::json::serialize(json.at("Problems")), c.problems);
    }
}

TEST_F(LegacyNames, instance_lists_the_members_of_its_group_in_order) {
    auto& group = facts_of("db2").group.emplace();
    group.members = {{"db3", 3306}, {"db1", 3307}, {"db1", 3306}};
    EXPECT_EQ(
        boost::json::serialize(instance_json("db2").at("ReplicationGroupMembers")),
        R"([{"Hostname":"db1","Port":3306},{"Hostname":"db1","Port":3307},{"Hostname":"db3","Port":3306}])"
    );
}

TEST_F(LegacyNames, instance_suggests_the_alias_that_its_cluster_has) {
    facts_of("db2").cluster_alias = "what the query says";
    EXPECT_EQ(instance_json("db2").at("SuggestedClusterAlias").as_string(), "shop");
    const auto cluster = topology_->cluster(Endpoint{"db2", 3306});
    const_cast<model::Cluster&>(*cluster).alias = cluster->name.text();
    EXPECT_EQ(instance_json("db2").at("SuggestedClusterAlias").as_string(), "") << "it has none";
}

TEST_F(LegacyNames, instance_prints_sets_as_the_server_does) {
    const std::string a = "00000000-0000-0000-0000-00000000000a:1-5";
    const std::string b = "00000000-0000-0000-0000-00000000000b:7";
    facts_of("db2").executed = facts_of("db2").purged = discovery::testing::gtids(a + "," + b);
    EXPECT_EQ(instance_json("db2").at("ExecutedGtidSet").as_string(), a + ",\n" + b);
    EXPECT_EQ(instance_json("db2").at("GtidPurged").as_string(), a + ",\n" + b);
}

TEST_F(LegacyNames, texts_of_servers_cannot_break_the_answer) {
    facts_of("db2").channels[0].receiver_error = "gr\xFC\xDF <b>\n\"x\"";
    facts_of("db2").version.comment = "bad \xFF byte";
    const std::string json = instance(view(), at("db2"));
    EXPECT_THAT(json, HasSubstr(R"("LastIOError":"\"gr\\xfc\\xdf \u003cb\u003e\\n\\\"x\\\"\"")"));
    EXPECT_THAT(json, HasSubstr(R"("VersionComment":"bad \ufffd byte")"));
}

TEST(QuotedAscii, is_what_the_classic_column_holds) {
    struct Case {
        std::string_view text;
        std::string_view quoted;
    };
    const Case cases[] = {
        {"", ""},
        {"a b", R"("a b")"},
        {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
        {"\x01\x7f", R"("\x01\x7f")"},
        {"\"\\", R"("\"\\")"},
        {"\xE2\x82\xAC", R"("\u20ac")"},
        {"\xF0\x9F\x90\xAC", R"("\U0001f42c")"},
        {"\xFF\xE2\x82", R"("\xff\xe2\x82")"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(quoted_ascii(c.text), c.quoted);
    }
}

TEST_F(LegacyNames, times_are_spelled_as_the_backend_does) {
    EXPECT_EQ(view().column_time(WallTime(Seconds(1'714'564'800))), "2024-05-01T12:00:00Z");
    settings_.backend_db = "mysql";
    EXPECT_EQ(view().column_time(WallTime(Seconds(1'714'564'800))), "2024-05-01 12:00:00");
    EXPECT_EQ(view().column_time(std::nullopt), "");
}

TEST_F(LegacyNames, analysis_has_the_classic_fields_and_ours_at_the_end) {
    analysis::Finding finding;
    finding.code = analysis::Code::dead_primary;
    finding.subject = Endpoint{"db1", 3306};
    finding.cluster = ClusterName("db1:3306");
    finding.description = "gone";
    finding.hesitation = "a replica is still served";
    analysis::Witness witness;
    witness.who = "db2:3306";
    witness.says = analysis::Testimony::alive;
    witness.why = "its stream moved";
    witness.at = Instant(Millis(99'700));
    finding.witnesses.push_back(witness);
    const auto json = boost::json::parse(analyses(view(), {finding})).at(0);
    auto wanted = wanted_fields("ReplicationAnalysis");
    wanted.insert(wanted.end(), {"Witnesses", "Hesitation"});
    EXPECT_THAT(fields_of(json), ElementsAreArray(wanted));
    EXPECT_EQ(json.at("Analysis"), "DeadMaster");
    EXPECT_TRUE(json.at("StructureAnalysis").is_null());
    EXPECT_EQ(json.at("AnalyzedInstanceBinlogCoordinates").at("LogFile"), "binlog.000007");
    EXPECT_EQ(json.at("ClusterDetails").at("ClusterDomain"), "db1:3306");
    EXPECT_EQ(
        boost::json::serialize(json.at("Witnesses")),
        R"([{"Who":"db2:3306","Says":"alive","Why":"its stream moved","SecondsAgo":3E-1}])"
    );
    EXPECT_EQ(analyses(view(), {}), "[]");
}

TEST_F(LegacyNames, recovery_reads_back_as_the_classic_row) {
    model::RecoveryRecord record;
    record.id = 7;
    record.uid = RecoveryUid("u:1");
    record.failed = Endpoint{"db1", 3306};
    record.code = "DeadMaster";
    record.cluster = ClusterName("db1:3306");
    record.start = WallTime(Seconds(1'714'564'800));
    const auto json = boost::json::parse(recoveries(view(), {record})).at(0);
    EXPECT_THAT(fields_of(json), ElementsAreArray(wanted_fields("TopologyRecovery")));
    EXPECT_THAT(
        fields_of(json.at("AnalysisEntry").at("ClusterDetails")), ElementsAreArray(wanted_fields("ClusterInfo"))
    );
    EXPECT_EQ(boost::json::serialize(json.at("SuccessorKey")), R"({"Hostname":"","Port":0})");
    EXPECT_TRUE(json.at("SuccessorBinlogCoordinates").is_null());
    EXPECT_EQ(boost::json::serialize(json.at("AllErrors")), R"([""])");
    EXPECT_EQ(json.at("RecoveryEndTimestamp"), "");
    EXPECT_EQ(json.at("IsActive"), true);
    EXPECT_EQ(json.at("AnalysisEntry").at("ProcessingNodeHostname"), "");  // the present is not read into the past
    EXPECT_EQ(json.at("AnalysisEntry").at("AnalyzedInstanceBinlogCoordinates").at("LogFile"), "");
    EXPECT_EQ(json.at("AnalysisEntry").at("StartActivePeriod"), "");
    EXPECT_EQ(json.at("AnalysisEntry").at("ClusterDetails").at("ClusterDomain"), "");
    EXPECT_EQ(json.at("RecoveryType"), "NotMasterRecovery");
}

TEST_F(LegacyNames, recovery_just_made_carries_more) {
    recovery::Outcome outcome;
    outcome.record.failed = Endpoint{"db1", 3306};
    outcome.record.code = "DeadMaster";
    outcome.record.successor = Endpoint{"db2", 3306};
    outcome.record.is_successful = true;
    outcome.record.ended = WallTime(Seconds(1));
    outcome.successor_coordinates = "binlog.000001:157";
    const auto json = boost::json::parse(recovery(view(), outcome));
    EXPECT_THAT(fields_of(json), ElementsAreArray(wanted_fields("TopologyRecovery")));
    EXPECT_EQ(json.at("SuccessorBinlogCoordinates").at("LogPos"), 157);
    EXPECT_EQ(json.at("Type"), "MasterRecovery");
    EXPECT_EQ(json.at("IsActive"), false);
    EXPECT_EQ(boost::json::serialize(json.at("AllErrors")), "[]");
}

TEST_F(LegacyNames, detection_has_the_same_fields) {
    model::Detection detection;
    detection.code = "UnreachableMaster";
    detection.start = WallTime(Seconds(1'714'564'800));
    detection.related_recovery = 7;
    const auto json = boost::json::parse(detections(view(), {detection})).at(0);
    EXPECT_THAT(fields_of(json), ElementsAreArray(wanted_fields("TopologyRecovery")));
    EXPECT_TRUE(json.at("SuccessorKey").is_null());
    EXPECT_TRUE(json.at("AllErrors").is_null());
    EXPECT_EQ(json.at("RecoveryType"), "");
    EXPECT_EQ(json.at("RelatedRecoveryId"), 7);
    EXPECT_EQ(json.at("AnalysisEntry").at("StartActivePeriod"), "2024-05-01T12:00:00Z");
}

TEST_F(LegacyNames, of_health_are_the_classic_ones) {
    api::Health value;
    value.is_healthy = value.is_leader = true;
    value.node = {"orc1", NodeToken("t1")};
    store::NodeRecord record;
    record.host = "orc1";
    record.token = NodeToken("t1");
    store::NodeRecord command = record;
    command.command = "topology";
    value.nodes = {record, command};
    const auto json = boost::json::parse(health(view(), value));
    EXPECT_THAT(fields_of(json), ElementsAreArray(wanted_fields("HealthStatus")));
    EXPECT_EQ(json.at("ActiveNode").at("Token"), "t1");
    EXPECT_TRUE(json.at("Error").is_null());
    EXPECT_EQ(json.at("AvailableNodes").as_array().size(), 1U);
}

}  // namespace
}  // namespace orc::http::legacy
