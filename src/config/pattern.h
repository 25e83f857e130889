// Regular expressions as people write them in the configuration, compiled once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orc::config {

/// A compiled regular expression; copies share it. Perl syntax, which covers what the classic files use ("(?i)", "\A",
/// "(?P<name>...)").
class Pattern {
public:
    /// Errors (invalid) name the text and what is wrong with it.
    static Result<Pattern> compile(std::string_view text);

    /// Whether it matches anywhere in `subject`. A match that would take unreasonably long counts as none.
    bool is_found_in(std::string_view subject) const;
    /// The text of the first group where it matches; nullopt: no match, or no such group.
    std::optional<std::string> first_group(std::string_view subject) const;
    /// Whether there is a group to take.
    bool has_group() const;
    const std::string& text() const { return text_; }

private:
    struct Compiled;
    Pattern(std::string text, std::shared_ptr<const Compiled> compiled);

    std::string text_;
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace orc::config
