// A plan is data: what would be done to which server, in which order, why, what it may cost, or why nothing may be
// done. The same value is previewed, shown, executed, recorded, and read back by the process that finishes the work of
// a dead one (plan_text.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analysis/codes.h"
#include "base/endpoint.h"
#include "base/id.h"
#include "base/time.h"
#include "gtid/progress.h"
#include "model/facts.h"

namespace orc::planning {

enum class PlanKind {
    dead_primary,
    dead_co_primary,
    dead_intermediate_primary,
    dead_group_member,
    semi_sync,
    not_writable,
    graceful_takeover,
    forced_takeover,
    topology_change,  ///< a refactoring verb
};
/// Stable lower-case name ("dead_primary").
std::string_view name(PlanKind kind);

// ---- actions: plain data; operations knows how to perform them ----

/// One commit: the lease on the cluster and the recovery's row.
struct AcquireLease {
    ClusterName cluster;
    friend bool operator==(const AcquireLease&, const AcquireLease&) = default;
};
/// Reads subject and witnesses again and analyses anew; fails (conflict) when the code no longer holds.
struct ConfirmFailure {
    Endpoint subject;
    std::vector<Endpoint> witnesses;
    friend bool operator==(const ConfirmFailure&, const ConfirmFailure&) = default;
};
/// Which classic list of commands to run.
enum class HookList {
    on_failure_detection,
    pre_graceful_takeover,
    pre_failover,
    post_primary_failover,
    post_intermediate_failover,
    post_failover,
    post_unsuccessful_failover,
    post_graceful_takeover,
    post_take_over,
};
struct RunHooks {
    HookList list = HookList::pre_failover;
    friend bool operator==(const RunHooks&, const RunHooks&) = default;
};
enum class FencingPolicy { attempt, require, skip };
/// Makes the failed primary read-only if it still answers; goes on trying in the background unless it answered.
struct FencePrimary {
    Endpoint primary;
    FencingPolicy policy = FencingPolicy::attempt;
    friend bool operator==(const FencePrimary&, const FencePrimary&) = default;
};
struct StopReceiver {
    Endpoint server;
    std::string channel;
    friend bool operator==(const StopReceiver&, const StopReceiver&) = default;
};
struct StopReplication {
    Endpoint server;
    std::string channel;
    friend bool operator==(const StopReplication&, const StopReplication&) = default;
};
struct StartReplication {
    Endpoint server;
    std::string channel;
    friend bool operator==(const StartReplication&, const StartReplication&) = default;
};
struct Reading {
    Endpoint server;
    std::string channel;
    Millis usual{0};             ///< how long its last probe took: a far one is waited for longer
    Millis farewell{0};          ///< how long its receiver may need to end, because its source is silent
    bool stop_receiver = false;  ///< first, so that the position stands still and nothing more is acknowledged
    /// MariaDB: only while its applier runs. Otherwise starting it again would throw away what it has not applied.
    bool needs_applier = false;
    friend bool operator==(const Reading&, const Reading&) = default;
};
/// Reads the true positions of all these at once. Those that have not answered by the step's limit do not count, and
/// once most have answered the last ones are not waited for much longer.
struct ReadPositions {
    std::vector<Reading> readings;
    friend bool operator==(const ReadPositions&, const ReadPositions&) = default;
};
/// The rest of the plan is made now, from the positions just read.
struct Replan {
    friend bool operator==(const Replan&, const Replan&) = default;
};
/// Starts the applier only and waits until all of `target` is applied.
struct Drain {
    Endpoint winner;
    std::string channel;
    gtid::Progress target;
    Millis stall{0};  ///< gives up as well when nothing more was applied for so long; zero: only at the step's limit
    std::optional<Endpoint> feeder;  ///< hands over what the winner lacks; nullopt: it has received all it will apply
    friend bool operator==(const Drain&, const Drain&) = default;
};
/// Reads the winner once more and checks what must hold before it may become writable.
struct CheckGates {
    Endpoint winner;
    std::string channel;
    gtid::Progress must_have;  ///< applied by then
    bool drained = true;       ///< everything received must be applied
    friend bool operator==(const CheckGates&, const CheckGates&) = default;
};
/// Writes the plan down, durably: from here on the promotion is finished, never undone.
struct RecordDecision {
    Endpoint winner;
    friend bool operator==(const RecordDecision&, const RecordDecision&) = default;
};
struct ResetReplication {
    Endpoint server;
    std::string channel;
    bool discard = false;        ///< also with unapplied events
    bool keep_detached = false;  ///< its source stays on record as `//host`, which can be undone
    friend bool operator==(const ResetReplication&, const ResetReplication&) = default;
};
struct SemiSyncSource {
    Endpoint server;
    bool enabled = true;
    friend bool operator==(const SemiSyncSource&, const SemiSyncSource&) = default;
};
struct SemiSyncReplica {
    Endpoint server;
    bool enabled = true;
    bool reconnect = true;  ///< so that its source is told at once; not needed when it gets another source anyway
    friend bool operator==(const SemiSyncReplica&, const SemiSyncReplica&) = default;
};
struct OpenForWrites {
    Endpoint server;
    friend bool operator==(const OpenForWrites&, const OpenForWrites&) = default;
};
/// Points a replica at another source and starts it, keeping log-in and TLS settings.
struct MoveReplica {
    Endpoint replica;
    Endpoint source;
    std::string channel;
    model::GtidUse gtid = model::GtidUse::none;
    /// Its position was not known when the plan was made: it may turn out to own what the source lacks, and then stays.
    bool may_be_ahead = false;
    friend bool operator==(const MoveReplica&, const MoveReplica&) = default;
};
/// Makes a replica that cannot follow stop following the old source for good; skipped while it has unapplied events.
struct DetachReplica {
    Endpoint replica;
    std::string channel;
    friend bool operator==(const DetachReplica&, const DetachReplica&) = default;
};
/// Accounts for every replica: puts downtime on the servers left behind, lifts it from the successor.
struct Account {
    std::vector<Endpoint> left_behind;  ///< those known now; failed moves are added as they fail
    std::optional<Endpoint> old_primary;
    bool detach_failed_moves = false;
    friend bool operator==(const Account&, const Account&) = default;
};
struct KeyValue {
    std::string key;
    std::string value;
    friend bool operator==(const KeyValue&, const KeyValue&) = default;
};
/// Alias, general attribute and key-value pairs.
struct PublishPrimary {
    Endpoint primary;
    ClusterName old_cluster;
    ClusterName new_cluster;
    std::string alias;   ///< "" none
    std::string domain;  ///< "" none
    std::vector<KeyValue> pairs;
    friend bool operator==(const PublishPrimary&, const PublishPrimary&) = default;
};
struct CloseForWrites {
    Endpoint primary;
    bool with_super = true;
    bool end_writers = true;
    friend bool operator==(const CloseForWrites&, const CloseForWrites&) = default;
};
/// Waits until the closed primary's position stands still and the replica has applied all of it.
struct WaitCaughtUp {
    Endpoint replica;
    Endpoint primary;
    friend bool operator==(const WaitCaughtUp&, const WaitCaughtUp&) = default;
};
/// Points the former primary at the new one; its own writes count as replicated.
struct DemoteOldPrimary {
    Endpoint old_primary;
    Endpoint source;
    model::GtidUse gtid = model::GtidUse::none;
    bool start = false;  ///< start replication afterwards
    friend bool operator==(const DemoteOldPrimary&, const DemoteOldPrimary&) = default;
};
struct Resolve {
    friend bool operator==(const Resolve&, const Resolve&) = default;
};
struct ReleaseLease {
    ClusterName cluster;
    friend bool operator==(const ReleaseLease&, const ReleaseLease&) = default;
};

using Action = std::variant<
    AcquireLease,
    ConfirmFailure,
    RunHooks,
    FencePrimary,
    StopReceiver,
    StopReplication,
    StartReplication,
    ReadPositions,
    Replan,
    Drain,
    CheckGates,
    RecordDecision,
    ResetReplication,
    SemiSyncSource,
    SemiSyncReplica,
    OpenForWrites,
    MoveReplica,
    DetachReplica,
    Account,
    PublishPrimary,
    CloseForWrites,
    WaitCaughtUp,
    DemoteOldPrimary,
    Resolve,
    ReleaseLease>;

/// Stable lower-case name of the action's kind ("open_for_writes").
std::string_view name(const Action& action);
/// One clause for people: "make db2:3306 writable".
std::string describe(const Action& action);
/// The server that the action changes or asks, if it is one.
std::optional<Endpoint> server_of(const Action& action);
/// The server that hands over what another one lacks, or is to feed it from now on; nullopt: the action is not of that
/// kind.
std::optional<Endpoint> feeder_of(const Action& action);

// ---- steps ----

/// What a failing step means for the rest.
enum class OnFailure {
    abort,            ///< before the decision: undo and end unsuccessfully; after it: report and go on with the rest
    next_candidate,   ///< plan again without this winner
    skip_dependents,  ///< steps after it are skipped, all others go on
    record,           ///< noted; steps after it run all the same
};

struct Step {
    int id = 0;  ///< unique in the plan, kept when the plan is made again
    Action action;
    std::vector<int> after;  ///< ids that must have ended first
    Millis limit{0};         ///< zero: the step's action has no limit of its own
    bool irreversible = false;
    bool always = false;  ///< belongs to the end: runs whatever happened before, after everything else
    OnFailure on_failure = OnFailure::abort;
    std::string why;
    friend bool operator==(const Step&, const Step&) = default;
};

enum class StepState { pending, running, done, failed, skipped, undone };
std::string_view name(StepState state);

struct StepReport {
    int step = 0;
    std::string what;  ///< describe(action)
    StepState state = StepState::pending;
    std::optional<WallTime> started;
    std::optional<WallTime> ended;
    Micros took{0};
    std::string message;
    friend bool operator==(const StepReport&, const StepReport&) = default;
};

// ---- what the plan rests on ----

enum class Fate {
    winner,
    move,
    postponed,    ///< moved later, nobody waits for it
    lost,         ///< owns transactions that the winner lacks, or cannot replicate from it
    unreachable,  ///< its position could not be read
    diverged,     ///< both it and the winner own transactions that the other lacks
};
std::string_view name(Fate fate);

struct ReplicaFate {
    Endpoint endpoint;
    Fate fate = Fate::move;
    std::string why;
    friend bool operator==(const ReplicaFate&, const ReplicaFate&) = default;
};

/// A replica that was thought of as successor, best first.
struct CandidateVerdict {
    Endpoint endpoint;
    bool eligible = false;
    std::vector<std::string> reasons;  ///< why not, or what speaks for it
    friend bool operator==(const CandidateVerdict&, const CandidateVerdict&) = default;
};

struct ExpectedLoss {
    std::optional<std::uint64_t> transactions;  ///< nullopt: cannot be counted
    std::string text;
    friend bool operator==(const ExpectedLoss&, const ExpectedLoss&) = default;
};

struct Refusal {
    std::string reason;              ///< one sentence
    std::vector<std::string> rules;  ///< every rule that blocks, not only the first
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// How a server stood when the plan was made: what undoing goes back to.
struct Before {
    Endpoint server;
    std::optional<Endpoint> source;
    std::string channel;
    model::GtidUse gtid = model::GtidUse::none;
    bool receiver_ran = false;
    bool applier_ran = false;
    bool was_writable = false;
    bool is_mariadb = false;
    friend bool operator==(const Before&, const Before&) = default;
};

struct Plan {
    PlanKind kind = PlanKind::dead_primary;
    ClusterName cluster;
    std::string cluster_alias;
    Endpoint subject;                   ///< the failed server, or the primary to be replaced
    std::string code;                   ///< classic analysis code; "" for wishes
    std::string command;                ///< classic command hint for hooks; "" automation
    std::optional<Endpoint> successor;  ///< predicted, after re-planning decided
    bool is_decided = false;            ///< made from positions just read, not from the last snapshot
    std::optional<Endpoint> demanded;   ///< an explicitly requested successor
    std::string reason;                 ///< why this successor, in a sentence
    std::optional<Refusal> refusal;
    ExpectedLoss loss;
    std::vector<ReplicaFate> replicas;
    std::vector<CandidateVerdict> candidates;
    std::vector<Before> before;
    std::vector<Step> steps;
    friend bool operator==(const Plan&, const Plan&) = default;
};

}  // namespace orc::planning
