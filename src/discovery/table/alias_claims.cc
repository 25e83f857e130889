#include "discovery/table/alias_claims.h"

namespace orc::discovery {

ClusterName AliasClaims::settle(Contest& contest) const {
    // Among equals the holder keeps it, else the first in order of names.
    auto best = contest.claims.find(contest.holder);
    if (best == contest.claims.end()) {
        best = contest.claims.begin();
    }
    for (auto claim = contest.claims.begin(); claim != contest.claims.end(); ++claim) {
        if (claim->second > best->second) {
            best = claim;
        }
    }
    return best->first;
}

bool AliasClaims::is_same(const ClusterName& cluster, const AliasClaim& claim) const {
    const auto wanted = wanted_.find(cluster);
    if (wanted == wanted_.end()) {
        return claim.alias.empty();
    }
    return wanted->second == claim.alias && contests_.at(wanted->second).claims.at(cluster) == claim;
}

std::vector<ClusterName> AliasClaims::put(const ClusterName& cluster, const AliasClaim& claim) {
    std::vector<ClusterName> changed;
    if (is_same(cluster, claim)) {
        return changed;
    }
    const auto note = [&](const ClusterName& other) {
        if (!other.empty() && other != cluster) {
            changed.push_back(other);
        }
    };
    const auto wanted = wanted_.find(cluster);
    if (wanted != wanted_.end() && wanted->second != claim.alias) {
        const auto contest = contests_.find(wanted->second);
        contest->second.claims.erase(cluster);
        if (contest->second.claims.empty()) {
            contests_.erase(contest);
        } else if (contest->second.holder == cluster) {
            contest->second.holder = settle(contest->second);
            note(contest->second.holder);
        }
        wanted_.erase(wanted);
    }
    if (claim.alias.empty()) {
        return changed;
    }
    wanted_[cluster] = claim.alias;
    Contest& contest = contests_[claim.alias];
    contest.claims[cluster] = claim;
    const ClusterName before = contest.holder;
    contest.holder = settle(contest);
    if (contest.holder != before) {
        note(before);
        note(contest.holder);
    }
    return changed;
}

std::string AliasClaims::alias_of(const ClusterName& cluster) const {
    const auto wanted = wanted_.find(cluster);
    if (wanted != wanted_.end() && contests_.at(wanted->second).holder == cluster) {
        return wanted->second;
    }
    return cluster.text();
}

bool AliasClaims::is_contested(const ClusterName& cluster) const {
    const auto wanted = wanted_.find(cluster);
    return wanted != wanted_.end() && contests_.at(wanted->second).holder != cluster;
}

}  // namespace orc::discovery
