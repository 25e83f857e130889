// The classic line on standard error: "YYYY-MM-DD HH:MM:SS LEVEL text", or one JSON object a line.
#include "runtime/log.h"

#include <fmt/format.h>
#include <syslog.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "base/time.h"
#include "runtime/system_log.h"

namespace orc::runtime {
namespace {

std::atomic<LogLevel> least_level{LogLevel::error};
std::atomic<LogFormat> log_format{LogFormat::text};
std::mutex log_mutex;
std::atomic<bool> copies_to_system{false};
std::atomic<bool> holds_advice_back{false};

void to_system(int priority, std::string_view line) {
    static std::once_flag opened;
    std::call_once(opened, [] { openlog("orchestrator", LOG_PID, LOG_DAEMON); });
    syslog(priority, "%.*s", static_cast<int>(line.size()), line.data());
}

int system_priority(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return LOG_DEBUG;
        case LogLevel::info:
            return LOG_INFO;
        case LogLevel::warning:
            return LOG_WARNING;
        case LogLevel::error:
            return LOG_ERR;
    }
    return LOG_ERR;
}

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "DEBUG";
        case LogLevel::info:
            return "INFO";
        case LogLevel::warning:
            return "WARNING";
        case LogLevel::error:
            return "ERROR";
    }
    return "ERROR";
}

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += fmt::format("\\u{:04x}", unsigned(static_cast<unsigned char>(c)));
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

bool needs_quotes(std::string_view value) {
    return value.empty() || value.find_first_of(" \t\n\"=") != std::string_view::npos;
}

std::string line_head(std::string_view level, std::string_view text) {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    return fmt::format(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02} {} {}",
        parts.tm_year + 1900,
        parts.tm_mon + 1,
        parts.tm_mday,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec,
        level,
        text
    );
}

std::string text_line(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    std::string line = line_head(level_name(level), event);
    for (const auto& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        if (needs_quotes(field.value)) {
            append_json_text(line, field.value);
        } else {
            line += field.value;
        }
    }
    return line;
}

std::string json_line(std::string_view level, std::string_view event, std::initializer_list<LogField> fields) {
    const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":"{}")", rfc3339(now), level, event);
    for (const auto& field : fields) {
        line += ',';
        append_json_text(line, field.key);
        line += ':';
        append_json_text(line, field.value);
    }
    line += '}';
    return line;
}

void write_line(int priority, std::string line) {
    if (copies_to_system && priority <= LOG_INFO) {
        to_system(priority, line);
    }
    line += '\n';
    const std::lock_guard lock(log_mutex);
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void configure_log(LogLevel least, LogFormat format, bool is_quiet) {
    holds_advice_back = is_quiet;
    least_level = least;
    log_format = format;
}

void copy_log_to_system() { copies_to_system = true; }

void tell_system_log(std::string_view line) { to_system(LOG_INFO, line); }

void print_fatal(std::string_view message) {
    write_line(
        LOG_CRIT,
        log_format.load() == LogFormat::json ? json_line("FATAL", "program.failed", {{"why", message}})
                                             : line_head("FATAL", message)
    );
}

bool log_enabled(LogLevel level) { return level >= least_level.load(std::memory_order_relaxed); }

void advise(std::string_view event, std::initializer_list<LogField> fields) {
    if (!holds_advice_back) {
        log_event(LogLevel::warning, event, fields);
    }
}

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    write_line(
        system_priority(level),
        log_format.load() == LogFormat::json ? json_line(level_name(level), event, fields)
                                             : text_line(level, event, fields)
    );
}

}  // namespace orc::runtime
