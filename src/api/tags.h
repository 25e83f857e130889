// Tags: words that people hang on servers, and the expressions they find them by. Letter case makes no second name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/topology_text.h"
#include "api/use_cases.h"

namespace orc::api {

/// One term: "name", "name=value" (the value may be empty), either with ~ or ! in front for the opposite.
struct TagTerm {
    std::string name;
    std::optional<std::string> value;
    bool is_negated = false;

    /// Blanks around are dropped. Error (invalid): there is no name.
    static Result<TagTerm> parse(std::string_view text);
    /// Whether a server with these tags fits: "~name=value" asks for the tag with another value.
    bool fits(const std::map<std::string, model::Tag>& tags) const;
};

/// Puts a tag, or replaces the value of the one there is; without "=value" the value is empty. Errors: invalid, naming
/// the text.
Task<Endpoint> put_tag(UseCases& use_cases, Endpoint server, std::string text);
/// Takes a tag away; with "=value" only where the value is that. Those that had it, so none or one.
Task<std::vector<Endpoint>> drop_tag(UseCases& use_cases, Endpoint server, std::string text);
/// Takes "name=value" from every server that has it. Error (invalid) without a value: all of a name would go by a slip.
Task<std::vector<Endpoint>> drop_tag_everywhere(UseCases& use_cases, std::string text);

// Control executor.
/// "name=value" of each tag, by name.
std::vector<std::string> tags_of(const UseCases& use_cases, const Endpoint& server);
/// Of every server that has tags, for topology_text().
TagTexts tag_texts(const UseCases& use_cases);
/// Errors: not_found, naming server and tag; invalid.
Result<std::string> tag_value(const UseCases& use_cases, const Endpoint& server, std::string_view name);
/// Servers that fit all terms between the commas, by host and port. Only those with at least one tag are considered,
/// also for what they must not have. Error (invalid) names the term.
Result<std::vector<Endpoint>> tagged(const UseCases& use_cases, std::string_view expression);

}  // namespace orc::api
