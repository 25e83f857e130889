// Runs any plan: steps whose predecessors have ended start at once, each with its own limit; what fails is answered as
// the step says; what was begun before the decision is undone if it cannot be finished.
#pragma once

#include <cstddef>

#include "mysql/gateway.h"
#include "operations/errands.h"
#include "operations/journey.h"
#include "runtime/clock.h"

namespace orc::operations {

class PlanRunner {
public:
    /// What plans are run with; all of them outlive the runner.
    struct Means {
        mysql::Gateway& gateway;
        runtime::Clock& clock;
        Errands& errands;
        std::size_t moves_at_once = 1;  ///< MaxConcurrentReplicaOperations, at least 1
    };
    explicit PlanRunner(Means means) : means_(means) {}

    /// Returns when the last step has ended. Cancelled: stops where it is, without undoing; another start resumes it.
    Co<Outcome> run(planning::Plan plan);
    /// The decision was recorded by a process that has died: does all that follows it.
    Co<Outcome> finish(planning::Plan plan);
    /// The same where the successor is known to have been opened: whatever has become of it since, it is the primary.
    Co<Outcome> finish_promoted(planning::Plan plan);
    /// A process died before its decision, or while it undid what came after it (the successor may be open then):
    /// brings every server back to how it stood, then does the end.
    Co<Outcome> abandon(planning::Plan plan, std::string why, bool may_be_open);

private:
    Means means_;
};

}  // namespace orc::operations
