// Values of the model as cells of a row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "store/rows.h"
#include "store/value.h"

namespace orc::store {

/// The classic word for "has not happened" in columns that must have a time.
inline constexpr std::string_view never = "1971-01-01 00:00:00";

inline std::int64_t flag(bool value) { return value ? 1 : 0; }
inline std::int64_t port_of(const Endpoint& endpoint) { return endpoint.port; }
inline std::int64_t unix_seconds(WallTime when) { return std::chrono::floor<Seconds>(when).time_since_epoch().count(); }
inline std::int64_t unix_millis(WallTime when) { return when.time_since_epoch().count(); }
inline Value timestamp_or_null(const std::optional<WallTime>& when) {
    return when ? Value(db_timestamp(*when)) : Value(std::monostate{});
}

// The changes of detections and recoveries (rows_incidents.cc).
void write_change(const model::PutDetection& change, std::vector<Write>& out);
void write_change(const model::PutRecovery& change, std::vector<Write>& out);
void write_change(const model::PutBlockedRecovery& change, std::vector<Write>& out);
void write_change(const model::DropBlockedRecovery& change, std::vector<Write>& out);
void write_change(const model::AppendRecoveryStep& change, std::vector<Write>& out);

}  // namespace orc::store
