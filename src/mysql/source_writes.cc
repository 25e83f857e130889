// Writes that point a replica elsewhere or nowhere.
#include "base/text.h"
#include "mysql/hands.h"
#include "mysql/session/errors.h"
#include "mysql/writes.h"

namespace orc::mysql {
namespace {

using Link = std::shared_ptr<ServerLink>;

/// Texts that must never be seen in an error.
std::string without_secrets(std::string text, const SourceChange& change) {
    if (change.password && !change.password->empty()) {
        text = replace_all(std::move(text), sql_literal(*change.password), "'***'");
        text = replace_all(std::move(text), *change.password, "***");
    }
    return text;
}

/// MariaDB, a former primary: without its own writes in the replica position it would fetch them again. Per domain the
/// larger of what it applied and what it logged: never behind the binary log, which strict mode would refuse.
Task<void> include_own_writes(std::shared_ptr<Hands> hands, model::Facts facts, Deadline deadline) {
    const auto position = facts.binlog_position.max_with(facts.replica_position);
    if (position == facts.replica_position) {
        co_return Result<void>{};
    }
    CO_TRY(co_await run(hands, Dialect::set_replica_position(position), deadline));
    co_return Result<void>{};
}

/// Where the status does not say it, a table does; an account that may not read it loses the period, not the change.
Task<std::optional<Micros>> heartbeat_period(std::shared_ptr<Hands> hands, model::Channel channel, Deadline deadline) {
    if (!channel.heartbeat_period) {
        if (auto sql = hands->dialect().heartbeats()) {
            std::vector<model::Channel> channels(1, channel);
            CO_TRY(const auto answer, co_await hands->session()->query(std::move(*sql), deadline));
            if (!answer.sets.empty()) {
                read_heartbeats(answer.sets.front(), channels);
            }
            co_return channels.front().heartbeat_period;
        }
    }
    co_return channel.heartbeat_period;
}

Task<void> change_channel(std::shared_ptr<Hands> hands, SourceChange change, Deadline deadline) {
    CO_TRY(auto now, co_await read_channel(hands, change.channel, deadline));
    if (change.gtid == model::GtidUse::none && change.coordinates.empty()) {
        co_return fail(ErrorCode::invalid, "change source without GTID needs coordinates");
    }
    if (now.channel) {
        if (is_running(*now.channel)) {
            CO_TRY(co_await stop_channel(hands, Threads::both, change.channel, deadline));
        }
        if (change.tls == model::ChannelTls{}) {
            change.tls = now.channel->tls;
        }
    }
    if (change.include_own_writes && hands->dialect().is_mariadb()) {
        CO_TRY(co_await include_own_writes(hands, now.facts, deadline));
    }
    std::optional<Micros> heartbeat;
    if (now.channel) {
        CO_TRY(heartbeat, co_await heartbeat_period(hands, *now.channel, deadline));
    }
    const auto sql = hands->dialect().change_source(change, heartbeat);
    auto changed = co_await run(hands, sql, deadline);
    if (!changed && changed.error().number == number::connection_info_unreadable &&
        change.gtid == model::GtidUse::auto_position) {
        // The relay log index is damaged. With auto-position nothing in it is needed.
        CO_TRY(co_await run(hands, hands->dialect().reset_relay(change.channel), deadline));
        changed = co_await run(hands, sql, deadline);
    }
    if (!changed) {
        auto error = std::move(changed).error();
        error.message = without_secrets(std::move(error.message), change);
        co_return tl::unexpected<Error>(std::move(error));
    }
    co_return Result<void>{};
}

/// Stops the receiver and looks again: what came meanwhile must not be lost. The applier is never stopped before that,
/// for the reason of save_relay.
Task<bool> is_quiet_and_drained(std::shared_ptr<Hands> hands, std::string channel, Deadline deadline) {
    CO_TRY(const auto before, co_await read_channel(hands, channel, deadline));
    if (!before.channel) {
        co_return true;
    }
    if (!is_drained(before)) {
        co_return false;
    }
    if (!is_active(before.channel->receiver)) {
        co_return true;
    }
    CO_TRY(co_await stop_channel(hands, Threads::receiver, channel, deadline));
    CO_TRY(const auto after, co_await read_channel(hands, channel, deadline));
    if (!after.channel || is_drained(after)) {
        co_return true;
    }
    if (is_active(after.channel->applier)) {
        CO_TRY(co_await run(hands, hands->dialect().start(Threads::receiver, channel), deadline));
    }
    co_return false;
}

Task<void> reset_channel(std::shared_ptr<Hands> hands, std::string channel, bool discard, Deadline deadline) {
    if (!discard) {
        CO_TRY(const bool is_drained_now, co_await is_quiet_and_drained(hands, channel, deadline));
        if (!is_drained_now) {
            co_return fail(ErrorCode::refused, "received events are not applied yet");
        }
    }
    CO_TRY(const auto now, co_await read_channel(hands, channel, deadline));
    if (!now.channel) {
        co_return Result<void>{};
    }
    if (is_running(*now.channel)) {
        CO_TRY(co_await stop_channel(hands, Threads::both, channel, deadline));
    }
    CO_TRY(co_await run(hands, hands->dialect().forget_source(channel), deadline));
    co_return Result<void>{};
}

}  // namespace

Task<void> write_source(Link link, SourceChange change, Deadline deadline) {
    CO_TRY(const auto hands, co_await begin(link, deadline));
    const std::string doing = "point " + link->server().text() + " at " + change.source.text();
    auto result = co_await change_channel(hands, std::move(change), deadline);
    co_return settled(hands, std::move(result)).map_error([&](Error e) { return with_context(doing, std::move(e)); });
}

Task<void> write_reset(Link link, std::string channel, bool discard, Deadline deadline) {
    CO_TRY(const auto hands, co_await begin(link, deadline));
    const std::string doing = "reset replication of " + link->server().text();
    auto result = co_await reset_channel(hands, std::move(channel), discard, deadline);
    co_return settled(hands, std::move(result)).map_error([&](Error e) { return with_context(doing, std::move(e)); });
}

}  // namespace orc::mysql
