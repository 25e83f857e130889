#include "gtid/binlog_coordinates.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace orc::gtid {
namespace {

constexpr std::string_view detach_prefix = "//";

bool is_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(value) : std::nullopt;
}

/// What "//FILE:POS" hides; nullopt if `file` is not of that form.
std::optional<BinlogCoordinates> hidden_in(std::string_view file) {
    if (!file.starts_with(detach_prefix)) {
        return std::nullopt;
    }
    file.remove_prefix(detach_prefix.size());
    const auto colon = file.find(':');
    if (colon == 0 || colon == std::string_view::npos || file.find('/') != std::string_view::npos) {
        return std::nullopt;
    }
    const auto position = number(file.substr(colon + 1));
    return position ? std::optional(BinlogCoordinates{std::string(file.substr(0, colon)), *position}) : std::nullopt;
}

struct FileName {
    std::string_view base;
    std::string_view digits;  // without leading zeros; "" for both zero and none
    bool numbered = false;
};

FileName parts_of(std::string_view file) {
    const auto dot = file.rfind('.');
    if (dot == std::string_view::npos || !is_number(file.substr(dot + 1))) {
        return {file, {}, false};
    }
    auto digits = file.substr(dot + 1);
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return {file.substr(0, dot), digits, true};
}

}  // namespace

Result<BinlogCoordinates> BinlogCoordinates::parse(std::string_view text) {
    // The marker alone is what a replica's status shows as its file; the position beside it is the same one.
    if (const auto hidden = hidden_in(text)) {
        return hidden->detached();
    }
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos && colon > 0) {
        const auto file = text.substr(0, colon);
        const auto position = number(text.substr(colon + 1));
        const bool is_plain = file.find(':') == std::string_view::npos && !file.starts_with(detach_prefix);
        if (position && (is_plain || hidden_in(file))) {
            return BinlogCoordinates{std::string(file), *position};
        }
    }
    return fail(ErrorCode::invalid, "'" + std::string(text) + "' is not binlog coordinates file:position");
}

std::string BinlogCoordinates::text() const { return file + ":" + std::to_string(position); }

bool BinlogCoordinates::is_detached() const { return hidden_in(file).has_value(); }

BinlogCoordinates BinlogCoordinates::detached() const {
    return is_detached() ? *this : BinlogCoordinates{std::string(detach_prefix) + text(), position};
}

BinlogCoordinates BinlogCoordinates::attached() const { return hidden_in(file).value_or(*this); }

std::uint64_t BinlogCoordinates::file_number() const {
    const auto name = parts_of(file);
    return number(name.digits).value_or(0);
}

std::strong_ordering operator<=>(const BinlogCoordinates& a, const BinlogCoordinates& b) {
    const auto left = parts_of(a.file);
    const auto right = parts_of(b.file);
    if (const auto order = left.base <=> right.base; order != 0) {
        return order;
    }
    if (const auto order = left.numbered <=> right.numbered; order != 0) {
        return order;
    }
    if (const auto order = left.digits.size() <=> right.digits.size(); order != 0) {
        return order;
    }
    if (const auto order = left.digits <=> right.digits; order != 0) {
        return order;
    }
    if (const auto order = a.position <=> b.position; order != 0) {
        return order;
    }
    return a.file <=> b.file;  // only the padding can differ: keep the order consistent with ==
}

}  // namespace orc::gtid
