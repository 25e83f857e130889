#include "run_command.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace orc::integration {
namespace {

std::string contents(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Ran run_command(const std::filesystem::path& configuration, const std::string& arguments) {
    static std::atomic<int> count = 0;
    const std::string errors = configuration.string() + ".stderr." + std::to_string(++count);
    const std::string line =
        std::string(ORC_PROGRAM) + " --config=" + configuration.string() + " " + arguments + " 2>" + errors;
    FILE* pipe = popen(line.c_str(), "r");
    Ran ran;
    if (pipe == nullptr) {
        ADD_FAILURE() << "cannot run " << line;
        return ran;
    }
    std::array<char, 4096> space{};
    for (std::size_t got = 0; (got = fread(space.data(), 1, space.size(), pipe)) > 0;) {
        ran.out.append(space.data(), got);
    }
    ran.status = WEXITSTATUS(pclose(pipe));
    ran.error = contents(errors);
    return ran;
}

}  // namespace orc::integration
