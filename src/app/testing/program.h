// The program itself as a child process, for tests of this room.
#pragma once

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

extern char** environ;

namespace orc::app::testing_support {

/// A running program whose output is read through a pipe.
class Program {
public:
    Program(const std::string& program, std::vector<std::string> arguments) {
        int ends[2] = {};
        EXPECT_EQ(pipe(ends), 0);
        output_ = ends[0];
        posix_spawn_file_actions_t actions{};
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addclose(&actions, ends[0]);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
        arguments.insert(arguments.begin(), program);
        std::vector<char*> words;
        for (auto& argument : arguments) {
            words.push_back(argument.data());
        }
        words.push_back(nullptr);
        EXPECT_EQ(posix_spawn(&pid_, program.c_str(), &actions, nullptr, words.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
    }
    ~Program() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        close(output_);
    }
    /// All that was printed, at least up to the first `mark` behind the mark before; "" reads to the end.
    const std::string& read_until(std::string_view mark) {
        // One read may bring more than was asked for, so the search begins behind what was found last.
        char piece[4096];
        std::size_t at = 0;
        while (mark.empty() || (at = printed_.find(mark, found_)) == std::string::npos) {
            const ssize_t count = read(output_, piece, sizeof piece);
            if (count <= 0) {
                break;
            }
            printed_.append(piece, std::size_t(count));
        }
        found_ = mark.empty() || at == std::string::npos ? printed_.size() : at + mark.size();
        return printed_;
    }
    void signal(int number) const { kill(pid_, number); }

private:
    pid_t pid_ = 0;
    int output_ = -1;
    std::string printed_;
    std::size_t found_ = 0;  ///< where the last mark ended
};

/// All that it prints until it ends.
inline std::string run(const std::string& program, std::vector<std::string> arguments) {
    Program child(program, std::move(arguments));
    return child.read_until("");
}

}  // namespace orc::app::testing_support
