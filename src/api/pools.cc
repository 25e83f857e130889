#include "api/pools.h"

#include <algorithm>

#include "api/letter_case.h"
#include "base/text.h"

namespace orc::api {

Task<std::size_t> submit_pool(UseCases& use_cases, std::string pool, std::string members) {
    model::Pool record;
    record.name = std::string(trim(pool));
    record.registered = use_cases.clock().wall();
    if (record.name.empty()) {
        co_return fail(ErrorCode::invalid, "a pool needs a name");
    }
    const auto intent = use_cases.intent();
    if (const auto known = find_name(intent->pools, record.name); known != intent->pools.end()) {
        record.name = known->first;
    }
    const auto settings = use_cases.settings();
    for (const auto piece : split(members, ',')) {
        if (trim(piece).empty()) {
            continue;
        }
        auto member = Endpoint::parse(trim(piece), std::uint16_t(settings->default_instance_port));
        if (!member) {
            co_return tl::unexpected<Error>(with_context("pool " + record.name, std::move(member).error()));
        }
        record.members.insert(
            settings->support_fuzzy_pool_hostnames ? use_cases.resolve(*member) : use_cases.spelled(*member)
        );
    }
    const std::size_t count = record.members.size();
    std::vector<model::Change> changes;
    changes.push_back(model::PutPool{std::move(record)});
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return count;
}

std::vector<PoolMember> pool_members(const UseCases& use_cases, const ClusterName& cluster, const std::string& pool) {
    const auto topology = use_cases.topology();
    const auto intent = use_cases.intent();
    const WallTime now = use_cases.clock().wall();
    const std::chrono::minutes keep(use_cases.settings()->instance_pool_expiry_minutes);
    const std::string wanted = to_lower(pool);
    std::vector<PoolMember> out;
    for (const auto& [name, record] : intent->pools) {
        if ((!pool.empty() && to_lower(name) != wanted) || (keep.count() > 0 && now - record.registered > keep)) {
            continue;
        }
        for (const auto& member : record.members) {
            const auto home = topology->cluster(member);
            if (home != nullptr && (cluster.empty() || home->name == cluster)) {
                out.push_back({home->name, home->alias, name, member});
            }
        }
    }
    return out;
}

std::vector<model::ServerPtr> reachable_pool_members(
    const UseCases& use_cases, const ClusterName& cluster, const std::string& pool
) {
    std::vector<model::ServerPtr> out;
    for (const auto& member : pool_members(use_cases, cluster, pool)) {
        auto server = use_cases.instance(member.server);
        if (server && (*server)->check.is_valid() && std::find(out.begin(), out.end(), *server) == out.end()) {
            out.push_back(*std::move(server));
        }
    }
    return out;
}

}  // namespace orc::api
