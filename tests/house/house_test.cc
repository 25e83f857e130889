// Reads our own tree: rooms keep to their arrows, pure rooms do no I/O, old words stay in the translation tables, links
// in the documentation resolve, and nothing is left half done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path root = ORC_SOURCE_DIR;

struct SourceFile {
    fs::path path;  // relative to the root
    std::vector<std::string> lines;
};

std::vector<std::string> read_lines(const fs::path& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

bool is_ignored(const fs::path& relative) {
    static const std::set<std::string> skipped = {"build", ".git", ".cache", "node_modules"};
    return std::any_of(relative.begin(), relative.end(), [](const fs::path& part) {
        return skipped.contains(part.string());
    });
}

std::vector<SourceFile> files_with(const std::set<std::string>& extensions, const std::vector<std::string>& folders) {
    std::vector<SourceFile> out;
    for (const auto& folder : folders) {
        if (!fs::exists(root / folder)) {
            continue;
        }
        for (auto it = fs::recursive_directory_iterator(root / folder); it != fs::recursive_directory_iterator();
             ++it) {
            const fs::path relative = fs::relative(it->path(), root);
            if (is_ignored(relative)) {
                it.disable_recursion_pending();
                continue;
            }
            if (it->is_regular_file() && extensions.contains(it->path().extension().string())) {
                out.push_back({relative, read_lines(it->path())});
            }
        }
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return out;
}

std::string room_of(const fs::path& path) {
    auto part = path.begin();
    if (part == path.end() || *part != "src") {
        return "";
    }
    return (++part)->string();
}

// Top to bottom, as in docs/architecture.md.
const std::vector<std::string> rooms = {
    "base",
    "gtid",
    "model",
    "config",
    "analysis",
    "planning",
    "runtime",
    "mysql",
    "store",
    "ledger",
    "kv",
    "discovery",
    "operations",
    "recovery",
    "api",
    "http",
    "cli",
    "app"
};
const std::set<std::string> pure_rooms = {"base", "gtid", "model", "config", "analysis", "planning"};

std::size_t rank(const std::string& room) {
    return std::size_t(std::find(rooms.begin(), rooms.end(), room) - rooms.begin());
}

std::string where(const SourceFile& file, std::size_t line) {
    return file.path.string() + ":" + std::to_string(line + 1);
}

TEST(House, a_room_uses_only_rooms_above_it) {
    static const std::regex include(R"re(^\s*#include "([a-z]+)/)re");
    std::vector<std::string> wrong;
    for (const auto& file : files_with({".h", ".cc"}, {"src"})) {
        const std::string room = room_of(file.path);
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            std::smatch match;
            if (std::regex_search(file.lines[i], match, include) && rank(match[1]) < rooms.size() &&
                rank(match[1]) > rank(room)) {
                wrong.push_back(where(file, i) + " reaches down into " + match[1].str());
            }
        }
    }
    EXPECT_THAT(wrong, testing::IsEmpty());
}

// The order a reader expects. That each header is complete is shown by compiling it alone (CMakeLists.txt here).
TEST(House, a_source_file_includes_its_own_header_first) {
    static const std::regex include(R"re(^\s*#include ["<]([^">]+)[">])re");
    std::vector<std::string> wrong;
    for (const auto& file : files_with({".cc"}, {"src"})) {
        fs::path header = file.path;
        header.replace_extension(".h");
        if (!fs::exists(root / header)) {
            continue;
        }
        const std::string expected = header.lexically_relative("src").generic_string();
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            std::smatch match;
            if (std::regex_search(file.lines[i], match, include)) {
                if (match[1] != expected) {
                    wrong.push_back(where(file, i) + " comes before " + expected);
                }
                break;
            }
        }
    }
    EXPECT_THAT(wrong, testing::IsEmpty());
}

// Where a name of the standard library comes from. Several sources are compiled as one, so the compiler would not
// notice.
const std::map<std::string, std::set<std::string>> homes = {
    {"string", {"string"}},
    {"to_string", {"string"}},
    {"string_view", {"string_view", "string"}},
    {"vector", {"vector"}},
    {"map", {"map"}},
    {"multimap", {"map"}},
    {"set", {"set"}},
    {"unordered_map", {"unordered_map"}},
    {"unordered_set", {"unordered_set"}},
    {"deque", {"deque"}},
    {"list", {"list"}},
    {"array", {"array"}},
    {"span", {"span"}},
    {"optional", {"optional"}},
    {"nullopt", {"optional"}},
    {"variant", {"variant"}},
    {"function", {"functional"}},
    {"unique_ptr", {"memory"}},
    {"shared_ptr", {"memory"}},
    {"make_unique", {"memory"}},
    {"make_shared", {"memory"}},
    {"atomic", {"atomic"}},
    {"mutex", {"mutex"}},
    {"thread", {"thread"}},
    {"regex", {"regex"}},
    {"chrono", {"chrono"}},
    {"sort", {"algorithm"}},
    {"find_if", {"algorithm"}},
    {"any_of", {"algorithm"}},
    {"all_of", {"algorithm"}},
    {"none_of", {"algorithm"}},
    {"transform", {"algorithm"}},
    {"max_element", {"algorithm"}},
    {"from_chars", {"charconv"}},
    {"to_chars", {"charconv"}},
    {"numeric_limits", {"limits"}},
    {"accumulate", {"numeric"}},
    {"ostringstream", {"sstream"}},
    {"istringstream", {"sstream"}},
    {"ifstream", {"fstream"}},
    {"ofstream", {"fstream"}},
    {"filesystem", {"filesystem"}},
    {"getenv", {"cstdlib"}},
    {"source_location", {"source_location"}},
};

/// Headers in angle brackets that a file includes, itself or through our own headers.
class Reach {
public:
    const std::set<std::string>& of(const std::string& path) {
        const auto [known, is_new] = reached_.try_emplace(path);
        if (is_new) {
            std::set<std::string> out;
            static const std::regex include(R"re(^\s*#include (["<])([^">]+)[">])re");
            for (const auto& line : read_lines(root / path)) {
                std::smatch match;
                if (!std::regex_search(line, match, include)) {
                    continue;
                }
                if (match[1] == "<") {
                    out.insert(match[2]);
                    continue;
                }
                const auto& theirs = of(resolved(path, match[2]));
                out.insert(theirs.begin(), theirs.end());
            }
            reached_[path] = std::move(out);
        }
        return reached_[path];
    }

private:
    /// Beside the file, in src, or from the root.
    static std::string resolved(const fs::path& from, const std::string& included) {
        for (const auto& ours : {from.parent_path() / included, fs::path("src") / included}) {
            if (fs::exists(root / ours)) {
                return ours.lexically_normal().generic_string();
            }
        }
        return included;
    }

    std::map<std::string, std::set<std::string>> reached_;
};

TEST(House, a_file_includes_what_it_uses_of_the_standard_library) {
    static const std::regex use(R"re(\bstd::(\w+))re");
    Reach reach;
    std::set<std::string> wrong;
    for (const auto& file : files_with({".h", ".cc"}, {"src", "sandbox", "tests", "bench"})) {
        const auto& reached = reach.of(file.path.generic_string());
        for (const auto& line : file.lines) {
            const std::string code = line.substr(0, line.find("//"));
            for (std::sregex_iterator it(code.begin(), code.end(), use), end; it != end; ++it) {
                const auto found = homes.find((*it)[1]);
                if (found == homes.end() || std::any_of(found->second.begin(), found->second.end(), [&](const auto& h) {
                        return reached.contains(h);
                    })) {
                    continue;
                }
                wrong.insert(file.path.generic_string() + " uses std::" + found->first + " without its header");
            }
        }
    }
    EXPECT_THAT(wrong, testing::IsEmpty());
}

TEST(House, pure_rooms_include_no_input_or_output) {
    static const std::regex io(
        R"re(#include [<"](boost/(asio|mysql|beast)|sqlite3|sys/|unistd|fcntl|netdb|fstream|filesystem|iostream|cstdio|openssl|spdlog|poll|signal))re"
    );
    // The edge of config reads files; a failed ENSURE prints before it aborts.
    const std::set<std::string> edges = {"src/config/files.h", "src/config/files.cc", "src/base/ensure.cc"};
    std::vector<std::string> wrong;
    for (const auto& file : files_with({".h", ".cc"}, {"src"})) {
        if (!pure_rooms.contains(room_of(file.path)) || edges.contains(file.path.string()) ||
            file.path.string().find("_test.cc") != std::string::npos ||
            file.path.string().find("/testing/") != std::string::npos) {
            continue;
        }
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (std::regex_search(file.lines[i], io)) {
                wrong.push_back(where(file, i) + ": " + file.lines[i]);
            }
        }
    }
    EXPECT_THAT(wrong, testing::IsEmpty());
}

TEST(House, clocks_are_read_in_runtime_only) {
    static const std::regex clocks(
        R"((system_clock|steady_clock|high_resolution_clock)::now|\btime\(nullptr\)|std::random_device)"
    );
    std::vector<std::string> wrong;
    for (const auto& file : files_with({".h", ".cc"}, {"src"})) {
        if (room_of(file.path) == "runtime" || file.path.string().find("_test.cc") != std::string::npos) {
            continue;
        }
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (std::regex_search(file.lines[i], clocks)) {
                wrong.push_back(where(file, i) + ": " + file.lines[i]);
            }
        }
    }
    EXPECT_THAT(wrong, testing::IsEmpty());
}

TEST(House, old_words_live_in_the_translation_tables) {
    static const std::regex old_words(R"(master|slave)", std::regex::icase);
    // Names that a client, a table, a configuration file or a hook spells the old way.
    static const std::regex allowed(
        R"(^src/(mysql/dialect/dialect|http/legacy/|config/|store/(schema|rows)|analysis/codes|api/topology_text|discovery/loop/audit_names|recovery/hook_text|cli/command_table)|_test\.cc$|/testing/)"
    );
    // A configuration key's member keeps the key's name.
    static const std::regex setting(R"(settings\w*(\.|->|_\.)[a-z0-9_]*(master|slave)[a-z0-9_]*)", std::regex::icase);
    std::vector<std::string> wrong;
    for (const auto& file : files_with({".h", ".cc"}, {"src"})) {
        if (std::regex_search(file.path.string(), allowed)) {
            continue;
        }
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::string rest = std::regex_replace(file.lines[i], setting, "");
            const bool is_comment =
                rest.find("//") != std::string::npos && rest.find("//") < rest.find_first_not_of(" \t/");
            if (!is_comment && std::regex_search(rest.substr(0, rest.find("//")), old_words)) {
                wrong.push_back(where(file, i) + ": " + file.lines[i]);
            }
        }
    }
    EXPECT_THAT(wrong, testing::IsEmpty());
}

TEST(House, keys_that_nothing_obeys_are_said_to_be_pending) {
    static const std::regex key_line(R"(^ORC_KEY\((\w+), \w+, (\w+),.*, active, )");
    static const std::regex word(R"([a-z0-9_]+)");
    std::set<std::string> used;
    for (const auto& file : files_with({".h", ".cc"}, {"src"})) {
        const std::string path = file.path.string();
        if (path.starts_with("src/config/") || path.ends_with("_test.cc") || path.find("/testing/") != path.npos) {
            continue;
        }
        for (const auto& line : file.lines) {
            for (auto at = std::sregex_iterator(line.begin(), line.end(), word); at != std::sregex_iterator(); ++at) {
                used.insert(at->str());
            }
        }
    }
    // Read by config itself, for the accounts that rooms use.
    used.insert("mysql_topology_credentials_config_file");
    used.insert("mysql_orchestrator_credentials_config_file");
    std::string pending;
    for (const auto& line : read_lines(root / "src/config/keys_pending.cc")) {
        pending += line;
    }
    std::vector<std::string> promised;
    for (const auto& line : read_lines(root / "src/config/keys.inc")) {
        std::smatch match;
        if (std::regex_search(line, match, key_line) && !used.contains(match[2]) &&
            pending.find("\"" + match[1].str() + "\"") == std::string::npos) {
            promised.push_back(match[1]);
        }
    }
    EXPECT_THAT(promised, testing::IsEmpty()) << "name them in src/config/keys_pending.cc, or make them work";
}

TEST(House, every_room_says_its_one_sentence) {
    for (const auto& room : rooms) {
        if (!fs::exists(root / "src" / room / "CMakeLists.txt")) {
            continue;
        }
        SCOPED_TRACE(room);
        const auto lines = read_lines(root / "src" / room / "README.md");
        ASSERT_FALSE(lines.empty());
        EXPECT_TRUE(lines.front().ends_with('.')) << lines.front();
    }
}

TEST(House, links_in_the_documentation_resolve) {
    static const std::regex link(R"(\]\(([^)#:]+)(#[^)]*)?\))");
    std::vector<std::string> broken;
    for (const auto& file : files_with({".md"}, {"."})) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::string& line = file.lines[i];
            for (auto match = std::sregex_iterator(line.begin(), line.end(), link); match != std::sregex_iterator();
                 ++match) {
                if (!fs::exists(root / file.path.parent_path() / (*match)[1].str())) {
                    broken.push_back(where(file, i) + " -> " + (*match)[1].str());
                }
            }
        }
    }
    EXPECT_THAT(broken, testing::IsEmpty());
}

TEST(House, nothing_is_left_half_done) {
    static const std::regex marks(R"(\b(TODO|FIXME|XXX|HACK)\b(?!\(#?[0-9]+\)))");
    std::vector<std::string> wrong;
    for (const auto& file : files_with(
             {".h", ".cc", ".cmake", ".txt", ".ts", ".html"}, {"src", "sandbox", "bench", "web", "cmake", "script"}
         )) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (std::regex_search(file.lines[i], marks)) {
                wrong.push_back(where(file, i) + ": " + file.lines[i]);
            }
        }
    }
    EXPECT_THAT(wrong, testing::IsEmpty());
}

TEST(House, awaited_calls_build_no_aggregates) {
    // GCC 12 destroys a braced temporary inside an awaited call twice: name it first.
    static const std::regex trap(R"(co_await [^;{]*\([^;]*[A-Za-z_>]\{)");
    std::vector<std::string> wrong;
    for (const auto& file :
         files_with({".h", ".cc"}, {"src", "sandbox", "bench", "tests/simulation", "tests/integration"})) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::string& line = file.lines[i];
            // Tokens and clock values have constructors; they are safe.
            if (std::regex_search(line, trap) && line.find("use_awaitable_t<Executor>{}") == std::string::npos) {
                wrong.push_back(where(file, i) + ": " + line);
            }
        }
    }
    EXPECT_THAT(wrong, testing::IsEmpty());
}

TEST(House, what_a_loop_walks_over_outlives_the_walk) {
    // Walking over what a called function's answer points to: the answer is gone before the first turn, unless named.
    static const std::regex trap(R"(\bfor \([^;]*[^:]: (\*[^;]*\w\([^()]*\)\)|[^;]*\w\([^()]*\)->))");
    std::vector<std::string> wrong;
    for (const auto& file : files_with({".h", ".cc"}, {"src", "sandbox", "client", "bench", "tests"})) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (std::regex_search(file.lines[i], trap)) {
                wrong.push_back(where(file, i) + ": " + file.lines[i]);
            }
        }
    }
    EXPECT_THAT(wrong, testing::IsEmpty());
}

}  // namespace
