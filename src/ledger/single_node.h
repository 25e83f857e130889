// The ledger of a node that is alone, where its own database decides and it always leads; and of one that shares its
// database with others, where it leads while it is the active one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"
#include "store/store.h"

namespace orc::ledger {

/// Each start, and each take-over, is a new epoch, counted on disk. Whose turn it is on a shared database is for others
/// to say (Store::claim_activity). To be used on one executor. Store and clock outlive it.
class SingleNode final : public Ledger, public Leadership {
public:
    /// How long a write may take before we no longer count on the disk.
    static constexpr Seconds patience{5};

    /// Knows nothing and does not lead before start(). `node_name` is how people know this node.
    SingleNode(store::Store& store, runtime::Clock& clock, NodeToken token, std::string node_name, Executor executor);

    /// Opens the store and begins an epoch. A database that can be read but not written is no error: the node watches,
    /// and leads as soon as it can be written. Errors: those of Store::open.
    Task<void> start();
    /// Ends what is under way; to be awaited before the node is destroyed. Commits made afterwards are fenced.
    Co<void> stop();
    /// Begins a new epoch, when start() could not. Errors: those of Store::apply.
    Task<void> lead();

    // ---- on a shared database, which somebody else has opened ----
    /// Reads what others have decided meanwhile and does not lead. `leader`: who does, as people know it.
    Task<void> follow(std::string leader);
    /// Leads in a new epoch, knowing all that was decided before it. Errors: those of the database; it does not lead
    /// then. conflict: writes of an earlier epoch are still on their way.
    Task<void> take_over();
    /// Leads at most until `limit`, unless told anew: another node may lead from then on, or the disk is not to be
    /// counted on.
    void lead_until(Instant limit) { lead_until_ = limit; }

    /// Does not lead beyond lead_until(), nor while a write has been waiting for the disk for longer than `patience`.
    LeadershipView view() const override;
    Task<void> confirm(Epoch epoch, Deadline deadline) override;

    /// `unknown` if the disk does not answer within `patience`; the commit stays on its way.
    Co<CommitOutcome> commit(Commit commit) override;
    std::shared_ptr<const model::Intent> intent() const override { return intent_; }
    std::string why() const override { return why_; }
    /// Called when another node turns out to have taken over a shared database. This one decides nothing any more,
    /// until take_over().
    void on_lost(std::function<void()> listener) { on_lost_ = std::move(listener); }
    void on_change(std::function<void(const std::vector<model::Change>&)> listener) override;

private:
    // A write on its way: the one who asked may stop waiting, the write may not.
    struct Attempt {
        explicit Attempt(Executor executor) : changed(executor), alarm(executor) {}
        Result<void> result = fail(ErrorCode::timed_out, "the disk does not answer");
        bool has_ended = false;
        runtime::Signal changed;
        runtime::TaskGroup alarm;
    };
    using AttemptPtr = std::shared_ptr<Attempt>;
    static Co<void> ring(runtime::Clock& clock, Instant at, AttemptPtr attempt);
    Co<Result<void>> wait(AttemptPtr attempt, Instant limit);
    Co<void> write(Commit commit, std::uint64_t ticket, AttemptPtr attempt);
    Co<void> prove(Epoch epoch, AttemptPtr attempt);
    Co<void> lead_in_the_end();
    Task<void> settle(const Commit& commit);
    Task<void> reload();
    Task<void> reread();
    void learn(model::Intent intent);
    Task<Epoch> begin_epoch();
    void fold(const std::vector<model::Change>& changes);
    void remember(const std::string& id);
    store::Fence fence_of(Epoch epoch) const;
    void note_fenced(Epoch epoch, const Result<void>& written);
    model::PutLease leadership_record(Epoch epoch) const;

    store::Store& store_;
    runtime::Clock& clock_;
    const Executor executor_;
    const NodeToken token_;
    const std::string node_name_;
    std::shared_ptr<model::Intent> intent_;
    std::vector<std::function<void(const std::vector<model::Change>&)>> listeners_;
    std::function<void()> on_lost_;
    Epoch epoch_ = 0;     // 0: not leading
    std::string leader_;  // while another node leads
    std::optional<Instant> lead_until_;
    std::optional<Instant> took_over_;  ///< last, on a shared database
    std::string mark_;                  // of what was read last (Store::intent_since)
    std::string why_;
    Epoch last_epoch_ = 0;  // the highest known to be on disk
    std::uint64_t confirms_ = 0;
    std::uint64_t next_ticket_ = 0;  // commits are folded in the order in which they were given to the store
    std::uint64_t next_fold_ = 0;
    runtime::Signal folded_;
    std::set<std::string> unsettled_;                 // commits that may or may not be on disk
    std::set<std::string> folded_ids_;                // lately folded: a retry must not be folded again
    std::deque<std::string> folded_order_;            // the same, oldest first
    std::map<std::uint64_t, Instant> writing_since_;  // by ticket
    runtime::TaskGroup tasks_;
};

}  // namespace orc::ledger
