// Small text helpers shared by every room.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace orc {

std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);
/// Pieces between separators, empty ones kept; "" gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
bool contains_ignoring_case(std::string_view text, std::string_view part);
std::string replace_all(std::string text, std::string_view from, std::string_view to);
/// Bytes of the well-formed UTF-8 sequence at `at`, 0 if there is none (RFC 3629, table 3-7 of Unicode).
std::size_t utf8_length(std::string_view text, std::size_t at);

}  // namespace orc
