#include "gtid/entries.h"

#include <algorithm>

#include "gtid/intervals.h"

namespace orc::gtid {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_identifier(std::string_view text) {
    return !text.empty() && text.find_first_of(" \t\r\n:,") == std::string_view::npos;
}

bool is_tag(std::string_view text) {
    constexpr std::size_t length_max = 32;
    return !text.empty() && text.size() <= length_max && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

void normalise(Entries& entries) {
    const auto out_of_order = [](const auto& a, const auto& b) { return compare_keys(a, b) >= 0; };
    if (std::adjacent_find(entries.begin(), entries.end(), out_of_order) != entries.end()) {
        std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return compare_keys(a, b) < 0; });
        std::size_t kept = 0;
        for (std::size_t i = 1; i < entries.size(); ++i) {
            if (compare_keys(entries[kept], entries[i]) == 0) {
                auto& into = entries[kept].intervals;
                into.insert(into.end(), entries[i].intervals.begin(), entries[i].intervals.end());
            } else if (++kept != i) {
                entries[kept] = std::move(entries[i]);
            }
        }
        entries.resize(kept + 1);
    }
    for (auto& entry : entries) {
        normalise(entry.intervals);
    }
}

}  // namespace orc::gtid
