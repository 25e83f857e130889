// What the table calls servers' places and clusters.
#include <gtest/gtest.h>

#include "discovery/table/topology_table.h"
#include "discovery/testing/desk.h"

namespace orc::discovery {
namespace {

using testing::Desk;
using testing::ep;
using testing::primary;
using testing::replica;

TEST(TopologyTable, takes_place_names_from_the_host_unless_the_server_tells_them) {
    config::Settings settings;
    settings.data_center_pattern = "^[^.]+[.](.+)[.]example";
    settings.region_pattern = "[.]([a-z]+)-";
    settings.physical_environment_pattern = "prod";  // nothing to take
    Desk desk(settings);
    auto facts = primary("db1.eu-1.example.com");
    desk.read("db1.eu-1.example.com", facts);
    const auto* read = desk.server("db1.eu-1.example.com").facts.get();
    EXPECT_EQ(read->data_center, "eu-1");
    EXPECT_EQ(read->region, "eu");
    EXPECT_EQ(read->environment, "");
    facts.data_center = "told";
    desk.read("db1.eu-1.example.com", facts);
    EXPECT_EQ(desk.server("db1.eu-1.example.com").facts->data_center, "told");
    desk.read("elsewhere", primary("elsewhere"));
    EXPECT_EQ(desk.server("elsewhere").facts->data_center, "");
}

TEST(TopologyTable, chooses_the_alias_by_override_answer_pattern_ledger_name) {
    config::Settings settings;
    settings.cluster_name_to_alias = {{"^a", "from-pattern"}};
    Desk desk(settings);
    desk.read("z", primary("z"));
    EXPECT_EQ(desk.table.cluster_of(ep("z"))->alias, "z:3306");
    auto facts = primary("a");
    const auto alias = [&] { return desk.table.cluster_of(ep("a"))->alias; };
    desk.read("a", facts);
    EXPECT_EQ(alias(), "from-pattern");
    desk.read("a", facts);
    EXPECT_EQ(desk.server("a").cluster_alias, "from-pattern") << "as of its latest reading";
    EXPECT_EQ(desk.server("z").cluster_alias, "");
    desk.intend(model::PutClusterAlias{ClusterName("a:3306"), "kept"});
    EXPECT_EQ(alias(), "from-pattern") << "what the configuration says now, not what it said once";
    desk.intend(model::PutClusterAlias{ClusterName("z:3306"), "kept of z"});
    EXPECT_EQ(desk.table.cluster_of(ep("z"))->alias, "kept of z");
    facts.cluster_alias = "answered";
    desk.read("a", facts);
    EXPECT_EQ(alias(), "answered");
    desk.intend(model::PutAliasOverride{ClusterName("a:3306"), "wanted"});
    EXPECT_EQ(alias(), "wanted");
    desk.intend(model::DropAliasOverride{ClusterName("a:3306")});
    EXPECT_EQ(alias(), "answered");
}

TEST(TopologyTable, what_was_proven_before_outlives_another_name_of_the_source) {
    Desk desk;
    auto before = std::make_shared<model::Server>();
    before->endpoint = ep("b");
    before->facts = std::make_shared<const model::Facts>(replica("b", "vip"));
    before->errant = testing::gtids("uuid-of-b:1");
    desk.table.remember(store::KnownServer{ep("b"), ep("vip"), ClusterName("vip:3306"), before}, desk.look());
    desk.names[ep("vip")] = ep("a");
    desk.table.rename(ep("vip"), ep("a"), desk.look());
    desk.read("b", testing::with_executed(replica("b", "vip"), "uuid-of-a:1-3,uuid-of-b:1"));
    EXPECT_EQ(desk.server("b").source(), ep("a"));
    EXPECT_EQ(desk.server("b").errant, testing::gtids("uuid-of-b:1"));
}

TEST(TopologyTable, an_alias_belongs_to_one_cluster_and_does_not_wander) {
    Desk desk;
    const auto with_alias = [](model::Facts facts) {
        facts.cluster_alias = "shop";
        return facts;
    };
    const auto alias = [&](const std::string& name) { return desk.table.cluster_of(ep(name))->alias; };
    desk.read("m", with_alias(primary("m")));
    desk.read("r", with_alias(replica("r", "m")));
    const auto changed = desk.read("a", with_alias(primary("a")));
    EXPECT_EQ(alias("a"), "a:3306") << "a standalone server does not take the alias of a cluster";
    EXPECT_EQ(changed.size(), 1U);
    desk.miss("m");
    EXPECT_EQ(alias("m"), "shop");
    // After a failover the promoted side has it, by the number of servers and then by the ledger's word.
    desk.read("s", with_alias(replica("s", "r")));
    desk.read("r", with_alias(primary("r")));
    EXPECT_EQ(alias("r"), "shop");
    EXPECT_EQ(alias("m"), "m:3306");
    desk.intend(model::PutClusterAlias{ClusterName("m:3306"), "shop"});
    EXPECT_EQ(alias("m"), "shop");
    EXPECT_EQ(alias("r"), "r:3306");
}

}  // namespace
}  // namespace orc::discovery
