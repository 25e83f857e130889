// The precedence table of problem codes: read from the top, the first row that holds wins.
//
// Where the classic table counted replicas with both threads running, the rows of a lost subject here count replicas
// that still receive: an applier says nothing about the source. A row of the dead whose subject has such a living
// witness is the matching row of the unreachable.
#include "analysis/case.h"

namespace orc::analysis {
namespace {

struct Row {
    Code code;
    bool (*holds)(const Case& c, const config::Settings& settings);
};

using Settings = config::Settings;

bool lost_primary(const Case& c) { return c.is_primary && !c.is_valid; }
bool lost_co_primary(const Case& c) { return c.is_co_primary && !c.is_valid; }
bool lost_intermediate(const Case& c) { return !c.is_primary && !c.is_valid; }
bool live_primary(const Case& c) { return c.is_primary && c.is_valid; }

bool all_valid(const Counts& n) { return n.valid == n.replicas; }
bool some_valid(const Counts& n) { return n.valid > 0 && n.valid < n.replicas; }
bool nobody_receives(const Counts& n) { return n.valid_receiving == 0; }
bool nobody_replicates(const Counts& n) { return n.valid_replicating == 0; }
/// Not one replica replicates, yet some receive: dead by the classic count, alive by the living witness.
bool only_receiving(const Counts& n) { return nobody_replicates(n) && !nobody_receives(n); }
bool all_lag_by_themselves(const Counts& n) {
    return n.lagging == n.replicas && n.delayed < n.replicas && n.valid_replicating > 0;
}
/// Something is still received from the lost subject, and it did not even answer the basics.
bool is_cut_off(const Case& c) { return !nobody_receives(c.counts) && (!c.is_partial || only_receiving(c.counts)); }

constexpr Row rows[] = {
    {Code::dead_primary_without_replicas,
     [](const Case& c, const Settings&) { return lost_primary(c) && c.counts.replicas == 0; }},
    {Code::dead_primary,
     [](const Case& c, const Settings&) { return lost_primary(c) && all_valid(c.counts) && nobody_receives(c.counts); }
    },
    {Code::dead_primary_and_replicas,
     [](const Case& c, const Settings&) { return lost_primary(c) && c.counts.replicas > 0 && c.counts.valid == 0; }},
    {Code::dead_primary_and_some_replicas,
     [](const Case& c, const Settings&) { return lost_primary(c) && some_valid(c.counts) && nobody_receives(c.counts); }
    },
    {Code::unreachable_primary_with_lagging_replicas,
     [](const Case& c, const Settings&) { return lost_primary(c) && all_lag_by_themselves(c.counts); }},
    {Code::unreachable_primary, [](const Case& c, const Settings&) { return lost_primary(c) && is_cut_off(c); }},
    {Code::unreachable_primary,
     [](const Case& c, const Settings&) {
         return lost_primary(c) && c.is_partial && c.counts.failing_to_connect > 0 && c.counts.valid_replicating > 0;
     }},
    {Code::locked_semi_sync_primary,
     [](const Case& c, const Settings&) { return live_primary(c) && c.waits_for_acks_long; }},
    {Code::locked_semi_sync_primary_hypothesis,
     [](const Case& c, const Settings&) { return live_primary(c) && c.waits_for_acks; }},
    {Code::primary_with_too_many_semi_sync_replicas,
     [](const Case& c, const Settings& settings) {
         return settings.enforce_exact_semi_sync_replicas && live_primary(c) && c.has_too_many_ackers;
     }},
    {Code::no_writable_primary,
     [](const Case& c, const Settings& settings) {
         return settings.recover_non_writeable_master && live_primary(c) && c.is_read_only &&
                c.counts.valid_replicating > 0;
     }},
    {Code::primary_single_replica_not_replicating,
     [](const Case& c, const Settings&) {
         return live_primary(c) && c.counts.replicas == 1 && all_valid(c.counts) && nobody_replicates(c.counts);
     }},
    {Code::primary_single_replica_dead,
     [](const Case& c, const Settings&) { return live_primary(c) && c.counts.replicas == 1 && c.counts.valid == 0; }},
    {Code::all_primary_replicas_not_replicating,
     [](const Case& c, const Settings&) {
         return live_primary(c) && c.counts.replicas > 1 && all_valid(c.counts) && nobody_replicates(c.counts);
     }},
    {Code::all_primary_replicas_not_replicating_or_dead,
     [](const Case& c, const Settings&) {
         return live_primary(c) && c.counts.replicas > 1 && some_valid(c.counts) && nobody_replicates(c.counts);
     }},
    {Code::dead_co_primary,
     [](const Case& c, const Settings&) {
         return lost_co_primary(c) && c.counts.replicas > 0 && all_valid(c.counts) && nobody_receives(c.counts);
     }},
    {Code::dead_co_primary_and_some_replicas,
     [](const Case& c, const Settings&) {
         return lost_co_primary(c) && some_valid(c.counts) && nobody_receives(c.counts);
     }},
    {Code::unreachable_co_primary, [](const Case& c, const Settings&) { return lost_co_primary(c) && is_cut_off(c); }},
    {Code::all_co_primary_replicas_not_replicating,
     [](const Case& c, const Settings&) {
         return c.is_co_primary && c.is_valid && c.counts.replicas > 0 && nobody_replicates(c.counts);
     }},
    {Code::dead_intermediate_primary_with_single_replica_failing_to_connect,
     [](const Case& c, const Settings&) {
         return lost_intermediate(c) && c.counts.replicas == 1 && all_valid(c.counts) &&
                c.counts.failing_to_connect == 1 && nobody_receives(c.counts);
     }},
    {Code::dead_intermediate_primary_with_single_replica,
     [](const Case& c, const Settings&) {
         return lost_intermediate(c) && c.counts.replicas == 1 && all_valid(c.counts) && nobody_receives(c.counts);
     }},
    {Code::dead_intermediate_primary,
     [](const Case& c, const Settings&) {
         return lost_intermediate(c) && c.counts.replicas > 1 && all_valid(c.counts) && nobody_receives(c.counts);
     }},
    {Code::dead_intermediate_primary_and_some_replicas,
     [](const Case& c, const Settings&) {
         return lost_intermediate(c) && some_valid(c.counts) && nobody_receives(c.counts);
     }},
    {Code::dead_intermediate_primary_and_replicas,
     [](const Case& c, const Settings&) { return lost_intermediate(c) && c.counts.replicas > 0 && c.counts.valid == 0; }
    },
    {Code::unreachable_intermediate_primary_with_lagging_replicas,
     [](const Case& c, const Settings&) { return lost_intermediate(c) && all_lag_by_themselves(c.counts); }},
    {Code::unreachable_intermediate_primary,
     [](const Case& c, const Settings&) { return lost_intermediate(c) && is_cut_off(c); }},
    {Code::all_intermediate_primary_replicas_failing_to_connect_or_dead,
     [](const Case& c, const Settings&) {
         return !c.is_primary && c.is_valid && c.counts.replicas > 1 && nobody_replicates(c.counts) &&
                c.counts.failing_to_connect > 0 && c.counts.failing_to_connect == c.counts.valid;
     }},
    {Code::all_intermediate_primary_replicas_not_replicating,
     [](const Case& c, const Settings&) {
         return !c.is_primary && c.is_valid && c.counts.valid > 0 && nobody_replicates(c.counts);
     }},
    {Code::binlog_server_failing_to_connect,
     [](const Case& c, const Settings&) { return c.is_binlog_server && c.is_failing_to_connect; }},
    {Code::first_tier_replica_failing_to_connect,
     [](const Case& c, const Settings&) { return c.server->depth == 1 && c.is_failing_to_connect; }},
};

}  // namespace

Code classify(const Case& c, const Policy& policy) {
    if (c.is_group_member) {
        const bool is_dead = !c.is_valid && c.counts.replicas > 0 && nobody_receives(c.counts);
        return is_dead ? Code::dead_group_member_with_replicas : Code::no_problem;
    }
    for (const Row& row : rows) {
        if (row.holds(c, policy.settings)) {
            return row.code;
        }
    }
    return Code::no_problem;
}

std::vector<StructureCode> structure_of(const Case& c) {
    const Counts& n = c.counts;
    std::vector<StructureCode> out;
    const auto note = [&](bool holds, StructureCode code) {
        if (holds) {
            out.push_back(code);
        }
    };
    const bool leads_several = c.is_primary && n.replicas > 1;
    const bool can_fail_over = n.all_auto_position() || n.all_mariadb_gtid() || n.all_binlog_servers();
    const bool statement = c.is_primary && n.statement_logging > 0;
    const bool mixed = c.is_primary && n.mixed_logging > 0;
    const bool row = n.row_logging > 0;
    note(leads_several && n.logging == 0, StructureCode::no_logging_replicas);
    note(leads_several && !can_fail_over, StructureCode::no_failover_support);
    note(statement && mixed, StructureCode::statement_and_mixed_logging_replicas);
    note(statement && row, StructureCode::statement_and_row_logging_replicas);
    note(mixed && row, StructureCode::mixed_and_row_logging_replicas);
    note(c.is_primary && n.major_versions_logging > 1, StructureCode::multiple_major_versions_logging_replicas);
    // A subject that was never read has no mode to differ from.
    if (n.replicas > 0 && c.server->facts != nullptr) {
        const std::string_view mode = c.server->facts->gtid_mode;
        note(mode != c.min_replica_gtid_mode || mode != c.max_replica_gtid_mode, StructureCode::different_gtid_modes);
    }
    note(!c.max_replica_errant.empty(), StructureCode::errant_gtid);
    note(c.is_primary && c.is_read_only, StructureCode::no_writable_primary);
    note(c.is_primary && c.lost_ackers, StructureCode::not_enough_valid_semi_sync_replicas);
    return out;
}

}  // namespace orc::analysis
