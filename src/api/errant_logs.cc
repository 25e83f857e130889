#include "api/errant_logs.h"

#include <algorithm>

#include "api/live.h"

namespace orc::api {
namespace {

constexpr Seconds reading_limit{10};

using Logs = std::vector<mysql::BinaryLog>;

/// The last sequence of the same writer in the same domain, 0 for none.
std::uint64_t last_in(const gtid::MariadbBinlogState& state, const gtid::MariadbGtid& writer) {
    return state.last(writer.domain, writer.server).value_or(0);
}

/// What is errant: a writer's last transaction, and those before it that the source has not logged either.
std::vector<MariadbWrites> errant_writes(const model::Server& server, const model::Server* source) {
    std::vector<MariadbWrites> out;
    for (const auto& gtid : server.errant_mariadb) {
        const bool is_read = source != nullptr && source->facts != nullptr;
        out.push_back({gtid, is_read ? last_in(source->facts->binlog_state, gtid) : 0});
    }
    return out;
}

Result<std::vector<std::string>> logs_of_mysql(const model::Server& server, const Logs& logs) {
    const gtid::GtidSet purged = server.errant.intersect(server.facts->purged);
    if (!purged.empty()) {
        return fail(
            ErrorCode::not_found,
            server.endpoint.text() + " has purged the binary logs of errant GTIDs " + purged.text()
        );
    }
    return logs_with(logs, server.errant);
}

Result<std::vector<std::string>> logs_of_mariadb(
    const model::Server& server, const model::Server* source, const Logs& logs
) {
    const auto wanted = errant_writes(server, source);
    for (const auto& writes : wanted) {
        if (!logs.empty() && last_in(logs.front().before_on_mariadb, writes.last) > writes.after) {
            return fail(
                ErrorCode::not_found,
                server.endpoint.text() + " has purged the binary logs of errant GTIDs of domain " +
                    std::to_string(writes.last.domain) + " and server " + std::to_string(writes.last.server) +
                    " after sequence " + std::to_string(writes.after)
            );
        }
    }
    return logs_with(logs, wanted);
}

}  // namespace

// What a file had before it that the one before had not was written to the one before.
std::vector<std::string> logs_with(const std::vector<mysql::BinaryLog>& logs, gtid::GtidSet wanted) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < logs.size() && !wanted.empty(); ++i) {
        const bool is_last = i + 1 == logs.size();
        const gtid::GtidSet rest = is_last ? gtid::GtidSet() : wanted.minus(logs[i + 1].before);
        if (rest != wanted) {
            out.push_back(logs[i].file);
        }
        wanted = rest;
    }
    return out;
}

std::vector<std::string> logs_with(const Logs& logs, const std::vector<MariadbWrites>& wanted) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < logs.size(); ++i) {
        const bool is_last = i + 1 == logs.size();
        const bool holds_some = std::ranges::any_of(wanted, [&](const MariadbWrites& writes) {
            const std::uint64_t before = std::max(last_in(logs[i].before_on_mariadb, writes.last), writes.after);
            const std::uint64_t by_its_end =
                is_last ? writes.last.sequence : last_in(logs[i + 1].before_on_mariadb, writes.last);
            return std::min(by_its_end, writes.last.sequence) > before;
        });
        if (holds_some) {
            out.push_back(logs[i].file);
        }
    }
    return out;
}

Task<std::vector<std::string>> errant_logs(UseCases& use_cases, Endpoint server) {
    CO_TRY(const auto known, co_await read_with_source(use_cases, std::move(server)));
    if (!known->has_errant()) {
        co_return fail(ErrorCode::not_found, known->endpoint.text() + " has no errant GTIDs");
    }
    const Deadline deadline = use_cases.clock().deadline_in(reading_limit);
    CO_TRY(const auto logs, co_await use_cases.seams().gateway.binary_logs(known->endpoint, deadline));
    if (known->errant_mariadb.empty()) {
        co_return logs_of_mysql(*known, logs);
    }
    const auto cluster = use_cases.seams().discovery.cluster_now(known->endpoint);
    const auto source = known->source();
    co_return logs_of_mariadb(*known, cluster != nullptr && source ? cluster->find(*source) : nullptr, logs);
}

}  // namespace orc::api
