// The program as a command line.
#pragma once

#include <filesystem>
#include <string>

namespace orc::integration {

struct Ran {
    std::string out;    ///< standard output
    std::string error;  ///< standard error
    int status = 0;
};

/// `orchestrator --config=<configuration> <arguments>`, the arguments as a shell reads them. Several at once may share
/// a configuration.
Ran run_command(const std::filesystem::path& configuration, const std::string& arguments);

}  // namespace orc::integration
