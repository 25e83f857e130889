// Keeps docs/conformance.md true: every classic command, configuration key and table with the test that exercises it,
// or the reason why it is not there. What is there is read from the tables that the program itself uses.
// UPDATE_EXPECTED=1 rewrites the page; review the difference like code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "base/text.h"
#include "cli/command_table.h"
#include "config/keys.h"
#include "source_tree.h"
#include "store/schema.h"
#include "store/schema_text.h"

namespace orc::conformance {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

const fs::path root = ORC_SOURCE_DIR;

const std::vector<File>& tree() {
    static const std::vector<File> files = source_tree(root);
    return files;
}

std::string link(const std::string& path) { return "[" + fs::path(path).filename().string() + "](../" + path + ")"; }
std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

/// Links to the first few of them.
std::string links(const std::vector<std::string>& paths, std::size_t most) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < paths.size() && i < most; ++i) {
        out.push_back(link(paths[i]));
    }
    return join(out, ", ");
}

/// What a page section says of one thing.
struct Row {
    std::string name;
    std::string note;
    std::vector<std::string> tests;
    std::string missing;  ///< why it is not there; "" it is
};

std::string table(const std::string& heading, const std::vector<Row>& rows, const std::string& missing = "not yet") {
    std::string out = "| " + heading + " | | Exercised by |\n|---|---|---|\n";
    for (const auto& row : rows) {
        const std::string last = row.missing.empty() ? links(row.tests, 3) : "*" + missing + ":* " + row.missing;
        out += "| " + code(row.name) + " | " + row.note + " | " + last + " |\n";
    }
    return out;
}

std::size_t count_present(const std::vector<Row>& rows) {
    return std::size_t(std::count_if(rows.begin(), rows.end(), [](const Row& r) { return r.missing.empty(); }));
}

// ---- commands ----

std::vector<std::string> sessions_with(const cli::Command& command) {
    std::vector<std::string> out;
    for (const auto& file : tree()) {
        const bool is_session = file.path.ends_with(".session") || file.path.starts_with("tests/integration/");
        const std::string typed = "-c " + std::string(command.name);
        const std::string listed = "\"" + std::string(command.name) + "\"";
        const bool is_typed = file.text.find(typed + " ") != std::string::npos ||
                              file.text.find(typed + "\n") != std::string::npos ||
                              (file.is_test && file.text.find(listed) != std::string::npos);
        if (is_session && is_typed) {
            out.push_back(file.path);
        }
    }
    if (command.name == "dump-config") {
        out.emplace_back("src/config/dump_test.cc");
    }
    return out;
}

std::vector<Row> command_rows() {
    std::vector<Row> out;
    for (const auto& command : cli::all_commands()) {
        Row row;
        row.name = command.name;
        row.note = command.synonyms.empty() ? "" : "also " + replace_all(std::string(command.synonyms), ",", ", ");
        row.missing = command.run == nullptr ? std::string(command.lacking) : "";
        row.tests = sessions_with(command);
        out.push_back(std::move(row));
    }
    return out;
}

// ---- configuration ----

/// Key -> the member that holds it.
std::map<std::string, std::string> members() {
    static const std::regex entry(R"(ORC_KEY\((\w+), \w+, (\w+),)");
    const std::string text = read_file(root / "src/config/keys.inc");
    std::map<std::string, std::string> out;
    for (auto match = std::sregex_iterator(text.begin(), text.end(), entry); match != std::sregex_iterator(); ++match) {
        out[(*match)[1]] = (*match)[2];
    }
    return out;
}

/// Which part of the program a pending key waits for.
std::string awaited(const config::Key& key) {
    static const std::map<std::string_view, std::string_view> reasons = {
        {"raft", "several nodes come later"},
        {"http-tls", "nodes that ask each other come later"},
        {"agents", "agents come later"},
        {"kv", "key-value stores come later"},
        {"pseudo-gtid", "Pseudo-GTID comes later"},
        {"backend", "one connection is kept, so no limit is ever reached"},
        {"topology-ops", "commands that change replication come later"},
        {"resolve", "virtual names are not written into replication settings yet"},
        {"metrics", "export to Graphite comes later"},
        {"web", "the wide web interface comes later"},
        {"recovery", "the width of recovery comes later"},
        {"promotion", "the width of recovery comes later"},
    };
    const auto found = reasons.find(key.subsystem);
    return found == reasons.end() ? "nothing obeys it yet" : std::string(found->second);
}

std::vector<Row> key_rows() {
    const auto holder = members();
    std::vector<Row> out;
    for (const auto& key : config::keys()) {
        Row row;
        row.name = key.name;
        const std::string& member = holder.at(row.name);
        std::vector<std::string> users;
        for (const auto& file : tree()) {
            const bool is_config = file.path.starts_with("src/config/");
            if (file.is_test && (file.words.contains(row.name) || file.words.contains(member))) {
                row.tests.push_back(file.path);
            } else if (!file.is_test && !is_config && file.words.contains(member)) {
                users.push_back(file.path);
            }
        }
        // Values, defaults and limits of all keys are tested together.
        row.tests.emplace_back("src/config/keys_table_test.cc");
        row.missing = config::is_pending(key) ? awaited(key) : "";
        row.note = !users.empty() ? "obeyed in " + links(users, 2) : "";
        if (key.status != config::Status::active) {
            row.note = key.status == config::Status::synonym ? "another key's former name"
                                                             : "accepted, without effect as ever";
            row.missing.clear();
        }
        out.push_back(std::move(row));
    }
    return out;
}

// ---- tables of the database ----

std::vector<std::string> tables_in(std::string_view schema) {
    std::vector<std::string> out;
    for (auto& table : store::tables_of(schema, store::Dialect::sqlite)) {
        out.push_back(std::move(table.name));
    }
    std::sort(out.begin(), out.end());
    return out;
}

/// Tables that are made, so that the classic program can return to the database, but that nothing here fills.
const std::map<std::string, std::string>& idle_tables() {
    static const std::map<std::string, std::string> out = {
        {"agent_seed", "agents come later"},
        {"agent_seed_state", "agents come later"},
        {"host_agent", "agents come later"},
        {"raft_log", "several nodes come later, with a log of their own"},
        {"raft_store", "several nodes come later, with a log of their own"},
        {"raft_snapshot", "the classic program does not use it either"},
        {"async_request", "the classic program does not use it either"},
        {"database_instance_binlog_files_history", "the classic program does not use it either"},
        {"database_instance_long_running_queries", "the classic program does not use it either"},
        {"database_instance_peer_analysis", "the classic program does not use it either"},
        {"database_instance_recent_relaylog_history", "the classic program does not use it either"},
        {"orchestrator_metadata", "the classic program does not use it either"},
        {"cluster_injected_pseudo_gtid", "Pseudo-GTID comes later"},
        {"database_instance_coordinates_history", "Pseudo-GTID comes later"},
        {"database_instance_stale_binlog_coordinates", "judged in memory here"},
        {"master_position_equivalence", "commands that change replication come later"},
    };
    return out;
}

/// Tables that the store fills with what other rooms tell it, and by which word they do.
const std::map<std::string, std::string>& told_tables() {
    static const std::map<std::string, std::string> out = {
        {"database_instance_tls", "store::TlsRequirement"},
        {"hostname_ips", "store::HostAddresses"},
        {"hostname_resolve", "store::ResolvedName"},
        {"hostname_resolve_history", "store::ResolvedName"},
    };
    return out;
}

/// Somebody outside the store tells it.
bool is_told(const std::string& note) {
    return std::ranges::any_of(tree(), [&](const auto& file) {
        return file.path.starts_with("src/") && !file.path.starts_with("src/store/") && !file.is_test &&
               file.path.find("/testing/") == std::string::npos && file.text.find(note + "{") != std::string::npos;
    });
}

std::vector<std::string> store_files_with(const std::string& table, bool tests) {
    std::vector<std::string> out;
    for (const auto& file : tree()) {
        if (!file.path.starts_with("src/store/") || file.is_test != tests || !file.words.contains(table)) {
            continue;
        }
        // Where the table is made, its name alone means nothing.
        if (!tests && std::regex_search(file.text, std::regex("\ntable " + table + "\\b"))) {
            continue;
        }
        // Throwing away what the classic program left behind is no use of a table.
        const std::string text = std::regex_replace(file.text, std::regex("delete from " + table + "\\b"), "");
        if (has_word(text, table)) {
            out.push_back(file.path);
        }
    }
    return out;
}

std::vector<Row> table_rows() {
    std::vector<Row> out;
    for (const auto& name : tables_in(store::classic_schema())) {
        Row row;
        row.name = name;
        const auto users = store_files_with(name, false);
        row.note = users.empty() ? "" : "rows in " + links(users, 2);
        row.tests = store_files_with(name, true);
        // What the store writes and reads back is tested for all kinds of records together.
        row.tests.emplace_back("src/store/store_conformance_test.cc");
        const auto idle = idle_tables().find(name);
        row.missing = idle == idle_tables().end() ? "" : idle->second;
        const auto told = told_tables().find(name);
        if (told != told_tables().end() && !is_told(told->second)) {
            row.missing = "the store would keep it, and nothing tells it yet";
        }
        out.push_back(std::move(row));
    }
    return out;
}

// ---- the page ----

std::string share(const std::vector<Row>& rows) {
    return std::to_string(count_present(rows)) + " of " + std::to_string(rows.size());
}

std::string page() {
    const auto commands = command_rows();
    const auto keys = key_rows();
    const auto tables = table_rows();
    std::string out = "# What of the classic program is there\n\n";
    out +=
        "Generated by `conformance_test` from the tables that the program itself reads, so it cannot promise what is "
        "not\n"
        "there. `UPDATE_EXPECTED=1 build/check/bin/conformance_test` renews it.\n\n";
    out += "| | there |\n|---|---|\n";
    out += "| [commands](#commands) | " + share(commands) + " |\n";
    out += "| [configuration keys](#configuration-keys) | " + share(keys) + " |\n";
    out += "| [tables of the database](#tables-of-the-database) | " + share(tables) + " |\n";
    if (fs::exists(root / "docs/conformance-http.md")) {
        out += "| HTTP API | [a page of its own](conformance-http.md) |\n";
    }
    out +=
        "\n## Commands\n\nWhat each prints, to the character: the sessions in `tests/data/cli`. The commands of the "
        "script are\nin [client/orchestrator-client](../client/README.md), all of the classic ones.\n\n";
    out += table("Command", commands);
    out += "\n## Configuration keys\n\nMeaning, default and limits: [configuration.md](configuration.md).\n\n";
    out += table("Key", keys);
    out +=
        "\n## Tables of the database\n\nAll 47 are made, so that the classic program can return to the database.\n\n";
    out += table("Table", tables, "empty");
    return out;
}

/// What a page promises: each thing, and the reason where it is not there. Which tests exercise it may change without
/// making the page untrue.
std::vector<std::string> promises(const std::string& text) {
    std::vector<std::string> out;
    for (const auto line : split(text, '\n')) {
        if (line.starts_with("| `")) {
            const auto cells = split(line, '|');
            const std::string_view last = trim(cells[cells.size() - 2]);
            out.push_back(std::string(trim(cells[1])) + (last.starts_with("*") ? ": " + std::string(last) : ""));
        }
    }
    return out;
}

TEST(Conformance, the_page_says_what_is_there) {
    const fs::path path = root / "docs/conformance.md";
    if (std::getenv("UPDATE_EXPECTED") != nullptr) {
        std::ofstream(path) << page();
        return;
    }
    EXPECT_EQ(promises(read_file(path)), promises(page()))
        << "run this test with UPDATE_EXPECTED=1 and commit the difference";
}

TEST(Conformance, whatever_is_there_is_exercised) {
    for (const auto& rows : {command_rows(), key_rows(), table_rows()}) {
        for (const auto& row : rows) {
            EXPECT_TRUE(!row.missing.empty() || !row.tests.empty()) << row.name << " is there, but no test uses it";
        }
    }
}

TEST(Conformance, every_classic_command_has_its_row) {
    const auto rows = read_table(root / "tests/data/cli/commands.tsv");
    ASSERT_GT(rows.size(), 120U);
    std::set<std::string> classic;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto& row = rows[i];
        SCOPED_TRACE(row[0]);
        classic.insert(row[0]);
        const cli::Command* command = cli::find_command(row[0]);
        ASSERT_NE(command, nullptr);
        EXPECT_EQ(command->name, row[0]);
        EXPECT_EQ(command->synonyms, row[1]);
        EXPECT_EQ(command->section, row[2] == "(none)" ? "" : row[2]);
        for (const auto topic : split(row[6], ',')) {
            EXPECT_TRUE(topic.empty() || !cli::help_on(topic).empty()) << "no help on " << topic;
        }
        if (command->run != nullptr) {
            const bool is_default = row[5] == "yes" || row[4].find("-i (default this host)") != std::string::npos;
            EXPECT_EQ(command->without_instance == cli::WithoutInstance::this_host, is_default);
        }
    }
    for (const auto& command : cli::all_commands()) {
        EXPECT_TRUE(classic.contains(std::string(command.name)) || command.name == "explain") << command.name;
    }
}

TEST(Conformance, usage_names_the_classic_flags) {
    static const std::regex flag(R"(--?([a-z-]+))");
    const auto rows = read_table(root / "tests/data/cli/commands.tsv");
    for (std::size_t i = 1; i < rows.size(); ++i) {
        SCOPED_TRACE(rows[i][0]);
        const std::string usage(cli::find_command(rows[i][0])->usage);
        const std::string flags = rows[i][3] + " " + rows[i][4];
        for (auto match = std::sregex_iterator(flags.begin(), flags.end(), flag); match != std::sregex_iterator();
             ++match) {
            const std::string name = (*match)[1];
            // Pictures of the past, -pattern, are not drawn yet (see the notes of docs/conformance.md).
            const bool is_history = name == "pattern" && rows[i][0].starts_with("topology");
            EXPECT_TRUE(is_history || usage.find("-" + name) != std::string::npos)
                << "-" << name << " is not in: " << usage;
        }
    }
}

TEST(Conformance, tables_that_the_store_is_told_about_are_told) {
    for (const auto& [table, note] : told_tables()) {
        EXPECT_TRUE(is_told(note)) << "nothing fills " << table << " with a " << note;
    }
}

TEST(Conformance, idle_tables_are_idle_and_the_others_are_used) {
    for (const auto& name : tables_in(store::classic_schema())) {
        const bool is_used = !store_files_with(name, false).empty();
        EXPECT_NE(is_used, idle_tables().contains(name))
            << name << (is_used ? " has a reason for being idle, and is used" : " is neither used nor has a reason");
    }
    EXPECT_EQ(tables_in(store::classic_schema()).size(), 47U);
}

}  // namespace
}  // namespace orc::conformance
