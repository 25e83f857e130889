// A group's ledger in memory, as nasty as a real one may be: answers that get lost, late answers, leaders that do not
// know yet that they are none. Driven by chance from a seed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "runtime/clock.h"
#include "runtime/rng.h"

namespace orc::ledger {

/// What goes wrong; may be changed at any time.
struct TwinFaults {
    unsigned unknown_one_in = 0;   ///< so often is the answer `unknown`, half of the time for a commit that happened
    Micros pause_longest{0};       ///< before taking effect, and again before the answer
    bool no_quorum = false;        ///< nothing can be committed
    std::size_t changes_most = 0;  ///< more in one commit are too large; 0: no limit
    std::function<bool(const model::Change&)> does_not_fit;  ///< such a change makes its commit too large
};

class Twin;

/// What the group agreed on. Outlives its nodes.
class TwinGroup {
public:
    /// Begins a new epoch led by `node`. The new leader knows at once; the former learns it when it is fenced, or by
    /// Twin::learn.
    Epoch elect(const std::string& node);
    Epoch epoch() const { return epoch_; }
    const std::string& leader() const { return leader_; }
    const std::shared_ptr<const model::Intent>& intent() const { return intent_; }
    /// All commits that happened, in order.
    const std::vector<std::string>& history() const { return history_; }

    TwinFaults faults;

private:
    friend class Twin;
    void apply(const Commit& commit);

    Epoch epoch_ = 0;
    std::string leader_;
    std::shared_ptr<const model::Intent> intent_ = std::make_shared<model::Intent>();
    std::set<std::string> ids_;
    std::vector<std::string> history_;
    std::vector<Twin*> nodes_;
};

/// One node of a group. Group, clock and chance outlive it; everything on one executor.
class Twin final : public Ledger, public Leadership {
public:
    Twin(std::string node_name, TwinGroup& group, runtime::Clock& clock, runtime::Rng& rng);
    Twin(const Twin&) = delete;
    Twin& operator=(const Twin&) = delete;
    ~Twin() override;

    /// Believed, not known: a former leader may still think that it leads.
    LeadershipView view() const override { return view_; }
    Task<void> confirm(Epoch epoch, Deadline deadline) override;
    Co<CommitOutcome> commit(Commit commit) override;
    std::shared_ptr<const model::Intent> intent() const override { return group_.intent(); }
    void on_change(std::function<void(const std::vector<model::Change>&)> listener) override;

    /// Brings the view up to date.
    void learn();
    const std::string& node_name() const { return node_name_; }

private:
    friend class TwinGroup;
    Co<void> pause();
    CommitOutcome take_effect(const Commit& commit);

    const std::string node_name_;
    TwinGroup& group_;
    runtime::Clock& clock_;
    runtime::Rng& rng_;
    LeadershipView view_;
    std::uint64_t confirms_ = 0;
    std::vector<std::function<void(const std::vector<model::Change>&)>> listeners_;
};

}  // namespace orc::ledger
