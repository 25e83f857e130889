// The classic analysis codes under our names. The texts that tables, hooks and the API carry are in codes.cc.
#pragma once

#include <string_view>

#include "base/result.h"

namespace orc::analysis {

enum class Code {
    no_problem,
    dead_primary_without_replicas,
    dead_primary,
    dead_primary_and_replicas,
    dead_primary_and_some_replicas,
    unreachable_primary_with_lagging_replicas,
    unreachable_primary,
    primary_single_replica_not_replicating,
    primary_single_replica_dead,
    all_primary_replicas_not_replicating,
    all_primary_replicas_not_replicating_or_dead,
    locked_semi_sync_primary_hypothesis,
    locked_semi_sync_primary,
    primary_with_too_many_semi_sync_replicas,
    primary_without_replicas,
    dead_co_primary,
    dead_co_primary_and_some_replicas,
    unreachable_co_primary,
    all_co_primary_replicas_not_replicating,
    dead_intermediate_primary,
    dead_intermediate_primary_with_single_replica,
    dead_intermediate_primary_with_single_replica_failing_to_connect,
    dead_intermediate_primary_and_some_replicas,
    dead_intermediate_primary_and_replicas,
    unreachable_intermediate_primary_with_lagging_replicas,
    unreachable_intermediate_primary,
    all_intermediate_primary_replicas_failing_to_connect_or_dead,
    all_intermediate_primary_replicas_not_replicating,
    first_tier_replica_failing_to_connect,
    binlog_server_failing_to_connect,
    dead_group_member_with_replicas,
    no_writable_primary,  ///< as a problem, when RecoverNonWriteableMaster is on
};

enum class StructureCode {
    no_logging_replicas,
    no_failover_support,
    statement_and_mixed_logging_replicas,
    statement_and_row_logging_replicas,
    mixed_and_row_logging_replicas,
    multiple_major_versions_logging_replicas,
    different_gtid_modes,
    errant_gtid,
    no_writable_primary,
    not_enough_valid_semi_sync_replicas,
};

/// The classic text ("DeadMaster").
std::string_view name(Code code);
std::string_view name(StructureCode code);
Result<Code> parse_code(std::string_view text);

}  // namespace orc::analysis
