#include "app/audit_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "runtime/log.h"
#include "runtime/system_log.h"

namespace orc::app {
namespace {

std::string on_one_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    return text;
}

std::string local_time(WallTime when) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    char out[32] = {};
    std::strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S", &parts);
    return out;
}

void append(const std::string& path, const std::string& line) {
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    const bool is_written = file >= 0 && ::write(file, line.data(), line.size()) == ssize_t(line.size());
    if (!is_written) {
        LOG(error, "audit.file_not_written", {{"file", path}, {"why", std::string_view(std::strerror(errno))}});
    }
    if (file >= 0) {
        ::close(file);
    }
}

}  // namespace

std::string audit_line(const model::AuditEntry& entry) {
    const Endpoint server = entry.endpoint.value_or(Endpoint{});
    return local_time(entry.at) + "\t" + on_one_line(entry.type) + "\t" + on_one_line(server.host) + "\t" +
           std::to_string(server.port) + "\t[" + on_one_line(entry.cluster) + "]\t" + on_one_line(entry.message) +
           "\t\n";
}

std::string audit_text(const model::AuditEntry& entry) {
    const Endpoint server = entry.endpoint.value_or(Endpoint{});
    return "auditType:" + on_one_line(entry.type) + " instance:" + on_one_line(server.host) + ":" +
           std::to_string(server.port) + " cluster:" + on_one_line(entry.cluster) +
           " message:" + on_one_line(entry.message);
}

void tell_audit(const std::vector<model::Change>& changes, const config::Settings& settings) {
    for (const auto& change : changes) {
        const auto* audit = std::get_if<model::AppendAudit>(&change);
        if (audit == nullptr) {
            continue;
        }
        if (!settings.audit_log_file.empty()) {
            append(settings.audit_log_file, audit_line(audit->record));
        }
        if (settings.audit_to_syslog) {
            runtime::tell_system_log(audit_text(audit->record));
        }
    }
}

}  // namespace orc::app
