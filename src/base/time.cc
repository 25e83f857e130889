#include "base/time.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace orc {
namespace {

struct Parts {
    int year, month, day, hour, minute, second, millis;
};

Parts split(WallTime when) {
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss<Millis> clock(when - day);
    return {
        int(date.year()),
        int(unsigned(date.month())),
        int(unsigned(date.day())),
        int(clock.hours().count()),
        int(clock.minutes().count()),
        int(clock.seconds().count()),
        int(clock.subseconds().count())
    };
}

bool read_number(std::string_view text, int& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string db_timestamp(WallTime when) {
    const Parts p = split(when);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", p.year, p.month, p.day, p.hour, p.minute, p.second);
}

std::string rfc3339(WallTime when) {
    const Parts p = split(when);
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", p.year, p.month, p.day, p.hour, p.minute, p.second, p.millis
    );
}

Result<WallTime> parse_db_timestamp(std::string_view text) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    const bool shaped = text.size() >= 19 && text[4] == '-' && text[7] == '-' && (text[10] == ' ' || text[10] == 'T') &&
                        text[13] == ':' && text[16] == ':' && read_number(text.substr(0, 4), year) &&
                        read_number(text.substr(5, 2), month) && read_number(text.substr(8, 2), day) &&
                        read_number(text.substr(11, 2), hour) && read_number(text.substr(14, 2), minute) &&
                        read_number(text.substr(17, 2), second);
    const std::chrono::year_month_day date{
        std::chrono::year(year), std::chrono::month(unsigned(month)), std::chrono::day(unsigned(day))
    };
    if (!shaped || !date.ok() || hour > 23 || minute > 59 || second > 60) {
        return fail(ErrorCode::invalid, "not a timestamp: '" + std::string(text) + "'");
    }
    return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           Seconds(second);
}

Result<Seconds> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool one_unit = error == std::errc() && end + 1 == text.data() + text.size();
    if (one_unit && number >= 0 && number <= 100'000'000) {
        switch (*end) {
            case 's':
                return Seconds(number);
            case 'm':
                return Seconds(number * 60);
            case 'h':
                return Seconds(number * 3600);
            case 'd':
                return Seconds(number * 86400);
            case 'w':
                return Seconds(number * 604800);
            default:
                break;
        }
    }
    return fail(
        ErrorCode::invalid,
        "not a duration: '" + std::string(text) + "'; expected an integer and one of s, m, h, d, w, for example 10m"
    );
}

}  // namespace orc
