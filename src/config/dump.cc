#include "config/dump.h"

#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <charconv>

#include "config/keys.h"

namespace orc::config {
namespace {

std::string json_of(const std::string& value) { return boost::json::serialize(boost::json::string(value)); }

std::string json_of(bool value) { return value ? "true" : "false"; }

std::string json_of(std::int64_t value) { return std::to_string(value); }

/// The shortest text that reads back as the same number; 1, not 1E0.
std::string json_of(double value) {
    std::array<char, 32> buffer{};
    const auto [end, trouble] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return trouble == std::errc{} ? std::string(buffer.data(), end) : "0";
}

std::string json_of(const TextList& value) {
    std::string out = "[";
    for (const auto& element : value) {
        out += (out.size() > 1 ? "," : "") + json_of(element);
    }
    return out + "]";
}

std::string json_of(const TextMap& value) {
    std::string out = "{";
    for (const auto& [name, element] : value) {
        out += (out.size() > 1 ? "," : "") + json_of(name) + ":" + json_of(element);
    }
    return out + "}";
}

std::string json_of(const Settings& settings, const Key& key) {
    return std::visit([&](auto member) { return json_of(settings.*member); }, key.member);
}

bool is_hidden(const Settings& settings, const Key& key, bool with_secrets) {
    return !with_secrets && key.is_secret() && json_of(settings, key) != "\"\"";
}

}  // namespace

std::string default_value(const Key& key) { return json_of(Settings{}, key); }

std::string dump(const Settings& settings, bool with_secrets) {
    std::string out = "{";
    for (const auto& key : keys()) {
        out += (out.size() > 1 ? "," : "") + json_of(std::string(key.name)) + ":";
        out += is_hidden(settings, key, with_secrets) ? json_of(std::string(masked_secret)) : json_of(settings, key);
    }
    return out + "}";
}

}  // namespace orc::config
