#include "operations/performer.h"

#include <algorithm>

namespace orc::operations {
namespace {

using planning::Action;

constexpr Micros slice = Millis(250);
constexpr Micros poll_pause = Millis(10);
constexpr Micros feeding_patience = Seconds(3);

std::string milliseconds(Micros span) { return std::to_string(span.count() / 1000) + " ms"; }

bool has_applier_error(const mysql::Positions& positions) {
    return positions.channel && (positions.channel->applier_errno != 0 || !positions.channel->applier_error.empty());
}

std::string applier_error(const Endpoint& server, const mysql::Positions& positions) {
    return "the applier of " + server.text() + " failed with error " +
           std::to_string(positions.channel->applier_errno) + ": " + positions.channel->applier_error;
}

bool is_receiving(const mysql::Positions& positions) {
    return positions.channel && positions.channel->receiver == model::ThreadState::running;
}

/// For people who wait.
std::string what_is_left(const mysql::Positions& now, const gtid::Progress& target) {
    if (!gtid::empty(target)) {
        return std::to_string(gtid::missing_count(now.executed, target)) + " transactions are left";
    }
    return now.channel ? "it has applied up to " + now.channel->executed.text() + " of " + now.channel->read.text()
                       : std::string("it replicates from nobody");
}

}  // namespace

bool is_drained(const mysql::Positions& positions) {
    if (!positions.channel) {
        return true;
    }
    const bool by_gtid = positions.channel->gtid_use != model::GtidUse::none;
    if (by_gtid && !gtid::empty(positions.received)) {
        return gtid::covers(positions.executed, positions.received);
    }
    if (!positions.channel->read.empty() && !positions.channel->executed.empty()) {
        return positions.channel->read == positions.channel->executed;
    }
    return by_gtid;
}

bool loses_nothing_when_started(const mysql::Positions& positions) {
    return !positions.channel || positions.channel->gtid_use == model::GtidUse::none ||
           positions.channel->applier == model::ThreadState::running || is_drained(positions);
}

Task<std::string> Performer::perform(Action action, Telling tell, Deadline deadline) {
    using namespace planning;
    if (const auto* a = std::get_if<FencePrimary>(&action)) {
        return fence(*a, deadline);
    }
    if (const auto* a = std::get_if<ReadPositions>(&action)) {
        return read_positions(*a, deadline);
    }
    if (const auto* a = std::get_if<Drain>(&action)) {
        return drain(*a, std::move(tell), deadline);
    }
    if (const auto* a = std::get_if<CheckGates>(&action)) {
        return check_gates(*a, deadline);
    }
    if (const auto* a = std::get_if<ResetReplication>(&action)) {
        return reset(*a, deadline);
    }
    if (const auto* a = std::get_if<OpenForWrites>(&action)) {
        return open(*a, deadline);
    }
    if (const auto* a = std::get_if<MoveReplica>(&action)) {
        return move(*a, deadline);
    }
    if (const auto* a = std::get_if<DetachReplica>(&action)) {
        return detach(*a, deadline);
    }
    if (const auto* a = std::get_if<CloseForWrites>(&action)) {
        return close_for_writes(*a, deadline);
    }
    if (const auto* a = std::get_if<WaitCaughtUp>(&action)) {
        return wait_caught_up(*a, std::move(tell), deadline);
    }
    if (const auto* a = std::get_if<DemoteOldPrimary>(&action)) {
        return demote(*a, deadline);
    }
    return simple(std::move(action), deadline);
}

Task<std::string> Performer::simple(Action action, Deadline deadline) {
    if (const auto* a = std::get_if<planning::StopReceiver>(&action)) {
        journey_.deeds.push_back(Deed{Deed::Kind::stopped_receiver, a->server});
        CO_TRY(co_await gateway_.stop_receiver(a->server, a->channel, deadline));
        co_return "it no longer receives";
    }
    if (const auto* a = std::get_if<planning::StopReplication>(&action)) {
        journey_.deeds.push_back(Deed{Deed::Kind::stopped_replication, a->server});
        CO_TRY(co_await gateway_.stop_replication(a->server, a->channel, deadline));
        co_return "it no longer replicates";
    }
    if (const auto* a = std::get_if<planning::StartReplication>(&action)) {
        CO_TRY(co_await gateway_.start_replication(a->server, a->channel, deadline));
        co_return "it replicates";
    }
    if (const auto* a = std::get_if<planning::SemiSyncSource>(&action)) {
        CO_TRY(co_await gateway_.set_semi_sync_source(a->server, a->enabled, deadline));
        co_return a->enabled ? std::string("it waits for acknowledgements") : std::string("it waits for nobody");
    }
    if (const auto* a = std::get_if<planning::SemiSyncReplica>(&action)) {
        CO_TRY(co_await gateway_.set_semi_sync_replica(a->server, a->enabled, deadline));
        if (a->reconnect) {
            CO_TRY(co_await restart_receiver(a->server, deadline));
        }
        co_return a->enabled ? std::string("it acknowledges") : std::string("it does not acknowledge");
    }
    co_return fail(ErrorCode::invalid, "'" + std::string(planning::name(action)) + "' is no command to a server");
}

// The receiver tells its source at its start whether it acknowledges.
Task<void> Performer::restart_receiver(Endpoint server, Deadline deadline) {
    CO_TRY(const auto now, co_await positions(server, deadline));
    if (!now.channel || now.channel->receiver != model::ThreadState::running) {
        co_return Result<void>();
    }
    const planning::Before* before = journey_.before(server);
    if (before != nullptr && before->is_mariadb && !is_drained(now)) {
        co_return fail(
            ErrorCode::refused,
            server.text() + " would lose what it received and has not applied; it takes effect later"
        );
    }
    CO_TRY(co_await gateway_.stop_receiver(server, now.channel->name, deadline));
    co_return co_await gateway_.start_receiver(server, now.channel->name, deadline);
}

Task<std::string> Performer::fence(planning::FencePrimary action, Deadline deadline) {
    const mysql::ReadOnlyChange closed{true, true, true};
    CO_TRY(co_await gateway_.set_read_only(action.primary, closed, deadline));
    journey_.deeds.push_back(Deed{Deed::Kind::closed, action.primary});
    co_return action.primary.text() + " answered and is read-only now, its writers are ended";
}

Task<void> Performer::apply_all(Applying wish, Deadline deadline) {
    std::string progress;
    Instant moved = clock_.now();
    Instant fed = moved;
    const bool by_target = !gtid::empty(wish.target);
    while (true) {
        const Deadline until = earlier(deadline, clock_.deadline_in(slice));
        if (by_target) {
            const auto applied = co_await gateway_.wait_until_applied(wish.server, wish.target, until);
            if (applied) {
                co_return Result<void>();
            }
            if (applied.error().code != ErrorCode::timed_out) {
                co_return tl::unexpected<Error>(applied.error());
            }
        }
        // A little beyond the deadline, so that the refusal can say how much was left.
        const Deadline late{deadline.at + Millis(100)};
        const Deadline reading = earlier(clock_.deadline_in(Millis(1000)), late);
        CO_TRY(const auto now, co_await positions(wish.server, reading));
        if (by_target ? gtid::covers(now.executed, wish.target) : is_drained(now)) {
            co_return Result<void>();
        }
        if (has_applier_error(now)) {
            co_return fail(ErrorCode::refused, applier_error(wish.server, now), now.channel->applier_errno);
        }
        const std::string left = what_is_left(now, wish.target);
        std::string reached = left + (now.channel ? now.channel->executed.text() : std::string());
        if (reached != progress) {
            progress = std::move(reached);
            moved = clock_.now();
            wish.tell(left);
        }
        if (!wish.feeder || is_receiving(now) || !is_drained(now)) {
            fed = clock_.now();
        } else if (clock_.now() - fed > feeding_patience) {
            co_return fail(
                ErrorCode::timed_out, wish.server.text() + " receives nothing from " + wish.feeder->text() + ": " + left
            );
        }
        if (wish.stall.count() > 0 && clock_.now() - moved > wish.stall) {
            co_return fail(
                ErrorCode::timed_out,
                wish.server.text() + " has applied nothing for " + milliseconds(wish.stall) + ": " + left
            );
        }
        if (deadline.has_passed(clock_.now())) {
            co_return fail(ErrorCode::timed_out, wish.server.text() + " has not applied all in time: " + left);
        }
        if (!by_target) {
            co_await clock_.sleep_for(poll_pause);
        }
    }
}

Task<std::string> Performer::drain(planning::Drain action, Telling tell, Deadline deadline) {
    const Instant began = clock_.now();
    CO_TRY(const auto now, co_await positions(action.winner, deadline));
    const auto left = gtid::missing_count(now.executed, action.target);
    if (has_applier_error(now)) {
        co_return fail(ErrorCode::refused, applier_error(action.winner, now), now.channel->applier_errno);
    }
    tell(what_is_left(now, action.target));
    if (now.channel && now.channel->applier != model::ThreadState::running) {
        // The applier alone: starting a MariaDB receiver would throw the relay log away.
        CO_TRY(co_await gateway_.start_applier(action.winner, action.channel, deadline));
    }
    Applying wish{action.winner, action.target, action.stall, std::move(tell), action.feeder};
    CO_TRY(co_await apply_all(std::move(wish), deadline));
    co_return action.winner.text() + " applied the " + std::to_string(left) + " transactions it had left in " +
        milliseconds(clock_.now() - began);
}

Task<std::string> Performer::check_gates(planning::CheckGates action, Deadline deadline) {
    CO_TRY(auto now, co_await positions(action.winner, deadline));
    if (has_applier_error(now)) {
        co_return fail(ErrorCode::refused, applier_error(action.winner, now), now.channel->applier_errno);
    }
    if (action.drained && !is_drained(now)) {
        // A MariaDB receiver is never stopped, so something may have come in since.
        Applying wish{action.winner, now.received};
        CO_TRY(co_await apply_all(std::move(wish), deadline));
        CO_TRY(now, co_await positions(action.winner, deadline));
    }
    if (action.drained && !is_drained(now)) {
        co_return fail(ErrorCode::refused, action.winner.text() + " has not applied all it received");
    }
    if (!gtid::empty(action.must_have) && !gtid::covers(now.executed, action.must_have)) {
        co_return fail(
            ErrorCode::refused,
            action.winner.text() + " lacks " + std::to_string(gtid::missing_count(now.executed, action.must_have)) +
                " transactions it should have"
        );
    }
    journey_.successor_coordinates = now.self.text();
    co_return action.winner.text() + " has applied all it received and stands at " + now.self.text();
}

// What came in after the last look is applied first, unless all that is unapplied may go.
Task<std::string> Performer::keep_detached(planning::ResetReplication action, Deadline deadline) {
    CO_TRY(auto now, co_await positions(action.server, deadline));
    if (!now.channel) {
        co_return "it replicates from nobody";
    }
    if (!now.channel->source.is_detached()) {
        CO_TRY(now, co_await positions_at_rest(action.server, action.channel, deadline));
        if (!now.channel) {
            co_return "it replicates from nobody";
        }
        if (!action.discard && !is_drained(now)) {
            Applying wish{action.server, now.received};
            CO_TRY(co_await apply_all(std::move(wish), deadline));
            CO_TRY(now, co_await positions(action.server, deadline));
        }
        auto change = detached_from(*now.channel, action.channel);
        CO_TRY(co_await gateway_.change_source(action.server, std::move(change), deadline));
    }
    co_return "it replicates from nobody; its source is kept, detached";
}

Task<std::string> Performer::reset(planning::ResetReplication action, Deadline deadline) {
    journey_.deeds.push_back(Deed{Deed::Kind::reset, action.server});
    if (action.keep_detached) {
        auto kept = co_await keep_detached(action, deadline);
        if (kept || deadline.has_passed(clock_.now())) {
            co_return kept;
        }
        // Better promoted without a way back than not at all; forgetting has its own look at what is unapplied.
    }
    auto result = co_await gateway_.reset_replication(action.server, action.channel, action.discard, deadline);
    if (!result && result.error().code != ErrorCode::refused && !deadline.has_passed(clock_.now())) {
        result = co_await gateway_.reset_replication(action.server, action.channel, action.discard, deadline);
    }
    CO_TRY(std::move(result));
    co_return "it replicates from nobody";
}

Task<std::string> Performer::open(planning::OpenForWrites action, Deadline deadline) {
    journey_.open_was_tried = true;
    const mysql::ReadOnlyChange opened{false, true, false};
    CO_TRY(co_await gateway_.set_read_only(action.server, opened, deadline));
    journey_.promoted = action.server;
    co_return action.server.text() + " is writable";
}

Task<std::string> Performer::close_for_writes(planning::CloseForWrites action, Deadline deadline) {
    journey_.writes_stand_still_until = deadline.at;
    journey_.deeds.push_back(Deed{Deed::Kind::closed, action.primary});
    const mysql::ReadOnlyChange closed{true, action.with_super, action.end_writers};
    CO_TRY(co_await gateway_.set_read_only(action.primary, closed, deadline));
    co_return action.primary.text() + " is read-only, its writers are ended";
}

Task<std::string> Performer::wait_caught_up(planning::WaitCaughtUp action, Telling tell, Deadline deadline) {
    const Instant began = clock_.now();
    CO_TRY(auto before, co_await positions(action.primary, deadline));
    while (true) {
        const bool by_gtid = !gtid::empty(before.executed);
        if (!before.read_only) {
            co_return fail(ErrorCode::conflict, action.primary.text() + " is writable again");
        }
        gtid::Progress target;
        if (by_gtid) {
            target = before.executed;
        }
        Applying wish{action.replica, target, Micros(0), tell};
        CO_TRY(co_await apply_all(std::move(wish), deadline));
        CO_TRY(const auto after, co_await positions(action.primary, deadline));
        // Writers that were under way may have got through: the position must stand still over a whole round.
        bool is_still = after.self == before.self && after.executed == before.executed;
        if (is_still && !by_gtid) {
            CO_TRY(const auto replica, co_await positions(action.replica, deadline));
            is_still = replica.channel && replica.channel->executed == after.self;
        }
        if (is_still) {
            co_return action.replica.text() + " has all that " + action.primary.text() + " wrote, up to " +
                after.self.text() + ", after " + milliseconds(clock_.now() - began);
        }
        if (deadline.has_passed(clock_.now())) {
            co_return fail(ErrorCode::timed_out, action.primary.text() + " does not stand still");
        }
        before = after;
    }
}

}  // namespace orc::operations
