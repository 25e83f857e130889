// One run of the program: the real outside, the service on it, and either the HTTP listener or one command.
#pragma once

#include <string>

#include "cli/flags.h"
#include "config/files.h"
#include "config/settings.h"

namespace orc::app {

/// Keeps SIGHUP waiting until run_service takes care of it: it must not end a program that has just begun to start.
void hold_hangups();

/// `orchestrator http`: serves and watches until SIGTERM or SIGINT; `-c continuous` does the same without the HTTP
/// listener. `files` are those that `settings` came from. Returns the exit code.
int run_service(const config::Settings& settings, const cli::Flags& flags, config::Files files);

/// `orchestrator -c command`: asks the service that holds this configuration's database when one runs, else does it
/// itself.
int run_command(const config::Settings& settings, const cli::Flags& flags);

/// The classic FATAL line on standard error; returns 1.
int fatal(const std::string& message);

}  // namespace orc::app
