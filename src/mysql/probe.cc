#include "mysql/probe.h"

#include "base/text.h"
#include "mysql/dialect/dialect_grants.h"
#include "mysql/probe_items.h"

namespace orc::mysql {
namespace {

tl::unexpected<Error> refused(const ServerLink& link, Error error) {
    return tl::unexpected<Error>(with_context("probe " + link.server().text(), std::move(error)));
}

void introduce_maxscale(ProbeMemory& memory, const std::string& version, const Endpoint& server) {
    memory.is_maxscale = true;
    auto& facts = memory.facts;
    facts.version = model::Version::parse((version.empty() ? "0.0.0" : version) + "-maxscale", "");
    facts.hostname = server.host;
    facts.binlog_format = "INHERIT";
    facts.read_only = facts.log_bin = facts.log_replica_updates = true;
}

/// What is asked once per session: who are you?
Task<void> introduce(std::shared_ptr<ServerLink> link, Deadline deadline) {
    auto& memory = link->memory();
    if (link->context().options.check_for_maxscale) {
        std::string check(Dialect::maxscale_check());
        CO_TRY(const auto answer, co_await ServerLink::ask(link, std::move(check), deadline));
        if (!answer.sets.empty()) {
            for (const auto& row : answer.sets.front().rows) {
                if (row.size() > 1 && to_lower(row[0].value_or("")) == "maxscale_version") {
                    introduce_maxscale(memory, row[1].value_or(""), link->server());
                }
            }
        }
    }
    if (!memory.is_maxscale) {
        std::string hello(Dialect::hello());
        CO_TRY(auto answer, co_await ServerLink::ask(link, std::move(hello), deadline));
        if (answer.error) {
            co_return refused(*link, std::move(*answer.error));
        }
        if (answer.sets.empty() || answer.sets.front().rows.empty() || answer.sets.front().rows.front().size() < 2) {
            co_return fail(ErrorCode::invalid, link->server().text() + ": it does not say who it is");
        }
        auto& row = answer.sets.front().rows.front();
        memory.facts.version = model::Version::parse(row[0].value_or(""), row[1].value_or(""));
    }
    memory.dialect = Dialect(memory.facts.version);
    if (memory.is_maxscale) {
        memory.identity = {Variable::server_id, Variable::server_uuid};
    } else {
        memory.identity = memory.dialect.identity_variables();
        memory.changing = memory.dialect.changing_variables();
    }
    memory.is_introduced = true;
    co_return Result<void>{};
}

/// Says which rights are missing and how they are granted, where that may be why a statement was refused.
Co<Error> explained(std::shared_ptr<ServerLink> link, Error error, Deadline deadline) {
    if (error.code == ErrorCode::denied) {
        std::string sql(show_grants);
        const auto answer = co_await ServerLink::ask(link, std::move(sql), deadline);
        if (answer && !answer->sets.empty()) {
            const auto missing = missing_grants(link->memory().facts.version, answer->sets.front());
            error.message += missing.empty() ? "" : "; the account " + model::text(missing);
        }
    }
    co_return error;
}

/// Asks all items in one text; a statement that fails ends a text, so the rest follows in another. A binlog server
/// understands single statements only.
Task<void> ask_all(std::shared_ptr<ServerLink> link, Probe& probe, std::vector<Ask> items, Deadline deadline) {
    std::size_t at = 0;
    while (at < items.size()) {
        std::string sql;
        const std::size_t end = link->memory().is_maxscale ? at + 1 : items.size();
        for (std::size_t i = at; i < end; ++i) {
            sql += i == at ? "" : ";";
            sql += items[i].sql;
        }
        CO_TRY(auto answer, co_await ServerLink::ask(link, std::move(sql), deadline));
        for (const auto& set : answer.sets) {
            if (at == items.size()) {
                break;
            }
            probe.on_answer(items[at].item, set);
            ++at;
        }
        if (!answer.error) {
            if (at < end) {
                co_return fail(ErrorCode::invalid, link->server().text() + ": it answers only part of the question");
            }
            continue;
        }
        if (at == items.size()) {
            break;
        }
        const bool again = probe.on_error(items[at], *answer.error);
        if (!again && items[at].is_required) {
            auto error = co_await explained(link, std::move(*answer.error), deadline);
            if (error.code == ErrorCode::denied) {
                link->drop_kept();  // a right that is granted counts from the next log-in on
            }
            co_return refused(*link, std::move(error));
        }
        at += again ? 0 : 1;
    }
    co_return Result<void>{};
}

Task<model::Facts> probe_once(std::shared_ptr<ServerLink> link, Deadline deadline) {
    auto& clock = link->context().clock;
    const auto begun = clock.now();
    if (!link->has_kept()) {
        CO_TRY(co_await ServerLink::open_kept(link, deadline));
    }
    auto& memory = link->memory();
    if (!memory.is_introduced) {
        CO_TRY(co_await introduce(link, deadline));
    }
    Gathered gathered;
    Probe probe(*link, gathered);
    auto items = probe.due_items();
    CO_TRY(co_await ask_all(link, probe, std::move(items), deadline));
    if (memory.is_maxscale && memory.facts.channels.empty()) {
        co_return fail(ErrorCode::invalid, link->server().text() + ": a MaxScale that replicates from nobody");
    }
    probe.finish(clock.now() - begun);
    co_return memory.facts;
}

}  // namespace

Task<model::Facts> probe_server(std::shared_ptr<ServerLink> link, Deadline deadline) {
    const auto session = link->has_kept() ? link->kept() : nullptr;
    auto facts = co_await probe_once(link, deadline);
    // A session that died while idle says nothing about the server now.
    const bool had_died = !facts && session && facts.error().code == ErrorCode::unreachable;
    if (had_died) {
        link->report_broken();
        facts = co_await probe_once(link, deadline);
    }
    if (!facts) {
        link->memory().wants_all = true;  // parts that were due may not have been read
    }
    co_return facts;
}

}  // namespace orc::mysql
