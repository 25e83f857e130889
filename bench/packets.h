// The server's side of the MySQL protocol, as bytes: what the fake fleet says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orc::bench {

/// The packets of one answer, numbered.
class Packets {
public:
    /// `sequence`: number of the first packet.
    explicit Packets(std::uint8_t sequence) : sequence_(sequence) {}

    void greeting(std::uint32_t connection);
    /// `more`: another result follows.
    void ok(bool more);
    void columns(const std::vector<std::string>& names);
    void row(const std::vector<std::optional<std::string>>& cells);
    void end_of_rows(bool more);
    /// Packets made before by another one, which get numbers that go on from here.
    void append(std::string_view made);

    std::string take() { return std::move(bytes_); }

private:
    void packet(std::string_view payload);

    std::uint8_t sequence_;
    std::string bytes_;
};

}  // namespace orc::bench
