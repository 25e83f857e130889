#include "gtid/mariadb_position.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace orc::gtid {
namespace {

/// Reads digits from the front of `rest` into `value` and drops them, and the separator that must follow if
/// `separator`.
template <typename Number>
bool take_number(std::string_view& rest, Number& value, bool separator) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc()) {
        return false;
    }
    rest.remove_prefix(std::size_t(end - rest.data()));
    if (!separator) {
        return rest.empty();
    }
    if (!rest.starts_with('-')) {
        return false;
    }
    rest.remove_prefix(1);
    return true;
}

bool by_domain(const MariadbGtid& a, const MariadbGtid& b) { return a.domain < b.domain; }

/// Elements sorted by domain, in the order read within one.
Result<std::vector<MariadbGtid>> read_list(std::string_view text) {
    std::vector<MariadbGtid> out;
    if (trim(text).empty()) {
        return out;
    }
    for (const auto element : split(text, ',')) {
        TRY(out.emplace_back(), MariadbGtid::parse(trim(element)));
    }
    std::stable_sort(out.begin(), out.end(), by_domain);
    return out;
}

std::string print_list(const std::vector<MariadbGtid>& gtids) {
    std::string out;
    for (const auto& gtid : gtids) {
        out += out.empty() ? "" : ",";
        out += gtid.text();
    }
    return out;
}

auto place_of(auto& gtids, std::uint32_t domain) {
    return std::partition_point(gtids.begin(), gtids.end(), [&](const MariadbGtid& g) { return g.domain < domain; });
}

}  // namespace

Result<MariadbGtid> MariadbGtid::parse(std::string_view text) {
    MariadbGtid out;
    auto rest = text;
    if (!take_number(rest, out.domain, true) || !take_number(rest, out.server, true) ||
        !take_number(rest, out.sequence, false)) {
        return fail(ErrorCode::invalid, "'" + std::string(text) + "' is not a MariaDB GTID domain-server-sequence");
    }
    return out;
}

std::string MariadbGtid::text() const {
    return std::to_string(domain) + "-" + std::to_string(server) + "-" + std::to_string(sequence);
}

Result<MariadbPosition> MariadbPosition::parse(std::string_view text) {
    MariadbPosition out;
    TRY(out.gtids_, read_list(text));
    const auto twice = std::adjacent_find(out.gtids_.begin(), out.gtids_.end(), [](const auto& a, const auto& b) {
        return a.domain == b.domain;
    });
    if (twice != out.gtids_.end()) {
        return fail(
            ErrorCode::invalid,
            "'" + std::next(twice)->text() + "' is the second GTID of its domain; a position has at most one"
        );
    }
    return out;
}

std::string MariadbPosition::text() const { return print_list(gtids_); }

std::optional<MariadbGtid> MariadbPosition::in(std::uint32_t domain) const {
    const auto at = place_of(gtids_, domain);
    return at != gtids_.end() && at->domain == domain ? std::optional(*at) : std::nullopt;
}

std::vector<std::uint32_t> MariadbPosition::domains() const {
    std::vector<std::uint32_t> out;
    out.reserve(gtids_.size());
    for (const auto& gtid : gtids_) {
        out.push_back(gtid.domain);
    }
    return out;
}

bool MariadbPosition::covers(const MariadbPosition& other) const {
    return std::all_of(other.gtids_.begin(), other.gtids_.end(), [this](const MariadbGtid& theirs) {
        const auto ours = in(theirs.domain);
        return ours && ours->sequence >= theirs.sequence;
    });
}

bool MariadbPosition::conflicts_with(const MariadbPosition& other) const {
    return std::any_of(other.gtids_.begin(), other.gtids_.end(), [this](const MariadbGtid& theirs) {
        const auto ours = in(theirs.domain);
        return ours && ours->sequence == theirs.sequence && ours->server != theirs.server;
    });
}

MariadbPosition MariadbPosition::max_with(const MariadbPosition& other) const {
    MariadbPosition out = *this;
    for (const auto& gtid : other.gtids_) {
        out.advance(gtid);
    }
    return out;
}

MariadbPosition MariadbPosition::restricted_to(std::span<const std::uint32_t> domains) const {
    MariadbPosition out = *this;
    std::erase_if(out.gtids_, [&](const MariadbGtid& gtid) {
        return std::find(domains.begin(), domains.end(), gtid.domain) == domains.end();
    });
    return out;
}

void MariadbPosition::advance(const MariadbGtid& gtid) {
    const auto at = place_of(gtids_, gtid.domain);
    if (at == gtids_.end() || at->domain != gtid.domain) {
        gtids_.insert(at, gtid);
    } else if (at->sequence < gtid.sequence) {
        *at = gtid;
    }
}

Result<MariadbBinlogState> MariadbBinlogState::parse(std::string_view text) {
    MariadbBinlogState out;
    TRY(out.gtids_, read_list(text));
    auto keys = out.gtids_;
    const auto same_key = [](const auto& a, const auto& b) { return a.domain == b.domain && a.server == b.server; };
    std::stable_sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) {
        return a.domain != b.domain ? a.domain < b.domain : a.server < b.server;
    });
    if (const auto twice = std::adjacent_find(keys.begin(), keys.end(), same_key); twice != keys.end()) {
        return fail(
            ErrorCode::invalid,
            "'" + std::next(twice)->text() + "' is the second GTID of its domain and server; a state has at most one"
        );
    }
    return out;
}

std::string MariadbBinlogState::text() const { return print_list(gtids_); }

std::optional<std::uint64_t> MariadbBinlogState::last(std::uint32_t domain, std::uint32_t server) const {
    const auto at = std::find_if(gtids_.begin(), gtids_.end(), [&](const MariadbGtid& gtid) {
        return gtid.domain == domain && gtid.server == server;
    });
    return at != gtids_.end() ? std::optional(at->sequence) : std::nullopt;
}

MariadbPosition MariadbBinlogState::position() const {
    MariadbPosition out;
    // Backwards: the most recent GTID of a domain is listed last, whatever its sequence (without strict mode they can
    // go down), and only the first one met per domain counts.
    for (auto at = gtids_.rbegin(); at != gtids_.rend(); ++at) {
        if (!out.in(at->domain)) {
            out.advance(*at);
        }
    }
    return out;
}

}  // namespace orc::gtid
