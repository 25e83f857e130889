// One plan on its way: what runs, what has ended, and what is left. Lives in the frame of PlanRunner's coroutines; for
// plan_runner.cc only.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "mysql/gateway.h"
#include "operations/errands.h"
#include "operations/journey.h"
#include "operations/performer.h"
#include "operations/plan_runner.h"
#include "operations/undo.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"

namespace orc::operations {

class PlanRun {
public:
    PlanRun(PlanRunner::Means means, planning::Plan plan, Executor executor)
        : gateway_(means.gateway),
          clock_(means.clock),
          errands_(means.errands),
          moves_at_once_(means.moves_at_once),
          performer_(means.gateway, means.clock, journey_),
          group_(executor) {
        journey_.plan = std::move(plan);
    }

    Co<void> all_but_the_end();
    /// A successor that was told to take writes and did not answer: it does, or has done so.
    Co<bool> has_opened_after_all();
    /// From the decision on once more: there is no way back.
    void go_forward();
    /// Undoes what was begun.
    Co<void> retreat();
    bool is_overtaken() const { return journey_.is_overtaken; }
    Co<void> the_end();
    Outcome outcome() const;

    void take_as_decided();
    void take_as_promoted();
    void suspect_everything(std::string why, bool may_be_open);
    bool is_cancelled() const { return is_cancelled_; }
    bool is_left() const { return is_left_; }
    bool has_succeeded() const;
    bool has_moved_any() const;
    void conclude();

private:
    struct Ended {
        planning::Step step;
        Result<std::string> result;
    };

    planning::StepReport& report_of(const planning::Step& step);
    void report(const planning::Step& step, planning::StepState state, std::string message);
    void tell_undone(const Undone& undone);
    Result<bool> readiness(const planning::Step& step) const;
    bool start_what_can();
    Co<void> run_step(planning::Step step);
    Task<std::string> attempt(planning::Step step);
    Task<std::string> attempt_account(planning::Step step, Deadline deadline);
    void take_in(Ended ended);
    template <typename A>
    void take_as_done_up_to();
    void take_success(const planning::Step& step);
    void fence_on();
    void take_failure(const planning::Step& step, const Error& error);
    Co<bool> may_try_again(Error error, Deadline patience);
    Co<bool> note_undoing();
    Task<std::string> perform_end(planning::Step step);
    Co<void> read_again();
    void plan_again();
    void abort(std::string why);
    const planning::Step* find(int id) const;

    mysql::Gateway& gateway_;
    runtime::Clock& clock_;
    Errands& errands_;
    std::size_t moves_at_once_;
    Journey journey_;
    Performer performer_;
    std::vector<planning::StepReport> reports_;
    std::deque<Ended> ended_;
    std::size_t moves_running_ = 0;
    bool is_aborted_ = false;
    bool wants_new_plan_ = false;
    bool is_cancelled_ = false;
    bool has_lease_ = true;
    bool is_left_ = false;      ///< as it is, for whoever takes it up again
    runtime::TaskGroup group_;  // last: it goes first
};

template <typename A>
bool has_action(const planning::Plan& plan) {
    return std::any_of(plan.steps.begin(), plan.steps.end(), [](const planning::Step& s) {
        return std::holds_alternative<A>(s.action);
    });
}

}  // namespace orc::operations
