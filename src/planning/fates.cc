#include "planning/fates.h"

#include <algorithm>

namespace orc::planning {
namespace {

using gtid::Relation;

ReplicaFate fate(const Standing& standing, Fate what, std::string why) {
    return ReplicaFate{standing.endpoint, what, std::move(why)};
}

ReplicaFate fate_by_gtid(const Standing& standing, const Standing& winner, bool is_planned) {
    const auto mine = owned_cleanly(standing);
    const auto relation = gtid::relate(mine, winner.owned);
    const auto surplus = gtid::missing_count(winner.owned, mine);
    const std::string name = winner.endpoint.text();
    // In a planned switch the winner catches up with everything before it is promoted.
    if (!is_planned && relation == Relation::ahead) {
        return fate(standing, Fate::lost, "owns " + std::to_string(surplus) + " transactions that " + name + " lacks");
    }
    if (!is_planned && relation == Relation::diverged) {
        return fate(
            standing,
            Fate::diverged,
            "owns " + std::to_string(surplus) + " transactions that " + name + " lacks, and lacks " +
                std::to_string(gtid::missing_count(mine, winner.owned)) + " of its"
        );
    }
    if (auto why = why_not_below(standing, winner)) {
        return fate(standing, Fate::lost, "cannot replicate from " + name + ": " + *why);
    }
    std::string why = relation == Relation::behind
                          ? "lacks " + std::to_string(gtid::missing_count(mine, winner.owned)) + " of its transactions"
                          : "stands where " + name + " stands";
    if (is_planned) {
        why = "will follow";
    }
    if (!standing.errant.empty()) {
        why += "; keeps errant transactions " + standing.errant;
    }
    return fate(standing, Fate::move, std::move(why));
}

bool is_delayed_beyond(const Standing& standing, const Policy& policy) {
    const auto minutes = policy.settings.postpone_replica_recovery_on_lag_minutes;
    return minutes > 0 && standing.channel && standing.channel->delay > std::chrono::minutes(minutes);
}

ReplicaFate fate_of(const Standing& standing, const Standing& winner, const Policy& policy, bool is_planned) {
    if (!standing.answers || !standing.server->facts) {
        return fate(standing, Fate::unreachable, "its position is not known: " + standing.silence);
    }
    if (standing.server->in_maintenance) {
        return fate(standing, Fate::postponed, "in maintenance: left to its owner");
    }
    if (!standing.channel) {
        return fate(standing, Fate::lost, "does not replicate any more");
    }
    if (!standing.uses_gtid()) {
        return fate(standing, Fate::lost, "does not use GTIDs, so its place under another source is not known");
    }
    ReplicaFate out = fate_by_gtid(standing, winner, is_planned);
    if (out.fate == Fate::move && is_delayed_beyond(standing, policy)) {
        out.fate = Fate::postponed;
        out.why += "; is delayed on purpose, so nobody waits for it";
    }
    return out;
}

ExpectedLoss loss_of(const Field& field, const Standing& winner, const std::vector<ReplicaFate>& fates) {
    ExpectedLoss out;
    const auto& subject = field.subject;
    if (!subject.facts || gtid::empty(subject.facts->executed) || gtid::empty(winner.owned)) {
        out.text = "cannot be counted: " + subject.endpoint.text() + " or its successor has no known GTID position";
        return out;
    }
    gtid::Progress everything = subject.facts->executed;
    for (const auto& standing : field.standings) {
        const bool is_known = standing.answers && (standing.errant.empty() || !standing.is_mariadb);
        if (is_known) {
            everything = gtid::union_of(everything, owned_cleanly(standing));
        }
    }
    const auto lost = gtid::missing_count(winner.owned, everything);
    out.transactions = lost;
    const auto silent =
        std::count_if(fates.begin(), fates.end(), [](const ReplicaFate& f) { return f.fate == Fate::unreachable; });
    out.text = lost == 0 ? "none of those known; what " + subject.endpoint.text() +
                               " committed after it was last read and sent to nobody cannot be seen"
                         : std::to_string(lost) + " known transactions are missing on " + winner.endpoint.text();
    if (silent > 0) {
        out.text += "; " + std::to_string(silent) + " replica(s) could not be asked";
    }
    return out;
}

}  // namespace

Outcomes outcomes_of(const Field& field, const Policy& policy, const Choice& choice, bool is_planned) {
    Outcomes out;
    if (!choice.winner) {
        for (const auto& standing : field.standings) {
            out.fates.push_back(
                standing.answers ? fate(standing, Fate::postponed, "stays where it is")
                                 : fate(standing, Fate::unreachable, standing.silence)
            );
        }
        out.loss.text = "nothing is changed";
        return out;
    }
    Standing winner = field.standings[*choice.winner];
    if (policy.settings.promote_with_unapplied_events && !is_planned) {
        winner.owned = winner.executed;  // what it received is thrown away
    }
    if (choice.feeder) {
        winner.owned = gtid::union_of(winner.owned, field.standings[*choice.feeder].owned);
    }
    out.target = winner.owned;
    for (const auto& standing : field.standings) {
        if (standing.endpoint == winner.endpoint) {
            out.fates.push_back(fate(standing, Fate::winner, choice.reason));
        } else {
            out.fates.push_back(fate_of(standing, winner, policy, is_planned));
        }
    }
    if (is_planned) {
        out.loss.transactions = 0;
        out.loss.text = "none: " + winner.endpoint.text() + " applies everything before it becomes writable";
    } else {
        out.loss = loss_of(field, winner, out.fates);
    }
    return out;
}

}  // namespace orc::planning
