// Cells of a row as values of the model.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "store/rows.h"

namespace orc::store {

/// Reads the columns of a row one after another. Tolerant where the original was: NULL and "" are "nothing", and a time
/// that cannot be read is the epoch, because a damaged remark must not keep a service from starting.
class Columns {
public:
    explicit Columns(const Row& row) : row_(row) {}

    std::string text() {
        const Value& value = next();
        if (const auto* text = std::get_if<std::string>(&value)) {
            return *text;
        }
        const auto* number = std::get_if<std::int64_t>(&value);
        return number == nullptr ? std::string() : std::to_string(*number);
    }
    std::int64_t number() {
        const Value& value = next();
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            return *number;
        }
        std::int64_t out = 0;
        if (const auto* text = std::get_if<std::string>(&value)) {
            std::from_chars(text->data(), text->data() + text->size(), out);
        }
        return out;
    }
    bool flag() { return number() != 0; }
    Endpoint endpoint() {
        Endpoint out;
        out.host = text();
        out.port = static_cast<std::uint16_t>(number());
        return out;
    }
    std::optional<Endpoint> endpoint_if_valid() {
        Endpoint out = endpoint();
        return out.is_valid() ? std::optional(std::move(out)) : std::nullopt;
    }
    std::optional<WallTime> time_if_any() {
        const auto when = parse_db_timestamp(text());
        return when ? std::optional(*when) : std::nullopt;
    }
    WallTime time() { return time_if_any().value_or(WallTime{}); }
    WallTime unix_millis() { return WallTime(Millis(number())); }
    std::vector<Endpoint> endpoints() {
        const std::string all = text();
        std::vector<Endpoint> out;
        for (const auto& piece : split(all, ',')) {
            // The last colon, because IPv6 hosts stand here without brackets.
            const auto colon = piece.rfind(':');
            if (colon == std::string_view::npos) {
                continue;
            }
            Endpoint endpoint;
            endpoint.host = std::string(trim(piece.substr(0, colon)));
            const std::string_view port = trim(piece.substr(colon + 1));
            std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
            out.push_back(std::move(endpoint));
        }
        return out;
    }
    std::vector<std::string> lines() {
        const std::string all = text();
        std::vector<std::string> out;
        if (!all.empty()) {
            for (const auto& line : split(all, '\n')) {
                out.emplace_back(line);
            }
        }
        return out;
    }

private:
    const Value& next() { return row_.at(at_++); }
    const Row& row_;
    std::size_t at_ = 0;
};

/// Runs a query whose rows each become one value of `out`.
template <typename T>
Result<std::vector<T>> read_all(const Reader& reader, std::string_view sql, const Row& values, T (*make)(Columns)) {
    std::vector<T> out;
    TRY(reader(sql, values, [&](const Row& row) { out.push_back(make(Columns(row))); }));
    return out;
}

model::RecoveryRecord recovery_of(Columns from);  ///< of the columns in recovery_columns
model::Detection detection_of(Columns from);      ///< of the columns in detection_columns

}  // namespace orc::store
