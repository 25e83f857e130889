#include "operations/plan_runner.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "operations/plan_run.h"

namespace orc::operations {
namespace {

using planning::Step;
using planning::StepReport;
using planning::StepState;

}  // namespace

StepReport& PlanRun::report_of(const Step& step) {
    const auto found =
        std::find_if(reports_.begin(), reports_.end(), [&](const StepReport& r) { return r.step == step.id; });
    if (found != reports_.end()) {
        return *found;
    }
    StepReport fresh;
    fresh.step = step.id;
    fresh.what = planning::describe(step.action);
    reports_.push_back(std::move(fresh));
    return reports_.back();
}

void PlanRun::report(const Step& step, StepState state, std::string message) {
    StepReport& r = report_of(step);
    r.state = state;
    r.message = std::move(message);
    if (state == StepState::running) {
        r.started = r.started.value_or(clock_.wall());
    } else {
        r.ended = clock_.wall();
    }
    errands_.report(journey_, r);
}

void PlanRun::tell_undone(const Undone& undone) {
    StepReport r;
    r.what = "undo on " + undone.server.text();
    r.state = undone.ok ? StepState::undone : StepState::failed;
    r.started = clock_.wall();
    r.ended = r.started;
    r.message = undone.message;
    reports_.push_back(r);
    errands_.report(journey_, r);
}

Co<void> PlanRun::all_but_the_end() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!is_cancelled_) {
        while (!ended_.empty()) {
            Ended one = std::move(ended_.front());
            ended_.pop_front();
            take_in(std::move(one));
        }
        if (wants_new_plan_ && !is_left_ && group_.running() == 0) {
            wants_new_plan_ = false;
            co_await read_again();
            co_await asio::this_coro::throw_if_cancelled(false);  // reading has turned it on
            const auto state = co_await asio::this_coro::cancellation_state;
            is_cancelled_ = state.cancelled() != asio::cancellation_type::none;
            if (is_cancelled_) {
                break;
            }
            plan_again();
        }
        if (!is_aborted_ && !wants_new_plan_ && !is_left_) {
            start_what_can();
        }
        if (group_.running() == 0 && ended_.empty()) {
            break;
        }
        co_await group_.next_end();
        const auto state = co_await asio::this_coro::cancellation_state;
        is_cancelled_ = state.cancelled() != asio::cancellation_type::none;
    }
    if (is_cancelled_) {
        co_await group_.stop();
    }
    co_await asio::this_coro::throw_if_cancelled(true);
}

Outcome PlanRun::outcome() const {
    Outcome out;
    out.plan = journey_.plan;
    out.steps = reports_;
    out.succeeded = journey_.succeeded;
    out.cancelled = is_cancelled_;
    out.promoted = journey_.promoted;
    out.successor_coordinates = journey_.successor_coordinates;
    out.why = journey_.why;
    return out;
}

namespace {

Co<void> back_or_forward_to_its_end(PlanRun& run) {
    if (run.is_left()) {
        run.conclude();
        co_return;
    }
    bool is_forward = !run.has_succeeded() && co_await run.has_opened_after_all();
    if (!run.has_succeeded() && !is_forward) {
        co_await run.retreat();
        is_forward = run.is_overtaken();
    }
    if (is_forward) {
        run.go_forward();
        co_await run.all_but_the_end();
        if (run.is_cancelled()) {
            co_return;
        }
    }
    run.conclude();
    co_await run.the_end();
}

Co<void> run_to_its_end(PlanRun& run) {
    co_await run.all_but_the_end();
    if (!run.is_cancelled()) {
        co_await back_or_forward_to_its_end(run);
    }
}

}  // namespace

Co<Outcome> PlanRunner::run(planning::Plan plan) {
    const auto executor = co_await asio::this_coro::executor;
    PlanRun run(means_, std::move(plan), executor);
    co_await run_to_its_end(run);
    co_return run.outcome();
}

Co<Outcome> PlanRunner::finish(planning::Plan plan) {
    const auto executor = co_await asio::this_coro::executor;
    PlanRun run(means_, std::move(plan), executor);
    run.take_as_decided();
    co_await run_to_its_end(run);
    co_return run.outcome();
}

Co<Outcome> PlanRunner::finish_promoted(planning::Plan plan) {
    const auto executor = co_await asio::this_coro::executor;
    PlanRun run(means_, std::move(plan), executor);
    run.take_as_promoted();
    co_await run_to_its_end(run);
    co_return run.outcome();
}

Co<Outcome> PlanRunner::abandon(planning::Plan plan, std::string why, bool may_be_open) {
    const auto executor = co_await asio::this_coro::executor;
    PlanRun run(means_, std::move(plan), executor);
    run.suspect_everything(std::move(why), may_be_open);
    co_await back_or_forward_to_its_end(run);
    co_return run.outcome();
}

}  // namespace orc::operations
