// Asks the service that holds the database to run a command, as if it had been run there.
#pragma once

#include <map>
#include <string>

#include "cli/command_table.h"
#include "config/settings.h"

namespace orc::cli {

/// The path, below the URL prefix, that runs commands; its query names the flags. The answer is JSON {"out", "error",
/// "exit"}.
inline constexpr std::string_view command_path = "/api/cli";

/// Errors: unreachable, timed_out, denied, invalid.
Result<Printed> ask_service(const config::Settings& settings, const Flags& flags);

/// What `ask_service` sends, as the service reads it: flags from the decoded query ({"c": "topology", "i": "db1"}).
Result<Flags> flags_from_query(const std::map<std::string, std::string>& query);
std::string answer_text(const Printed& printed);

}  // namespace orc::cli
