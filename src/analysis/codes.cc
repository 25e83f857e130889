// The texts that tables, hooks, scripts and the API have always carried. They are the only legacy words of this room.
#include "analysis/codes.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace orc::analysis {
namespace {

constexpr std::array<std::pair<Code, std::string_view>, 32> texts = {{
    {Code::no_problem, "NoProblem"},
    {Code::dead_primary_without_replicas, "DeadMasterWithoutReplicas"},
    {Code::dead_primary, "DeadMaster"},
    {Code::dead_primary_and_replicas, "DeadMasterAndReplicas"},
    {Code::dead_primary_and_some_replicas, "DeadMasterAndSomeReplicas"},
    {Code::unreachable_primary_with_lagging_replicas, "UnreachableMasterWithLaggingReplicas"},
    {Code::unreachable_primary, "UnreachableMaster"},
    {Code::primary_single_replica_not_replicating, "MasterSingleReplicaNotReplicating"},
    {Code::primary_single_replica_dead, "MasterSingleReplicaDead"},
    {Code::all_primary_replicas_not_replicating, "AllMasterReplicasNotReplicating"},
    {Code::all_primary_replicas_not_replicating_or_dead, "AllMasterReplicasNotReplicatingOrDead"},
    {Code::locked_semi_sync_primary_hypothesis, "LockedSemiSyncMasterHypothesis"},
    {Code::locked_semi_sync_primary, "LockedSemiSyncMaster"},
    {Code::primary_with_too_many_semi_sync_replicas, "MasterWithTooManySemiSyncReplicas"},
    {Code::primary_without_replicas, "MasterWithoutReplicas"},
    {Code::dead_co_primary, "DeadCoMaster"},
    {Code::dead_co_primary_and_some_replicas, "DeadCoMasterAndSomeReplicas"},
    {Code::unreachable_co_primary, "UnreachableCoMaster"},
    {Code::all_co_primary_replicas_not_replicating, "AllCoMasterReplicasNotReplicating"},
    {Code::dead_intermediate_primary, "DeadIntermediateMaster"},
    {Code::dead_intermediate_primary_with_single_replica, "DeadIntermediateMasterWithSingleReplica"},
    {Code::dead_intermediate_primary_with_single_replica_failing_to_connect,
     "DeadIntermediateMasterWithSingleReplicaFailingToConnect"},
    {Code::dead_intermediate_primary_and_some_replicas, "DeadIntermediateMasterAndSomeReplicas"},
    {Code::dead_intermediate_primary_and_replicas, "DeadIntermediateMasterAndReplicas"},
    {Code::unreachable_intermediate_primary_with_lagging_replicas, "UnreachableIntermediateMasterWithLaggingReplicas"},
    {Code::unreachable_intermediate_primary, "UnreachableIntermediateMaster"},
    {Code::all_intermediate_primary_replicas_failing_to_connect_or_dead,
     "AllIntermediateMasterReplicasFailingToConnectOrDead"},
    {Code::all_intermediate_primary_replicas_not_replicating, "AllIntermediateMasterReplicasNotReplicating"},
    {Code::first_tier_replica_failing_to_connect, "FirstTierReplicaFailingToConnectToMaster"},
    {Code::binlog_server_failing_to_connect, "BinlogServerFailingToConnectToMaster"},
    {Code::dead_group_member_with_replicas, "DeadReplicationGroupMemberWithReplicas"},
    {Code::no_writable_primary, "NoWriteableMasterStructureWarning"},
}};

constexpr std::array<std::pair<StructureCode, std::string_view>, 10> structure_texts = {{
    {StructureCode::no_logging_replicas, "NoLoggingReplicasStructureWarning"},
    {StructureCode::no_failover_support, "NoFailoverSupportStructureWarning"},
    {StructureCode::statement_and_mixed_logging_replicas, "StatementAndMixedLoggingReplicasStructureWarning"},
    {StructureCode::statement_and_row_logging_replicas, "StatementAndRowLoggingReplicasStructureWarning"},
    {StructureCode::mixed_and_row_logging_replicas, "MixedAndRowLoggingReplicasStructureWarning"},
    {StructureCode::multiple_major_versions_logging_replicas, "MultipleMajorVersionsLoggingReplicasStructureWarning"},
    {StructureCode::different_gtid_modes, "DifferentGTIDModesStructureWarning"},
    {StructureCode::errant_gtid, "ErrantGTIDStructureWarning"},
    {StructureCode::no_writable_primary, "NoWriteableMasterStructureWarning"},
    {StructureCode::not_enough_valid_semi_sync_replicas, "NotEnoughValidSemiSyncReplicasStructureWarning"},
}};

// The tables are in the order of the enumerations, so a text is found by index.
constexpr bool are_in_order() {
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (std::size_t(texts[i].first) != i) {
            return false;
        }
    }
    for (std::size_t i = 0; i < structure_texts.size(); ++i) {
        if (std::size_t(structure_texts[i].first) != i) {
            return false;
        }
    }
    return true;
}
static_assert(are_in_order());

}  // namespace

std::string_view name(Code code) { return texts[std::size_t(code)].second; }

std::string_view name(StructureCode code) { return structure_texts[std::size_t(code)].second; }

Result<Code> parse_code(std::string_view text) {
    const auto* const found =
        std::find_if(texts.begin(), texts.end(), [&](const auto& entry) { return entry.second == text; });
    if (found == texts.end()) {
        return fail(ErrorCode::invalid, "analysis code '" + std::string(text) + "' is unknown");
    }
    return found->first;
}

}  // namespace orc::analysis
