// The audit of an attempt: what each step did, told at once, written when it does not delay what matters.
#include <algorithm>

#include "recovery/attempt.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

using operations::Journey;
using planning::StepState;

constexpr Micros note_may_wait = Millis(500);
constexpr Micros progress_told_every = Seconds(10);
constexpr Micros progress_told_first = Millis(500);

}  // namespace

namespace {

std::string took_text(Micros took) {
    const auto tenths = took.count() / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

std::string line_of(const planning::StepReport& report) {
    switch (report.state) {
        case StepState::pending:
            return "";
        case StepState::running:
            return report.message.empty() ? "" : report.what + ": " + report.message;
        case StepState::done:
            return report.what + ": done in " + took_text(report.took) +
                   (report.message.empty() ? "" : ": " + report.message);
        case StepState::failed:
            return report.what + ": FAILED after " + took_text(report.took) + ": " + report.message;
        case StepState::skipped:
            return report.what + ": skipped: " + report.message;
        case StepState::undone:
            return report.what + ": " + report.message;
    }
    return "";
}

}  // namespace

void Attempt::report(const Journey& journey, const planning::StepReport& report) {
    has_touched_ = has_touched_ || !journey.deeds.empty();
    look_again(journey, report);
    const auto found = std::find_if(reports_.begin(), reports_.end(), [&](const auto& r) {
        return r.step == report.step && r.what == report.what;
    });
    if (found == reports_.end()) {
        reports_.push_back(report);
    } else {
        *found = report;
    }
    if (journey.promoted || journey.succeeded) {
        is_urgent_ = false;
    }
    const std::string line = line_of(report);
    if (!line.empty() && is_due(report)) {
        note(line);
    }
    shop_.running_changed();
}

// A line for each change of state; of what takes long, fewer and fewer lines while it takes longer.
bool Attempt::is_due(const planning::StepReport& report) {
    if (report.state != StepState::running) {
        return true;
    }
    const Instant now = shop_.clock.now();
    const auto [entry, is_first] = told_next_.try_emplace(report.step, now);
    if (now < entry->second) {
        return false;
    }
    const auto began = report.started.value_or(shop_.clock.wall());
    const auto span = std::chrono::duration_cast<Micros>(shop_.clock.wall() - began);
    entry->second = now + std::clamp(span, progress_told_first, progress_told_every);
    return true;
}

void Attempt::note(std::string message) {
    const WallTime now = shop_.clock.wall();
    messages_.push_back(message);
    model::AppendRecoveryStep step;
    step.record.uid = record_.uid;
    step.record.at = now;
    step.record.message = message;
    notes_.emplace_back(std::move(step));
    oldest_note_ = oldest_note_.value_or(shop_.clock.now());
    Event event;
    event.at = now;
    event.kind = "step";
    event.cluster = plan_.cluster;
    event.text = std::move(message);
    event.uid = record_.uid;
    shop_.tell(event);
    write_notes_soon();
}

std::vector<model::Change> Attempt::take_notes() {
    std::vector<model::Change> out = std::move(notes_);
    notes_.clear();
    oldest_note_.reset();
    return out;
}

// While writes stand still only what must be durable is committed, and takes the notes along; other notes wait, but not
// so long that somebody who looks on would miss them.
void Attempt::write_notes_soon() {
    if (!is_registered_ || is_writing_ || notes_.empty()) {
        return;
    }
    const bool may_wait = oldest_note_ && shop_.clock.now() - *oldest_note_ < note_may_wait;
    if (is_urgent_ && (may_wait || is_store_slow_)) {
        is_waiting_to_write_ = is_waiting_to_write_ || shop_.group->spawn(write_notes_in_time());
        return;
    }
    is_writing_ = shop_.group->spawn(write_notes());
}

Co<void> Attempt::write_notes_in_time() {
    const auto self = shared_from_this();
    co_await shop_.clock.sleep_for(note_may_wait);
    is_waiting_to_write_ = false;
    if (!is_store_slow_) {
        write_notes_soon();
    }
}

Co<void> Attempt::write_notes() {
    const auto self = shared_from_this();
    while (!notes_.empty()) {
        const Instant began = shop_.clock.now();
        const auto result = co_await commit(shop_, take_notes(), shop_.clock.deadline_in(commit_limit));
        is_store_slow_ = shop_.clock.now() - began > note_may_wait;
        if (!result) {
            // The audit is for people; the recovery does not wait for it.
            LOG(warning, "recovery.steps_not_written", {{"uid", record_.uid}, {"why", result.error().message}});
        }
    }
    is_writing_ = false;
}

}  // namespace orc::recovery
