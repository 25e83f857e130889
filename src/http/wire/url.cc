#include "http/wire/url.h"

#include "base/text.h"

namespace orc::http {
namespace {

constexpr std::size_t segments_max = 64;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void read_query(std::string_view text, std::map<std::string, std::string>& out) {
    for (const std::string_view pair : split(text, '&')) {
        const auto equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals), true);
        auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
        if (name && value && !name->empty()) {
            out.emplace(*std::move(name), *std::move(value));  // the first of several counts
        }
    }
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return fail(ErrorCode::invalid, "bad percent sign in the address");
            }
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0') {
            return fail(ErrorCode::invalid, "NUL in the address");
        }
        out += c;
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view hex = "0123456789ABCDEF";
    static constexpr std::string_view unreserved = "-._~";
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              unreserved.find(c) != std::string_view::npos;
        if (is_plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += hex[byte >> 4U];
            out += hex[byte & 0xFU];
        }
    }
    return out;
}

std::string Target::query_value(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? "" : found->second;
}

std::string_view origin_form(std::string_view target) {
    const auto scheme = target.find("://");
    if (scheme == std::string_view::npos || target.starts_with('/')) {
        return target;
    }
    const auto path = target.find('/', scheme + 3);
    return path == std::string_view::npos ? "/" : target.substr(path);
}

Result<Target> parse_target(std::string_view text) {
    text = origin_form(text);
    if (!text.starts_with('/')) {
        return fail(ErrorCode::invalid, "the address has no path");
    }
    Target out;
    const auto question = text.find('?');
    if (question != std::string_view::npos) {
        read_query(text.substr(question + 1), out.query);
    }
    const std::string_view path = text.substr(1, question == std::string_view::npos ? question : question - 1);
    if (path.empty()) {
        return out;
    }
    for (const std::string_view piece : split(path, '/')) {
        if (out.segments.size() == segments_max) {
            return fail(ErrorCode::invalid, "the address has too many parts");
        }
        TRY(std::string segment, percent_decode(piece, false));
        out.segments.push_back(std::move(segment));
    }
    return out;
}

std::vector<std::string> path_segments(std::string_view path) {
    std::vector<std::string> out;
    for (const std::string_view piece : split(path, '/')) {
        if (!piece.empty()) {
            out.emplace_back(piece);
        }
    }
    return out;
}

}  // namespace orc::http
