// Keys that are read and checked, but that nothing in this build obeys yet. house_test fails when a key is neither here
// nor used by any room, so that the reference cannot promise what is not there. Whoever makes a key work deletes its
// line and runs UPDATE_EXPECTED=1 config_test.
#include <algorithm>

#include "config/draft.h"
#include "config/keys.h"
#include "config/keys_rules.h"

namespace orc::config {
namespace {

constexpr std::string_view pending[] = {
    "HTTPAdvertise",
    "AgentsServerPort",
    "RaftBind",
    "RaftAdvertise",
    "RaftDataDir",
    "DefaultRaftPort",
    "RaftNodes",
    "SSLSkipVerify",
    "MySQLOrchestratorMaxPoolConnections",
    "UseSuperReadOnly",
    "SkipBinlogServerUnresolveCheck",
    "ServeAgentsHttp",
    "AgentsUseSSL",
    "AgentsUseMutualTLS",
    "AgentSSLSkipVerify",
    "AgentSSLPrivateKeyFile",
    "AgentSSLCertFile",
    "AgentSSLCAFile",
    "AgentSSLValidOUs",
    "AgentPollMinutes",
    "UnseenAgentForgetHours",
    "StaleSeedFailMinutes",
    "SeedWaitSecondsBeforeSend",
    "AutoPseudoGTID",
    "PseudoGTIDPattern",
    "PseudoGTIDPatternIsFixedSubstring",
    "PseudoGTIDMonotonicHint",
    "BinlogEventsChunkSize",
    "SkipBinlogEventsContaining",
    "ConsulAddress",
    "ConsulScheme",
    "ConsulAclToken",
    "ConsulCrossDataCenterDistribution",
    "ConsulKVStoreProvider",
    "ConsulMaxKVsPerTransaction",
    "ZkAddress",
};

}  // namespace

void warn_about_pending(Draft& draft) {
    const Settings defaults;
    for (const auto& key : keys()) {
        const auto is_changed = [&](auto member) { return draft.settings().*member != defaults.*member; };
        if (is_pending(key) && std::visit(is_changed, key.member)) {
            draft.warn_about(key.name, "not in effect in this build yet");
        }
    }
}

bool is_pending(const Key& key) { return std::ranges::find(pending, key.name) != std::end(pending); }

}  // namespace orc::config
