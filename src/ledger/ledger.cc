#include "ledger/ledger.h"

#include <algorithm>

namespace orc::ledger {
namespace {

constexpr Micros pause_first = Millis(20);
constexpr Micros pause_longest = Seconds(1);

Error error_of(CommitOutcome outcome, const std::string& id, const std::string& why) {
    const std::string what = "commit " + id + ": ";
    switch (outcome) {
        case CommitOutcome::committed:
            break;
        case CommitOutcome::fenced:
            return Error{ErrorCode::not_leader, what + "decided in an epoch that is over"};
        case CommitOutcome::no_quorum:
            return Error{
                ErrorCode::unreachable, what + "nothing can be committed now" + (why.empty() ? "" : ": " + why)
            };
        case CommitOutcome::too_large:
            // Somebody chose the value, and must know which one it was; the commit's id says nothing to them.
            return Error{ErrorCode::invalid, "cannot be kept: " + (why.empty() ? "it is too large" : why)};
        case CommitOutcome::unknown:
            return Error{ErrorCode::timed_out, what + "whether it happened is not known"};
    }
    return Error{ErrorCode::invalid, what + "committed"};
}

}  // namespace

std::string_view name(CommitOutcome outcome) {
    switch (outcome) {
        case CommitOutcome::committed:
            return "committed";
        case CommitOutcome::fenced:
            return "fenced";
        case CommitOutcome::no_quorum:
            return "no_quorum";
        case CommitOutcome::too_large:
            return "too_large";
        case CommitOutcome::unknown:
            return "unknown";
    }
    return "unknown";
}

Task<void> commit_surely(Ledger& ledger, runtime::Clock& clock, Commit commit, Deadline deadline) {
    Micros pause = pause_first;
    bool is_in_doubt = false;
    for (;;) {
        Commit attempt = commit;
        CommitOutcome outcome = co_await ledger.commit(std::move(attempt));
        // That nothing can be committed now says nothing of an earlier attempt.
        if (is_in_doubt && outcome == CommitOutcome::no_quorum) {
            outcome = CommitOutcome::unknown;
        }
        is_in_doubt = outcome == CommitOutcome::unknown;
        if (outcome == CommitOutcome::committed) {
            co_return Result<void>{};
        }
        const bool is_last = outcome != CommitOutcome::unknown || deadline.has_passed(clock.now());
        if (is_last) {
            co_return tl::unexpected(error_of(outcome, commit.id, ledger.why()));
        }
        const Instant next = std::min(clock.now() + pause, deadline.at);
        co_await clock.sleep_until(next);
        pause = std::min(pause * 2, pause_longest);
    }
}

}  // namespace orc::ledger
