// orchestrator: reads flags and configuration, then serves (http) or runs one command (-c).
#include <iostream>
#include <string>
#include <vector>

#include "app/process.h"
#include "app/reloader.h"
#include "app/service.h"
#include "app/wiring.h"
#include "cli/command_table.h"
#include "cli/flags.h"
#include "config/files.h"
#include "runtime/log.h"
#include "runtime/system_log.h"

namespace {

using namespace orc;

constexpr const char* prompt =
    R"(orchestrator: discovers, shows, refactors and recovers MySQL and MariaDB replication topologies.

  orchestrator [--config=FILE] http            run the service
  orchestrator -c discover -i host:port        read a server and register it
  orchestrator -c topology -i host:port        show its topology
  orchestrator -c help                         list all commands
  orchestrator --help                          list all flags
)";

runtime::LogLevel log_level(const cli::Flags& flags, const config::Settings& settings) {
    if (flags.on("quiet")) {
        return runtime::LogLevel::error;
    }
    if (flags.on("debug") || settings.debug) {
        return runtime::LogLevel::debug;
    }
    if (flags.on("verbose")) {
        return runtime::LogLevel::info;
    }
    return runtime::LogLevel::error;
}

void report(const std::vector<config::Note>& notes) {
    for (const auto& note : notes) {
        if (note.level == config::Note::Level::warning) {
            runtime::advise(
                "configuration.questioned", {{"file", note.file}, {"key", note.key}, {"why", note.message}}
            );
        } else {
            LOG(info, "configuration.noted", {{"file", note.file}, {"key", note.key}, {"why", note.message}});
        }
    }
}

int serve_or_run(const cli::Flags& flags) {
    const std::string word = flags.words.empty() ? "" : flags.words.front();
    const bool is_service = word == "http" || flags.text("c") == "continuous";
    if (is_service) {
        app::hold_hangups();
    }
    const std::string file = flags.text("config");
    config::Files files(file.empty() ? std::nullopt : std::optional<std::string>(file));
    auto loaded = files.load();
    if (!loaded) {
        return app::fatal(loaded.error().message);
    }
    app::apply_flags(flags, loaded->settings);
    const config::Settings& settings = loaded->settings;
    runtime::configure_log(
        log_level(flags, settings),
        settings.log_format == "json" ? runtime::LogFormat::json : runtime::LogFormat::text,
        flags.on("quiet")
    );
    if (settings.enable_syslog) {
        runtime::copy_log_to_system();
    }
    report(loaded->notes);
    if (const auto allowed = app::check_group(settings, is_service, flags.on("ignore-raft-setup")); !allowed) {
        return app::fatal(allowed.error().message);
    }
    return is_service ? app::run_service(settings, flags, std::move(files)) : app::run_command(settings, flags);
}

/// `help` and `-c help` list the commands, on standard error as ever; `help <command>` and `-c <command> help` explain
/// one.
int help(const cli::Flags& flags) {
    std::string topic = flags.text("c");
    if (topic.empty() && flags.words.size() > 1) {
        topic = flags.words[1];
    }
    if (topic.empty() || topic == "help") {
        std::cerr << cli::listing();
    } else {
        std::cout << cli::help_on(topic);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto flags = cli::parse_flags(std::vector<std::string>(argv + 1, argv + argc));
    if (!flags) {
        std::cerr << flags.error().message << "\n" << cli::usage();
        return 2;
    }
    if (flags->wants_usage) {
        std::cerr << cli::usage();
        return 0;
    }
    if (flags->on("version")) {
        std::cout << app::version() << "\n" << app::commit() << "\n";
        return 0;
    }
    const std::string command = flags->text("c");
    const std::string word = flags->words.empty() ? "" : flags->words.front();
    if (command.empty() && word.empty()) {
        std::cout << prompt;
        return 0;
    }
    if (command == "help" || word == "help") {
        return help(*flags);
    }
    if (!word.empty() && word != "http" && word != "cli") {
        std::cerr << "unknown argument '" << word << "'\n" << cli::usage();
        return 1;
    }
    if (!flags->text("s").empty() && !flags->text("d").empty()) {
        return app::fatal("-s and -d are synonyms; give one of them");
    }
    const auto rule = model::parse_promotion_rule(flags->text("promotion-rule"));
    if (!rule || *rule == model::PromotionRule::must) {
        return app::fatal(
            "-promotion-rule '" + flags->text("promotion-rule") + "': allowed: prefer, neutral, prefer_not, must_not"
        );
    }
    if (word != "http") {
        if (const std::string why = cli::why_not(command); !why.empty()) {
            return app::fatal(why);
        }
    }
    return serve_or_run(*flags);
}
