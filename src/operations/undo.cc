#include "operations/undo.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "operations/performer.h"
#include "runtime/task_group.h"

namespace orc::operations {
namespace {

constexpr int undo_tries = 3;
constexpr Micros undo_pause = Millis(100);
constexpr Micros one_try = Seconds(3);
constexpr Micros one_look = Millis(500);

}  // namespace

bool Undo::is_closed(const Endpoint& server) const {
    return std::any_of(journey_.deeds.begin(), journey_.deeds.end(), [&](const Deed& d) {
        return d.server == server && d.kind == Deed::Kind::closed;
    });
}

bool Undo::has_lost_source(const Endpoint& server) const {
    return std::any_of(journey_.deeds.begin(), journey_.deeds.end(), [&](const Deed& d) {
        return d.server == server && d.kind == Deed::Kind::reset;
    });
}

bool Undo::is_touched(const Endpoint& server) const {
    return std::any_of(journey_.deeds.begin(), journey_.deeds.end(), [&](const Deed& d) { return d.server == server; });
}

void Undo::suspect_everything() {
    for (const auto& before : journey_.plan.before) {
        const bool is_subject = before.server == journey_.plan.subject;
        const bool was_closed = journey_.plan.kind == planning::PlanKind::graceful_takeover;
        if (!is_subject) {
            journey_.deeds.push_back(Deed{Deed::Kind::stopped_receiver, before.server});
        } else if (was_closed) {
            journey_.deeds.push_back(Deed{Deed::Kind::closed, before.server});
        }
    }
}

Task<void> Undo::close_successor(Endpoint successor, Deadline deadline) {
    const mysql::ReadOnlyChange closed{true, true, true};
    Result<void> result = fail(ErrorCode::timed_out, "not tried");
    while (!deadline.has_passed(clock_.now())) {
        const Deadline once = earlier(deadline, clock_.deadline_in(Millis(1000)));
        result = co_await gateway_.set_read_only(successor, closed, once);
        if (result || result.error().code == ErrorCode::cancelled) {
            break;
        }
        co_await clock_.sleep_for(undo_pause);
    }
    co_return result;
}

Task<std::string> Undo::restore_replica(planning::Before before, mysql::Positions now, Deadline deadline) {
    const bool is_elsewhere = !now.channel || now.channel->source != *before.source;
    if (is_elsewhere) {
        mysql::SourceChange change;
        change.source = *before.source;
        change.gtid = before.gtid;
        change.channel = before.channel;
        if (now.channel) {
            change.tls = now.channel->tls;
        } else if (const auto read = journey_.news.positions.find(before.server);
                   read != journey_.news.positions.end() && read->second.channel) {
            change.tls = read->second.channel->tls;
        }
        if (!now.channel && journey_.credentials) {
            change.user = journey_.credentials->user;
            change.password = journey_.credentials->password;
        }
        CO_TRY(co_await gateway_.change_source(before.server, std::move(change), deadline));
    }
    const bool receives = !is_elsewhere && now.channel->receiver != model::ThreadState::stopped &&
                          now.channel->receiver != model::ThreadState::none;
    const bool applies = !is_elsewhere && now.channel->applier == model::ThreadState::running;
    if (before.is_mariadb && !is_elsewhere && before.receiver_ran && !receives && !loses_nothing_when_started(now)) {
        co_return fail(
            ErrorCode::refused,
            "its receiver stays stopped: its applier ended with error " + std::to_string(now.channel->applier_errno) +
                ", and starting the receiver would throw away what is received and not applied"
        );
    }
    if (before.receiver_ran && !receives && before.applier_ran && !applies) {
        CO_TRY(co_await gateway_.start_replication(before.server, before.channel, deadline));
    } else if (before.receiver_ran && !receives) {
        CO_TRY(co_await gateway_.start_receiver(before.server, before.channel, deadline));
    } else if (before.applier_ran && !applies) {
        CO_TRY(co_await gateway_.start_applier(before.server, before.channel, deadline));
    } else if (!is_elsewhere) {
        co_return before.server.text() + " stands as it stood";
    }
    co_return before.server.text() + " replicates from " + before.source->text() + " as before";
}

// A replica without a source was on its way to become the primary: it may have been opened, and have taken writes.
Task<mysql::Positions> Undo::at_rest(planning::Before before, Deadline deadline) {
    CO_TRY(auto now, co_await gateway_.positions(before.server, deadline));
    if (!before.source || now.channel) {
        co_return now;
    }
    if (!now.read_only && !before.was_writable) {
        const mysql::ReadOnlyChange closed{true, true, true};
        CO_TRY(co_await gateway_.set_read_only(before.server, closed, deadline));
        CO_TRY(now, co_await gateway_.positions(before.server, deadline));
    }
    const auto source = co_await gateway_.positions(*before.source, earlier(deadline, clock_.deadline_in(one_look)));
    if (source && before.gtid != model::GtidUse::none) {
        if (auto refusal = ahead({before.server, now}, {*before.source, *source})) {
            co_return tl::unexpected<Error>(*std::move(refusal));
        }
    }
    co_return now;
}

// Its successor may have been opened although it never said so: what was written there would be lost, or be written
// on two sides from now on.
Task<void> Undo::check_overtaken(planning::Before before, mysql::Positions now, Deadline deadline) {
    if (!journey_.open_was_tried || !journey_.plan.successor) {
        co_return Result<void>();
    }
    const Endpoint successor = *journey_.plan.successor;
    const auto then = co_await gateway_.positions(successor, earlier(deadline, clock_.deadline_in(one_look)));
    if (then && has_led({successor, *then}, {before.server, now})) {
        journey_.is_overtaken = true;
        co_return fail(ErrorCode::refused, before.server.text() + " stays closed: " + successor.text() + " has led");
    }
    co_return Result<void>();
}

Task<std::string> Undo::restore(planning::Before before, Deadline deadline) {
    const Deadline once = earlier(deadline, clock_.deadline_in(one_try));
    CO_TRY(const auto now, co_await at_rest(before, once));
    std::string opened;
    if (before.was_writable && now.read_only && is_closed(before.server)) {
        CO_TRY(co_await check_overtaken(before, now, once));
        const mysql::ReadOnlyChange change{false, true, false};
        CO_TRY(co_await gateway_.set_read_only(before.server, change, deadline));
        opened = before.server.text() + " is writable again";
    }
    if (before.source) {
        CO_TRY(const auto replicates, co_await restore_replica(before, now, deadline));
        if (!opened.empty()) {
            co_return opened + "; " + replicates;
        }
        co_return replicates;
    }
    if (opened.empty()) {
        co_return before.server.text() + " stands as it stood";
    }
    co_return opened;
}

Co<void> Undo::restore_into(planning::Before before, Deadline deadline, std::vector<Undone>& out) {
    Result<std::string> result = fail(ErrorCode::timed_out, "not tried");
    for (int i = 0; i < undo_tries; ++i) {
        result = co_await restore(before, deadline);
        const bool is_final =
            result || result.error().code == ErrorCode::cancelled || result.error().code == ErrorCode::refused;
        if (is_final || deadline.has_passed(clock_.now() + undo_pause)) {
            break;
        }
        co_await clock_.sleep_for(undo_pause);
    }
    Undone undone;
    undone.server = before.server;
    undone.ok = result.has_value();
    undone.message = result ? *result : result.error().message;
    out.push_back(std::move(undone));
}

Co<std::vector<Undone>> Undo::all(Deadline deadline) {
    std::vector<Undone> out;
    // Writers wait: the old primary comes before everything else.
    for (const auto& before : journey_.plan.before) {
        if (is_closed(before.server)) {
            co_await restore_into(before, deadline, out);
        }
    }
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::this_coro::throw_if_cancelled(false);
    runtime::TaskGroup group(executor);
    for (const auto& before : journey_.plan.before) {
        if (is_touched(before.server) && !is_closed(before.server)) {
            group.spawn(restore_into(before, deadline, out));
        }
    }
    while (group.running() > 0) {
        co_await group.next_end();
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            group.cancel();
        }
    }
    co_await asio::this_coro::throw_if_cancelled(true);
    co_return out;
}

}  // namespace orc::operations
