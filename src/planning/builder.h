// Puts steps together; inside planning only.
#pragma once

#include "planning/failover.h"
#include "planning/fates.h"

namespace orc::planning {

struct StepOptions {
    Millis limit{0};
    OnFailure on_failure = OnFailure::abort;
    bool irreversible = false;
    bool always = false;
};

class Builder {
public:
    explicit Builder(Plan& plan);
    /// Adds a step after those; returns its id.
    int add(Action action, std::vector<int> after, StepOptions options, std::string why);
    int next() const { return next_; }

private:
    Plan& plan_;
    int next_ = 1;
};

Field field_of(const Basis& basis, const model::Server& subject, const News* news);
/// Cluster, subject, code, and how every server stands now.
Plan blank_plan(const Basis& basis, const FailoverRequest& request);
/// Fills in verdicts, fates, loss, successor or refusal.
void note_choice(Plan& plan, const Choice& choice, const Outcomes& outcomes);

/// A plan that goes on from a choice: everything that its further steps are made from.
struct Draft {
    Plan& plan;
    const Basis& basis;
    const FailoverRequest& request;
    Field field;
    Choice choice;
    Builder steps = Builder(plan);
    /// There must be one.
    const Standing& winner() const { return field.standings[*choice.winner]; }
};

/// Everything from the replanning on. `ready` is the id of the step it follows.
void add_failover_tail(Draft& draft, int ready);
/// `credentials_unknown`: the successor was asked for replication's account in vain.
void add_takeover_tail(Draft& draft, int ready, bool credentials_unknown);

/// Steps shared by both: publish, move siblings, account. Returns the ids that the end waits for.
std::vector<int> add_aftermath(Draft& draft, int opened);
/// Reset, semi-sync, open; returns the id of the last.
int add_promotion(Draft& draft, int decided, OnFailure on_failure);
void add_end(Plan& plan, Builder& steps, const Basis& basis, const FailoverRequest& request, std::vector<int> after);

}  // namespace orc::planning
