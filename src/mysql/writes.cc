#include "mysql/writes.h"

#include <charconv>

#include "mysql/hands.h"
#include "mysql/session/errors.h"

namespace orc::mysql {
namespace {

using Link = std::shared_ptr<ServerLink>;

constexpr Micros writers_pass_every = Millis(20);
// The server should give up a little before we do, so that the session stays usable.
constexpr Micros server_gives_up_earlier = Millis(20);

/// MariaDB in GTID mode empties the relay log when a thread starts while both are stopped. Whoever asks for the applier
/// alone wants those events: with the relay position named and GTID off they stay. The next change of source turns GTID
/// on again.
Task<void> save_relay(std::shared_ptr<Hands> hands, std::string channel, Deadline deadline) {
    CO_TRY(const auto now, co_await read_channel(hands, channel, deadline));
    const bool would_lose = now.channel && now.channel->gtid_use != model::GtidUse::none && !is_running(*now.channel) &&
                            !now.channel->relay.empty() &&
                            (!is_drained(now) || now.channel->read != now.channel->executed);
    if (would_lose) {
        CO_TRY(co_await run(hands, hands->dialect().keep_relay(channel, now.channel->relay), deadline));
    }
    co_return Result<void>{};
}

Task<void> run_threads(Link link, bool is_start, Threads threads, std::string channel, Deadline deadline) {
    CO_TRY(const auto hands, co_await begin(link, deadline));
    if (is_start && threads == Threads::applier && hands->dialect().is_mariadb()) {
        if (auto saved = co_await save_relay(hands, channel, deadline); !saved) {
            co_return settled(hands, std::move(saved));
        }
    }
    Result<void> result;
    if (is_start) {
        auto started = co_await run(hands, hands->dialect().start(threads, channel), deadline);
        if (!started) {
            result = tl::unexpected<Error>(with_context("start replication", std::move(started).error()));
        }
    } else {
        auto stopped = co_await stop_channel(hands, threads, channel, deadline);
        if (!stopped && stopped.error().number != number::replica_not_running) {
            result = tl::unexpected<Error>(with_context("stop replication", std::move(stopped).error()));
        }
    }
    co_return settled(hands, std::move(result));
}

}  // namespace

Task<void> start_threads(Link link, Threads threads, std::string channel, Deadline deadline) {
    return run_threads(std::move(link), true, threads, std::move(channel), deadline);
}

Task<void> stop_threads(Link link, Threads threads, std::string channel, Deadline deadline) {
    return run_threads(std::move(link), false, threads, std::move(channel), deadline);
}

Task<void> restart_receiver(Link link, std::string channel, Deadline deadline) {
    CO_TRY(const auto hands, co_await begin(link, deadline));
    const auto killed = co_await receiver_to_kill(hands, deadline);
    if (!killed) {
        co_return settled(hands, Result<void>(tl::unexpected<Error>(killed.error())));
    }
    std::string text;
    if (*killed != 0) {
        text = std::string(Dialect::shorten_farewell()) + ";" + Dialect::kill(*killed) + ";DO SLEEP(0.04);";
    }
    text += hands->dialect().stop(Threads::receiver, channel) + ";";
    text += hands->dialect().start(Threads::receiver, channel);
    if (*killed != 0) {
        text += ";" + std::string(Dialect::restore_farewell());
    }
    auto answer = co_await run(hands, std::move(text), deadline);
    Result<void> result;
    if (!answer) {
        result = tl::unexpected<Error>(with_context("start the receiver anew", std::move(answer).error()));
    }
    co_return settled(hands, std::move(result));
}

namespace {

Task<void> apply_read_only(Link link, ReadOnlyChange change, Deadline deadline, std::shared_ptr<bool> is_done) {
    auto begun = co_await begin(link, deadline);
    if (!begun) {
        *is_done = true;
        co_return tl::unexpected<Error>(with_context("set read-only", std::move(begun).error()));
    }
    const auto hands = *begun;
    // Setting super_read_only sets read_only with it, and clearing read_only clears both.
    const bool with_super = change.read_only && change.with_super && hands->dialect().has_super_read_only();
    auto sql = with_super ? Dialect::set_super_read_only(true) : Dialect::set_read_only(change.read_only);
    auto answer = co_await run(hands, std::move(sql), deadline);
    *is_done = true;
    Result<void> result;
    if (!answer) {
        result = tl::unexpected<Error>(
            with_context(change.read_only ? "set read-only" : "set writable", std::move(answer).error())
        );
    }
    co_return settled(hands, std::move(result));
}

Task<void> end_writers_once(std::shared_ptr<Hands> hands, Deadline deadline) {
    CO_TRY(const auto answer, co_await run(hands, hands->dialect().sessions(), deadline));
    const auto& our_user = hands->link()->context().options.access.user;
    for (const auto& row : answer.sets.front().rows) {
        if (row.size() < 3 || !row[0] || is_system_session(row[1].value_or(""), row[2].value_or("")) ||
            row[1].value_or("") == our_user) {
            continue;
        }
        std::uint64_t id = 0;
        std::from_chars(row[0]->data(), row[0]->data() + row[0]->size(), id);
        auto killed = co_await run(hands, Dialect::kill(id), deadline);
        if (!killed && killed.error().number != number::no_such_thread) {
            co_return tl::unexpected<Error>(std::move(killed).error());
        }
    }
    co_return Result<void>{};
}

/// Writers are ended while the server waits for their locks, and once more after it has become read-only: who came in
/// between could still write.
Task<void> end_writers_until(Link link, Deadline deadline, std::shared_ptr<bool> is_done) {
    CO_TRY(const auto hands, co_await begin(link, deadline));
    while (true) {
        const bool is_last = *is_done;
        auto passed = co_await end_writers_once(hands, deadline);
        if (!passed) {
            Result<void> failed = tl::unexpected<Error>(with_context("end writers", std::move(passed).error()));
            co_return settled(hands, std::move(failed));
        }
        if (is_last) {
            co_return settled(hands, Result<void>{});
        }
        co_await link->context().clock.sleep_for(writers_pass_every);
    }
}

}  // namespace

Task<void> write_read_only(Link link, ReadOnlyChange change, Deadline deadline) {
    auto is_done = std::make_shared<bool>(false);
    if (!change.read_only || !change.end_writers) {
        co_return co_await apply_read_only(link, change, deadline, is_done);
    }
    std::vector<Task<void>> both;
    both.push_back(apply_read_only(link, change, deadline, is_done));
    both.push_back(end_writers_until(link, deadline, is_done));
    auto results = co_await runtime::all(std::move(both));
    CO_TRY(std::move(results[0]));
    co_return std::move(results[1]);
}

namespace {

Task<void> wait_on(std::shared_ptr<Hands> hands, gtid::Progress target, Deadline deadline) {
    auto& clock = hands->link()->context().clock;
    if (hands->dialect().is_mariadb()) {
        // The server's own wait looks at the replica position only, where a primary's writes are not.
        const std::vector<Variable> position(1, Variable::gtid_current);
        CO_TRY(const auto answer, co_await run(hands, hands->dialect().select(position), deadline));
        model::Facts facts;
        VariableReader reader;
        if (!answer.sets.empty() && !answer.sets[0].rows.empty() && answer.sets[0].rows[0][0]) {
            reader.read(Variable::gtid_current, &*answer.sets[0].rows[0][0], facts);
        }
        if (gtid::covers(facts.executed, target)) {
            co_return Result<void>{};
        }
    }
    const auto left = deadline.left(clock.now());
    const auto limit = left > 2 * server_gives_up_earlier ? left - server_gives_up_earlier : left;
    CO_TRY(auto sql, hands->dialect().wait_until_applied(target, limit));
    CO_TRY(const auto answer, co_await run(hands, std::move(sql), deadline));
    const auto& rows = answer.sets.front().rows;
    if (rows.empty() || rows.front().empty() || !rows.front().front()) {
        co_return fail(ErrorCode::invalid, "the server cannot wait for that position");
    }
    if (*rows.front().front() != "0") {
        co_return fail(ErrorCode::timed_out, "not applied in time");
    }
    co_return Result<void>{};
}

}  // namespace

Task<void> wait_applied(Link link, gtid::Progress target, Deadline deadline) {
    CO_TRY(const auto hands, co_await begin(link, deadline));
    const std::string doing = "wait until " + link->server().text() + " has applied " + gtid::text(target);
    auto result = co_await wait_on(hands, std::move(target), deadline);
    co_return settled(hands, std::move(result)).map_error([&](Error e) { return with_context(doing, std::move(e)); });
}

Task<void> write_semi_sync(Link link, SemiSyncRole role, bool enabled, Deadline deadline) {
    CO_TRY(const auto hands, co_await begin(link, deadline));
    std::string ask(Dialect::semi_sync_variables());
    auto known = co_await run(hands, std::move(ask), deadline);
    if (!known) {
        co_return settled(hands, Result<void>(tl::unexpected<Error>(std::move(known).error())));
    }
    const auto names = semi_sync_names(known->sets.front());
    const auto& name = role == SemiSyncRole::source ? names.source_enabled : names.replica_enabled;
    Result<void> result;
    if (name.empty()) {
        result = fail(ErrorCode::not_found, link->server().text() + ": no semi-synchronous replication plugin");
    } else if (auto set = co_await run(hands, Dialect::set_semi_sync(name, enabled), deadline); !set) {
        result = tl::unexpected<Error>(with_context("set semi-sync", std::move(set).error()));
    }
    co_return settled(hands, std::move(result));
}

Task<Credentials> read_credentials(Link link, Deadline deadline) {
    CO_TRY(const auto hands, co_await begin(link, deadline));
    const auto& question = link->context().options.questions.replication_credentials;
    auto sql = question.empty() ? hands->dialect().stored_credentials("") : without_semicolon(question);
    if (!sql) {
        Result<Credentials> none =
            fail(ErrorCode::not_found, link->server().text() + ": it does not store replication credentials readably");
        co_return settled(hands, std::move(none));
    }
    auto answer = co_await run(hands, std::move(*sql), deadline);
    if (!answer) {
        // The texts of such answers stay here: they may hold the password.
        Result<Credentials> failed = fail(
            answer.error().code, link->server().text() + ": cannot read replication credentials", answer.error().number
        );
        co_return settled(hands, std::move(failed));
    }
    const bool has_row = !answer->sets.empty() && !answer->sets.front().rows.empty() &&
                         answer->sets.front().rows.front().size() >= 2 &&
                         !answer->sets.front().rows.front()[0].value_or("").empty();
    if (!has_row) {
        Result<Credentials> none = fail(ErrorCode::not_found, link->server().text() + ": no replication credentials");
        co_return settled(hands, std::move(none));
    }
    auto& row = answer->sets.front().rows.front();
    Credentials out;
    out.user = row[0].value_or("");
    out.password = row[1].value_or("");
    co_return settled(hands, Result<Credentials>(std::move(out)));
}

}  // namespace orc::mysql
