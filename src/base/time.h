// Two kinds of time. Instant: monotonic, for waiting, ages and deadlines inside this process. WallTime: the calendar,
// for what people and tables read. Nothing here reads a clock; runtime/clock.h does.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orc {

using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

/// Tag clock: instants come from runtime's Clock only.
struct Monotonic {
    using duration = Micros;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Monotonic>;
    static constexpr bool is_steady = true;
};

using Instant = Monotonic::time_point;
using WallTime = std::chrono::sys_time<Millis>;

/// An absolute moment after which the caller no longer wants the answer. Made once at the edge, passed down.
struct Deadline {
    Instant at;
    bool has_passed(Instant now) const { return now >= at; }
    /// Time left, never negative.
    Micros left(Instant now) const { return at > now ? at - now : Micros{0}; }
    friend auto operator<=>(const Deadline&, const Deadline&) = default;
};

inline Deadline earlier(Deadline a, Deadline b) { return a.at < b.at ? a : b; }

/// UTC as the classic tables keep it: "YYYY-MM-DD HH:MM:SS".
std::string db_timestamp(WallTime when);
/// The last moment that their columns of MySQL can hold.
inline constexpr WallTime last_db_time{Seconds(0x7FFFFFFF)};
/// The reverse; an empty or malformed text is an error.
Result<WallTime> parse_db_timestamp(std::string_view text);
/// RFC 3339 with milliseconds and Z.
std::string rfc3339(WallTime when);
/// Classic durations: an integer and one of s, m, h, d, w ("10m"). Negative or other forms are errors naming the text.
Result<Seconds> parse_duration(std::string_view text);

}  // namespace orc
