// Where a server listens: the classic instance key.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orc {

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    /// Reads host:port, host, [ipv6]:port or a bare IPv6 address; `default_port` where none is given.
    /// Errors (invalid) name the text.
    static Result<Endpoint> parse(std::string_view text, std::uint16_t default_port);

    /// "host:port", as people and tables see it.
    std::string text() const;
    /// A usable address: a host that is neither empty nor "_", not detached ("//host"), and a port.
    bool is_valid() const;
    bool is_detached() const { return host.starts_with("//"); }

    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace orc

template <>
struct std::hash<orc::Endpoint> {
    std::size_t operator()(const orc::Endpoint& e) const noexcept {
        return std::hash<std::string>{}(e.host) * 31 + e.port;
    }
};
