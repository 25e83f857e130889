// The seam to outside commands. The real one runs shell text; the simulator's answers as told.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "runtime/task.h"

namespace orc::recovery {

struct HookCall {
    std::string list;                                ///< name of the configuration key, for logs and the audit
    std::string command;                             ///< placeholders already replaced; no trailing '&'
    std::map<std::string, std::string> environment;  ///< added to the service's own
    bool in_background = false;                      ///< started, never waited for
};

struct HookResult {
    int exit_code = 0;
    std::string output;  ///< standard output and error, cut at 64 KiB
    Micros took{0};
};

class Hooks {
public:
    virtual ~Hooks() = default;
    /// Runs one command. Errors: timed_out (its whole process group was killed), invalid (could not start).
    virtual Task<HookResult> run(HookCall call, Deadline deadline) = 0;
};

}  // namespace orc::recovery
