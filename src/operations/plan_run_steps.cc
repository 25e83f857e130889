// Which steps of a plan may start, and how one is carried out.
#include <algorithm>

#include "operations/plan_run.h"

namespace orc::operations {
namespace {

using planning::OnFailure;
using planning::Step;
using planning::StepReport;
using planning::StepState;

bool is_command(const planning::Action& action) {
    using namespace planning;
    return !(
        std::holds_alternative<AcquireLease>(action) || std::holds_alternative<ConfirmFailure>(action) ||
        std::holds_alternative<RunHooks>(action) || std::holds_alternative<RecordDecision>(action) ||
        std::holds_alternative<Account>(action) || std::holds_alternative<PublishPrimary>(action) ||
        std::holds_alternative<Resolve>(action) || std::holds_alternative<ReleaseLease>(action)
    );
}

}  // namespace

const Step* PlanRun::find(int id) const {
    const auto& steps = journey_.plan.steps;
    const auto found = std::find_if(steps.begin(), steps.end(), [id](const Step& s) { return s.id == id; });
    return found == steps.end() ? nullptr : &*found;
}

/// true: start it; false: wait; error: it can never start.
Result<bool> PlanRun::readiness(const Step& step) const {
    for (const int id : step.after) {
        const Step* before = find(id);
        const auto report =
            std::find_if(reports_.begin(), reports_.end(), [id](const StepReport& r) { return r.step == id; });
        if (before == nullptr) {
            continue;
        }
        if (report == reports_.end()) {
            return false;
        }
        switch (report->state) {
            case StepState::pending:
            case StepState::running:
                return false;
            case StepState::done:
                break;
            case StepState::failed:
                if (before->on_failure != OnFailure::record) {
                    return fail(ErrorCode::refused, "'" + report->what + "' failed");
                }
                break;
            case StepState::skipped:
            case StepState::undone:
                return fail(ErrorCode::refused, "'" + report->what + "' was not done");
        }
    }
    return true;
}

bool PlanRun::start_what_can() {
    bool has_started = false;
    // A skipped step may make others skippable: look again until nothing changes.
    for (bool changed = true; changed;) {
        changed = false;
        for (const auto& step : journey_.plan.steps) {
            if (step.always || report_of(step).state != StepState::pending) {
                continue;
            }
            const auto ready = readiness(step);
            if (!ready) {
                report(step, StepState::skipped, ready.error().message);
                changed = true;
                continue;
            }
            const bool is_move = std::holds_alternative<planning::MoveReplica>(step.action);
            if (!*ready || (is_move && moves_running_ >= moves_at_once_)) {
                continue;
            }
            moves_running_ += is_move ? 1 : 0;
            report(step, StepState::running, "");
            group_.spawn(run_step(step));
            has_started = true;
        }
    }
    return has_started;
}

namespace {

tl::unexpected<Error> left_to_another() {
    return fail(ErrorCode::not_leader, "another node may act by now: left to it");
}

}  // namespace

Task<std::string> PlanRun::attempt_account(Step step, Deadline deadline) {
    const auto account = std::get<planning::Account>(step.action);
    if (account.detach_failed_moves) {
        const std::string none;
        for (const auto& server : journey_.failed_moves) {
            if (errands_.is_deposed()) {
                co_return left_to_another();
            }
            const planning::Before* before = journey_.before(server);
            planning::DetachReplica detach;
            detach.replica = server;
            detach.channel = before == nullptr ? none : before->channel;
            const auto detached = co_await performer_.detach(detach, deadline);
            if (!detached) {
                journey_.errors.push_back("detach " + server.text() + ": " + detached.error().message);
            }
        }
    }
    co_return co_await errands_.perform(step, journey_, deadline);
}

Task<std::string> PlanRun::attempt(Step step) {
    Micros span = no_limit;
    if (step.limit.count() > 0) {
        span = step.limit;
    }
    Deadline deadline = clock_.deadline_in(span);
    if (journey_.writes_stand_still_until && !journey_.is_decided) {
        deadline = earlier(deadline, Deadline{*journey_.writes_stand_still_until});
    }
    if (step.irreversible) {
        if (std::holds_alternative<planning::RecordDecision>(step.action)) {
            journey_.decision_tried = true;
        }
        CO_TRY(co_await errands_.may_proceed(deadline));
    }
    if (errands_.is_deposed()) {
        co_return left_to_another();
    }
    if (std::holds_alternative<planning::Replan>(step.action)) {
        co_return "";
    }
    if (std::holds_alternative<planning::Account>(step.action)) {
        co_return co_await attempt_account(step, deadline);
    }
    if (is_command(step.action)) {
        Telling tell = [this, step](std::string how_far) { report(step, StepState::running, std::move(how_far)); };
        co_return co_await performer_.perform(step.action, std::move(tell), deadline);
    }
    co_return co_await errands_.perform(step, journey_, deadline);
}

Co<void> PlanRun::run_step(Step step) {
    const Instant began = clock_.now();
    auto result = co_await attempt(step);
    is_left_ = is_left_ || (!result && errands_.is_deposed());
    report_of(step).took = clock_.now() - began;
    ended_.push_back(Ended{std::move(step), std::move(result)});
}

}  // namespace orc::operations
