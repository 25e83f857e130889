#include "cli/command_table.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/text.h"
#include "cli/commands.h"

namespace orc::cli {
namespace {

// The words of command_table.inc's last column but two: what would bring the command.
constexpr std::string_view changing = "commands that change replication come with a later one";
constexpr std::string_view pseudo_gtid = "Pseudo-GTID comes with a later one";
constexpr std::string_view binary_logs = "commands that read binary logs come with a later one";
constexpr std::string_view key_values = "key-value stores come with a later one";
constexpr std::string_view agents = "agents come with a later one";

constexpr Command table[] = {
#define ORC_COMMAND(name, synonyms, section, without, rests, function, usage, meaning, detail) \
    Command{                                                                                   \
        name,                                                                                  \
        synonyms,                                                                              \
        section,                                                                               \
        WithoutInstance::without,                                                              \
        RestsOn::rests,                                                                        \
        commands::function,                                                                    \
        "",                                                                                    \
        usage,                                                                                 \
        meaning,                                                                               \
        detail                                                                                 \
    },
#define ORC_LATER(name, synonyms, section, lacking, usage, meaning) \
    Command{name, synonyms, section, WithoutInstance::nothing, RestsOn::records, nullptr, lacking, usage, meaning, ""},
#include "cli/command_table.inc"
#undef ORC_COMMAND
#undef ORC_LATER
};

/// Topics of old help pages that are no commands any more.
constexpr std::pair<std::string_view, std::string_view> former_topics[] = {
    {"reset-master-gtid-remove-own-uuid", "gtid-errant-reset-master"},
};

constexpr std::size_t name_width = 40;

bool has_name(const Command& command, std::string_view name) {
    const auto synonyms = split(command.synonyms, ',');
    return command.name == name ||
           (!name.empty() && std::find(synonyms.begin(), synonyms.end(), name) != synonyms.end());
}

std::string_view nearest_command(std::string_view name) {
    // Longer than any name: the rest would only cost time.
    const std::string wanted = to_lower(name.substr(0, 60));
    return std::ranges::min_element(table, {}, [&](const Command& c) { return edit_distance(wanted, c.name); })->name;
}

bool is_between_pieces(char c) { return std::string_view(" ,\t\r\n").find(c) != std::string_view::npos; }

/// The classic list of instances: pieces between blanks, commas and line ends; the command runs for each in order. A
/// list without any piece is one empty name, which is an error wherever a name is needed.
std::vector<std::string> instance_list(const std::string& text) {
    std::vector<std::string> out;
    std::string piece;
    for (const char c : text + " ") {
        if (!is_between_pieces(c)) {
            piece += c;
        } else if (!piece.empty()) {
            out.push_back(std::move(piece));
            piece.clear();
        }
    }
    if (out.empty()) {
        out.emplace_back();
    }
    return out;
}

std::vector<std::optional<std::string>> instances_of(const Command& command, const Flags& flags) {
    std::vector<std::optional<std::string>> out;
    if (!flags.has("i")) {
        out.emplace_back();
    } else if (command.takes_list()) {
        out.emplace_back(flags.text("i"));
    } else {
        for (auto& piece : instance_list(flags.text("i"))) {
            out.emplace_back(std::move(piece));
        }
    }
    return out;
}

}  // namespace

std::span<const Command> all_commands() { return table; }

const Command* find_command(std::string_view name) {
    const auto found = std::find_if(std::begin(table), std::end(table), [&](const Command& command) {
        return has_name(command, name);
    });
    return found == std::end(table) ? nullptr : found;
}

bool needs_topology(std::string_view command) {
    const Command* found = find_command(command);
    return found != nullptr && found->rests_on == RestsOn::servers;
}

std::string why_not(std::string_view name) {
    const Command* command = find_command(name);
    if (command == nullptr) {
        return "Unknown command: \"" + std::string(name) + "\"; the nearest known one is " +
               std::string(nearest_command(name)) + ", 'orchestrator help' lists all";
    }
    if (command->run == nullptr) {
        return std::string(command->name) + " is not available in this release: " + std::string(command->lacking);
    }
    return "";
}

std::string listing() {
    std::string out;
    std::string_view section = "-";
    for (const auto& command : table) {
        if (command.section != section) {
            section = command.section;
            out += std::string(section) + ":\n";
        }
        std::string name(command.name);
        name.resize(std::max(name_width, name.size()), ' ');
        out += "\t" + name + std::string(command.meaning) + (command.run == nullptr ? " (not yet)" : "") + "\n";
    }
    return out;
}

std::string help_on(std::string_view topic) {
    const auto former = std::find_if(std::begin(former_topics), std::end(former_topics), [&](const auto& entry) {
        return entry.first == topic;
    });
    const Command* command = find_command(former == std::end(former_topics) ? topic : former->second);
    if (command == nullptr) {
        return "";
    }
    const std::string_view end = command->meaning.ends_with('?') ? "" : ".";
    std::string out = std::string(topic) + ":\n  " + std::string(command->meaning) + std::string(end) + "\n\n";
    const std::string flags = command->usage.empty() ? "" : " " + std::string(command->usage);
    out += "  orchestrator -c " + std::string(command->name) + flags + "\n";
    if (!command->detail.empty()) {
        out += "\n  " + std::string(command->detail) + "\n";
    }
    if (command->without_instance == WithoutInstance::this_host) {
        out += "\n  Without -i (and -alias, where it is taken) this machine is meant.\n";
    }
    if (!command->synonyms.empty()) {
        out += "\n  Older names: " + replace_all(std::string(command->synonyms), ",", ", ") + "\n";
    }
    if (command->run == nullptr) {
        out += "\n  Not available in this release: " + std::string(command->lacking) + ".\n";
    }
    return out;
}

Co<Printed> run(api::UseCases& use_cases, Flags flags, std::string local_host, std::string user) {
    Printed printed;
    printed.error = why_not(flags.text("c"));
    if (!printed.error.empty()) {
        printed.exit_code = 1;
        co_return printed;
    }
    const Command& command = *find_command(flags.text("c"));
    for (auto& instance : instances_of(command, flags)) {
        Call call{use_cases, command, flags, std::move(instance), local_host, user, printed.out};
        auto done = co_await command.run(std::move(call));
        if (!done) {
            printed.error = done.error().message;
            printed.exit_code = 1;
            co_return printed;
        }
        printed.out += *done;
    }
    co_return printed;
}

}  // namespace orc::cli
