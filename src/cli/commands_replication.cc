// Questions about replication that change nothing.
#include "api/errant_logs.h"
#include "api/explain.h"
#include "api/live.h"
#include "api/replication_rules.h"
#include "cli/commands.h"

namespace orc::cli::commands {
namespace {

bool are_both(const model::Server& server, model::ThreadState state) {
    const model::Channel* channel = server.channel();
    return channel != nullptr && channel->receiver == state && channel->applier == state;
}

}  // namespace

Task<Lines> can_replicate_from(Call call) {
    CO_TRY(const auto replica, co_await server_argument(call));
    CO_TRY(const Endpoint above, co_await required_destination(call));
    CO_TRY(const auto source, call.use_cases.instance(above));
    const auto objection = api::why_not_from(*replica, *source, *call.use_cases.settings());
    co_return objection ? Lines{} : line(source->endpoint.text());
}

Task<Lines> is_replicating(Call call) {
    CO_TRY(const auto server, co_await server_argument(call));
    co_return server->is_replicating() ? line(server->endpoint.text()) : Lines{};
}

Task<Lines> is_replication_stopped(Call call) {
    CO_TRY(const auto server, co_await server_argument(call));
    co_return are_both(*server, model::ThreadState::stopped) ? line(server->endpoint.text()) : Lines{};
}

Task<Lines> which_errant(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    CO_TRY(const auto server, co_await api::read_with_source(call.use_cases, endpoint));
    co_return line(server->errant_text());
}

Task<Lines> errant_logs(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    CO_TRY(const auto files, co_await api::errant_logs(call.use_cases, endpoint));
    Lines out;
    for (const auto& file : files) {
        out += line(file);
    }
    co_return out;
}

Task<Lines> restart_statements(Call call) {
    CO_TRY(const auto server, co_await server_argument(call));
    CO_TRY(const auto statements, api::restart_statements(*server, call.flags.text("statement")));
    Lines out;
    for (const auto& statement : statements) {
        out += line(statement);
    }
    co_return out;
}

/// Whom a recovery would promote now, if the server were dead. Nothing is stopped to find out.
Task<Lines> candidate_replica(Call call) {
    CO_TRY(const auto server, co_await server_argument(call));
    CO_TRY(const auto why, co_await api::explain(call.use_cases, server->endpoint));
    if (!why.plan || !why.plan->successor) {
        const bool is_refused = why.plan && why.plan->refusal;
        const std::string idle = why.no_plan.empty() ? why.unjudged : why.no_plan;
        const std::string reason = is_refused ? why.plan->refusal->reason : idle;
        co_return fail(
            ErrorCode::not_found,
            "no replica of " + server->endpoint.text() + " could be promoted" + (reason.empty() ? "" : ": " + reason)
        );
    }
    co_return line(why.plan->successor->text());
}

}  // namespace orc::cli::commands
