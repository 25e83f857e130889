// Reacts to every changed cluster: analyses it, asks for more reading while in doubt, and runs at most one recovery or
// switchover per cluster. Lives on the control executor; findings() and running() may be called from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/analysis.h"
#include "config/settings.h"
#include "discovery/discovery.h"
#include "ledger/ledger.h"
#include "model/intent.h"
#include "planning/plan.h"
#include "recovery/hooks.h"

namespace orc::recovery {

class Eyes;

struct Seams {
    mysql::Gateway& gateway;
    store::Store& store;
    ledger::Ledger& ledger;
    ledger::Leadership& leadership;
    Hooks& hooks;
    runtime::Clock& clock;
    runtime::Rng& rng;
    discovery::DiscoveryLoop& discovery;
    Executor executor;
};

/// Who runs this process, for records and hooks.
struct Node {
    std::string host;
    NodeToken token;
};

/// A person's wish to recover `failed` now, or an automated verdict.
struct RecoverRequest {
    Endpoint failed;
    std::optional<Endpoint> candidate;
    bool skip_hooks = false;
    bool force_dead_primary = false;  ///< force-master-failover: the code is taken as DeadMaster
    std::string actor;                ///< "" automation
};

struct TakeoverRequest {
    ClusterName cluster;
    std::optional<Endpoint> designated;
    bool pick = false;  ///< auto: choose the replica, and start replication on the demoted primary
    std::string actor;
};

/// How it ended, for the API: the record, and for a takeover where the demoted primary stands.
struct Outcome {
    model::RecoveryRecord record;
    std::optional<analysis::Finding> finding;
    std::string successor_coordinates;
    std::vector<std::string> messages;  ///< the audit steps, in order
};

/// A recovery in flight, as the page shows it.
struct Running {
    model::RecoveryRecord record;
    planning::Plan plan;
    std::vector<planning::StepReport> steps;
    WallTime started;
};

/// One line of the event stream: what just happened.
struct Event {
    WallTime at;
    std::string kind;  ///< "finding", "recovery_started", "step", "recovery_ended"
    ClusterName cluster;
    std::string text;
    std::optional<RecoveryUid> uid;
};

struct AckRequest {
    bool all = false;
    std::optional<std::int64_t> id;
    std::optional<RecoveryUid> uid;
    std::optional<ClusterName> cluster;
    std::optional<Endpoint> instance;
    std::string owner;
    std::string comment;
};

class RecoveryLoop {
public:
    RecoveryLoop(Seams seams, config::Settings settings, Node node, bool noop = false);
    /// With other eyes than discovery's (eyes.h).
    RecoveryLoop(Seams seams, std::unique_ptr<Eyes> eyes, config::Settings settings, Node node, bool noop = false);
    ~RecoveryLoop();

    /// Finishes or undoes what a dead process left behind, then begins reacting.
    Task<void> start();
    Co<void> stop();

    /// Newest findings of all clusters (with no_problem entries left out). Never null. Any thread.
    /// From now on with these settings; what is running goes on with them too. Control executor.
    void adopt(const config::Settings& settings);
    std::shared_ptr<const std::vector<analysis::Finding>> findings() const;
    std::vector<Running> running() const;

    /// Every rule that keeps an automated recovery of the finding from starting now; empty: none. Control executor.
    std::vector<std::string> rules_against(const analysis::Finding& finding) const;
    /// The plan that would run, or the refusal, without running anything.
    Task<planning::Plan> preview_recovery(RecoverRequest request);
    Task<planning::Plan> preview_takeover(TakeoverRequest request);
    /// Returns when the recovery has been resolved. Errors: refused (with every blocking rule), conflict, not_found.
    Task<Outcome> recover(RecoverRequest request);
    Task<Outcome> take_over(TakeoverRequest request);
    /// How many recoveries were acknowledged. Errors: invalid (no comment).
    Task<std::size_t> acknowledge(AckRequest request);

    /// Called on the control executor.
    void on_event(std::function<void(const Event&)> listener);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace orc::recovery
