#include "api/tags.h"

#include <algorithm>

#include "api/letter_case.h"
#include "base/text.h"

namespace orc::api {

Result<TagTerm> TagTerm::parse(std::string_view text) {
    std::string_view rest = trim(text);
    TagTerm out;
    if (rest.starts_with('~') || rest.starts_with('!')) {
        out.is_negated = true;
        rest.remove_prefix(1);
    }
    const auto equals = rest.find('=');
    out.name = trim(rest.substr(0, equals));
    if (equals != std::string_view::npos) {
        out.value = trim(rest.substr(equals + 1));
    }
    if (out.name.empty()) {
        return fail(ErrorCode::invalid, "not a tag: '" + std::string(text) + "'; it is written name or name=value");
    }
    return out;
}

bool TagTerm::fits(const std::map<std::string, model::Tag>& tags) const {
    const auto found = find_name(tags, name);
    const bool is_there = found != tags.end();
    if (!value) {
        return is_there != is_negated;
    }
    return is_there && (found->second.value == *value) != is_negated;
}

namespace {

/// A tag to be hung on or taken off: no opposites.
Result<TagTerm> plain_tag(std::string_view text) {
    TRY(TagTerm term, TagTerm::parse(text));
    if (term.is_negated) {
        return fail(ErrorCode::invalid, "a tag cannot be put or taken by its opposite: '" + std::string(text) + "'");
    }
    return term;
}

using TagMap = std::map<std::string, model::Tag>;
const TagMap& tags_in(const model::Intent& intent, const Endpoint& server) {
    static const TagMap none;
    const auto found = intent.tags.find(server);
    return found == intent.tags.end() ? none : found->second;
}

Task<std::vector<Endpoint>> drop_from(UseCases& use_cases, std::vector<Endpoint> servers, TagTerm term) {
    const auto intent = use_cases.intent();
    std::vector<model::Change> changes;
    std::vector<Endpoint> affected;
    for (const auto& server : servers) {
        const TagMap& tags = tags_in(*intent, server);
        if (term.fits(tags)) {
            const std::string& name = find_name(tags, term.name)->first;
            changes.push_back(model::DropTag{server, name});
            changes.push_back(use_cases.audited("delete-instance-tag", server, name));
            affected.push_back(server);
        }
    }
    if (!affected.empty()) {
        CO_TRY(co_await use_cases.commit(std::move(changes)));
    }
    co_return affected;
}

}  // namespace

Task<Endpoint> put_tag(UseCases& use_cases, Endpoint server, std::string text) {
    CO_TRY(const TagTerm term, plain_tag(text));
    model::Tag record;
    record.endpoint = use_cases.resolve(server);
    const auto intent = use_cases.intent();
    const TagMap& present = tags_in(*intent, record.endpoint);
    const auto known_tag = find_name(present, term.name);
    record.name = known_tag == present.end() ? term.name : known_tag->first;
    record.value = term.value.value_or("");
    record.updated = use_cases.clock().wall();
    const Endpoint known = record.endpoint;
    std::vector<model::Change> changes;
    changes.push_back(use_cases.audited("put-instance-tag", known, record.name + "=" + record.value));
    changes.push_back(model::PutTag{std::move(record)});
    CO_TRY(co_await use_cases.commit(std::move(changes)));
    co_return known;
}

Task<std::vector<Endpoint>> drop_tag(UseCases& use_cases, Endpoint server, std::string text) {
    CO_TRY(TagTerm term, plain_tag(text));
    std::vector<Endpoint> servers(1, use_cases.resolve(server));
    co_return co_await drop_from(use_cases, std::move(servers), std::move(term));
}

Task<std::vector<Endpoint>> drop_tag_everywhere(UseCases& use_cases, std::string text) {
    CO_TRY(TagTerm term, plain_tag(text));
    if (!term.value) {
        co_return fail(ErrorCode::invalid, "taking a tag from all servers needs its value: name=value");
    }
    std::vector<Endpoint> servers;
    const auto intent = use_cases.intent();
    for (const auto& [server, tags] : intent->tags) {
        servers.push_back(server);
    }
    co_return co_await drop_from(use_cases, std::move(servers), std::move(term));
}

std::vector<std::string> tags_of(const UseCases& use_cases, const Endpoint& server) {
    std::vector<std::string> out;
    const auto intent = use_cases.intent();
    const Endpoint known = use_cases.resolve(server);
    for (const auto& [name, tag] : tags_in(*intent, known)) {
        out.push_back(name + "=" + tag.value);
    }
    return out;
}

TagTexts tag_texts(const UseCases& use_cases) {
    TagTexts out;
    const auto intent = use_cases.intent();
    for (const auto& [server, tags] : intent->tags) {
        for (const auto& [name, tag] : tags) {
            out[server].push_back(tag.value.empty() ? name : name + "=" + tag.value);
        }
    }
    return out;
}

Result<std::string> tag_value(const UseCases& use_cases, const Endpoint& server, std::string_view name) {
    TRY(const TagTerm term, plain_tag(name));
    const Endpoint known = use_cases.resolve(server);
    const auto intent = use_cases.intent();
    const TagMap& tags = tags_in(*intent, known);
    const auto found = find_name(tags, term.name);
    if (found == tags.end()) {
        return fail(ErrorCode::not_found, "tag " + term.name + " not found for " + known.text());
    }
    return found->second.value;
}

Result<std::vector<Endpoint>> tagged(const UseCases& use_cases, std::string_view expression) {
    std::vector<TagTerm> terms;
    for (const auto piece : split(expression, ',')) {
        TRY(TagTerm term, TagTerm::parse(piece));
        terms.push_back(std::move(term));
    }
    std::vector<Endpoint> out;
    const auto intent = use_cases.intent();
    for (const auto& [server, tags] : intent->tags) {
        const TagMap& held = tags;
        if (std::all_of(terms.begin(), terms.end(), [&](const TagTerm& term) { return term.fits(held); })) {
            out.push_back(server);
        }
    }
    return out;
}

}  // namespace orc::api
