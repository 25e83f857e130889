// The reading that decides a promotion: only what it needs, all of it fresh, in one text.
#include <algorithm>

#include "base/text.h"
#include "mysql/probe.h"

namespace orc::mysql {

void Positions::look_at(std::string_view name) {
    const auto found = std::find_if(channels.begin(), channels.end(), [&](const auto& c) { return c.name == name; });
    channel.reset();
    received = gtid::Progress{};
    if (found != channels.end()) {
        channel = *found;
        received = found->received;
    }
}

Task<Positions> read_positions_on(std::shared_ptr<Session> session, Dialect dialect, Deadline deadline) {
    const auto variables = dialect.changing_variables();
    std::vector<std::string> texts = {dialect.select(variables), dialect.replica_status(), dialect.own_position()};
    if (auto heartbeats = dialect.heartbeats()) {
        texts.push_back(std::move(*heartbeats));
    }
    CO_TRY(auto answer, co_await session->query(join(texts, ";"), deadline));
    if (answer.sets.size() < 2) {
        if (answer.error) {
            co_return tl::unexpected<Error>(std::move(*answer.error));
        }
        co_return fail(ErrorCode::invalid, "it answers only part of the question");
    }
    model::Facts facts;
    VariableReader reader;
    if (!answer.sets[0].rows.empty()) {
        const auto& row = answer.sets[0].rows.front();
        for (std::size_t i = 0; i < variables.size() && i < row.size(); ++i) {
            reader.read(variables[i], row[i] ? &*row[i] : nullptr, facts);
        }
    }
    facts.channels = read_channels(answer.sets[1], StatusLayout(answer.sets[1]));
    if (answer.sets.size() > 3) {
        read_heartbeats(answer.sets[3], facts.channels);
    }
    Positions out;
    out.read_only = facts.read_only;
    out.executed = std::move(facts.executed);
    out.purged = std::move(facts.purged);
    out.replica_position = std::move(facts.replica_position);
    out.binlog_position = std::move(facts.binlog_position);
    out.binlog_state = std::move(facts.binlog_state);
    if (answer.sets.size() > 2) {
        out.self = read_own_position(answer.sets[2]);
    }
    if (const auto* channel = facts.main_channel()) {
        out.received = channel->received;
        out.channel = *channel;
    }
    out.channels = std::move(facts.channels);
    co_return out;
}

Task<Positions> read_positions(std::shared_ptr<ServerLink> link, Deadline deadline) {
    const bool use_kept = link->has_kept() && link->memory().is_introduced && !link->turn().is_taken();
    if (use_kept) {
        CO_TRY(const auto turn, co_await link->turn().take(deadline));
        const auto session = link->kept();
        auto positions = co_await read_positions_on(session, link->memory().dialect, deadline);
        if (positions || positions.error().code != ErrorCode::unreachable) {
            if (!session->is_open() && link->kept() == session) {
                link->drop_kept();
            }
            co_return positions.map_error([&](Error e) { return with_context(link->server().text(), std::move(e)); });
        }
        link->drop_kept();
        link->report_broken();
    }
    CO_TRY(auto work, co_await ServerLink::begin_work(link, deadline));
    auto positions = co_await read_positions_on(work.session, work.dialect, deadline);
    if (positions) {
        link->end_work(std::move(work));
    }
    co_return positions.map_error([&](Error e) { return with_context(link->server().text(), std::move(e)); });
}

}  // namespace orc::mysql
