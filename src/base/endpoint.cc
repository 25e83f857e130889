#include "base/endpoint.h"

#include <algorithm>
#include <charconv>

namespace orc {
namespace {

bool is_ipv6_text(std::string_view text) {
    return text.find(':') != std::string_view::npos && std::all_of(text.begin(), text.end(), [](char c) {
               return c == ':' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

Result<std::uint16_t> parse_port(std::string_view text, std::string_view whole) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) {
        return fail(ErrorCode::invalid, "'" + std::string(whole) + "': port must be a number from 1 to 65535");
    }
    return std::uint16_t(port);
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text, std::uint16_t default_port) {
    std::string_view host = text;
    std::uint16_t port = default_port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || close + 1 >= text.size() || text[close + 1] != ':' ||
            !is_ipv6_text(text.substr(1, close - 1))) {
            return fail(ErrorCode::invalid, "'" + std::string(text) + "' is not host:port; IPv6 is written [::1]:3306");
        }
        host = text.substr(1, close - 1);
        TRY(port, parse_port(text.substr(close + 2), text));
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        if (text.find(':', colon + 1) == std::string_view::npos) {
            host = text.substr(0, colon);
            TRY(port, parse_port(text.substr(colon + 1), text));
        } else if (!is_ipv6_text(text)) {
            return fail(ErrorCode::invalid, "'" + std::string(text) + "' is not host:port");
        }
    }
    if (host.empty()) {
        return fail(ErrorCode::invalid, "'" + std::string(text) + "' names no host");
    }
    return Endpoint{std::string(host), port};
}

std::string Endpoint::text() const { return host + ":" + std::to_string(port); }

bool Endpoint::is_valid() const { return !host.empty() && host != "_" && !is_detached() && port != 0; }

}  // namespace orc
