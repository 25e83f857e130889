// GTID sets of MySQL and Percona Server: parsed once where they enter, compared and combined locally, so that no server
// has to be asked (an old one could not read tags anyway). MariaDB's positions are in mariadb_position.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace orc::gtid {

/// A set of transactions, each named by (uuid, tag, number); "" is the tag of an untagged one. Always in normal form:
/// keys ascending, each with sorted, disjoint, non-adjacent intervals; so equal sets are equal member by member.
class GtidSet {
public:
    /// Numbers first..last, both included.
    struct Interval {
        std::uint64_t first = 1;
        std::uint64_t last = 1;
        friend bool operator==(const Interval&, const Interval&) = default;
    };
    struct Entry {
        std::string uuid;  ///< lower case
        std::string tag;   ///< lower case; "" for untagged
        std::vector<Interval> intervals;
        friend bool operator==(const Entry&, const Entry&) = default;
    };

    /// The largest number the server gives out (2^63 - 2).
    static constexpr std::uint64_t number_max = 0x7ffffffffffffffe;

    GtidSet() = default;

    /// Reads `uuid:1-3:7:tag:1-2,uuid:...` as servers print it and people write it: any case, blanks and newlines
    /// around tokens, empty entries, repeats and overlaps. Any identifier without blanks will do in the uuid's place.
    /// Errors (invalid) name the offending token.
    static Result<GtidSet> parse(std::string_view text);

    /// Canonical text: entries joined by ',', uuids ascending, untagged intervals first, then one section per tag.
    std::string text() const;

    bool empty() const { return entries_.empty(); }
    /// Number of transactions; stays at 2^64 - 1 if there are more.
    std::uint64_t count() const;
    bool contains(const GtidSet& other) const;

    GtidSet plus(const GtidSet& other) const;
    GtidSet minus(const GtidSet& other) const;
    GtidSet intersect(const GtidSet& other) const;
    /// Without everything of `uuid`, tagged or not.
    GtidSet without_uuid(std::string_view uuid) const;
    /// Only what belongs to one of `uuids`, tagged or not.
    GtidSet only_uuids(std::span<const std::string> uuids) const;

    /// Each uuid once, ascending.
    std::vector<std::string> uuids() const;
    /// The highest number of (uuid, tag), 0 if there is none. Says nothing about the numbers below: see has_gaps.
    std::uint64_t last(std::string_view uuid, std::string_view tag = {}) const;
    /// Some number below last(uuid, tag) is missing. Normal with group replication, where members take blocks.
    bool has_gaps(std::string_view uuid, std::string_view tag = {}) const;
    /// Some transaction carries a tag; servers before 8.3 can neither read nor replicate such a set.
    bool has_tags() const;

    /// Adds first..last. Error (invalid), and nothing added, unless 1 <= first <= last <= number_max and the names are
    /// ones that parse() would read.
    Result<void> add(std::string_view uuid, std::string_view tag, std::uint64_t first, std::uint64_t last);

    /// Every single GTID in the order of text(). Error (refused) if there are more than `limit`.
    Result<std::vector<std::string>> explode(std::size_t limit) const;

    /// The normal form, for readers that want to walk it.
    const std::vector<Entry>& entries() const { return entries_; }

    friend bool operator==(const GtidSet&, const GtidSet&) = default;

private:
    explicit GtidSet(std::vector<Entry> entries) : entries_(std::move(entries)) {}
    const Entry* find(std::string_view uuid, std::string_view tag) const;

    std::vector<Entry> entries_;
};

}  // namespace orc::gtid
