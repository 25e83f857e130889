// Channels of real servers with several sources, as the API tells them.
#include <gtest/gtest.h>

#include "flavors.h"
#include "stage.h"

namespace orc::integration {
namespace {

class InstanceChannels : public OnEachFlavor {};

ORC_ON_EACH_FLAVOR(InstanceChannels);

TEST_P(InstanceChannels, are_all_told_with_their_fields) {
    StageOptions options;
    options.flavor = GetParam();
    options.servers = 3;
    options.layout = sandbox::Layout::multi_source;
    const auto stage = Stage::set_up(std::move(options));
    ASSERT_NE(stage, nullptr);
    const Endpoint replica = stage->servers().endpoint(3);
    const std::string path = "/" + replica.host + "/" + std::to_string(replica.port);
    const auto list = stage->get("/api/instance-channels" + path);
    ASSERT_TRUE(list.is_array()) << list;
    ASSERT_EQ(list.as_array().size(), 2U) << list;
    for (std::size_t i = 0; i < 2; ++i) {
        SCOPED_TRACE(i);
        const auto& channel = list.as_array()[i].as_object();
        const Endpoint source = stage->servers().endpoint(i == 0 ? 1 : 2);
        EXPECT_EQ(channel.at("ChannelName"), i == 0 ? "" : "second");
        EXPECT_EQ(channel.at("MasterKey").at("Hostname").as_string(), source.host);
        EXPECT_EQ(channel.at("MasterKey").at("Port"), source.port);
        EXPECT_EQ(channel.at("MasterUUID").as_string().empty(), !is_mysql());
        for (const auto* thread : {"IO", "SQL"}) {
            EXPECT_EQ(channel.at(std::string("Replication") + thread + "ThreadRunning"), true);
            EXPECT_EQ(channel.at(std::string("Replication") + thread + "ThreadState"), 1);
        }
        for (const auto* coordinates : {"ReadBinlogCoordinates", "ExecBinlogCoordinates", "RelaylogCoordinates"}) {
            EXPECT_FALSE(channel.at(coordinates).at("LogFile").as_string().empty()) << coordinates;
            EXPECT_GT(channel.at(coordinates).at("LogPos").as_int64(), 0) << coordinates;
        }
        EXPECT_EQ(channel.at("SecondsBehindMaster").at("Valid"), true);
        EXPECT_EQ(channel.at("SQLDelay"), 0);
        EXPECT_EQ(channel.at("LastSQLError"), "");
        EXPECT_EQ(channel.at("LastIOError"), "");
        EXPECT_EQ(channel.at("UsingOracleGTID"), is_mysql());
        EXPECT_EQ(channel.at("UsingMariaDBGTID"), !is_mysql());
        EXPECT_EQ(channel.at("HasReplicationFilters"), false);
        EXPECT_EQ(channel.at("HasReplicationCredentials"), true);
    }
    const auto instance = stage->get("/api/instance" + path);
    EXPECT_EQ(instance.at("ReplicationChannels"), list);
    EXPECT_EQ(instance.at("ManagedChannelName"), "");
}

}  // namespace
}  // namespace orc::integration
