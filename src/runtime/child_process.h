// Outside commands: started in a process group of their own, their output read while they run, and ended as a group
// when their time is up. No thread is blocked and nothing is left behind as a zombie.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/clock.h"
#include "runtime/task.h"

namespace orc::runtime {

struct ChildCommand {
    std::vector<std::string> arguments;              ///< the program first, looked up in PATH
    std::map<std::string, std::string> environment;  ///< added to ours
    std::size_t output_limit = 64U << 10U;           ///< bytes of output kept; the rest is read and dropped
};

struct ChildResult {
    int exit_code = 0;   ///< 128 + number when a signal ended it, as shells say
    std::string output;  ///< standard output and error together
    Micros took{0};
};

/// Runs the command to its end. Standard input is empty. Output of what it left running in the background is not waited
/// for. Errors: invalid (could not be started), timed_out (the group was killed), cancelled (likewise).
Task<ChildResult> run_child(Clock& clock, ChildCommand command, Deadline deadline);

/// Starts the command and lets it be; it is reaped when it ends. Errors: invalid.
Result<void> start_child(Executor executor, ChildCommand command);

}  // namespace orc::runtime
