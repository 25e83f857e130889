// What a plan's steps need besides servers: leases, hooks, records, and second thoughts. Implemented by who runs a
// plan.
#pragma once

#include <string>

#include "operations/journey.h"
#include "planning/failover.h"
#include "planning/plan.h"
#include "runtime/task.h"

namespace orc::operations {

class Errands {
public:
    virtual ~Errands() = default;
    /// Performs a step that is no command to one server (lease, confirmation, hooks, decision, publication, account,
    /// end). Returns a clause for the audit.
    virtual Task<std::string> perform(planning::Step step, const Journey& journey, Deadline deadline) = 0;
    /// Asked before each step: somebody else may do the same by now, so the plan is left as it is, for whoever leads
    /// next. Must not block.
    virtual bool is_deposed() const = 0;
    /// Asked just before each irreversible step and before undoing: the lease is still ours and we still lead.
    virtual Task<void> may_proceed(Deadline deadline) = 0;
    /// Written down, durably, before anything is undone after a decision.
    virtual Task<void> note_undoing(Deadline deadline) = 0;
    /// Makes the rest of the plan anew.
    virtual planning::Plan replan(const Journey& journey) = 0;
    /// A step changed its state, or a running one tells how far it is. Must not block.
    virtual void report(const Journey& journey, const planning::StepReport& report) = 0;
    /// Goes on making a server read-only in the background until it is, because it may still take writes.
    virtual void keep_fencing(Endpoint server) = 0;
};

}  // namespace orc::operations
