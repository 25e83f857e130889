#include "recovery/hook_text.h"

#include <gtest/gtest.h>

namespace orc::recovery {
namespace {

HookFacts facts() {
    HookFacts out;
    out.failure_type = "DeadMaster";
    out.is_primary = true;
    out.description = "primary $(reboot) is dead";
    out.failed = Endpoint{"db1", 3306};
    out.cluster = "db1:3306";
    out.cluster_alias = "shop";
    out.replicas = {Endpoint{"db2", 3306}, Endpoint{"db3", 3307}};
    out.lost = {Endpoint{"db3", 3307}};
    out.recovery_uid = "uid1";
    return out;
}

TEST(HookText, replaces_placeholders_once_and_leaves_unknown_ones) {
    struct Case {
        const char* name;
        const char* command;
        const char* text;
        bool in_background;
    };
    const Case cases[] = {
        {"plain", "echo {failureType} {failedHost}:{failedPort}", "echo DeadMaster db1:3306", false},
        {"lists", "x {replicaHosts} {countLostReplicas} {lostSlaves}", "x db2:3306,db3:3307 1 db3:3307", false},
        {"booleans", "{isMaster} {isCoMaster} {instanceType}", "true false master", false},
        {"unknown", "{what} {failureType", "{what} {failureType", false},
        {"no successor", "go {successorHost} {successorPort}", "go {successorHost} {successorPort}", false},
        {"in the background", " notify {recoveryUID} & ", "notify uid1", true},
        {"many ampersands", "a && b &&", "a && b", true},
        {"nothing for a shell", "echo {failureDescription}", "echo primary __reboot_ is dead", false},
        {"empty", "", "", false},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto out = hook_text(c.command, facts());
        EXPECT_EQ(out.command, c.text);
        EXPECT_EQ(out.in_background, c.in_background);
    }
}

TEST(HookText, knows_the_successor_when_there_is_one) {
    HookFacts known = facts();
    known.successor = Endpoint{"db2", 3306};
    known.is_successful = true;
    EXPECT_EQ(hook_text("{successorHost}:{successorPort} {isSuccessful}", known).command, "db2:3306 true");
    EXPECT_EQ(hook_text("{successorBinlogCoordinates}", known).command, "{successorBinlogCoordinates}");
    known.successor_coordinates = "binlog.000001:4";
    EXPECT_EQ(hook_text("{successorBinlogCoordinates}", known).command, "binlog.000001:4");
    const auto environment = hook_environment(known);
    EXPECT_EQ(environment.at("ORC_SUCCESSOR_HOST"), "db2");
    EXPECT_EQ(environment.at("ORC_SUCCESSOR_BINLOG_COORDINATES"), "binlog.000001:4");
}

TEST(HookText, tells_the_environment_everything_uncut) {
    const auto environment = hook_environment(facts());
    EXPECT_EQ(environment.at("ORC_FAILURE_DESCRIPTION"), "primary $(reboot) is dead");
    EXPECT_EQ(environment.at("ORC_REPLICA_HOSTS"), "db2:3306,db3:3307");
    EXPECT_EQ(environment.at("ORC_COUNT_LOST_REPLICAS"), "1");
    EXPECT_EQ(environment.at("ORC_IS_SUCCESSFUL"), "false");
    EXPECT_FALSE(environment.contains("ORC_SUCCESSOR_HOST"));
    EXPECT_EQ(environment.size(), 21U);
}

}  // namespace
}  // namespace orc::recovery
