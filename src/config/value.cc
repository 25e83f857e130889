#include "config/value.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "config/dump.h"

namespace orc::config {
namespace {

namespace json = boost::json;

std::string_view kind_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            return "null";
        case json::kind::bool_:
            return "a flag";
        case json::kind::int64:
        case json::kind::uint64:
        case json::kind::double_:
            return "a number";
        case json::kind::string:
            return "a text";
        case json::kind::array:
            return "a list";
        case json::kind::object:
            return "an object";
    }
    return "a value";
}

/// 0.5 where the library would say 5E-1.
std::string plain(double value) {
    std::array<char, 32> buffer{};
    const auto [end, trouble] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return trouble == std::errc{} ? std::string(buffer.data(), end) : "a number";
}

/// The value as it was written, cut where it gets long; only its kind when it is a secret.
std::string shown(const Key& key, const json::value& value) {
    if (key.is_secret()) {
        return std::string(kind_of(value)) + " (not shown)";
    }
    constexpr std::size_t enough = 100;
    std::string out = value.is_double() ? plain(value.get_double()) : json::serialize(value);
    if (out.size() > enough) {
        std::size_t end = enough;
        while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) {
            --end;  // not in the middle of a character
        }
        out = out.substr(0, end) + "...";
    }
    return out;
}

Verdict refused(const Key& key, const json::value& value) {
    return {shown(key, value) + " is not allowed; allowed: " + allowed_values(key), {}};
}

Verdict refused_mask() {
    return {
        "\"" + std::string(masked_secret) +
            "\" is what dump-config shows in a secret's place; give the secret itself (dump-config -show-secrets "
            "prints "
            "it)",
        {}
    };
}

std::optional<std::string_view> choice(const Rule& rule, std::string_view written) {
    for (const std::string_view candidate : split(rule.choices, '|')) {
        if (to_lower(candidate) == to_lower(written)) {
            return candidate;
        }
    }
    return std::nullopt;
}

/// The one spelling of "mysql"; nullopt: no kind of backend. "SQLite" in other letters is none either: the classic
/// program took that for MySQL.
std::optional<std::string> backend(std::string_view written) {
    if (to_lower(written) == "mysql") {
        return "mysql";
    }
    const bool is_known = written.empty() || written.find("sqlite") != written.npos;
    return is_known ? std::optional<std::string>(written) : std::nullopt;
}

Verdict put(const Key& key, const json::value& value, std::string& target) {
    if (!value.is_string()) {
        return refused(key, value);
    }
    const std::string_view written = value.get_string();
    switch (key.rule.form) {
        case Rule::Form::one_of:
        case Rule::Form::usually:
            if (const auto known = choice(key.rule, written)) {
                target = *known;
                return {};
            }
            if (key.rule.form == Rule::Form::one_of) {
                return refused(key, value);
            }
            target = written;
            return {{}, shown(key, value) + " is not one of: " + allowed_values(key)};
        case Rule::Form::backend:
            if (auto known = backend(written)) {
                target = *std::move(known);
                return {};
            }
            return refused(key, value);
        case Rule::Form::secret:
            if (written == masked_secret) {
                return refused_mask();
            }
            break;
        case Rule::Form::any:
        case Rule::Form::range:
            break;
    }
    target = written;
    return {};
}

Verdict put(const Key& key, const json::value& value, bool& target) {
    if (!value.is_bool()) {
        return refused(key, value);
    }
    target = value.get_bool();
    return {};
}

Verdict put(const Key& key, const json::value& value, std::int64_t& target) {
    // Whole numbers beyond 64 bits arrive as uint64 or double and are refused with the rest.
    if (!value.is_int64()) {
        return refused(key, value);
    }
    const std::int64_t written = value.get_int64();
    const std::int64_t used = std::clamp(written, key.rule.low, key.rule.high);
    const bool has_plain_sense = written < used ? key.rule.raises : is_duration(key);
    if (written != used && !has_plain_sense) {
        return refused(key, value);
    }
    target = used;
    if (written == used) {
        return {};
    }
    return {{}, shown(key, value) + " is taken as " + std::to_string(used) + "; allowed: " + allowed_values(key)};
}

Verdict put(const Key& key, const json::value& value, double& target) {
    boost::system::error_code trouble;
    const auto written = value.to_number<double>(trouble);
    const auto low = static_cast<double>(key.rule.low);
    const auto high = static_cast<double>(key.rule.high);
    if (trouble || !std::isfinite(written) || written < low || written > high) {
        return refused(key, value);
    }
    target = written;
    return {};
}

constexpr const char* is_left_out = " is null and left out";

Verdict put(const Key& key, const json::value& value, TextList& target) {
    if (!value.is_array()) {
        return refused(key, value);
    }
    TextList out;
    Verdict verdict;
    std::size_t number = 0;
    for (const auto& element : value.get_array()) {
        const std::string entry = "entry " + std::to_string(++number);
        if (element.is_null()) {
            verdict.warning = entry + is_left_out;
        } else if (element.is_string()) {
            out.emplace_back(std::string_view(element.get_string()));
        } else {
            return {entry + ": " + *refused(key, element).error, {}};
        }
    }
    target = std::move(out);
    return verdict;
}

Verdict put(const Key& key, const json::value& value, TextMap& target) {
    if (!value.is_object()) {
        return refused(key, value);
    }
    TextMap out = target;
    Verdict verdict;
    for (const auto& [name, element] : value.get_object()) {
        const std::string entry = "entry \"" + std::string(name) + "\"";
        if (element.is_null()) {
            verdict.warning = entry + is_left_out;
        } else if (element.is_string()) {
            out[name] = std::string_view(element.get_string());
        } else {
            return {entry + ": " + *refused(key, element).error, {}};
        }
    }
    target = std::move(out);
    return verdict;
}

}  // namespace

Verdict assign(const Key& key, const json::value& value, Settings& settings) {
    if (value.is_null()) {
        return {};
    }
    return std::visit([&](auto member) { return put(key, value, settings.*member); }, key.member);
}

}  // namespace orc::config
