#include "model/expiry.h"

namespace orc::model {
namespace {

bool is_over(WallTime since, Seconds lifetime, WallTime now) { return lifetime > Seconds{0} && since + lifetime < now; }

bool has_died(const Maintenance& lock, const std::set<NodeToken>& alive) {
    return !lock.explicitly_bounded && !lock.node_token.empty() && !alive.empty() && !alive.contains(lock.node_token);
}

}  // namespace

std::vector<Change> expired(
    const Intent& intent, const Lifetimes& lifetimes, const std::set<NodeToken>& alive, WallTime now
) {
    std::vector<Change> out;
    for (const auto& [endpoint, downtime] : intent.downtimes) {
        if (downtime.end <= now) {
            out.emplace_back(EndDowntime{endpoint});
        }
    }
    for (const auto& [endpoint, lock] : intent.maintenance) {
        if (lock.end <= now || has_died(lock, alive)) {
            out.emplace_back(EndMaintenance{endpoint, now});
        }
    }
    for (const auto& [endpoint, candidate] : intent.candidates) {
        if (is_over(candidate.suggested, lifetimes.candidates, now)) {
            out.emplace_back(DropCandidate{endpoint});
        }
    }
    for (const auto& [name, pool] : intent.pools) {
        if (is_over(pool.registered, lifetimes.pools, now)) {
            out.emplace_back(PutPool{Pool{name, {}, now}});
        }
    }
    for (const auto& [host, unresolve] : intent.unresolves) {
        if (is_over(unresolve.registered, lifetimes.unresolves, now)) {
            out.emplace_back(DropUnresolve{host});
        }
    }
    for (const auto& [name, token] : intent.access_tokens) {
        if (!token.is_reentrant && is_over(token.generated, lifetimes.access_tokens, now)) {
            out.emplace_back(DropAccessToken{name});
        }
    }
    for (const auto& [endpoint, blocked] : intent.blocked) {
        if (is_over(blocked.at, lifetimes.blocked, now)) {
            out.emplace_back(DropBlockedRecovery{endpoint});
        }
    }
    return out;
}

}  // namespace orc::model
