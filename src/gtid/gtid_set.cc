#include "gtid/gtid_set.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "gtid/entries.h"
#include "gtid/intervals.h"

namespace orc::gtid {
namespace {

void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// Where the entry of a key is or would be; the key in lower case.
template <typename EntryList>
auto place_of(EntryList& entries, std::string_view uuid, std::string_view tag) {
    return std::partition_point(entries.begin(), entries.end(), [&](const GtidSet::Entry& e) {
        const auto by_uuid = e.uuid.compare(uuid);
        return by_uuid < 0 || (by_uuid == 0 && e.tag.compare(tag) < 0);
    });
}

/// Walks two sets of entries by key and keeps what is asked for: entries only in `a`, only in `b`, and, for keys in
/// both, the intervals that `both` makes of them (no entry if it makes none).
template <typename Both>
Entries merge(const Entries& a, const Entries& b, bool keep_a, bool keep_b, Both both) {
    Entries out;
    out.reserve((keep_a ? a.size() : 0) + (keep_b ? b.size() : 0));
    auto left = a.begin();
    auto right = b.begin();
    while (left != a.end() && right != b.end()) {
        const auto order = compare_keys(*left, *right);
        if (order < 0) {
            if (keep_a) {
                out.push_back(*left);
            }
            ++left;
        } else if (order > 0) {
            if (keep_b) {
                out.push_back(*right);
            }
            ++right;
        } else {
            if (auto intervals = both(left->intervals, right->intervals); !intervals.empty()) {
                out.push_back({left->uuid, left->tag, std::move(intervals)});
            }
            ++left;
            ++right;
        }
    }
    if (keep_a) {
        out.insert(out.end(), left, a.end());
    }
    if (keep_b) {
        out.insert(out.end(), right, b.end());
    }
    return out;
}

}  // namespace

std::string GtidSet::text() const {
    std::string out;
    std::string_view uuid;
    for (const auto& entry : entries_) {
        if (entry.uuid != uuid) {
            uuid = entry.uuid;
            out += out.empty() ? "" : ",";
            out += uuid;
        }
        if (!entry.tag.empty()) {
            out += ':';
            out += entry.tag;
        }
        for (const auto& [first, last] : entry.intervals) {
            out += ':';
            append_number(out, first);
            if (last > first) {
                out += '-';
                append_number(out, last);
            }
        }
    }
    return out;
}

std::uint64_t GtidSet::count() const {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t total = 0;
    for (const auto& entry : entries_) {
        for (const auto& [first, last] : entry.intervals) {
            const auto length = last - first + 1;
            total = length > most - total ? most : total + length;
        }
    }
    return total;
}

bool GtidSet::contains(const GtidSet& other) const {
    auto ours = entries_.begin();
    for (const auto& theirs : other.entries_) {
        while (ours != entries_.end() && compare_keys(*ours, theirs) < 0) {
            ++ours;
        }
        if (ours == entries_.end() || compare_keys(*ours, theirs) != 0 || !covers(ours->intervals, theirs.intervals)) {
            return false;
        }
    }
    return true;
}

GtidSet GtidSet::plus(const GtidSet& other) const {
    return GtidSet(merge(entries_, other.entries_, true, true, unite));
}

GtidSet GtidSet::minus(const GtidSet& other) const {
    return GtidSet(merge(entries_, other.entries_, true, false, subtract));
}

GtidSet GtidSet::intersect(const GtidSet& other) const {
    return GtidSet(merge(entries_, other.entries_, false, false, [](const Intervals& a, const Intervals& b) {
        return gtid::intersect(a, b);
    }));
}

GtidSet GtidSet::without_uuid(std::string_view uuid) const {
    const auto unwanted = to_lower(uuid);
    GtidSet out = *this;
    std::erase_if(out.entries_, [&](const Entry& entry) { return entry.uuid == unwanted; });
    return out;
}

GtidSet GtidSet::only_uuids(std::span<const std::string> uuids) const {
    std::vector<std::string> wanted;
    wanted.reserve(uuids.size());
    for (const auto& uuid : uuids) {
        wanted.push_back(to_lower(uuid));
    }
    std::sort(wanted.begin(), wanted.end());
    GtidSet out;
    std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(out.entries_), [&](const Entry& entry) {
        return std::binary_search(wanted.begin(), wanted.end(), entry.uuid);
    });
    return out;
}

std::vector<std::string> GtidSet::uuids() const {
    std::vector<std::string> out;
    for (const auto& entry : entries_) {
        if (out.empty() || out.back() != entry.uuid) {
            out.push_back(entry.uuid);
        }
    }
    return out;
}

const GtidSet::Entry* GtidSet::find(std::string_view uuid, std::string_view tag) const {
    const auto wanted_uuid = to_lower(uuid);
    const auto wanted_tag = to_lower(tag);
    const auto at = place_of(entries_, wanted_uuid, wanted_tag);
    return at != entries_.end() && at->uuid == wanted_uuid && at->tag == wanted_tag ? &*at : nullptr;
}

std::uint64_t GtidSet::last(std::string_view uuid, std::string_view tag) const {
    const auto* entry = find(uuid, tag);
    return entry ? entry->intervals.back().last : 0;
}

bool GtidSet::has_gaps(std::string_view uuid, std::string_view tag) const {
    const auto* entry = find(uuid, tag);
    return entry && (entry->intervals.size() > 1 || entry->intervals.front().first != 1);
}

bool GtidSet::has_tags() const {
    return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return !entry.tag.empty(); });
}

Result<void> GtidSet::add(std::string_view uuid, std::string_view tag, std::uint64_t first, std::uint64_t last) {
    if (!is_identifier(uuid)) {
        return fail(ErrorCode::invalid, "'" + std::string(uuid) + "' is not a uuid");
    }
    if (!tag.empty() && !is_tag(tag)) {
        return fail(ErrorCode::invalid, "'" + std::string(tag) + "' is not a GTID tag");
    }
    if (first == 0 || first > last || last > number_max) {
        return fail(
            ErrorCode::invalid,
            std::to_string(first) + "-" + std::to_string(last) + " is not an interval of GTID numbers"
        );
    }
    Entry entry{to_lower(uuid), to_lower(tag), {{first, last}}};
    const auto at = place_of(entries_, entry.uuid, entry.tag);
    if (at == entries_.end() || compare_keys(*at, entry) != 0) {
        entries_.insert(at, std::move(entry));
        return {};
    }
    auto& newest = at->intervals.back();
    if (first >= newest.first && first <= newest.last + 1) {
        newest.last = std::max(newest.last, last);  // the usual case: the next number
    } else {
        at->intervals = unite(at->intervals, entry.intervals);
    }
    return {};
}

Result<std::vector<std::string>> GtidSet::explode(std::size_t limit) const {
    const auto total = count();
    if (total > limit) {
        return fail(
            ErrorCode::refused,
            "GTID set has " + std::to_string(total) + " transactions, more than the limit of " + std::to_string(limit)
        );
    }
    std::vector<std::string> out;
    out.reserve(total);
    for (const auto& entry : entries_) {
        const auto prefix = entry.uuid + ":" + (entry.tag.empty() ? "" : entry.tag + ":");
        for (const auto& [first, last] : entry.intervals) {
            for (auto number = first; number <= last; ++number) {
                out.push_back(prefix + std::to_string(number));
            }
        }
    }
    return out;
}

}  // namespace orc::gtid
