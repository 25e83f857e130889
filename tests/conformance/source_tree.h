// Our own tree as text, to find out which file uses or tests something.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace orc::conformance {

struct File {
    std::string path;  ///< relative to the root
    std::string text;
    std::unordered_set<std::string> words;  ///< of the text: letters, digits and underscores
    bool is_test = false;
};

std::string read_file(const std::filesystem::path& path);
/// All C++ files and test data of the tree, by path.
std::vector<File> source_tree(const std::filesystem::path& root);
/// Whether `word` stands in the text by itself, not as a part of a longer one.
bool has_word(std::string_view text, std::string_view word);

/// Rows of a table of tab-separated values, the heading first.
std::vector<std::vector<std::string>> read_table(const std::filesystem::path& path);

}  // namespace orc::conformance
