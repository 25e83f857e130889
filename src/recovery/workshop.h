// What every attempt works with; owned by the loop, inside recovery only.
#pragma once

#include <functional>
#include <set>

#include "planning/policy.h"
#include "recovery/eyes.h"
#include "recovery/gates.h"
#include "recovery/hook_text.h"
#include "recovery/recovery.h"
#include "runtime/task_group.h"

namespace orc::recovery {

struct Workshop {
    mysql::Gateway& gateway;
    store::Store& store;
    ledger::Ledger& ledger;
    ledger::Leadership& leadership;
    Hooks& hooks;
    runtime::Clock& clock;
    runtime::Rng& rng;
    Eyes& eyes;
    Executor executor;
    config::Settings settings;
    analysis::Policy analysis;
    planning::Policy planning;
    Node node;
    bool noop = false;

    std::function<void(const Event&)> tell;
    std::function<void(Endpoint)> keep_fencing;
    std::function<void(Endpoint)> stop_fencing;
    std::function<std::int64_t()> next_recovery_id;
    std::function<std::int64_t()> next_detection_id;
    std::function<void()> running_changed;
    runtime::TaskGroup* group = nullptr;  ///< for what goes on beside an attempt
    /// What this process ran after the promotion or at the end of recoveries that are not written down as over yet.
    std::set<std::pair<RecoveryUid, planning::HookList>> hooks_ran{};
};

/// Somebody else may act in place of the node that led in `epoch`. Costs nothing: no store is asked.
bool is_deposed(const Workshop& shop, ledger::Epoch epoch);

GateFacts gate_facts(const Workshop& shop);

/// Runs the commands of one list in order. The lists before an action stop at the first error and return it; those
/// after it run all and return the first error. None is begun any more once the node that led in `epoch` is deposed
/// (error not_leader). `note` gets one line for the audit about each.
Task<std::string> run_hooks(
    Workshop& shop, planning::HookList list, HookFacts facts, std::function<void(std::string)> note, ledger::Epoch epoch
);

/// What is known from the finding alone.
HookFacts facts_of(const analysis::Finding& finding, const Node& node);

/// In which a node that has been replaced notices it at the latest: longer than it leads without having said so.
constexpr Micros patience_with_others = Seconds(5);

/// How long a decision may take to be durable.
constexpr Micros commit_limit = Seconds(10);

/// How long the downtime of a lost replica lasts; it is renewed while the replica stays lost.
constexpr auto lost_for = std::chrono::hours(24 * 365);

/// A commit in the present epoch. Its id is new.
Task<void> commit(Workshop& shop, std::vector<model::Change> changes, Deadline deadline);

}  // namespace orc::recovery
