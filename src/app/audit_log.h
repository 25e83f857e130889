// Audit entries in other places than the store: the file of AuditLogFile, and syslog.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"
#include "model/intent.h"

namespace orc::app {

/// One line of AuditLogFile, as the classic program writes it, with its newline. Tabs and newlines inside values become
/// spaces.
std::string audit_line(const model::AuditEntry& entry);
/// The line for syslog.
std::string audit_text(const model::AuditEntry& entry);

/// Tells the places that the settings name about those of `changes` that are audit entries. A file that cannot be
/// written is logged and holds nothing up.
void tell_audit(const std::vector<model::Change>& changes, const config::Settings& settings);

}  // namespace orc::app
