// orchestrator-sandbox: a topology of real servers to play with. "up" holds it in the foreground; the other verbs, in a
// second terminal, break and mend it.
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

#include "sandbox/control.h"
#include "sandbox/sandbox.h"

namespace orc::sandbox {
namespace {

namespace fs = std::filesystem;

fs::path default_folder() { return scratch_folder() / fmt::format("orchestrator-sandbox-{}", ::getuid()); }

Result<int> server_number(const Words& words, std::size_t at, const Sandbox& lab) {
    int number = 0;
    if (at < words.size()) {
        std::from_chars(words[at].data(), words[at].data() + words[at].size(), number);
    }
    if (number < 1 || number > lab.size()) {
        return fail(ErrorCode::invalid, fmt::format("servers are numbered 1 to {}", lab.size()));
    }
    return number;
}

bool has(const Words& words, std::string_view flag) {
    return std::find(words.begin(), words.end(), flag) != words.end();
}

std::string to_text(const Rows& rows) {
    std::string text;
    for (const auto& column : rows.columns) {
        text += column + (&column == &rows.columns.back() ? "\n" : "\t");
    }
    for (const auto& row : rows.cells) {
        for (const auto& cell : row) {
            text += cell.value_or("NULL") + (&cell == &row.back() ? "\n" : "\t");
        }
    }
    return text;
}

/// What the holder does for a verb of another terminal.
Result<std::string> perform(Sandbox& lab, const Words& words) {
    const std::string& verb = words.front();
    if (verb == "status") {
        return to_text(lab.status());
    }
    if (verb == "down") {
        return "";
    }
    TRY(const int i, server_number(words, 1, lab));
    const std::string who = fmt::format("server {} ({})", i, lab.endpoint(i).text());
    if (verb == "kill") {
        TRY(lab.kill(i));
        return who + " killed\n";
    }
    if (verb == "stop") {
        TRY(lab.terminate(i));
        return who + " stopped\n";
    }
    if (verb == "freeze") {
        TRY(lab.freeze(i));
        return who + " frozen\n";
    }
    if (verb == "thaw") {
        TRY(lab.thaw(i));
        return who + " thawed\n";
    }
    if (verb == "restart") {
        TRY(lab.restart(i, {.replicate = has(words, "--replicate"), .writable = has(words, "--writable")}));
        return who + " runs again\n";
    }
    if (verb == "sql" && words.size() > 2) {
        TRY(const Rows rows, lab.sql(i, words[2]));
        return to_text(rows);
    }
    TRY(const int source, server_number(words, 2, lab));
    if (verb == "reseed") {
        TRY(lab.reseed(i, source));
    } else if (verb == "replicate") {
        TRY(lab.replicate(i, source));
    } else {
        return fail(ErrorCode::invalid, "no such verb: " + verb);
    }
    return fmt::format("{} replicates from server {}\n", who, source);
}

/// For scripts: appears complete, once everything runs. One line a server: its number and address.
Result<void> write_address_file(const Sandbox& lab) {
    const fs::path file = lab.folder() / "servers";
    const fs::path draft = lab.folder() / "servers.draft";
    std::ofstream out(draft);
    for (int i = 1; i <= lab.size(); ++i) {
        out << i << ' ' << lab.endpoint(i).text() << '\n';
    }
    out.close();
    std::error_code error;
    fs::rename(draft, file, error);
    if (!out || error) {
        return fail(ErrorCode::invalid, "write " + file.string());
    }
    return {};
}

/// Serves until a signal or "down". The signals are blocked in every thread and read here.
void hold(Sandbox& lab, ControlSocket& control, int signals) {
    bool down = false;
    while (!down) {
        pollfd watched[] = {
            {.fd = signals, .events = POLLIN, .revents = 0}, {.fd = control.fd(), .events = POLLIN, .revents = 0}
        };
        const int ready = ::poll(watched, 2, 1000);
        for (int i = 1; i <= lab.size(); ++i) {
            lab.pid(i);  // reaps what somebody killed by hand
        }
        if (ready > 0 && watched[0].revents != 0) {
            return;
        }
        if (ready > 0 && watched[1].revents != 0) {
            control.serve_one([&](const Words& words) {
                down = words.front() == "down";
                return perform(lab, words);
            });
        }
    }
}

Result<void> up(Options options, int signals) {
    std::error_code ignored;
    if (fs::exists(options.folder / "control", ignored) && ask(options.folder, {"status"})) {
        return fail(ErrorCode::conflict, "a sandbox is up in " + options.folder.string() + " already");
    }
    const auto before = std::chrono::steady_clock::now();
    const bool keep = options.keep;
    TRY(auto lab, Sandbox::start(std::move(options)));
    TRY(ControlSocket control, ControlSocket::listen(lab->folder()));
    TRY(write_address_file(*lab));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
    fmt::print(
        "{} {} servers up in {:.1f} s, folder {}\n{}Ctrl-C ends them{}.\n",
        lab->size(),
        name(lab->flavor()),
        took.count(),
        lab->folder().string(),
        to_text(lab->status()),
        keep ? " (the folder stays)" : " and removes the folder"
    );
    std::fflush(stdout);
    hold(*lab, control, signals);
    lab.reset();  // before the control socket, whose end tells the asker of "down" that everything is gone
    return {};
}

int report(const Result<std::string>& result) {
    if (!result) {
        std::cerr << "orchestrator-sandbox: " << result.error().message << '\n';
        return 1;
    }
    std::cout << *result;
    return 0;
}

}  // namespace
}  // namespace orc::sandbox

// What is thrown here ends the program, and says why.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    using namespace orc::sandbox;
    sigset_t handled;
    ::sigemptyset(&handled);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        ::sigaddset(&handled, number);
    }

    CLI::App app{"Real servers on loopback addresses, to watch and to break."};
    app.require_subcommand(1);
    std::string folder = default_folder().string();
    app.add_option("--folder", folder, "the sandbox's private folder")->capture_default_str();

    Options options;
    std::string flavor = "mariadb";
    bool with_parent = false;
    auto* up_verb = app.add_subcommand("up", "start servers and hold them until interrupted");
    up_verb->add_option("--flavor", flavor, "mariadb or mysql")->capture_default_str();
    up_verb->add_option("--servers", options.servers, "how many")->capture_default_str();
    up_verb->add_option("--layout", options.layout, "who replicates from whom")
        ->transform(CLI::CheckedTransformer(std::map<std::string, Layout>{
            {"flat", Layout::flat},
            {"chain", Layout::chain},
            {"tree", Layout::tree},
            {"co-primary", Layout::co_primary},
            {"multi-source", Layout::multi_source},
            {"group", Layout::group}
        }));
    up_verb->add_flag("--semi-sync", options.semi_sync, "server 1 waits for a replica's acknowledgement");
    up_verb->add_flag("!--no-gtid", options.gtid, "replicas follow by binary log file and position");
    up_verb->add_flag("--tls", options.tls, "replicas follow over TLS");
    up_verb->add_flag("--keep", options.keep, "leave the folder behind");
    up_verb->add_flag("--with-parent", with_parent, "end when the process that started this one ends");

    Words request;
    const auto add_verb = [&](const char* verb, const char* help) {
        auto* made = app.add_subcommand(verb, help);
        made->callback([&request, verb] { request.insert(request.begin(), verb); });
        return made;
    };
    const auto add_server = [&](CLI::App* verb) {
        verb->add_option_function<std::string>(
                "server", [&request](const std::string& word) { request.push_back(word); }, "its number"
        )
            ->required();
        return verb;
    };
    const auto add_word = [&](CLI::App* verb, const char* word, const char* help) {
        verb->add_option_function<std::string>(
                word, [&request](const std::string& given) { request.push_back(given); }, help
        )
            ->required();
    };
    add_verb("status", "one line a server");
    add_verb("down", "end the sandbox");
    add_server(add_verb("kill", "kill -9"));
    add_server(add_verb("stop", "a clean stop"));
    add_server(add_verb("freeze", "alive, but silent"));
    add_server(add_verb("thaw", "undo freeze"));
    auto* restart = add_server(add_verb("restart", "start again: read-only, not replicating"));
    for (const char* flag : {"--replicate", "--writable"}) {
        restart->add_flag_callback(flag, [&request, flag] { request.emplace_back(flag); });
    }
    add_word(
        add_server(add_verb("reseed", "rebuild from nothing as a replica of another")), "source", "number of its source"
    );
    add_word(add_server(add_verb("replicate", "point at another source")), "source", "number of its source");
    add_word(add_server(add_verb("sql", "run a statement as root")), "statement", "the statement");
    CLI11_PARSE(app, argc, argv);

    if (!up_verb->parsed()) {
        return report(ask(folder, request, request.front() == "down"));
    }
    ::sigprocmask(SIG_BLOCK, &handled, nullptr);
    const pid_t parent = ::getppid();
    if (with_parent) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent) {
            return 1;
        }
    }
    const auto parsed = parse_flavor(flavor);
    if (!parsed) {
        std::cerr << "orchestrator-sandbox: " << parsed.error().message << '\n';
        return 2;
    }
    options.flavor = *parsed;
    options.folder = folder;
    return report(up(std::move(options), ::signalfd(-1, &handled, SFD_CLOEXEC)).map([] { return std::string(); }));
}
