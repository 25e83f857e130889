#include "config/filters.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace orc::config {
namespace {

bool is_ipv4(std::string_view text) {
    const auto parts = split(text, '.');
    return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
               int value = 0;
               const auto [end, trouble] = std::from_chars(part.data(), part.data() + part.size(), value);
               const bool is_canonical = part.size() == 1 || (part.size() > 1 && part.front() != '0');
               return trouble == std::errc{} && end == part.data() + part.size() && is_canonical &&
                      part.front() != '-' && value <= 255;
           });
}

bool is_group(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdefABCDEF";
    return !text.empty() && text.size() <= 4 && text.find_first_not_of(digits) == text.npos;
}

/// Groups of 16 bits in one side of "::"; -1 when malformed. An IPv4 tail counts two.
int count_groups(std::string_view text, bool may_end_in_ipv4) {
    if (text.empty()) {
        return 0;
    }
    const auto parts = split(text, ':');
    int count = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (is_group(parts[i])) {
            ++count;
        } else if (may_end_in_ipv4 && i + 1 == parts.size() && is_ipv4(parts[i])) {
            count += 2;
        } else {
            return -1;
        }
    }
    return count;
}

bool is_ipv6(std::string_view text) {
    const auto gap = text.find("::");
    if (gap == text.npos) {
        return count_groups(text, true) == 8;
    }
    const int before = count_groups(text.substr(0, gap), false);
    const int after = count_groups(text.substr(gap + 2), true);
    return before >= 0 && after >= 0 && before + after < 8;
}

void add(std::vector<Pattern>& patterns, std::string_view text) {
    if (auto pattern = Pattern::compile(text)) {
        patterns.push_back(*std::move(pattern));
    }
}

bool any_found(const std::vector<Pattern>& patterns, std::string_view subject) {
    return std::ranges::any_of(patterns, [&](const Pattern& pattern) { return pattern.is_found_in(subject); });
}

bool holds(const std::vector<std::string>& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
}

constexpr std::string_view alias_is = "alias=";
constexpr std::string_view alias_like = "alias~=";

}  // namespace

bool is_ip_address(std::string_view text) { return is_ipv4(text) || is_ipv6(text); }

HostFilters::HostFilters(const TextList& filters) {
    for (const auto& filter : filters) {
        if (is_ip_address(filter)) {
            addresses_.push_back(filter);
        } else {
            add(patterns_, filter);
        }
    }
}

bool HostFilters::matches(const Endpoint& server) const {
    if (empty()) {
        return false;
    }
    return holds(addresses_, server.host) || any_found(patterns_, server.host + ":" + std::to_string(server.port));
}

ClusterFilters::ClusterFilters(const TextList& filters) {
    for (const auto& filter : filters) {
        if (filter.empty()) {
            continue;
        }
        exact_.push_back(filter);
        if (filter == "*") {
            matches_all_ = true;
        } else if (filter.starts_with(alias_is)) {
            aliases_.push_back(filter.substr(alias_is.size()));
        } else if (filter.starts_with(alias_like)) {
            add(alias_patterns_, std::string_view(filter).substr(alias_like.size()));
        } else {
            add(name_patterns_, filter);
        }
    }
}

bool ClusterFilters::matches(std::string_view name, std::string_view alias) const {
    return matches_all_ || holds(exact_, name) || holds(exact_, alias) || holds(aliases_, alias) ||
           any_found(alias_patterns_, alias) || any_found(name_patterns_, name);
}

NameFilters::NameFilters(const TextList& filters) {
    for (const auto& filter : filters) {
        add(patterns_, filter);
    }
}

bool NameFilters::matches(std::string_view name) const { return !name.empty() && any_found(patterns_, name); }

ClusterAliases::ClusterAliases(const TextMap& aliases) {
    for (const auto& [expression, alias] : aliases) {
        if (auto pattern = Pattern::compile(expression)) {
            aliases_.emplace_back(*std::move(pattern), alias);
        }
    }
}

std::string ClusterAliases::alias_of(std::string_view cluster_name) const {
    for (const auto& [pattern, alias] : aliases_) {
        if (pattern.is_found_in(cluster_name)) {
            return alias;
        }
    }
    return {};
}

}  // namespace orc::config
