#include "config/load.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "config/credentials.h"
#include "config/draft.h"
#include "config/keys.h"
#include "config/keys_rules.h"
#include "config/value.h"

namespace orc::config {
namespace {

namespace json = boost::json;

std::string position(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto start = before.rfind('\n');
    const auto column = start == before.npos ? before.size() : before.size() - start - 1;
    return "line " + std::to_string(line) + ", column " + std::to_string(column + 1);
}

Error bad_json(const Source& file, std::size_t offset, const std::string& what) {
    return {ErrorCode::invalid, file.name + ": " + position(file.text, offset) + ": " + what, 0};
}

/// What the parser calls a syntax error at `offset`, where it is a byte that belongs to no character.
std::optional<Error> bad_character(const Source& file, std::size_t offset) {
    constexpr std::size_t longest = 4;
    for (std::size_t at = 0; at <= offset && at < file.text.size();) {
        const std::size_t length = utf8_length(file.text, at);
        if (length == 0 && at + longest > offset) {
            constexpr std::string_view digits = "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(file.text[at]);
            const std::string shown = {'0', 'x', digits[byte >> 4U], digits[byte & 0xFU]};
            return bad_json(
                file, at, "byte " + shown + " is not valid UTF-8; a configuration file must be saved as UTF-8"
            );
        }
        at += std::max<std::size_t>(length, 1);
    }
    return std::nullopt;
}

Error not_json(const Source& file, std::size_t offset, const std::string& what) {
    return bad_character(file, offset).value_or(bad_json(file, offset, "not valid JSON: " + what));
}

/// The first JSON value of the file; what follows it is ignored, as the classic program did, and as files in the wild
/// rely on.
Result<json::value> parse(const Source& file) {
    json::parse_options options;
    options.allow_comments = true;
    options.allow_trailing_commas = true;
    json::stream_parser parser({}, options);
    boost::system::error_code trouble;
    const std::string_view text = file.text;
    // Fed up to one closing brace after the other: whole text at once would make the parser look for comments after the
    // value and stumble over anything else beginning with a slash.
    for (std::size_t at = 0; at < text.size() && !parser.done();) {
        const std::size_t end = std::min(text.find('}', at), text.size() - 1) + 1;
        const std::size_t used = parser.write_some(text.data() + at, end - at, trouble);
        if (trouble) {
            return tl::unexpected(not_json(file, at + used, trouble.message()));
        }
        at = end;
    }
    if (!parser.done()) {
        parser.finish(trouble);
    }
    if (trouble) {
        return tl::unexpected(not_json(file, text.size(), "the file ends too early"));
    }
    return parser.release();
}

void read_unknown(Draft& draft, const std::string& file, std::string_view name) {
    if (is_retired_key(name)) {
        draft.note(Note::Level::info, file, name, "this key is retired and ignored");
        return;
    }
    draft.note(
        Note::Level::warning,
        file,
        name,
        "unknown key, ignored; the nearest known key is " + std::string(nearest_key(name))
    );
}

void read_key(Draft& draft, const std::string& file, const Key& key, const json::value& value) {
    if (value.is_null()) {
        return;
    }
    const Verdict verdict = assign(key, value, draft.settings());
    if (verdict.error) {
        draft.error(file, key.name, *verdict.error);
        return;
    }
    draft.came_from(key.name, file);
    if (verdict.warning) {
        draft.note(Note::Level::warning, file, key.name, *verdict.warning);
    }
    if (key.status == Status::no_op) {
        draft.note(Note::Level::info, file, key.name, "this key is accepted but has no effect");
    }
}

void read_file(Draft& draft, const Source& file) {
    const auto value = parse(file);
    if (!value) {
        draft.error(value.error().message);
        return;
    }
    if (!value->is_object()) {
        draft.error(file.name, "", "a configuration file must hold one JSON object");
        return;
    }
    for (const auto& [name, element] : value->get_object()) {
        if (const Key* key = find_key(name)) {
            read_key(draft, file.name, *key, element);
        } else {
            read_unknown(draft, file.name, name);
        }
    }
}

}  // namespace

Result<Loaded> load(std::span<const Source> files, const Environment& env, Settings base) {
    Draft draft(std::move(base));
    for (const auto& file : files) {
        read_file(draft, file);
    }
    apply_credentials(draft, env);
    apply_rules(draft);
    return std::move(draft).finish();
}

}  // namespace orc::config
