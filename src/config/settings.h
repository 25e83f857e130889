// Every setting as a plain member, with its default. Made from keys.inc: InstancePollSeconds is instance_poll_seconds.
// What each means, its unit and its allowed values stand there, and in docs/configuration.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace orc::config {

/// The kinds of values a key can have, by the words of keys.inc. Durations are plain numbers, their unit is the last
/// word of the name.
namespace kinds {
using text = std::string;
using flag = bool;
using integer = std::int64_t;
using number = double;
using text_list = std::vector<std::string>;
using text_map = std::map<std::string, std::string>;
}  // namespace kinds
using TextList = kinds::text_list;
using TextMap = kinds::text_map;

/// The whole configuration. A default-made one holds the defaults; load() also applies the adjustments that depend on
/// several keys.
struct Settings {
#define ORC_KEY(name, kind, member, default_value, ...) kinds::kind member = default_value;
#include "config/keys.inc"
#undef ORC_KEY

    friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace orc::config
