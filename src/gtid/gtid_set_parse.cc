// Reading GTID sets. One pass over the text; a set that is already canonical is built without sorting anything.
#include <charconv>
#include <optional>

#include "base/text.h"
#include "gtid/entries.h"
#include "gtid/gtid_set.h"

namespace orc::gtid {
namespace {

/// The token as a message shows it: whole if short, for a damaged set can be megabytes long.
std::string quoted(std::string_view token) {
    constexpr std::size_t shown = 80;
    return "'" + (token.size() <= shown ? std::string(token) : std::string(token.substr(0, shown)) + "...") + "'";
}

tl::unexpected<Error> malformed(std::string_view token, std::string_view what) {
    return fail(ErrorCode::invalid, "malformed GTID set: " + quoted(token) + " " + std::string(what));
}

/// Takes the text up to `separator`, trimmed, off the front of `rest`; the separator goes too.
std::string_view take(std::string_view& rest, char separator) {
    const auto at = rest.find(separator);
    const auto piece = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
    return trim(piece);
}

std::optional<std::uint64_t> transaction_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > GtidSet::number_max) {
        return std::nullopt;
    }
    return value;
}

Result<GtidSet::Interval> interval(std::string_view token) {
    const auto dash = token.find('-');
    const auto first = transaction_number(trim(token.substr(0, dash)));
    const auto last = dash == std::string_view::npos ? first : transaction_number(trim(token.substr(dash + 1)));
    if (!first || !last) {
        return malformed(token, "is not an interval n or n-m of numbers from 1 to 9223372036854775806");
    }
    if (*first > *last) {
        return malformed(token, "is an interval that ends before it starts");
    }
    return GtidSet::Interval{*first, *last};
}

bool starts_number(std::string_view token) { return token.front() >= '0' && token.front() <= '9'; }

/// Appends what `entry` (not blank) says: one element per section, keys possibly repeated.
Result<void> read_entry(std::string_view entry, Entries& out) {
    if (entry.find(':') == std::string_view::npos) {
        return malformed(entry, "has no ':' and interval after the uuid");
    }
    auto rest = entry;
    const auto uuid = take(rest, ':');
    if (uuid.empty()) {
        return malformed(entry, "has no uuid before its first ':'");
    }
    if (!is_identifier(uuid)) {
        return malformed(uuid, "is not a uuid");
    }
    const auto first_section = out.size();
    for (bool more = true; more;) {
        more = rest.find(':') != std::string_view::npos;
        const auto item = take(rest, ':');
        if (item.empty()) {
            return malformed(entry, "has nothing where an interval or a tag should follow ':'");
        }
        if (starts_number(item)) {
            if (out.size() == first_section) {
                out.push_back({to_lower(uuid), {}, {}});
            }
            TRY(const auto numbers, interval(item));
            out.back().intervals.push_back(numbers);
            continue;
        }
        if (!is_tag(item)) {
            return malformed(item, "is neither an interval nor a tag");
        }
        if (out.size() > first_section && out.back().intervals.empty()) {
            return malformed(out.back().tag, "is a tag without an interval");
        }
        out.push_back({to_lower(uuid), to_lower(item), {}});
    }
    if (out.back().intervals.empty()) {
        return malformed(out.back().tag, "is a tag without an interval");
    }
    return {};
}

}  // namespace

Result<GtidSet> GtidSet::parse(std::string_view text) {
    Entries entries;
    while (!text.empty()) {
        if (const auto entry = take(text, ','); !entry.empty()) {
            TRY(read_entry(entry, entries));
        }
    }
    normalise(entries);
    return GtidSet(std::move(entries));
}

}  // namespace orc::gtid
