#include "planning/acknowledging.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace orc::planning {
namespace {

/// They have just answered. Writes stand still meanwhile, so one that hangs now is not waited for.
constexpr Millis switching_limit{300};

bool waits_for_acks(const Field& field) {
    const model::Facts* known = field.subject.last_known();
    return known != nullptr && known->semi_sync.source_enabled;
}

std::size_t wanted_by(const Standing& winner) { return std::max<std::size_t>(1, winner.facts().semi_sync.acks_wanted); }

/// Those that will follow the winner and could acknowledge.
std::vector<const Standing*> possible_ackers(const Plan& plan, const Field& field) {
    std::vector<const Standing*> out;
    for (std::size_t i = 0; i < field.standings.size() && i < plan.replicas.size(); ++i) {
        const Standing& standing = field.standings[i];
        if (plan.replicas[i].fate == Fate::move && standing.server->facts && standing.facts().semi_sync.available) {
            out.push_back(&standing);
        }
    }
    return out;
}

/// Who should begin to acknowledge so that there are enough. One that must not be promoted does not guard commits.
std::vector<const Standing*> missing_ackers(const std::vector<const Standing*>& possible, std::size_t wanted) {
    std::vector<const Standing*> idle;
    std::size_t enabled = 0;
    for (const Standing* standing : possible) {
        if (standing->facts().semi_sync.replica_enabled) {
            ++enabled;
        } else if (standing->server->rule != model::PromotionRule::must_not) {
            idle.push_back(standing);
        }
    }
    std::stable_sort(idle.begin(), idle.end(), [](const Standing* a, const Standing* b) {
        const int left = a->facts().semi_sync_priority;
        const int right = b->facts().semi_sync_priority;
        return std::tie(right, a->server->rule, a->endpoint) < std::tie(left, b->server->rule, b->endpoint);
    });
    idle.resize(std::min(idle.size(), wanted > enabled ? wanted - enabled : 0));
    return idle;
}

std::string why_waiting(const Standing& winner, std::size_t wanted, std::size_t able) {
    std::string out = "the old primary waited for acknowledgements too";
    if (able < wanted) {
        out += "; only " + std::to_string(able) + " of the " + std::to_string(wanted) +
               " that it wants can acknowledge, so commits wait up to " +
               std::to_string(winner.facts().semi_sync.timeout.count()) + " ms";
    }
    return out;
}

}  // namespace

std::vector<int> add_acknowledging(Draft& draft, int decided, int reset) {
    const Standing& winner = draft.winner();
    std::vector<int> out{reset};
    if (!waits_for_acks(draft.field) || !winner.facts().semi_sync.available) {
        return out;
    }
    const std::size_t wanted = wanted_by(winner);
    const auto possible = possible_ackers(draft.plan, draft.field);
    const auto missing = missing_ackers(possible, wanted);
    const auto enabled =
        static_cast<std::size_t>(std::count_if(possible.begin(), possible.end(), [](const Standing* s) {
            return s->facts().semi_sync.replica_enabled;
        }));
    const StepOptions switching{switching_limit, OnFailure::record, false, false};
    for (const Standing* standing : missing) {
        SemiSyncReplica on{standing->endpoint, true, false};
        out.push_back(draft.steps.add(on, {decided}, switching, "the new primary waits for more acknowledgements"));
    }
    SemiSyncSource source{winner.endpoint, true};
    const StepOptions recorded{draft.basis.policy.server_limit, OnFailure::record, true, false};
    out.front() = draft.steps.add(source, {reset}, recorded, why_waiting(winner, wanted, enabled + missing.size()));
    return out;
}

int add_acknowledging_of_demoted(Draft& draft, int opened) {
    const auto& field = draft.field;
    if (!waits_for_acks(field)) {
        return opened;
    }
    const StepOptions recorded{draft.basis.policy.server_limit, OnFailure::record, false, false};
    // With a long time limit and nobody below it, it would wait for ever with the first thing it applies.
    SemiSyncSource off{field.subject.endpoint, false};
    int last = draft.steps.add(off, {opened}, recorded, "a replica waits for nobody");
    const auto& own = field.subject.last_known()->semi_sync;
    if (draft.winner().facts().semi_sync.replica_enabled && own.available && !own.replica_enabled) {
        SemiSyncReplica on{field.subject.endpoint, true, false};
        last = draft.steps.add(on, {last}, recorded, "its successor acknowledged, and no longer does");
    }
    return last;
}

std::vector<std::size_t> ackers_first(const Plan& plan, const Field& field) {
    std::vector<std::size_t> out(field.standings.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    const auto acknowledges = [&](std::size_t i) {
        const Standing& standing = field.standings[i];
        const bool will = std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step& step) {
            const auto* on = std::get_if<SemiSyncReplica>(&step.action);
            return on != nullptr && on->enabled && on->server == standing.endpoint;
        });
        return will || (standing.server->facts && standing.facts().semi_sync.replica_enabled);
    };
    std::stable_partition(out.begin(), out.end(), acknowledges);
    return out;
}

}  // namespace orc::planning
