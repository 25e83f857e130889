#include <array>
#include <cstdio>

#include "http/legacy/legacy_names.h"

namespace orc::http::legacy {
namespace {

struct Rune {
    char32_t value = 0;
    std::size_t length = 0;  ///< 0: not valid UTF-8 here
};

Rune rune_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return {first, 1};
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    static constexpr std::array<unsigned, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    char32_t value = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return {};
        }
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    const bool is_valid =
        first >= 0xC2 && first <= 0xF4 && value >= least[length] && value <= 0x10FFFF && !is_surrogate;
    return is_valid ? Rune{value, length} : Rune{};
}

void append_hex(std::string& out, const char* format, unsigned value) {
    std::array<char, 16> space{};
    const int count = std::snprintf(space.data(), space.size(), format, value);
    out.append(space.data(), static_cast<std::size_t>(count));
}

void append_escaped(std::string& out, char32_t value) {
    static constexpr std::string_view controls = "\a\b\f\n\r\t\v";
    static constexpr std::string_view letters = "abfnrtv";
    const auto known = value < 0x80 ? controls.find(static_cast<char>(value)) : std::string_view::npos;
    if (known != std::string_view::npos && value != 0) {
        out += '\\';
        out += letters[known];
    } else if (value == '"' || value == '\\') {
        out += '\\';
        out += static_cast<char>(value);
    } else if (value >= 0x20 && value < 0x7F) {
        out += static_cast<char>(value);
    } else if (value < 0x80) {
        append_hex(out, "\\x%02x", static_cast<unsigned>(value));
    } else {
        append_hex(out, value < 0x10000 ? "\\u%04x" : "\\U%08x", static_cast<unsigned>(value));
    }
}

}  // namespace

std::string quoted_ascii(std::string_view text) {
    if (text.empty()) {
        return "";
    }
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const Rune rune = rune_at(text, at);
        if (rune.length == 0) {
            append_hex(out, "\\x%02x", static_cast<unsigned char>(text[at]));
            ++at;
        } else {
            append_escaped(out, rune.value);
            at += rune.length;
        }
    }
    return out + "\"";
}

}  // namespace orc::http::legacy
