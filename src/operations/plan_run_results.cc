// What a step that has ended means for the rest of its plan.
#include "operations/plan_run.h"

namespace orc::operations {
namespace {

using planning::OnFailure;
using planning::Step;
using planning::StepState;

}  // namespace

void PlanRun::abort(std::string why) {
    if (!is_aborted_) {
        is_aborted_ = true;
        journey_.why = std::move(why);
    }
}

// A try that failed has stopped, fed or reset servers since they were read, and one that was silent then may answer
// now. What one had before it fell silent still counts: it must not be lost.
Co<void> PlanRun::read_again() {
    for (const auto& step : journey_.plan.steps) {
        const auto* read = std::get_if<planning::ReadPositions>(&step.action);
        if (read == nullptr) {
            continue;
        }
        const auto known = journey_.news.positions;
        planning::ReadPositions again = *read;
        co_await performer_.read_positions(std::move(again), clock_.deadline_in(step.limit));
        for (auto& [server, position] : journey_.news.positions) {
            const auto before = known.find(server);
            if (!position.answered && before != known.end() && before->second.answered) {
                position = before->second;
            }
        }
        co_return;
    }
}

void PlanRun::plan_again() {
    journey_.plan = errands_.replan(journey_);
    if (journey_.plan.refusal) {
        std::string why = journey_.plan.refusal->reason;
        for (const auto& rule : journey_.plan.refusal->rules) {
            why += "; " + rule;
        }
        abort(why);
    }
}

// An old primary that could not be made read-only may come back at any moment.
void PlanRun::fence_on() {
    for (const auto& step : journey_.plan.steps) {
        const auto* fence = std::get_if<planning::FencePrimary>(&step.action);
        if (fence != nullptr && report_of(step).state != StepState::done) {
            errands_.keep_fencing(fence->primary);
        }
    }
}

void PlanRun::take_success(const Step& step) {
    using namespace planning;
    if (std::holds_alternative<RecordDecision>(step.action)) {
        journey_.is_decided = true;
        if (!has_action<OpenForWrites>(journey_.plan)) {
            journey_.promoted = std::get<RecordDecision>(step.action).winner;
            fence_on();
        }
    } else if (std::holds_alternative<OpenForWrites>(step.action)) {
        fence_on();
    } else if (std::holds_alternative<Replan>(step.action)) {
        plan_again();
    }
}

void PlanRun::take_failure(const Step& step, const Error& error) {
    const std::string what = planning::describe(step.action) + ": " + error.message;
    journey_.errors.push_back(what);
    if (std::holds_alternative<planning::AcquireLease>(step.action)) {
        has_lease_ = false;
    }
    switch (step.on_failure) {
        case OnFailure::record:
        case OnFailure::skip_dependents:
            break;
        case OnFailure::abort:
            abort(what);
            break;
        case OnFailure::next_candidate: {
            if (error.code == ErrorCode::not_leader || error.code == ErrorCode::cancelled) {
                abort(what);
                break;
            }
            const auto server = planning::server_of(step.action);
            if (const auto feeder = planning::feeder_of(step.action); feeder && server) {
                journey_.news.fed_in_vain[*server] = *feeder;
            } else if (server) {
                journey_.news.ruled_out[*server] = what;
            }
            if (journey_.open_was_tried && server) {
                errands_.keep_fencing(*server);
                journey_.open_was_tried = false;
            }
            journey_.is_decided = false;
            wants_new_plan_ = true;
            break;
        }
    }
}

void PlanRun::take_in(Ended ended) {
    moves_running_ -= std::holds_alternative<planning::MoveReplica>(ended.step.action) ? 1 : 0;
    if (ended.result) {
        // The new plan comes first, so that the report already shows it.
        take_success(ended.step);
        std::string message = *ended.result;
        if (std::holds_alternative<planning::Replan>(ended.step.action)) {
            message = journey_.plan.refusal ? journey_.why : journey_.plan.reason;
        }
        report(ended.step, StepState::done, std::move(message));
        return;
    }
    take_failure(ended.step, ended.result.error());
    report(ended.step, StepState::failed, ended.result.error().message);
}

}  // namespace orc::operations
