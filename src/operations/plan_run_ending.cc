// How a plan ends: undone where nobody was promoted, concluded, and its last steps run whatever happened.
#include <algorithm>

#include "operations/plan_run.h"

namespace orc::operations {
namespace {

using planning::Step;
using planning::StepReport;
using planning::StepState;

constexpr Micros undo_limit = Seconds(20);
constexpr Micros closing_limit = Seconds(3);
constexpr Micros asking_limit = Seconds(1);
constexpr Micros asking_pause = Millis(100);
constexpr Micros store_patience = Seconds(20);
constexpr Micros store_pause = Millis(500);

}  // namespace

bool PlanRun::has_succeeded() const {
    if (journey_.promoted) {
        return true;
    }
    if (is_aborted_ || has_action<planning::RecordDecision>(journey_.plan)) {
        return false;
    }
    // A plan that only moves replicas has succeeded if it moved any.
    return !has_action<planning::MoveReplica>(journey_.plan) || has_moved_any();
}

bool PlanRun::has_moved_any() const {
    return std::any_of(journey_.plan.steps.begin(), journey_.plan.steps.end(), [this](const Step& step) {
        return std::holds_alternative<planning::MoveReplica>(step.action) &&
               std::any_of(reports_.begin(), reports_.end(), [&](const StepReport& r) {
                   return r.step == step.id && r.state == StepState::done;
               });
    });
}

Co<bool> PlanRun::has_opened_after_all() {
    const bool is_planned = journey_.plan.kind == planning::PlanKind::graceful_takeover;
    if (!journey_.open_was_tried || !journey_.plan.successor || !is_planned) {
        co_return false;
    }
    const Endpoint successor = *journey_.plan.successor;
    const Endpoint old = journey_.plan.subject;
    const Deadline deadline = clock_.deadline_in(asking_limit);
    while (!deadline.has_passed(clock_.now())) {
        const auto now = co_await gateway_.positions(successor, deadline);
        if (now) {
            const auto before = journey_.latest.find(old);
            const mysql::Positions then = before == journey_.latest.end() ? mysql::Positions() : before->second;
            co_return has_led({successor, *now}, {old, then});
        }
        if (now.error().code == ErrorCode::cancelled) {
            break;
        }
        co_await clock_.sleep_for(asking_pause);
    }
    co_return false;
}

void PlanRun::go_forward() {
    is_aborted_ = false;
    journey_.why.clear();
    journey_.is_decided = true;
    bool is_ahead = false;
    const auto steps = journey_.plan.steps;
    for (const auto& step : steps) {
        is_ahead = is_ahead || std::holds_alternative<planning::RecordDecision>(step.action);
        if (is_ahead && !step.always) {
            report(step, StepState::pending, "");
        } else if (!is_ahead && report_of(step).state == StepState::pending) {
            report(step, StepState::done, "done before the process died");
        }
    }
}

// A store that is in trouble is given time.
Co<bool> PlanRun::may_try_again(Error error, Deadline patience) {
    const bool is_final = error.code == ErrorCode::not_leader || error.code == ErrorCode::cancelled;
    if (is_final || patience.has_passed(clock_.now() + store_pause)) {
        co_return false;
    }
    co_await clock_.sleep_for(store_pause);
    co_return true;
}

// Without it whoever takes over might finish what is undone here. If the store does not get well, the recovery is left
// without its end, and taken up again when it is.
Co<bool> PlanRun::note_undoing() {
    const Deadline deadline = clock_.deadline_in(store_patience);
    while (true) {
        const auto noted = co_await errands_.note_undoing(earlier(deadline, clock_.deadline_in(closing_limit)));
        if (noted) {
            co_return true;
        }
        if (!co_await may_try_again(noted.error(), deadline)) {
            journey_.errors.push_back("nothing was undone here: " + noted.error().message);
            is_left_ = true;
            co_return false;
        }
    }
}

Co<void> PlanRun::retreat() {
    if (journey_.deeds.empty() && !journey_.decision_tried) {
        co_return;
    }
    const Deadline asking = clock_.deadline_in(closing_limit);
    const auto allowed = co_await errands_.may_proceed(asking);
    if (!allowed) {
        journey_.errors.push_back("nothing was undone here: " + allowed.error().message);
        is_left_ = errands_.is_deposed();
        co_return;
    }
    if (journey_.decision_tried && !co_await note_undoing()) {
        co_return;
    }
    Undo undo(gateway_, clock_, journey_);
    if (journey_.open_was_tried && journey_.plan.successor) {
        const Endpoint successor = *journey_.plan.successor;
        const auto closed = co_await undo.close_successor(successor, clock_.deadline_in(closing_limit));
        if (!closed) {
            errands_.keep_fencing(successor);
        }
    }
    const auto undone = co_await undo.all(clock_.deadline_in(undo_limit));
    for (const auto& one : undone) {
        tell_undone(one);
        if (!one.ok) {
            if (undo.has_lost_source(one.server)) {
                journey_.without_source.push_back(one.server);
            }
            journey_.errors.push_back("undo on " + one.server.text() + ": " + one.message);
        }
    }
}

void PlanRun::conclude() {
    journey_.succeeded = has_succeeded();
    if (journey_.succeeded && !journey_.promoted) {
        journey_.promoted = journey_.plan.successor;
    }
    for (const auto& step : journey_.plan.steps) {
        if (!step.always && report_of(step).state == StepState::pending) {
            report(step, StepState::skipped, journey_.why.empty() ? "not needed" : "the plan ended before");
        }
    }
}

// What was done has to be known, or it would be done once more.
Task<std::string> PlanRun::perform_end(Step step) {
    const Deadline patience = clock_.deadline_in(store_patience);
    while (true) {
        auto result = co_await errands_.perform(step, journey_, clock_.deadline_in(no_limit));
        const bool is_over = result || !std::holds_alternative<planning::Resolve>(step.action);
        if (is_over || !co_await may_try_again(result.error(), patience)) {
            co_return result;
        }
    }
}

Co<void> PlanRun::the_end() {
    if (!has_lease_ || is_left_) {
        co_return;
    }
    const auto steps = journey_.plan.steps;
    for (const auto& step : steps) {
        if (!step.always) {
            continue;
        }
        report(step, StepState::running, "");
        const Instant began = clock_.now();
        const auto result = co_await perform_end(step);
        report_of(step).took = clock_.now() - began;
        if (result) {
            report(step, StepState::done, *result);
            continue;
        }
        journey_.errors.push_back(planning::describe(step.action) + ": " + result.error().message);
        report(step, StepState::failed, result.error().message);
        if (std::holds_alternative<planning::Resolve>(step.action) || errands_.is_deposed()) {
            co_return;  // it keeps its lease and its progress, and is taken up again
        }
    }
}

template <typename A>
void PlanRun::take_as_done_up_to() {
    journey_.is_decided = true;
    journey_.decision_tried = true;
    // Nobody knows how far the process that died had come.
    journey_.open_was_tried = true;
    for (const auto& step : journey_.plan.steps) {
        report(step, StepState::done, "done before the process died");
        if (std::holds_alternative<planning::RecordDecision>(step.action)) {
            take_success(step);
        }
        if (std::holds_alternative<A>(step.action)) {
            break;
        }
    }
}

void PlanRun::take_as_decided() { take_as_done_up_to<planning::RecordDecision>(); }

void PlanRun::take_as_promoted() {
    journey_.promoted = journey_.plan.successor;
    if (has_action<planning::OpenForWrites>(journey_.plan)) {
        take_as_done_up_to<planning::OpenForWrites>();
    } else {
        take_as_decided();
    }
}

void PlanRun::suspect_everything(std::string why, bool may_be_open) {
    journey_.open_was_tried = may_be_open;
    Undo(gateway_, clock_, journey_).suspect_everything();
    abort(std::move(why));
}

}  // namespace orc::operations
