// What each of the manager's questions and statements does on a simulated server.
#include <memory>
#include <utility>

#include "sim_gateway.h"

namespace orc::simulation {
namespace {

tl::unexpected<Error> unknown_host(const Endpoint& server) {
    return fail(ErrorCode::unreachable, server.text() + ": no such host");
}

}  // namespace

Task<model::Facts> SimGateway::probe(Endpoint server, Deadline deadline) {
    SimServer* known = fleet_.find(server);
    if (known == nullptr) {
        co_return unknown_host(server);
    }
    ++reads_;
    const auto facts = std::make_shared<model::Facts>();
    Effect effect = [this, known, facts](const Call&) -> std::optional<Result<void>> {
        *facts = known->facts(
            fleet_.source_of(*known), fleet_.acking_replicas(*known), fleet_.replicas_of(*known), fleet_.agenda().now()
        );
        return Result<void>{};
    };
    const auto call = make(*known, Lane::kept, deadline, std::move(effect));
    CO_TRY(co_await run(call));
    facts->latency = fleet_.agenda().now() - call->begun;
    co_return std::move(*facts);
}

Task<mysql::Pulse> SimGateway::pulse(Endpoint server, Deadline deadline) {
    SimServer* known = fleet_.find(server);
    if (known == nullptr || !kept_[known->number()].is_open) {
        co_return fail(ErrorCode::not_found, server.text() + ": no session is open");
    }
    ++reads_;
    Effect effect = [](const Call&) -> std::optional<Result<void>> { return Result<void>{}; };
    const auto call = make(*known, Lane::kept, deadline, std::move(effect));
    CO_TRY(co_await run(call));
    mysql::Pulse pulse;
    pulse.latency = fleet_.agenda().now() - call->begun;
    pulse.session_was_open = true;
    co_return pulse;
}

Task<void> SimGateway::knock(Endpoint server, Deadline deadline) {
    SimServer* known = fleet_.find(server);
    if (known == nullptr) {
        co_return unknown_host(server);
    }
    ++reads_;
    Effect effect = [](const Call&) -> std::optional<Result<void>> { return Result<void>{}; };
    const auto call = make(*known, Lane::fresh, deadline, std::move(effect));
    co_return co_await run(call);
}

Task<mysql::Positions> SimGateway::positions(Endpoint server, Deadline deadline) {
    SimServer* known = fleet_.find(server);
    if (known == nullptr) {
        co_return unknown_host(server);
    }
    ++reads_;
    watch_.on_read();
    const auto positions = std::make_shared<mysql::Positions>();
    Effect effect = [this, known, positions](const Call&) -> std::optional<Result<void>> {
        *positions = known->positions(fleet_.source_of(*known), fleet_.agenda().now());
        return Result<void>{};
    };
    const auto call = make(*known, Lane::work, deadline, std::move(effect));
    CO_TRY(co_await run(call));
    co_return std::move(*positions);
}

Task<mysql::Credentials> SimGateway::replication_credentials(Endpoint server, Deadline deadline) {
    SimServer* known = fleet_.find(server);
    if (known == nullptr) {
        co_return unknown_host(server);
    }
    Effect effect = [](const Call&) -> std::optional<Result<void>> { return Result<void>{}; };
    const auto call = make(*known, Lane::work, deadline, std::move(effect));
    CO_TRY(co_await run(call));
    mysql::Credentials credentials;
    credentials.user = "repl";
    co_return credentials;
}

Task<void> SimGateway::write(Endpoint server, Statement statement, Deadline deadline) {
    SimServer* known = fleet_.find(server);
    if (known == nullptr) {
        co_return unknown_host(server);
    }
    watch_.on_sent(*known, statement);
    Effect effect = [this, known, statement](const Call& call) -> std::optional<Result<void>> {
        watch_.before_effect(*known, statement, call.has_ended);
        auto result = perform(*known, statement);
        watch_.after_effect(*known, statement, result);
        return result;
    };
    const auto call = make(*known, Lane::work, deadline, std::move(effect));
    call->is_write = true;
    co_return co_await run(call);
}

Result<void> SimGateway::perform(SimServer& server, const Statement& statement) {
    switch (statement.kind) {
        case StatementKind::set_read_only:
            fleet_.set_read_only(server, statement.read_only);
            return {};
        case StatementKind::stop_receiver:
            fleet_.stop_receiver(server);
            return {};
        case StatementKind::start_receiver:
            fleet_.start_receiver(server);
            return {};
        case StatementKind::restart_receiver:
            fleet_.stop_receiver(server);
            fleet_.start_receiver(server);
            return {};
        case StatementKind::start_applier:
            fleet_.start_applier(server);
            return {};
        case StatementKind::stop_replication:
            fleet_.stop_receiver(server);
            fleet_.stop_applier(server);
            return {};
        case StatementKind::start_replication:
            fleet_.start_receiver(server);
            fleet_.start_applier(server);
            return {};
        case StatementKind::change_source:
            return fleet_.change_source(server, statement.source);
        case StatementKind::reset_replication:
            return fleet_.reset_replication(server, statement.flag);
        case StatementKind::semi_sync_source:
            fleet_.set_semi_sync_source(server, statement.flag);
            return {};
        case StatementKind::semi_sync_replica:
            fleet_.set_semi_sync_replica(server, statement.flag);
            return {};
    }
    return {};
}

Task<void> SimGateway::set_read_only(Endpoint server, mysql::ReadOnlyChange change, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::set_read_only;
    statement.read_only = change;
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::stop_receiver(Endpoint server, std::string, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::stop_receiver;
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::start_receiver(Endpoint server, std::string, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::start_receiver;
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::restart_receiver(Endpoint server, std::string, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::restart_receiver;
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::start_applier(Endpoint server, std::string, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::start_applier;
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::stop_replication(Endpoint server, std::string, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::stop_replication;
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::start_replication(Endpoint server, std::string, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::start_replication;
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::change_source(Endpoint server, mysql::SourceChange change, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::change_source;
    statement.source = std::move(change);
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::reset_replication(Endpoint server, std::string, bool discard, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::reset_replication;
    statement.flag = discard;
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::wait_until_applied(Endpoint server, gtid::Progress target, Deadline deadline) {
    SimServer* known = fleet_.find(server);
    if (known == nullptr) {
        co_return unknown_host(server);
    }
    ++reads_;
    Effect effect = [known, target](const Call&) -> std::optional<Result<void>> {
        // MASTER_GTID_WAIT looks at what replication has applied; its server's own writes count with the rest.
        if (gtid::covers(known->executed_progress(), target)) {
            return Result<void>{};
        }
        return std::nullopt;
    };
    const auto call = make(*known, Lane::work, deadline, std::move(effect));
    co_return co_await run(call);
}

Task<void> SimGateway::set_semi_sync_source(Endpoint server, bool enabled, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::semi_sync_source;
    statement.flag = enabled;
    return write(std::move(server), std::move(statement), deadline);
}

Task<void> SimGateway::set_semi_sync_replica(Endpoint server, bool enabled, Deadline deadline) {
    Statement statement;
    statement.kind = StatementKind::semi_sync_replica;
    statement.flag = enabled;
    return write(std::move(server), std::move(statement), deadline);
}

}  // namespace orc::simulation
