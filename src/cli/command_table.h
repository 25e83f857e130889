// Commands by their classic names, and what each prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/use_cases.h"
#include "cli/flags.h"

namespace orc::cli {

/// What a command leaves behind: text for standard output, or a FATAL line for standard error.
struct Printed {
    std::string out;
    std::string error;  ///< "" on success
    int exit_code = 0;
};

/// Does the command need servers to be read before it can answer (it shows or changes the topology)?
bool needs_topology(std::string_view command);
bool is_known(std::string_view command);
/// All commands with their sections and one-line meanings, as `help` lists them on standard error.
std::string listing();

/// Runs one command. `local_host` is this machine's name, the classic default of -i. An -i that cannot be understood is
/// an error, never this machine by accident.
Co<Printed> run(api::UseCases& use_cases, Flags flags, std::string local_host, std::string user);

}  // namespace orc::cli
