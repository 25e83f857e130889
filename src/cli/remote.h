// Has another process run a command, as if it had been run there: the service that holds an embedded database, through
// a socket beside it; the active node of a shared database, by an errand in it.
#pragma once

#include <map>
#include <string>

#include "cli/command_table.h"

namespace orc::cli {

/// The path that runs commands; its query names the flags. The answer is JSON {"out", "error", "exit"}.
inline constexpr std::string_view command_path = "/api/cli";

/// The request: path and query.
std::string request_of(const Flags& flags);
/// What the answer to it says. Errors (invalid): it is none; `who` gave it.
Result<Printed> printed_from(const std::string& who, int status, const std::string& body);
/// Errors: unreachable (nobody serves the socket), timed_out, invalid.
Result<Printed> ask_service(const std::string& socket, const Flags& flags);

/// Flags from the decoded query ({"c": "topology", "i": "db1"}).
Result<Flags> flags_from_query(const std::map<std::string, std::string>& query);
std::string answer_text(const Printed& printed);

}  // namespace orc::cli
