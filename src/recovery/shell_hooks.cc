#include "recovery/shell_hooks.h"

#include <unistd.h>

#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "base/text.h"
#include "runtime/child_process.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

/// A script on disk, readable by us only, gone with its owner.
class Script {
public:
    explicit Script(std::string_view text) {
        const char* folder = std::getenv("TMPDIR");
        path_ =
            std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/orchestrator-process-cmd-XXXXXX";
        const int file = ::mkstemp(path_.data());  // mode 0600
        if (file < 0) {
            error_ = errno;
            path_.clear();
            return;
        }
        while (!text.empty() && error_ == 0) {
            const ssize_t count = ::write(file, text.data(), text.size());
            if (count < 0 && errno != EINTR) {
                error_ = errno;
            }
            text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
        }
        ::close(file);
    }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script() {
        if (!path_.empty()) {
            ::unlink(path_.c_str());
        }
    }
    const std::string& path() const { return path_; }
    int error() const { return error_; }

private:
    std::string path_;
    int error_ = 0;
};

class ShellHooks final : public Hooks {
public:
    ShellHooks(runtime::Clock& clock, std::function<std::string()> shell) : clock_(clock), shell_(std::move(shell)) {}

    Task<HookResult> run(HookCall call, Deadline deadline) override {
        runtime::ChildCommand command;
        command.environment = call.environment;
        const std::string shell = shell_();
        for (const auto word : split(shell, ' ')) {
            if (!word.empty()) {
                command.arguments.emplace_back(word);
            }
        }
        if (command.arguments.empty()) {
            co_return fail(ErrorCode::invalid, "ProcessesShellCommand is empty");
        }
        const auto executor = co_await asio::this_coro::executor;
        if (call.in_background) {
            // The file of a background script would have to outlive us: its text goes on the command line.
            command.arguments.emplace_back("-c");
            command.arguments.push_back(call.command);
            CO_TRY(runtime::start_child(executor, std::move(command)));
            co_return HookResult();
        }
        const Script script(call.command);
        if (script.error() != 0) {
            co_return fail(
                ErrorCode::invalid, "cannot write the script: " + std::generic_category().message(script.error())
            );
        }
        command.arguments.push_back(script.path());
        CO_TRY(auto ended, co_await runtime::run_child(clock_, std::move(command), deadline));
        if (!ended.output.empty()) {
            LOG(info, "hook.spoke", {{"list", call.list}, {"output", ended.output}});
        }
        HookResult out;
        out.exit_code = ended.exit_code;
        out.output = std::move(ended.output);
        out.took = ended.took;
        co_return out;
    }

private:
    runtime::Clock& clock_;
    std::function<std::string()> shell_;
};

}  // namespace

std::unique_ptr<Hooks> make_shell_hooks(runtime::Clock& clock, std::string shell) {
    return std::make_unique<ShellHooks>(clock, [shell = std::move(shell)] { return shell; });
}

std::unique_ptr<Hooks> make_shell_hooks(runtime::Clock& clock, std::function<std::string()> shell) {
    return std::make_unique<ShellHooks>(clock, std::move(shell));
}

}  // namespace orc::recovery
