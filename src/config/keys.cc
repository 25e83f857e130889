#include "config/keys.h"

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "base/text.h"

namespace orc::config {
namespace {

// The words of keys.inc's rule column.
constexpr Rule any{};
constexpr Rule secret{.form = Rule::Form::secret};
constexpr Rule backend{.form = Rule::Form::backend};
constexpr Rule at_least(std::int64_t low) { return {.form = Rule::Form::range, .low = low}; }
constexpr Rule raised_to(std::int64_t low) { return {.form = Rule::Form::range, .low = low, .raises = true}; }
constexpr Rule between(std::int64_t low, std::int64_t high) {
    return {.form = Rule::Form::range, .low = low, .high = high};
}
constexpr Rule one_of(std::string_view choices) { return {.form = Rule::Form::one_of, .choices = choices}; }
constexpr Rule usually(std::string_view choices) { return {.form = Rule::Form::usually, .choices = choices}; }

/// Longest duration a key may give, in its own unit; 0 where the unit is no duration. A hundred years: far beyond use,
/// and near enough that no sum of durations overflows anywhere.
constexpr std::int64_t longest(std::string_view unit) {
    constexpr std::int64_t days = 36500;
    if (unit.starts_with("milliseconds")) {
        return days * 24 * 3600 * 1000;
    }
    if (unit.starts_with("seconds")) {
        return days * 24 * 3600;
    }
    if (unit.starts_with("minutes")) {
        return days * 24 * 60;
    }
    if (unit.starts_with("hours")) {
        return days * 24;
    }
    return unit.starts_with("days") ? days : 0;
}

constexpr Rule bounded(Rule rule, std::string_view unit, bool is_number) {
    if (const auto high = longest(unit); is_number && high > 0) {
        rule.form = Rule::Form::range;
        rule.high = std::min(rule.high, high);
        rule.low = std::max(rule.low, -high);
    }
    return rule;
}

constexpr bool holds_number(const Member& member) {
    return Kind(member.index()) == Kind::integer || Kind(member.index()) == Kind::number;
}

constexpr Key table[] = {
#define ORC_KEY(name, kind, member, default_value, unit, rule, subsystem, status, takes_effect, origin, meaning) \
    Key{#name,                                                                                                   \
        &Settings::member,                                                                                       \
        unit,                                                                                                    \
        bounded(rule, unit, holds_number(&Settings::member)),                                                    \
        subsystem,                                                                                               \
        Status::status,                                                                                          \
        TakesEffect::takes_effect,                                                                               \
        Origin::origin,                                                                                          \
        meaning},
#include "config/keys.inc"
#undef ORC_KEY
};

constexpr std::string_view retired[] = {
    "DatabaselessMode__experimental",
    "BufferBinlogEvents",
    "BinlogFileHistoryDays",
    "MaintenanceOwner",
    "ReadLongRunningQueries",
    "DiscoveryPollSeconds",
    "ActiveNodeExpireSeconds",
    "AuditPageSize",
    "SlaveStartPostWaitMilliseconds",
    "MySQLTopologyMaxPoolConnections",
    "MaintenancePurgeDays",
    "MaintenanceExpireMinutes",
    "HttpTimeoutSeconds",
    "AgentAutoDiscover",
    "PseudoGTIDCoordinatesHistoryHeuristicMinutes",
    "PseudoGTIDPreferIndependentMultiMatch",
    "MaxOutdatedKeysToShow",
    "StatusSimpleHealth",  // never a key, but shipped in sample files
};

std::string in_range(const Rule& rule) {
    const bool has_low = rule.low != INT64_MIN;
    const bool has_high = rule.high != INT64_MAX;
    if (has_low && has_high) {
        return ", from " + std::to_string(rule.low) + " to " + std::to_string(rule.high);
    }
    if (has_low) {
        return ", at least " + std::to_string(rule.low);
    }
    return has_high ? ", at most " + std::to_string(rule.high) : "";
}

std::string in_brackets(std::string_view unit) { return unit.empty() ? "" : " (" + std::string(unit) + ")"; }

}  // namespace

std::span<const Key> keys() { return table; }

const Key* find_key(std::string_view name) {
    const std::string wanted = to_lower(name);
    const auto* found = std::ranges::find_if(table, [&](const Key& key) { return to_lower(key.name) == wanted; });
    return found == std::end(table) ? nullptr : found;
}

std::string_view nearest_key(std::string_view name) {
    // Beyond any real key's length the answer means nothing and the work would be an attacker's choice.
    const std::string wanted = to_lower(name.substr(0, 100));
    return std::ranges::min_element(
               table, {}, [&](const Key& key) { return edit_distance(wanted, to_lower(key.name)); }
    )->name;
}

bool is_retired_key(std::string_view name) {
    const std::string wanted = to_lower(name);
    return std::ranges::any_of(retired, [&](std::string_view key) { return to_lower(key) == wanted; });
}

bool is_duration(const Key& key) { return holds_number(key.member) && longest(key.unit) > 0; }

std::string allowed_values(const Key& key) {
    switch (key.kind()) {
        case Kind::text:
            if (key.rule.form == Rule::Form::one_of || key.rule.form == Rule::Form::usually ||
                key.rule.form == Rule::Form::backend) {
                return std::string(key.unit);
            }
            return "a text" + (key.unit == "text" ? "" : in_brackets(key.unit));
        case Kind::flag:
            return "true or false";
        case Kind::integer:
            return "a whole number" + in_brackets(key.unit) + in_range(key.rule);
        case Kind::number:
            return "a number" + in_brackets(key.unit) + in_range(key.rule);
        case Kind::text_list:
            return "a list of texts" + in_brackets(key.unit);
        case Kind::text_map:
            return "an object of texts" + in_brackets(key.unit);
    }
    return {};
}

BackendKind backend_kind(const Settings& settings) {
    return settings.backend_db.find("sqlite") != std::string::npos ? BackendKind::sqlite : BackendKind::mysql;
}

}  // namespace orc::config
