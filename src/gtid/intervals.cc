#include "gtid/intervals.h"

#include <algorithm>

namespace orc::gtid {
namespace {

using Interval = GtidSet::Interval;

bool starts_earlier(const Interval& a, const Interval& b) { return a.first < b.first; }

/// The next interval does not touch this one. Numbers end well below 2^64, so adding one is safe.
bool leaves_gap(const Interval& a, const Interval& next) { return next.first > a.last + 1; }

void append(Intervals& out, const Interval& next) {
    if (out.empty() || leaves_gap(out.back(), next)) {
        out.push_back(next);
    } else {
        out.back().last = std::max(out.back().last, next.last);
    }
}

}  // namespace

void normalise(Intervals& intervals) {
    const auto out_of_form = [](const Interval& a, const Interval& b) { return !leaves_gap(a, b); };
    if (std::adjacent_find(intervals.begin(), intervals.end(), out_of_form) == intervals.end()) {
        return;
    }
    std::sort(intervals.begin(), intervals.end(), starts_earlier);
    Intervals out;
    out.reserve(intervals.size());
    for (const auto& next : intervals) {
        append(out, next);
    }
    intervals = std::move(out);
}

Intervals unite(const Intervals& a, const Intervals& b) {
    Intervals out;
    out.reserve(a.size() + b.size());
    auto left = a.begin();
    auto right = b.begin();
    while (left != a.end() || right != b.end()) {
        const bool take_left = right == b.end() || (left != a.end() && starts_earlier(*left, *right));
        append(out, take_left ? *left++ : *right++);
    }
    return out;
}

Intervals subtract(const Intervals& a, const Intervals& b) {
    Intervals out;
    auto hole = b.begin();
    for (const auto& whole : a) {
        auto next = whole.first;  // the lowest number of `whole` not yet decided upon
        while (hole != b.end() && hole->last < next) {
            ++hole;
        }
        while (hole != b.end() && hole->first <= whole.last) {
            if (hole->first > next) {
                out.push_back({next, hole->first - 1});
            }
            next = hole->last + 1;
            if (next > whole.last) {
                break;  // the hole may reach into the next interval of a: keep it
            }
            ++hole;
        }
        if (next <= whole.last) {
            out.push_back({next, whole.last});
        }
    }
    return out;
}

Intervals intersect(const Intervals& a, const Intervals& b) {
    Intervals out;
    auto left = a.begin();
    auto right = b.begin();
    while (left != a.end() && right != b.end()) {
        const Interval common{std::max(left->first, right->first), std::min(left->last, right->last)};
        if (common.first <= common.last) {
            out.push_back(common);
        }
        if (left->last < right->last) {
            ++left;
        } else {
            ++right;
        }
    }
    return out;
}

bool covers(const Intervals& a, const Intervals& b) {
    auto outer = a.begin();
    for (const auto& inner : b) {
        while (outer != a.end() && outer->last < inner.first) {
            ++outer;
        }
        if (outer == a.end() || outer->first > inner.first || outer->last < inner.last) {
            return false;
        }
    }
    return true;
}

}  // namespace orc::gtid
