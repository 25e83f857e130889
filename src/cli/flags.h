// The classic command line: flags with one or two dashes, "-flag value" or "-flag=value", booleans only with "=",
// parsing ends at the first word that is no flag. No library reads exactly this, and scripts rely on it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orc::cli {

struct Flags {
    std::map<std::string, std::string, std::less<>> texts;  ///< given text flags, without dashes
    std::map<std::string, bool, std::less<>> switches;      ///< given boolean flags
    std::vector<std::string> words;                         ///< what follows the flags
    bool wants_usage = false;                               ///< -h, -help

    /// Was the text flag given, even if empty?
    bool has(std::string_view name) const { return texts.contains(name); }
    /// Was it given with more than blanks?
    bool says(std::string_view name) const;
    /// The flag's value, or its default.
    std::string text(std::string_view name) const;
    bool on(std::string_view name) const;
};

/// Errors (invalid) name the flag and what is wrong with it.
Result<Flags> parse_flags(const std::vector<std::string>& arguments);
/// Every flag with its default and meaning.
std::string usage();

}  // namespace orc::cli
