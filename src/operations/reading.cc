// Reading the true positions of many servers at once, without waiting for the one that hangs.
#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "operations/performer.h"
#include "runtime/task_group.h"

namespace orc::operations {
namespace {

/// Once most have answered, the last ones get three times as long again, or four times what they usually take; at least
/// this.
constexpr Micros patience_least = Millis(50);
constexpr Micros connecting_patience = Millis(150);

struct Round {
    explicit Round(Executor executor) : group(executor) {}
    std::size_t answered = 0;
    std::size_t failed = 0;
    runtime::TaskGroup group;  // last: it goes first
};

}  // namespace

planning::TruePosition true_position(const mysql::Positions& positions) {
    planning::TruePosition out;
    out.answered = true;
    out.read_only = positions.read_only;
    out.executed = positions.executed;
    out.received = positions.received;
    out.purged = positions.purged;
    out.replica_position = positions.replica_position;
    out.binlog_position = positions.binlog_position;
    out.self = positions.self;
    out.channel = positions.channel;
    return out;
}

namespace {

// The snapshot of the plan may be older than what somebody, maybe an undone recovery, has started or opened since.
void note_standing(planning::Plan& plan, const Endpoint& server, const mysql::Positions& now) {
    const auto& channel = now.channel;
    for (auto& before : plan.before) {
        before.was_writable = before.was_writable || (before.server == server && !now.read_only);
        if (channel && before.server == server && before.channel == channel->name) {
            before.receiver_ran = before.receiver_ran || channel->receiver == model::ThreadState::running ||
                                  channel->receiver == model::ThreadState::other;
            before.applier_ran = before.applier_ran || channel->applier == model::ThreadState::running;
        }
    }
}

bool goes_on_receiving(const planning::TruePosition& position) {
    return position.channel && position.channel->receiver != model::ThreadState::stopped &&
           position.channel->receiver != model::ThreadState::none;
}

}  // namespace

Task<mysql::Positions> Performer::positions(Endpoint server, Deadline deadline) {
    CO_TRY(auto found, co_await gateway_.positions(server, deadline));
    journey_.latest[server] = found;
    co_return found;
}

Task<std::string> Performer::read_one(planning::Reading reading, Deadline deadline) {
    CO_TRY(auto found, co_await positions(reading.server, deadline));
    note_standing(journey_.plan, reading.server, found);
    const bool stands = !found.channel || found.channel->receiver == model::ThreadState::stopped ||
                        found.channel->receiver == model::ThreadState::none;
    const bool can_start_again = !reading.needs_applier || loses_nothing_when_started(found);
    if (reading.stop_receiver && !stands && can_start_again) {
        // One that is connecting receives nothing either, and MySQL takes two seconds to stop it when the source is
        // silent: it is asked to stop, and moved with care if it has not done so.
        const bool is_connecting = found.channel->receiver == model::ThreadState::other;
        const Deadline patience = is_connecting ? earlier(deadline, clock_.deadline_in(connecting_patience)) : deadline;
        journey_.deeds.push_back(Deed{Deed::Kind::stopped_receiver, reading.server});
        const auto stopped = co_await gateway_.stop_receiver(reading.server, reading.channel, patience);
        if (stopped) {
            CO_TRY(found, co_await positions(reading.server, deadline));
        } else if (!is_connecting || stopped.error().code != ErrorCode::timed_out) {
            co_return tl::unexpected<Error>(stopped.error());
        }
    }
    journey_.news.positions[reading.server] = true_position(found);
    co_return "";
}

Co<void> Performer::read_into(
    planning::Reading reading, Deadline deadline, std::size_t& answered, std::size_t& failed
) {
    const auto result = co_await read_one(reading, deadline);
    if (result) {
        ++answered;
        co_return;
    }
    ++failed;
    if (result.error().code != ErrorCode::cancelled) {
        journey_.news.positions[reading.server].silence = result.error().message;
    }
}

Micros Performer::patience_with_silent(const planning::ReadPositions& action) const {
    Micros out{0};
    for (const auto& reading : action.readings) {
        const auto found = journey_.news.positions.find(reading.server);
        if (found != journey_.news.positions.end() && !found->second.answered) {
            out = std::max(out, Micros(4 * reading.usual + reading.farewell));
        }
    }
    return out;
}

Task<std::string> Performer::read_positions(planning::ReadPositions action, Deadline deadline) {
    const Instant began = clock_.now();
    const auto executor = co_await asio::this_coro::executor;
    // Members must not outlive this frame: a cancelled caller cancels them and waits.
    co_await asio::this_coro::throw_if_cancelled(false);
    Round round(executor);
    for (const auto& reading : action.readings) {
        planning::TruePosition unknown;
        unknown.silence = "no answer in time";
        journey_.news.positions[reading.server] = unknown;
        round.group.spawn(read_into(reading, deadline, round.answered, round.failed));
    }
    round.group.spawn(clock_.sleep_until(deadline.at));
    const std::size_t all = action.readings.size();
    std::optional<Instant> patience_ends;
    bool is_cancelled = false;
    while (round.answered + round.failed < all && !is_cancelled) {
        const Instant now = clock_.now();
        if (deadline.has_passed(now) || (patience_ends && now >= *patience_ends)) {
            break;
        }
        if (!patience_ends && round.answered > 0 && (round.answered + round.failed) * 2 >= all) {
            patience_ends = now + std::max({patience_least, (now - began) * 3, patience_with_silent(action)});
            round.group.spawn(clock_.sleep_until(*patience_ends));
        }
        co_await round.group.next_end();
        const auto state = co_await asio::this_coro::cancellation_state;
        is_cancelled = state.cancelled() != asio::cancellation_type::none;
    }
    co_await round.group.stop();
    co_await asio::this_coro::throw_if_cancelled(true);
    if (is_cancelled) {
        co_return fail(ErrorCode::cancelled, "asked to stop");
    }
    if (journey_.plan.kind == planning::PlanKind::graceful_takeover) {
        co_await fetch_credentials(deadline);
    }
    std::string message = std::to_string(round.answered) + " of " + std::to_string(all) + " answered";
    for (const auto& reading : action.readings) {
        const auto& position = journey_.news.positions[reading.server];
        if (!position.answered) {
            message += "; " + reading.server.text() + ": " + position.silence;
        } else if (reading.stop_receiver && goes_on_receiving(position)) {
            message += "; " + reading.server.text() + " goes on receiving: " +
                       (reading.needs_applier ? "its applier does not run, and what it has not applied would be lost "
                                                "when its receiver starts again"
                                              : "it did not stop in time");
        }
    }
    co_return message;
}

}  // namespace orc::operations
