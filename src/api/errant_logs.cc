#include "api/errant_logs.h"

#include "api/live.h"

namespace orc::api {
namespace {

constexpr Seconds reading_limit{10};

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

Task<std::vector<std::string>> errant_logs(UseCases& use_cases, Endpoint server) {
    CO_TRY(const auto known, co_await read_with_source(use_cases, std::move(server)));
    const std::string name = known->endpoint.text();
    if (!known->errant_mariadb.empty()) {
        co_return fail(ErrorCode::refused, name + ": the binary logs of a MariaDB cannot be searched for GTIDs yet");
    }
    if (known->errant.empty()) {
        co_return fail(ErrorCode::not_found, name + " has no errant GTIDs");
    }
    const gtid::GtidSet purged = known->errant.intersect(known->facts->purged);
    if (!purged.empty()) {
        co_return fail(ErrorCode::not_found, name + " has purged the binary logs of errant GTIDs " + purged.text());
    }
    const Deadline deadline = use_cases.clock().deadline_in(reading_limit);
    CO_TRY(const auto logs, co_await use_cases.seams().gateway.binary_logs(known->endpoint, deadline));
    co_return logs_with(logs, known->errant);
}

}  // namespace orc::api
