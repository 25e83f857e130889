#include "gtid/progress.h"

#include <limits>

namespace orc::gtid {
namespace {

bool covers_all(const GtidSet& have, const GtidSet& wanted) { return have.contains(wanted); }

bool covers_all(const MariadbPosition& have, const MariadbPosition& wanted) {
    return have.covers(wanted) && !have.conflicts_with(wanted);
}

template <typename Kind>
Relation relate_same(const Kind& mine, const Kind& reference) {
    const bool has_all = covers_all(mine, reference);
    const bool is_within = covers_all(reference, mine);
    if (has_all && is_within) {
        return Relation::equal;
    }
    if (has_all) {
        return Relation::ahead;
    }
    return is_within ? Relation::behind : Relation::diverged;
}

std::uint64_t missing(const GtidSet& have, const GtidSet& want) { return want.minus(have).count(); }

std::uint64_t missing(const MariadbPosition& have, const MariadbPosition& want) {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t total = 0;
    for (const auto& wanted : want.gtids()) {
        const auto ours = have.in(wanted.domain);
        std::uint64_t lacking = wanted.sequence;
        if (ours && ours->sequence == wanted.sequence) {
            lacking = ours->server == wanted.server ? 0 : 1;
        } else if (ours) {
            lacking = wanted.sequence > ours->sequence ? wanted.sequence - ours->sequence : 0;
        }
        total = lacking > most - total ? most : total + lacking;
    }
    return total;
}

bool is_unknown(const Progress& progress) { return std::holds_alternative<std::monostate>(progress); }

}  // namespace

std::string_view name(Relation relation) {
    switch (relation) {
        case Relation::equal:
            return "equal";
        case Relation::behind:
            return "behind";
        case Relation::ahead:
            return "ahead";
        case Relation::diverged:
            return "diverged";
        case Relation::unknown:
            return "unknown";
    }
    return "unknown";
}

Relation relate(const Progress& mine, const Progress& reference) {
    if (const auto *a = std::get_if<GtidSet>(&mine), *b = std::get_if<GtidSet>(&reference); a && b) {
        return relate_same(*a, *b);
    }
    if (const auto *a = std::get_if<MariadbPosition>(&mine), *b = std::get_if<MariadbPosition>(&reference); a && b) {
        return relate_same(*a, *b);
    }
    return Relation::unknown;
}

bool covers(const Progress& have, const Progress& wanted) {
    if (const auto *a = std::get_if<GtidSet>(&have), *b = std::get_if<GtidSet>(&wanted); a && b) {
        return covers_all(*a, *b);
    }
    if (const auto *a = std::get_if<MariadbPosition>(&have), *b = std::get_if<MariadbPosition>(&wanted); a && b) {
        return covers_all(*a, *b);
    }
    return false;
}

std::uint64_t missing_count(const Progress& have, const Progress& want) {
    if (const auto* wanted = std::get_if<GtidSet>(&want)) {
        const auto* ours = std::get_if<GtidSet>(&have);
        return ours ? missing(*ours, *wanted) : wanted->count();
    }
    if (const auto* wanted = std::get_if<MariadbPosition>(&want)) {
        const auto* ours = std::get_if<MariadbPosition>(&have);
        return missing(ours ? *ours : MariadbPosition(), *wanted);
    }
    return 0;
}

Progress union_of(const Progress& a, const Progress& b) {
    if (is_unknown(a)) {
        return b;
    }
    if (is_unknown(b)) {
        return a;
    }
    if (const auto *left = std::get_if<GtidSet>(&a), *right = std::get_if<GtidSet>(&b); left && right) {
        return left->plus(*right);
    }
    if (const auto *left = std::get_if<MariadbPosition>(&a), *right = std::get_if<MariadbPosition>(&b); left && right) {
        return left->max_with(*right);
    }
    return std::monostate();
}

bool empty(const Progress& progress) {
    if (const auto* set = std::get_if<GtidSet>(&progress)) {
        return set->empty();
    }
    const auto* position = std::get_if<MariadbPosition>(&progress);
    return !position || position->empty();
}

std::string text(const Progress& progress) {
    if (const auto* set = std::get_if<GtidSet>(&progress)) {
        return set->text();
    }
    const auto* position = std::get_if<MariadbPosition>(&progress);
    return position ? position->text() : "";
}

}  // namespace orc::gtid
