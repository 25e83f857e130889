// There is exactly one way to change intended state, and it is fenced by an epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/intent.h"
#include "runtime/clock.h"
#include "runtime/task.h"

namespace orc::ledger {

/// Grows with each change of leadership; 0: nobody has led yet.
using Epoch = std::uint64_t;

struct Commit {
    std::string id;  ///< unique; a retry with the same id is harmless
    Epoch epoch = 0;
    std::vector<model::Change> changes;
};

enum class CommitOutcome {
    committed,
    fenced,     ///< another epoch has begun; decided too late
    no_quorum,  ///< nothing can be committed now
    too_large,
    unknown,  ///< may or may not have happened: retry with the same id
};
std::string_view name(CommitOutcome outcome);

struct LeadershipView {
    bool is_leader = false;
    /// On a shared database: this node could not say in time that it is active, so another one may act by now.
    bool may_be_replaced = false;
    Epoch epoch = 0;
    std::optional<Instant> since;  ///< when the epoch began, where others may have led before
    std::string leader;            ///< who leads, as people know it; "" unknown
};

class Leadership {
public:
    virtual ~Leadership() = default;
    virtual LeadershipView view() const = 0;
    /// Proves leadership in `epoch` by a fenced write, never by a read. Errors: not_leader, timed_out.
    virtual Task<void> confirm(Epoch epoch, Deadline deadline) = 0;
};

class Ledger {
public:
    virtual ~Ledger() = default;
    /// Only `committed` is success. The intent() after it includes the changes.
    virtual Co<CommitOutcome> commit(Commit commit) = 0;
    /// All intended state now; never null.
    virtual std::shared_ptr<const model::Intent> intent() const = 0;
    /// What stood in the way of the last commit that did not succeed, for people; "" unknown.
    virtual std::string why() const { return {}; }
    /// Called after each applied commit, on the control executor, with its changes in order; without any when all may
    /// have changed.
    virtual void on_change(std::function<void(const std::vector<model::Change>&)> listener) = 0;
};

/// commit, retrying `unknown`, and whatever fails after it, with the same id until the deadline; anything but committed
/// becomes an Error (not_leader, unreachable, invalid; timed_out: it may have happened).
Task<void> commit_surely(Ledger& ledger, runtime::Clock& clock, Commit commit, Deadline deadline);

}  // namespace orc::ledger
