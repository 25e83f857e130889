#include "planning/candidates.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "planning/eligibility.h"

namespace orc::planning {
namespace {

using model::PromotionRule;

struct Contender {
    std::size_t index = 0;
    std::vector<std::string> objections;
    std::uint64_t missing = 0;  ///< transactions that other answering replicas own and it does not
    gtid::BinlogCoordinates read;
    std::size_t cannot_follow = 0;  ///< siblings that could not replicate from it
    int preference = 0;             ///< by promotion rule and place; smaller is better
    int semi_sync = 1;
    std::uint64_t unapplied = 0;

    bool eligible() const { return objections.empty(); }
};

struct Ranking {
    const Field& field;
    const Policy& policy;
    const ChoiceRequest& request;
    bool by_gtid = true;
    std::vector<Contender> contenders;

    const Standing& standing(const Contender& c) const { return field.standings[c.index]; }
};

bool is_same_place(const model::Facts& facts, const model::Server& subject) {
    const model::Facts* failed = subject.last_known();
    return failed != nullptr && facts.data_center == failed->data_center && facts.environment == failed->environment;
}

bool is_preferred(PromotionRule rule) { return rule == PromotionRule::must || rule == PromotionRule::prefer; }

int preference_of(const Standing& standing, const model::Server& subject) {
    if (standing.server->rule == PromotionRule::prefer_not) {
        return 4;
    }
    const bool near = is_same_place(standing.facts(), subject);
    if (is_preferred(standing.server->rule)) {
        return near ? 0 : 1;
    }
    return near ? 2 : 3;
}

// All that can be ranked by GTID, when everybody who answers uses GTIDs.
bool all_use_gtid(const std::vector<Standing>& standings) {
    return std::all_of(standings.begin(), standings.end(), [](const Standing& s) {
        return !s.answers || !s.channel || (s.uses_gtid() && !gtid::empty(s.owned));
    });
}

gtid::Progress everything_owned(const Field& field) {
    gtid::Progress out;
    for (const auto& standing : field.standings) {
        if (standing.answers && standing.errant.empty()) {
            out = gtid::union_of(out, standing.owned);
        }
    }
    for (const auto& standing : field.standings) {
        // An errant MariaDB position cannot be told from a good one; a set can be cleaned.
        if (standing.answers && !standing.errant.empty() && !standing.is_mariadb) {
            out = gtid::union_of(out, owned_cleanly(standing));
        }
    }
    return out;
}

void rank_errant(Ranking& ranking) {
    if (ranking.policy.settings.errant_candidate_allowed) {
        return;
    }
    const auto eligible =
        std::count_if(ranking.contenders.begin(), ranking.contenders.end(), [](const auto& c) { return c.eligible(); });
    for (auto& contender : ranking.contenders) {
        const Standing& standing = ranking.standing(contender);
        if (standing.errant.empty() || (eligible == 1 && contender.eligible())) {
            continue;
        }
        contender.objections.push_back("it holds errant transactions " + standing.errant);
    }
}

void measure(Ranking& ranking) {
    const auto everything = everything_owned(ranking.field);
    ranking.by_gtid = all_use_gtid(ranking.field.standings);
    for (auto& contender : ranking.contenders) {
        const Standing& standing = ranking.standing(contender);
        contender.read = standing.read;
        contender.missing = ranking.by_gtid ? gtid::missing_count(owned_cleanly(standing), everything) : 0;
        contender.unapplied = gtid::missing_count(standing.executed, standing.owned);
        if (!standing.server->facts) {
            continue;
        }
        contender.preference = preference_of(standing, ranking.field.subject);
        contender.semi_sync = standing.facts().semi_sync.replica_active ? 0 : 1;
        for (const auto& other : ranking.field.standings) {
            if (other.endpoint != standing.endpoint && other.answers && why_not_below(other, standing)) {
                ++contender.cannot_follow;
            }
        }
    }
}

bool is_better(const Ranking& ranking, const Contender& a, const Contender& b) {
    if (a.eligible() != b.eligible()) {
        return a.eligible();
    }
    if (a.missing != b.missing) {
        return a.missing < b.missing;
    }
    if (!ranking.by_gtid && a.read != b.read) {
        return a.read > b.read;
    }
    const Standing& left = ranking.standing(a);
    const Standing& right = ranking.standing(b);
    if (!left.server->facts || !right.server->facts) {
        return left.server->facts != nullptr && right.server->facts == nullptr;
    }
    const int versions = compare_versions(left.facts().version.major_text(), right.facts().version.major_text());
    const int left_format = format_rank(left.facts().binlog_format);
    const int right_format = format_rank(right.facts().binlog_format);
    const int left_errant = left.errant.empty() ? 0 : 1;
    const int right_errant = right.errant.empty() ? 0 : 1;
    const auto left_rule = static_cast<int>(left.server->rule);
    const auto right_rule = static_cast<int>(right.server->rule);
    if (a.cannot_follow != b.cannot_follow || a.preference != b.preference) {
        return std::tie(a.cannot_follow, a.preference) < std::tie(b.cannot_follow, b.preference);
    }
    if (versions != 0) {
        return versions < 0;
    }
    return std::tie(left_format, left_errant, a.semi_sync, left_rule, a.unapplied, left.endpoint) <
           std::tie(right_format, right_errant, b.semi_sync, right_rule, b.unapplied, right.endpoint);
}

bool has_less(const Ranking& ranking, const Contender& a, const Contender& b) {
    return ranking.by_gtid ? a.missing > b.missing : a.read < b.read;
}

/// One that was tried and failed still hands over what it has, when nothing is left that it would have to apply first.
bool is_willing_to_feed(const ChoiceRequest& request, const Standing& standing) {
    const bool has_failed_at_it =
        std::ranges::any_of(request.fed_in_vain, [&](const auto& fed) { return fed.second == standing.endpoint; });
    return !has_failed_at_it && (!request.ruled_out.contains(standing.endpoint) || standing.is_drained());
}

bool can_feed(const Ranking& ranking, const Contender& feeder, const Contender& fed) {
    const Standing& standing = ranking.standing(feeder);
    const bool is_sound = standing.answers && standing.server->facts && standing.channel && standing.uses_gtid() &&
                          standing.channel->applier_errno == 0 && !standing.server->in_maintenance &&
                          (standing.errant.empty() || ranking.policy.settings.errant_candidate_allowed) &&
                          is_willing_to_feed(ranking.request, standing);
    return is_sound && has_less(ranking, fed, feeder) && !why_not_below(ranking.standing(fed), standing);
}

/// The most advanced one that could hand over what `fed` lacks.
const Contender* feeder_of(const Ranking& ranking, const Contender& fed) {
    const Contender* best = nullptr;
    for (const auto& contender : ranking.contenders) {
        if (can_feed(ranking, contender, fed) && (best == nullptr || has_less(ranking, *best, contender))) {
            best = &contender;
        }
    }
    return best;
}

const Contender* most_advanced(const Ranking& ranking) {
    const Contender* best = nullptr;
    for (const auto& contender : ranking.contenders) {
        const Standing& standing = ranking.standing(contender);
        const bool counts = standing.answers && (standing.errant.empty() || !standing.is_mariadb);
        if (counts && (best == nullptr || has_less(ranking, *best, contender))) {
            best = &contender;
        }
    }
    return best;
}

// A server that people prefer is worth a short detour: the most advanced one hands over what it lacks.
const Contender* preferred_behind(const Ranking& ranking, const Contender& leading) {
    if (!ranking.by_gtid || ranking.request.is_planned || is_preferred(ranking.standing(leading).server->rule)) {
        return nullptr;
    }
    for (const auto& contender : ranking.contenders) {
        if (contender.eligible() && is_preferred(ranking.standing(contender).server->rule) &&
            contender.cannot_follow <= leading.cannot_follow && can_feed(ranking, leading, contender)) {
            return &contender;
        }
    }
    return nullptr;
}

std::string count_text(std::uint64_t count, std::string_view singular, std::string_view plural) {
    return std::to_string(count) + " " + std::string(count == 1 ? singular : plural);
}

std::string reason_for(const Ranking& ranking, const Contender& winner, const Contender* feeder) {
    const Standing& standing = ranking.standing(winner);
    std::string out = standing.endpoint.text();
    if (ranking.request.demanded) {
        out += " was asked for";
    } else if (feeder != nullptr) {
        out += " is preferred or the best that may be promoted";
    } else if (ranking.field.standings.size() == 1) {
        out += " is the only replica";
    } else if (ranking.by_gtid ? winner.missing == 0 : true) {
        out += " owns everything that any replica is known to own";
    } else {
        out += " owns most of those that may be promoted";
    }
    if (is_preferred(standing.server->rule) && feeder == nullptr) {
        out += " and has the promotion rule " + std::string(model::name(standing.server->rule));
    }
    if (feeder != nullptr) {
        out += "; " + ranking.standing(*feeder).endpoint.text() + " first hands over " +
               count_text(winner.missing, "transaction", "transactions") + " that it lacks";
    }
    return out;
}

std::vector<std::string> praise(const Ranking& ranking, const Contender& contender) {
    const Standing& standing = ranking.standing(contender);
    std::vector<std::string> out;
    if (ranking.by_gtid) {
        out.push_back(
            contender.missing == 0
                ? "owns everything known"
                : "lacks " + count_text(contender.missing, "transaction", "transactions") + " that other replicas own"
        );
        if (contender.unapplied > 0) {
            out.push_back("has " + std::to_string(contender.unapplied) + " received and not yet applied");
        }
    } else {
        out.push_back("received up to " + contender.read.text());
    }
    if (standing.server->rule != PromotionRule::neutral) {
        out.push_back("rule " + std::string(model::name(standing.server->rule)));
    }
    if (contender.cannot_follow > 0) {
        out.push_back(count_text(contender.cannot_follow, "replica", "replicas") + " could not follow it");
    }
    return out;
}

void add_verdicts(const Ranking& ranking, Choice& out) {
    for (const auto& contender : ranking.contenders) {
        CandidateVerdict verdict;
        verdict.endpoint = ranking.standing(contender).endpoint;
        verdict.eligible = contender.eligible();
        verdict.reasons = contender.eligible() ? praise(ranking, contender) : contender.objections;
        out.verdicts.push_back(std::move(verdict));
    }
}

void add_blocking(const Ranking& ranking, Choice& out) {
    if (ranking.contenders.empty()) {
        out.blocking.push_back(ranking.field.subject.endpoint.text() + " has no replicas");
    }
    for (const auto& contender : ranking.contenders) {
        const Endpoint& endpoint = ranking.standing(contender).endpoint;
        if (ranking.request.demanded && ranking.request.demanded != endpoint) {
            continue;
        }
        for (const auto& objection : contender.objections) {
            out.blocking.push_back(endpoint.text() + ": " + objection);
        }
    }
}

void decide_demanded(Ranking& ranking, Choice& out) {
    const auto found = std::find_if(ranking.contenders.begin(), ranking.contenders.end(), [&](const Contender& c) {
        return ranking.standing(c).endpoint == *ranking.request.demanded;
    });
    if (found == ranking.contenders.end()) {
        out.blocking.push_back(
            ranking.request.demanded->text() + " is no direct replica of " + ranking.field.subject.endpoint.text()
        );
        return;
    }
    const Contender* leading = ranking.request.is_planned ? nullptr : most_advanced(ranking);
    const Contender* feeder = nullptr;
    if (found->eligible() && leading != nullptr && has_less(ranking, *found, *leading)) {
        feeder = feeder_of(ranking, *found);
        if (feeder == nullptr && !ranking.policy.settings.promote_with_unapplied_events) {
            found->objections.push_back(
                "it lacks transactions that " + ranking.standing(*leading).endpoint.text() +
                " owns, and nobody can hand them over"
            );
        }
    }
    if (!found->eligible()) {
        return;
    }
    out.winner = found->index;
    if (feeder != nullptr) {
        out.feeder = feeder->index;
    }
    out.reason = reason_for(ranking, *found, feeder);
}

void decide(const Ranking& ranking, Choice& out) {
    if (ranking.contenders.empty() || !ranking.contenders.front().eligible()) {
        return;
    }
    const Contender& best = ranking.contenders.front();
    const Contender* winner = &best;
    const Contender* feeder = nullptr;
    if (const Contender* preferred = preferred_behind(ranking, best)) {
        winner = preferred;
        feeder = &best;
        out.is_detour = true;
    } else if (!ranking.request.is_planned) {
        feeder = feeder_of(ranking, best);
    }
    out.winner = winner->index;
    if (feeder != nullptr) {
        out.feeder = feeder->index;
    }
    out.reason = reason_for(ranking, *winner, feeder);
}

}  // namespace

gtid::Progress owned_cleanly(const Standing& standing) {
    const auto* owned = std::get_if<gtid::GtidSet>(&standing.owned);
    const auto* errant = std::get_if<gtid::GtidSet>(&standing.errant_set);
    if (owned == nullptr || errant == nullptr) {
        return standing.owned;
    }
    return owned->minus(*errant);
}

Choice choose(const Field& field, const Policy& policy, const ChoiceRequest& request) {
    Ranking ranking{field, policy, request, true, {}};
    const Majority majority = majority_of(field.standings);
    for (std::size_t i = 0; i < field.standings.size(); ++i) {
        Contender contender;
        contender.index = i;
        contender.objections = objections(field.standings[i], field, majority, policy, request);
        ranking.contenders.push_back(std::move(contender));
    }
    rank_errant(ranking);
    measure(ranking);
    std::sort(ranking.contenders.begin(), ranking.contenders.end(), [&](const Contender& a, const Contender& b) {
        return is_better(ranking, a, b);
    });
    Choice out;
    if (request.demanded) {
        decide_demanded(ranking, out);
    } else {
        decide(ranking, out);
    }
    add_verdicts(ranking, out);
    if (!out.winner) {
        add_blocking(ranking, out);
    }
    return out;
}

}  // namespace orc::planning
