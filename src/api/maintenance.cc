#include "api/maintenance.h"

#include <algorithm>

#include "base/text.h"

namespace orc::api {
namespace {

constexpr Seconds default_span{600};

const model::Maintenance* in_force(const model::Intent& intent, const Endpoint& server, WallTime now) {
    const auto found = intent.maintenance.find(server);
    return found != intent.maintenance.end() && found->second.end > now ? &found->second : nullptr;
}

}  // namespace

Task<Endpoint> begin_maintenance(
    UseCases& use_cases, Endpoint server, std::string owner, std::string reason, Seconds span
) {
    if (trim(owner).empty() || trim(reason).empty()) {
        co_return fail(ErrorCode::invalid, "maintenance needs an owner and a reason");
    }
    model::Maintenance record;
    record.endpoint = use_cases.resolve(server);
    record.begin = use_cases.clock().wall();
    const auto intent = use_cases.intent();
    if (const auto* other = in_force(*intent, record.endpoint, record.begin)) {
        co_return fail(
            ErrorCode::conflict,
            "cannot begin maintenance on " + record.endpoint.text() + ": " + other->owner + " has it until " +
                db_timestamp(other->end) + " (" + other->reason + ")"
        );
    }
    record.id = intent->last_maintenance_id + 1;
    CO_TRY(record.end, end_of_span(record.begin, span == Seconds{0} ? default_span : span));
    record.owner = std::move(owner);
    record.reason = std::move(reason);
    record.node_host = use_cases.node().host;
    record.node_token = use_cases.node().token;
    const Endpoint known = record.endpoint;
    std::vector<model::Change> changes;
    changes.push_back(
        use_cases.audited("begin-maintenance", known, "owner: " + record.owner + ", reason: " + record.reason)
    );
    changes.push_back(model::PutMaintenance{std::move(record)});
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return known;
}

Task<bool> end_maintenance(UseCases& use_cases, Endpoint server) {
    const Endpoint known = use_cases.resolve(server);
    if (!use_cases.intent()->maintenance.contains(known)) {
        co_return false;
    }
    std::vector<model::Change> changes;
    changes.push_back(model::EndMaintenance{known, use_cases.clock().wall()});
    changes.push_back(use_cases.audited("end-maintenance", known, ""));
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return true;
}

bool is_in_maintenance(const UseCases& use_cases, const Endpoint& server) {
    return in_force(*use_cases.intent(), use_cases.resolve(server), use_cases.clock().wall()) != nullptr;
}

std::vector<model::Maintenance> maintenance(const UseCases& use_cases) {
    const WallTime now = use_cases.clock().wall();
    std::vector<model::Maintenance> out;
    const auto intent = use_cases.intent();
    for (const auto& [server, record] : intent->maintenance) {
        if (record.end > now) {
            out.push_back(record);
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    return out;
}

}  // namespace orc::api
