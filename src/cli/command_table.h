// The table of commands, the way from flags to one of them, and what `help` prints.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace orc::cli {

/// What a command leaves behind: text for standard output, or a FATAL line for standard error.
struct Printed {
    std::string out;
    std::string error;  ///< "" on success
    int exit_code = 0;
};

/// All commands in the order of the listing, those that this release refuses included.
std::span<const Command> all_commands();
/// By its name or an older one; null for none.
const Command* find_command(std::string_view name);
/// Does the command rest on how the servers stand now?
bool needs_topology(std::string_view command);
/// Why the command cannot be run at all: unknown, with the nearest known name, or not in this release; "" it can.
std::string why_not(std::string_view command);

/// All commands with their sections and one-line meanings, as `help` lists them on standard error.
std::string listing();
/// What `help <command>` prints; "" for an unknown one, as ever.
std::string help_on(std::string_view command);

/// Runs one command. `local_host` is this machine's name, the classic default of -i. An -i that cannot be understood is
/// an error, never this machine by accident.
Co<Printed> run(api::UseCases& use_cases, Flags flags, std::string local_host, std::string user);

}  // namespace orc::cli
