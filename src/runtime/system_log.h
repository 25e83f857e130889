// The operating system's log (syslog), as a second place for events and audit lines.
#pragma once

#include <string_view>

namespace orc::runtime {

/// Events of level info and above go to syslog too, as far as the log's own level lets them through. Once at start.
void copy_log_to_system();
/// One line at level info, tag orchestrator. Any thread.
void tell_system_log(std::string_view line);

}  // namespace orc::runtime
