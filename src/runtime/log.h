// Events, not prose: LOG(info, "recovery.planned", {{"cluster", c}, {"primary", p}}). Names are area.past_participle.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace orc::runtime {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

/// One named value of an event. Secrets have no conversion to it.
struct LogField {
    std::string_view key;
    std::string value;

    LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
    LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
    LogField(std::string_view k, const char* v) : key(k), value(v) {}
    LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
    template <typename N>
        requires(std::integral<N> || std::floating_point<N>)
    LogField(std::string_view k, N v) : key(k), value(std::to_string(v)) {}
    /// Anything that prints itself by text(): endpoints, ids, GTID sets.
    template <typename T>
        requires requires(const T& t) {
            { t.text() } -> std::convertible_to<std::string>;
        }
    LogField(std::string_view k, const T& v) : key(k), value(v.text()) {}
};

/// Where events go: standard error. Thread-safe; set once at start. `is_quiet`: advice is held back as well.
void configure_log(LogLevel least, LogFormat format, bool is_quiet = false);
bool log_enabled(LogLevel level);
/// The last words of a process, in the classic form "YYYY-MM-DD HH:MM:SS FATAL text" or as the event "program.failed".
/// Printed whatever the level.
void print_fatal(std::string_view message);
/// A warning for whoever has just started or told the program something. The log's level does not hold it back: by
/// default that is error, and nobody would learn that a key is misspelt.
void advise(std::string_view event, std::initializer_list<LogField> fields);
void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

}  // namespace orc::runtime

#define LOG(level, ...)                                                              \
    do {                                                                             \
        if (::orc::runtime::log_enabled(::orc::runtime::LogLevel::level)) {          \
            ::orc::runtime::log_event(::orc::runtime::LogLevel::level, __VA_ARGS__); \
        }                                                                            \
    } while (false)
