#include "planning/policy.h"

namespace orc::planning {
namespace {

FencingPolicy fencing_policy(const std::string& text) {
    if (text == "require") {
        return FencingPolicy::require;
    }
    return text == "skip" ? FencingPolicy::skip : FencingPolicy::attempt;
}

}  // namespace

Policy::Policy(const config::Settings& given)
    : settings(given),
      never_promoted(given.promotion_ignore_hostname_filters),
      fencing(fencing_policy(given.primary_fencing_policy)),
      fencing_limit(given.primary_fencing_timeout_milliseconds),
      drain_limit(Seconds(given.recovery_drain_timeout_seconds)),
      freeze_limit(given.graceful_takeover_freeze_milliseconds) {
    // Waiting for the applier is what the classic key asks for, and a wait that may be waived is none.
    if (settings.delay_master_promotion_if_sql_thread_not_up_to_date) {
        settings.promote_with_unapplied_events = false;
        drain_limit = std::chrono::hours(24);
        drain_stall = Seconds(settings.reasonable_replication_lag_seconds);
    }
    const auto note = [this](HookList list, const std::vector<std::string>& commands) {
        if (!commands.empty()) {
            hooks.insert(list);
        }
    };
    note(HookList::on_failure_detection, settings.on_failure_detection_processes);
    note(HookList::pre_graceful_takeover, settings.pre_graceful_takeover_processes);
    note(HookList::pre_failover, settings.pre_failover_processes);
    note(HookList::post_primary_failover, settings.post_master_failover_processes);
    note(HookList::post_intermediate_failover, settings.post_intermediate_master_failover_processes);
    note(HookList::post_failover, settings.post_failover_processes);
    note(HookList::post_unsuccessful_failover, settings.post_unsuccessful_failover_processes);
    note(HookList::post_graceful_takeover, settings.post_graceful_takeover_processes);
    note(HookList::post_take_over, settings.post_take_master_processes);
}

}  // namespace orc::planning
