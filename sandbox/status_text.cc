#include <fmt/format.h>

#include "sandbox/sandbox.h"

namespace orc::sandbox {

std::string to_text(const std::vector<ServerStatus>& status) {
    std::string text;
    int i = 0;
    for (const auto& one : status) {
        std::string state = !one.running    ? "dead"
                            : one.frozen    ? "frozen"
                            : !one.answers  ? "silent"
                            : one.read_only ? "read-only"
                                            : "writable";
        std::string source = "-";
        if (!one.group_state.empty()) {
            source = fmt::format("group {} {}", one.group_state, one.is_group_primary ? "PRIMARY" : "SECONDARY");
        }
        if (one.source) {
            source =
                fmt::format("<- {} io={} sql={}", one.source->text(), one.io ? "yes" : "no", one.sql ? "yes" : "no");
        }
        if (one.channels.size() > 1) {
            source += fmt::format(" and {} more", one.channels.size() - 1);
        }
        text += fmt::format(
            "{}  {:<21} pid {:<8} {:<9}  {:<42} gtid {}{}\n",
            ++i,
            one.endpoint.text(),
            one.pid == 0 ? "-" : std::to_string(one.pid),
            state,
            source,
            one.gtid.empty() ? "-" : one.gtid,
            one.error.empty() ? "" : "  (" + one.error + ")"
        );
    }
    return text;
}

}  // namespace orc::sandbox
