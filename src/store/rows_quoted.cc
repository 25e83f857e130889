#include "store/rows_quoted.h"

#include <cstdio>

namespace orc::store {
namespace {

// Appends one code point as the classic reader expects it: plain ASCII, everything else escaped.
void append_escaped(std::string& out, char32_t point) {
    char buffer[16];
    if (point < 0x10000) {
        std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(point));
    } else {
        std::snprintf(buffer, sizeof buffer, "\\U%08x", static_cast<unsigned>(point));
    }
    out += buffer;
}

void append_byte(std::string& out, unsigned char byte) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<unsigned>(byte));
    out += buffer;
}

// Length of the UTF-8 sequence at `at`, 0 if it is none; its code point in `point`.
std::size_t decode(std::string_view text, std::size_t at, char32_t& point) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    const std::size_t size = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (size == 0 || first >= 0xf5 || at + size > text.size()) {
        return 0;
    }
    point = first & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80) {
            return 0;
        }
        point = (point << 6) | (byte(at + i) & 0x3fU);
    }
    const bool is_overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
    const bool is_no_character = (point >= 0xd800 && point < 0xe000) || point > 0x10ffff;
    return is_overlong || is_no_character ? 0 : size;
}

void append_control(std::string& out, unsigned char byte) {
    static constexpr std::string_view named = "\a\b\t\n\v\f\r";
    static constexpr std::string_view letters = "abtnvfr";
    const auto at = named.find(static_cast<char>(byte));
    if (at == std::string_view::npos) {
        append_byte(out, byte);
    } else {
        out += '\\';
        out += letters[at];
    }
}

}  // namespace

std::string quoted_text(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        std::size_t used = 1;
        if (byte == '"' || byte == '\\') {
            out += '\\';
            out += static_cast<char>(byte);
        } else if (byte < 0x20 || byte == 0x7f) {
            append_control(out, byte);
        } else if (byte < 0x80) {
            out += static_cast<char>(byte);
        } else {
            char32_t point = 0;
            const std::size_t size = decode(text, at, point);
            if (size == 0) {
                append_byte(out, byte);
            } else {
                append_escaped(out, point);
                used = size;
            }
        }
        at += used;
    }
    return out + '"';
}

}  // namespace orc::store
