// One recovery or switchover from its lease to its end. Owns the record, its audit, and what hooks are told.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operations/errands.h"
#include "operations/plan_runner.h"
#include "recovery/workshop.h"

namespace orc::recovery {

/// A name for a recovery, in the classic form: nanoseconds since 1970, a colon, and 64 hex digits of chance.
RecoveryUid new_recovery_uid(WallTime now, runtime::Rng& rng);

class Attempt final : public operations::Errands, public std::enable_shared_from_this<Attempt> {
public:
    /// `shop` outlives it. `finding`: what is wrong with the subject, or for a switch how it stands.
    Attempt(Workshop& shop, planning::FailoverRequest request, analysis::Finding finding, std::string actor);

    /// Runs a plan made from the last snapshot. Errors: conflict (not registered), refused (nobody was promoted, with
    /// the reasons), cancelled.
    Task<Outcome> run(planning::Plan plan);
    /// Finishes or undoes what a dead process has begun. A record that has ended lacks its last commands at most.
    Co<void> resume(model::RecoveryRecord record, std::optional<model::RecoveryProgress> progress);

    Running running() const;
    /// Servers that the attempt may change.
    bool touches(const Endpoint& server) const;
    const RecoveryUid& uid() const { return record_.uid; }

    Task<std::string> perform(planning::Step step, const operations::Journey& journey, Deadline deadline) override;
    bool is_deposed() const override;
    Task<void> may_proceed(Deadline deadline) override;
    Task<void> note_undoing(Deadline deadline) override;
    planning::Plan replan(const operations::Journey& journey) override;
    void report(const operations::Journey& journey, const planning::StepReport& report) override;
    void keep_fencing(Endpoint server) override;

private:
    operations::PlanRunner::Means means();
    Task<std::string> register_it(const operations::Journey& journey, Deadline deadline);
    Task<std::string> confirm(planning::ConfirmFailure action, Deadline deadline);
    std::optional<std::string> why_not_confirmed() const;
    Task<std::string> run_list(planning::HookList list, const operations::Journey& journey);
    bool is_subject_back() const;
    Task<std::string> record_decision(const operations::Journey& journey, Deadline deadline);
    model::Change put_aside(const Endpoint& server) const;
    Co<bool> has_forced_one_returned(Deadline deadline);
    Task<void> confirm_again(const operations::Journey& journey);
    Task<std::string> publish(planning::PublishPrimary action, const operations::Journey& journey, Deadline deadline);
    Task<std::string> account(planning::Account action, const operations::Journey& journey, Deadline deadline);
    Task<std::string> resolve(const operations::Journey& journey);
    Task<std::string> release();
    Co<void> finish_the_end();
    Co<void> free_the_cluster();
    Task<void> take_lease_over(Deadline deadline);
    Task<void> resolve_without_plan(std::string why);

    model::RecoveryProgress progress_of(const operations::Journey& journey, model::RecoveryPhase phase) const;
    Co<void> look_at_all();
    void look_again(const operations::Journey& journey, const planning::StepReport& report);
    HookFacts hook_facts(const operations::Journey& journey) const;
    std::vector<Endpoint> lost_in(const operations::Journey& journey) const;
    void add_terms(const operations::Journey& journey, std::vector<model::Change>& changes) const;
    void settle_record(const operations::Journey& journey);
    bool is_due(const planning::StepReport& report);
    void note(std::string message);
    std::vector<model::Change> take_notes();
    void write_notes_soon();
    Co<void> write_notes();
    Co<void> write_notes_in_time();
    Co<void> renew_lease();
    bool holds_lease() const;

    Workshop& shop_;
    planning::FailoverRequest request_;
    analysis::Finding finding_;
    std::string actor_;
    model::RecoveryRecord record_;
    model::ClusterLease lease_;
    ledger::Epoch epoch_ = 0;
    std::optional<Instant> proven_;    ///< last time a fenced write of ours went through
    std::vector<model::Change> owed_;  ///< of the account: they could not be kept, and come with the end
    bool is_registered_ = false;
    bool is_over_ = false;
    bool has_touched_ = false;  ///< some server was changed
    bool is_urgent_ = true;     ///< writes stand still: nothing is committed that need not be
    bool is_writing_ = false;
    bool is_waiting_to_write_ = false;
    bool is_store_slow_ = false;        ///< then notes wait for what must be durable
    std::map<int, Instant> told_next_;  ///< when a running step's progress is worth a line again
    std::optional<Instant> oldest_note_;
    std::vector<model::Change> notes_;
    std::vector<std::string> messages_;
    planning::Plan plan_;
    std::vector<planning::StepReport> reports_;
    WallTime started_;
};

}  // namespace orc::recovery
