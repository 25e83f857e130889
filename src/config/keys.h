// The table of keys (keys.inc) as data: what the loader, the dump and the reference walk through.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/settings.h"

namespace orc::config {

/// Where a key's value lives. The alternatives stand in the order of Kind.
using Member = std::variant<
    std::string Settings::*,
    bool Settings::*,
    std::int64_t Settings::*,
    double Settings::*,
    TextList Settings::*,
    TextMap Settings::*>;

enum class Kind { text, flag, integer, number, text_list, text_map };
enum class Status { active, no_op, synonym };
enum class TakesEffect { start, live, mixed, never };
enum class Origin { classic, fork, ours };

/// What a value must fulfil beyond its kind.
struct Rule {
    enum class Form {
        any,
        secret,   ///< text that no message and no dump shows
        range,    ///< low <= number <= high
        one_of,   ///< one of `choices`, in any case; kept in the spelling given here
        usually,  ///< the same, but others are accepted with a warning because the classic program does
        backend,  ///< a kind of backend database, see backend_kind()
    };
    Form form = Form::any;
    std::int64_t low = INT64_MIN;
    std::int64_t high = INT64_MAX;
    std::string_view choices = {};  ///< separated by '|'; an empty piece stands for the empty text
    bool raises =
        false;  ///< a number below `low` is taken as `low`, with a warning, because the classic program took it
};

struct Key {
    std::string_view name;
    Member member;
    std::string_view unit;  ///< unit or allowed values, for people
    Rule rule;
    std::string_view subsystem;
    Status status = Status::active;
    TakesEffect takes_effect = TakesEffect::live;
    Origin origin = Origin::classic;
    std::string_view meaning;

    Kind kind() const { return Kind(member.index()); }
    bool is_secret() const { return rule.form == Rule::Form::secret; }
};

/// All keys in declaration order.
std::span<const Key> keys();
/// The key of that name in any case, or nullptr.
const Key* find_key(std::string_view name);
/// The known key whose name takes the fewest edits to reach from `name`, case aside.
std::string_view nearest_key(std::string_view name);
/// A key that old files may hold and that means nothing any more; any case.
bool is_retired_key(std::string_view name);
/// Accepted and checked, but without effect in this build yet (keys_pending.cc).
bool is_pending(const Key& key);
/// What the key accepts, in words: "a whole number (seconds), at least 1".
std::string allowed_values(const Key& key);
/// Whether the value is a length of time, by the first word of its unit; a hundred years at most.
bool is_duration(const Key& key);
/// The default as JSON.
std::string default_value(const Key& key);

enum class BackendKind { mysql, sqlite };
/// SQLite when BackendDB contains "sqlite", else MySQL.
BackendKind backend_kind(const Settings& settings);

}  // namespace orc::config
