#include "operations/plan_runner.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <deque>

#include "operations/performer.h"
#include "operations/undo.h"
#include "runtime/task_group.h"

namespace orc::operations {
namespace {

using planning::OnFailure;
using planning::Step;
using planning::StepReport;
using planning::StepState;

constexpr Micros no_limit = std::chrono::hours(24 * 365);
constexpr Micros undo_limit = Seconds(20);
constexpr Micros closing_limit = Seconds(3);

bool is_command(const planning::Action& action) {
    using namespace planning;
    return !(
        std::holds_alternative<AcquireLease>(action) || std::holds_alternative<ConfirmFailure>(action) ||
        std::holds_alternative<RunHooks>(action) || std::holds_alternative<RecordDecision>(action) ||
        std::holds_alternative<Account>(action) || std::holds_alternative<PublishPrimary>(action) ||
        std::holds_alternative<Resolve>(action) || std::holds_alternative<ReleaseLease>(action)
    );
}

template <typename A>
bool has_action(const planning::Plan& plan) {
    return std::any_of(plan.steps.begin(), plan.steps.end(), [](const Step& s) {
        return std::holds_alternative<A>(s.action);
    });
}

struct Ended {
    Step step;
    Result<std::string> result;
};

/// One plan on its way. Lives in the frame of PlanRunner's coroutines.
class Run {
public:
    Run(mysql::Gateway& gateway,
        runtime::Clock& clock,
        Errands& errands,
        std::size_t moves,
        planning::Plan plan,
        Executor executor)
        : gateway_(gateway),
          clock_(clock),
          errands_(errands),
          moves_at_once_(moves),
          performer_(gateway, clock, journey_),
          group_(executor) {
        journey_.plan = std::move(plan);
    }

    Co<void> all_but_the_end();
    Co<void> retreat();
    Co<void> the_end();
    Outcome outcome() const;

    void take_as_decided();
    void suspect_everything(std::string why);
    bool is_cancelled() const { return is_cancelled_; }
    bool has_succeeded() const;
    bool has_moved_any() const;
    void conclude();

private:
    StepReport& report_of(const Step& step);
    void report(const Step& step, StepState state, std::string message);
    void tell_undone(const Undone& undone);
    Result<bool> readiness(const Step& step) const;
    bool start_what_can();
    Co<void> run_step(Step step);
    Task<std::string> attempt(Step step);
    Task<std::string> attempt_account(Step step, Deadline deadline);
    void take_in(Ended ended);
    void take_success(const Step& step);
    void fence_on();
    void take_failure(const Step& step, const Error& error);
    void plan_again();
    void abort(std::string why);
    const Step* find(int id) const;

    mysql::Gateway& gateway_;
    runtime::Clock& clock_;
    Errands& errands_;
    std::size_t moves_at_once_;
    Journey journey_;
    Performer performer_;
    std::vector<StepReport> reports_;
    std::deque<Ended> ended_;
    std::size_t moves_running_ = 0;
    bool is_aborted_ = false;
    bool wants_new_plan_ = false;
    bool is_cancelled_ = false;
    bool has_lease_ = true;
    runtime::TaskGroup group_;  // last: it goes first
};

StepReport& Run::report_of(const Step& step) {
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

void Run::report(const Step& step, StepState state, std::string message) {
    StepReport& r = report_of(step);
    r.state = state;
    r.message = std::move(message);
    if (state == StepState::running) {
        r.started = clock_.wall();
    } else {
        r.ended = clock_.wall();
    }
    errands_.report(journey_, r);
}

void Run::tell_undone(const Undone& undone) {
    StepReport r;
    r.what = "undo on " + undone.server.text();
    r.state = undone.ok ? StepState::undone : StepState::failed;
    r.started = clock_.wall();
    r.ended = r.started;
    r.message = undone.message;
    reports_.push_back(r);
    errands_.report(journey_, r);
}

const Step* Run::find(int id) const {
    const auto& steps = journey_.plan.steps;
    const auto found = std::find_if(steps.begin(), steps.end(), [id](const Step& s) { return s.id == id; });
    return found == steps.end() ? nullptr : &*found;
}

/// true: start it; false: wait; error: it can never start.
Result<bool> Run::readiness(const Step& step) const {
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

bool Run::start_what_can() {
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

Task<std::string> Run::attempt_account(Step step, Deadline deadline) {
    const auto account = std::get<planning::Account>(step.action);
    if (account.detach_failed_moves) {
        const std::string none;
        for (const auto& server : journey_.failed_moves) {
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

Task<std::string> Run::attempt(Step step) {
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
    if (std::holds_alternative<planning::Replan>(step.action)) {
        co_return "";
    }
    if (std::holds_alternative<planning::Account>(step.action)) {
        co_return co_await attempt_account(step, deadline);
    }
    if (is_command(step.action)) {
        co_return co_await performer_.perform(step.action, deadline);
    }
    co_return co_await errands_.perform(step, journey_, deadline);
}

Co<void> Run::run_step(Step step) {
    const Instant began = clock_.now();
    auto result = co_await attempt(step);
    report_of(step).took = clock_.now() - began;
    ended_.push_back(Ended{std::move(step), std::move(result)});
}

void Run::abort(std::string why) {
    if (!is_aborted_) {
        is_aborted_ = true;
        journey_.why = std::move(why);
    }
}

void Run::plan_again() {
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
void Run::fence_on() {
    for (const auto& step : journey_.plan.steps) {
        const auto* fence = std::get_if<planning::FencePrimary>(&step.action);
        if (fence != nullptr && report_of(step).state != StepState::done) {
            errands_.keep_fencing(fence->primary);
        }
    }
}

void Run::take_success(const Step& step) {
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

void Run::take_failure(const Step& step, const Error& error) {
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
            if (server) {
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

void Run::take_in(Ended ended) {
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

Co<void> Run::all_but_the_end() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!is_cancelled_) {
        while (!ended_.empty()) {
            Ended one = std::move(ended_.front());
            ended_.pop_front();
            take_in(std::move(one));
        }
        if (wants_new_plan_ && group_.running() == 0) {
            wants_new_plan_ = false;
            plan_again();
        }
        if (!is_aborted_ && !wants_new_plan_) {
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

bool Run::has_succeeded() const {
    if (journey_.promoted) {
        return true;
    }
    if (is_aborted_ || has_action<planning::RecordDecision>(journey_.plan)) {
        return false;
    }
    // A plan that only moves replicas has succeeded if it moved any.
    return !has_action<planning::MoveReplica>(journey_.plan) || has_moved_any();
}

bool Run::has_moved_any() const {
    return std::any_of(journey_.plan.steps.begin(), journey_.plan.steps.end(), [this](const Step& step) {
        return std::holds_alternative<planning::MoveReplica>(step.action) &&
               std::any_of(reports_.begin(), reports_.end(), [&](const StepReport& r) {
                   return r.step == step.id && r.state == StepState::done;
               });
    });
}

Co<void> Run::retreat() {
    if (journey_.deeds.empty() && !journey_.decision_tried) {
        co_return;
    }
    const Deadline asking = clock_.deadline_in(closing_limit);
    const auto allowed = co_await errands_.may_proceed(asking);
    if (!allowed) {
        journey_.errors.push_back("nothing was undone here: " + allowed.error().message);
        co_return;
    }
    if (journey_.decision_tried) {
        const auto noted = co_await errands_.note_undoing(asking);
        if (!noted) {
            journey_.errors.push_back("nothing was undone here: " + noted.error().message);
            co_return;
        }
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
            journey_.errors.push_back("undo on " + one.server.text() + ": " + one.message);
        }
    }
}

void Run::conclude() {
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

Co<void> Run::the_end() {
    if (!has_lease_) {
        co_return;
    }
    const auto steps = journey_.plan.steps;
    for (const auto& step : steps) {
        if (!step.always) {
            continue;
        }
        report(step, StepState::running, "");
        const Instant began = clock_.now();
        const auto result = co_await errands_.perform(step, journey_, clock_.deadline_in(no_limit));
        report_of(step).took = clock_.now() - began;
        if (result) {
            report(step, StepState::done, *result);
        } else {
            journey_.errors.push_back(planning::describe(step.action) + ": " + result.error().message);
            report(step, StepState::failed, result.error().message);
        }
    }
}

void Run::take_as_decided() {
    journey_.is_decided = true;
    journey_.decision_tried = true;
    for (const auto& step : journey_.plan.steps) {
        report(step, StepState::done, "done before the process died");
        if (std::holds_alternative<planning::RecordDecision>(step.action)) {
            take_success(step);
            break;
        }
    }
}

void Run::suspect_everything(std::string why) {
    Undo(gateway_, clock_, journey_).suspect_everything();
    abort(std::move(why));
}

Outcome Run::outcome() const {
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

}  // namespace

PlanRunner::PlanRunner(mysql::Gateway& gateway, runtime::Clock& clock, Errands& errands, std::size_t moves_at_once)
    : gateway_(gateway), clock_(clock), errands_(errands), moves_at_once_(std::max<std::size_t>(1, moves_at_once)) {}

Co<Outcome> PlanRunner::run(planning::Plan plan) {
    const auto executor = co_await asio::this_coro::executor;
    Run run(gateway_, clock_, errands_, moves_at_once_, std::move(plan), executor);
    co_await run.all_but_the_end();
    if (!run.is_cancelled()) {
        if (!run.has_succeeded()) {
            co_await run.retreat();
        }
        run.conclude();
        co_await run.the_end();
    }
    co_return run.outcome();
}

Co<Outcome> PlanRunner::finish(planning::Plan plan) {
    const auto executor = co_await asio::this_coro::executor;
    Run run(gateway_, clock_, errands_, moves_at_once_, std::move(plan), executor);
    run.take_as_decided();
    co_await run.all_but_the_end();
    if (!run.is_cancelled()) {
        if (!run.has_succeeded()) {
            co_await run.retreat();
        }
        run.conclude();
        co_await run.the_end();
    }
    co_return run.outcome();
}

Co<Outcome> PlanRunner::abandon(planning::Plan plan, std::string why) {
    const auto executor = co_await asio::this_coro::executor;
    Run run(gateway_, clock_, errands_, moves_at_once_, std::move(plan), executor);
    run.suspect_everything(std::move(why));
    co_await run.retreat();
    run.conclude();
    co_await run.the_end();
    co_return run.outcome();
}

}  // namespace orc::operations
