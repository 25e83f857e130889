#include "http/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace orc::http {
namespace {

void append_unit(std::string& out, unsigned unit) {
    static constexpr std::string_view hex = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) {
        out += hex[(unit >> shift) & 0xFU];
    }
}

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '&') {
        append_unit(out, static_cast<unsigned char>(c));
    } else {
        out += c;
    }
}

constexpr std::array<bool, 256> ordinary = [] {
    std::array<bool, 256> out{};
    for (unsigned byte = 0x20; byte < 0x80; ++byte) {
        out[byte] = byte != '"' && byte != '\\' && byte != '<' && byte != '>' && byte != '&';
    }
    return out;
}();

bool is_ordinary(char c) { return ordinary[static_cast<unsigned char>(c)]; }

/// What stands between the quotes.
std::string escaped(std::string_view value) {
    std::string out;
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t length = utf8_length(value, at);
        const std::string_view piece = value.substr(at, length);
        if (length == 0) {
            out += "\\ufffd";
            ++at;
            continue;
        }
        if (length == 1) {
            append_ascii(out, value[at]);
        } else if (piece == "\xE2\x80\xA8" || piece == "\xE2\x80\xA9") {  // line ends to JavaScript
            append_unit(out, piece.back() == '\xA8' ? 0x2028 : 0x2029);
        } else {
            out += piece;
        }
        at += length;
    }
    return out;
}

constexpr std::size_t first_room = 256;

}  // namespace

/// To be counted into size_ by whoever writes there.
char* JsonWriter::room_for(std::size_t bytes) {
    if (out_.size() - size_ < bytes) {
        out_.resize(std::max({first_room, 2 * out_.size(), size_ + bytes}));
    }
    return out_.data() + size_;
}

void JsonWriter::put(char c) {
    *room_for(1) = c;
    ++size_;
}

void JsonWriter::put(std::string_view text) {
    std::copy(text.begin(), text.end(), room_for(text.size()));
    size_ += text.size();
}

void JsonWriter::put_text(std::string_view value) {
    char* const begin = room_for(value.size() + 2);
    char* at = begin;
    *at++ = '"';
    std::size_t plain = 0;
    for (; plain < value.size() && is_ordinary(value[plain]); ++plain) {
        *at++ = value[plain];
    }
    size_ += static_cast<std::size_t>(at - begin);
    if (plain < value.size()) {
        put(escaped(value.substr(plain)));
    }
    put('"');
}

void JsonWriter::separate() {
    if (needs_comma_) {
        put(',');
    }
    needs_comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    put(bracket);
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    put(bracket);
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::begin_object() { return open('{'); }
JsonWriter& JsonWriter::end_object() { return close('}'); }
JsonWriter& JsonWriter::begin_array() { return open('['); }
JsonWriter& JsonWriter::end_array() { return close(']'); }

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    put_text(name);
    put(':');
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
    separate();
    put_text(value);
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    put(json);
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::digits(long long value, bool is_positive) {
    std::array<char, 24> space{};
    // A positive value that looks negative here is an unsigned one of the upper half.
    const auto end =
        is_positive && value < 0
            ? std::to_chars(space.data(), space.data() + space.size(), static_cast<unsigned long long>(value))
            : std::to_chars(space.data(), space.data() + space.size(), value);
    return raw(std::string_view(space.data(), end.ptr));
}

JsonWriter& JsonWriter::number(double value) {
    if (!std::isfinite(value)) {
        return null();
    }
    std::array<char, 400> space{};
    const double size = std::fabs(value);
    const bool is_plain = value == 0 || (size >= 1e-6 && size < 1e21);
    const auto format = is_plain ? std::chars_format::fixed : std::chars_format::scientific;
    const auto end = std::to_chars(space.data(), space.data() + space.size(), value, format);
    return raw(std::string_view(space.data(), end.ptr));
}

std::string json_text(std::string_view value) {
    JsonWriter out;
    out.text(value);
    return std::move(out).str();
}

}  // namespace orc::http
