// The real Hooks: each command is written to a temporary file and run by the configured shell.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "recovery/hooks.h"
#include "runtime/clock.h"

namespace orc::recovery {

/// `shell`: ProcessesShellCommand. `clock` outlives it.
std::unique_ptr<Hooks> make_shell_hooks(runtime::Clock& clock, std::string shell);
/// The same, asking for the shell anew before each command.
std::unique_ptr<Hooks> make_shell_hooks(runtime::Clock& clock, std::function<std::string()> shell);

}  // namespace orc::recovery
