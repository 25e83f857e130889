#include "config/pattern.h"

#include <boost/regex.hpp>

#include "base/text.h"

namespace orc::config {

// Boost.Regex rather than std::regex: the latter knows neither (?i) nor \A, and libstdc++'s matcher overflows the stack
// on long input where Boost gives up with an exception.
struct Pattern::Compiled {
    boost::regex regex;
};

namespace {

/// Searches with Go's and Perl's default meaning of ^, $ and the dot: one text, not many lines.
bool search(const boost::regex& regex, std::string_view subject, boost::cmatch& match) {
    try {
        return boost::regex_search(
            subject.data(),
            subject.data() + subject.size(),
            match,
            regex,
            boost::match_single_line | boost::match_not_dot_newline
        );
    } catch (const std::runtime_error&) {
        return false;  // too complex
    }
}

}  // namespace

Pattern::Pattern(std::string text, std::shared_ptr<const Compiled> compiled)
    : text_(std::move(text)), compiled_(std::move(compiled)) {}

Result<Pattern> Pattern::compile(std::string_view text) {
    try {
        // Go writes named groups (?P<name>...), Perl (?<name>...).
        const std::string perl = replace_all(std::string(text), "(?P<", "(?<");
        // An empty expression matches everything, which Boost spells differently.
        auto compiled = std::make_shared<Compiled>(Compiled{boost::regex(perl.empty() ? "(?:)" : perl)});
        return Pattern(std::string(text), std::move(compiled));
    } catch (const std::exception& e) {
        return fail(ErrorCode::invalid, "\"" + std::string(text) + "\" is not a regular expression: " + e.what());
    }
}

bool Pattern::is_found_in(std::string_view subject) const {
    boost::cmatch match;
    return search(compiled_->regex, subject, match);
}

bool Pattern::has_group() const { return compiled_->regex.mark_count() > 0; }

std::optional<std::string> Pattern::first_group(std::string_view subject) const {
    boost::cmatch match;
    if (!search(compiled_->regex, subject, match) || match.size() < 2 || !match[1].matched) {
        return std::nullopt;
    }
    return match[1].str();
}

}  // namespace orc::config
