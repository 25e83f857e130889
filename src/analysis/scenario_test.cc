// Runs the scenarios of tests/data/analysis. UPDATE_EXPECTED=1 rewrites what they expect; review the diff like code.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "analysis/drawing_test.h"
#include "base/text.h"

namespace orc::analysis {
namespace {

namespace fs = std::filesystem;

struct Scenario {
    std::string title;
    std::string drawing;
    std::string expected;
};

struct ScenarioFile {
    fs::path path;
    std::string preamble;
    std::vector<Scenario> scenarios;
};

fs::path scenario_folder() { return fs::path(ORC_SOURCE_DIR) / "tests" / "data" / "analysis"; }

ScenarioFile read_file(const fs::path& path) {
    ScenarioFile out;
    out.path = path;
    std::ifstream in(path);
    std::string line;
    std::string* part = &out.preamble;
    while (std::getline(in, line)) {
        if (line.starts_with("== ")) {
            out.scenarios.push_back({line.substr(3), {}, {}});
            part = &out.scenarios.back().drawing;
        } else if (line == "----" && !out.scenarios.empty()) {
            part = &out.scenarios.back().expected;
        } else if (!line.empty() || part == &out.preamble) {
            *part += line + "\n";
        }
    }
    return out;
}

std::vector<ScenarioFile> read_all() {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(scenario_folder())) {
        if (entry.path().extension() == ".scenario") {
            paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::vector<ScenarioFile> out;
    for (const auto& path : paths) {
        out.push_back(read_file(path));
    }
    return out;
}

void rewrite(const ScenarioFile& file) {
    std::ofstream out(file.path);
    out << file.preamble;
    for (std::size_t i = 0; i < file.scenarios.size(); ++i) {
        const Scenario& s = file.scenarios[i];
        out << (i > 0 ? "\n" : "") << "== " << s.title << "\n" << s.drawing << "----\n" << s.expected;
    }
}

TEST(Scenarios, find_what_their_files_say) {
    const bool is_update = std::getenv("UPDATE_EXPECTED") != nullptr;
    const auto files = read_all();
    ASSERT_FALSE(files.empty()) << "no scenario in " << scenario_folder();
    for (ScenarioFile file : files) {
        for (Scenario& scenario : file.scenarios) {
            SCOPED_TRACE(file.path.filename().string() + ": " + scenario.title);
            const auto drawing = parse_drawing(scenario.drawing);
            ASSERT_TRUE(drawing) << drawing.error().message;
            const std::string found = render(*drawing);
            if (is_update) {
                scenario.expected = found;
            }
            EXPECT_EQ(found, scenario.expected);
        }
        if (is_update) {
            rewrite(file);
        }
    }
}

// A row of the table without a scenario could change unnoticed.
TEST(Scenarios, show_every_code_that_can_be_found) {
    std::set<Code> shown;
    std::set<StructureCode> shown_structure;
    for (const auto& file : read_all()) {
        for (const auto& scenario : file.scenarios) {
            const auto drawing = parse_drawing(scenario.drawing);
            ASSERT_TRUE(drawing) << drawing.error().message;
            for (const auto& finding : analyse(drawing->cluster, Policy(drawing->settings), drawing->now, true)) {
                shown.insert(finding.code);
                shown_structure.insert(finding.structure.begin(), finding.structure.end());
            }
        }
    }
    for (std::size_t i = 0; i <= std::size_t(Code::no_writable_primary); ++i) {
        const auto code = Code(i);
        // Defined by the classic program, and never found by it either.
        EXPECT_EQ(shown.contains(code), code != Code::primary_without_replicas) << name(code);
    }
    for (std::size_t i = 0; i <= std::size_t(StructureCode::not_enough_valid_semi_sync_replicas); ++i) {
        EXPECT_TRUE(shown_structure.contains(StructureCode(i))) << name(StructureCode(i));
    }
}

TEST(Drawings, with_an_unknown_word_are_refused) {
    EXPECT_THAT(parse_drawing("db1 rw\ndb2 <- db1 oi=yes").error().message, testing::HasSubstr("oi=yes"));
    EXPECT_THAT(parse_drawing("with colour=red\ndb1").error().message, testing::HasSubstr("colour=red"));
    EXPECT_FALSE(parse_drawing("# nobody"));
}

}  // namespace
}  // namespace orc::analysis
