#include "source_tree.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"

namespace orc::conformance {
namespace {

namespace fs = std::filesystem;

bool is_part_of_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_test(const std::string& path) {
    return path.starts_with("tests/") || path.find("_test.") != std::string::npos ||
           path.find("/testing/") != std::string::npos;
}

std::unordered_set<std::string> words_of(const std::string& text) {
    std::unordered_set<std::string> out;
    auto begin = text.begin();
    while (begin != text.end()) {
        begin = std::find_if(begin, text.end(), is_part_of_word);
        const auto end = std::find_if_not(begin, text.end(), is_part_of_word);
        out.emplace(begin, end);
        begin = end;
    }
    return out;
}

}  // namespace

std::string read_file(const fs::path& path) {
    std::ifstream in(path);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

std::vector<File> source_tree(const fs::path& root) {
    static const std::set<std::string> read = {".cc", ".h", ".session", ".scenario"};
    std::vector<File> out;
    for (const char* folder : {"src", "tests", "sandbox"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            if (entry.is_regular_file() && read.contains(entry.path().extension().string())) {
                std::string path = fs::relative(entry.path(), root).generic_string();
                const bool tests = is_test(path);
                std::string text = read_file(entry.path());
                auto words = words_of(text);
                out.push_back({std::move(path), std::move(text), std::move(words), tests});
            }
        }
    }
    std::sort(out.begin(), out.end(), [](const File& a, const File& b) { return a.path < b.path; });
    return out;
}

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const bool begins = at == 0 || !is_part_of_word(text[at - 1]);
        const std::size_t end = at + word.size();
        if (begins && (end == text.size() || !is_part_of_word(text[end]))) {
            return true;
        }
    }
    return false;
}

std::vector<std::vector<std::string>> read_table(const fs::path& path) {
    std::vector<std::vector<std::string>> out;
    std::istringstream lines(read_file(path));
    for (std::string text; std::getline(lines, text);) {
        auto& row = out.emplace_back();
        for (const auto cell : split(text, '\t')) {
            row.emplace_back(cell);
        }
    }
    return out;
}

}  // namespace orc::conformance
