#include "api/tags.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {
namespace {

/// ?tag=, else the parts of the path. The classic path form of a value that is not given is the tag without one.
std::string tag_param(const Call& call) {
    if (std::string given = call.request.parts.query_value("tag"); !given.empty()) {
        return given;
    }
    std::string out = call.params["tagName"];
    if (call.params.has("tagValue")) {
        out += "=" + call.params["tagValue"];
    }
    return out;
}

Response keys_answer(const Result<std::vector<Endpoint>>& done, std::string_view what) {
    if (!done) {
        return envelope_error(done.error());
    }
    return envelope_ok(std::to_string(done->size()) + " " + std::string(what), legacy::text(*done));
}

}  // namespace

Co<Response> tag(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const std::string text = tag_param(call);
    auto work = api::put_tag(desk->use_cases, *key, text);
    const auto done = co_await desk->on_control(std::move(work));
    co_return key_answer(done, "tagged with " + text);
}

Co<Response> untag(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = api::drop_tag(desk->use_cases, *key, tag_param(call));
    const auto done = co_await desk->on_control(std::move(work));
    co_return keys_answer(done, "untagged");
}

Co<Response> untag_all(DeskPtr desk, Call call) {
    auto work = api::drop_tag_everywhere(desk->use_cases, tag_param(call));
    const auto done = co_await desk->on_control(std::move(work));
    co_return keys_answer(done, "untagged");
}

Co<Response> tags(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const Endpoint& server = *key;
    auto question = desk->look<std::vector<std::string>>([server](const api::UseCases& use_cases) {
        return api::tags_of(use_cases, server);
    });
    const auto found = co_await std::move(question);
    if (!found) {
        co_return envelope_error(found.error());
    }
    co_return bare(legacy::texts(*found));
}

Co<Response> tag_value(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const Endpoint& server = *key;
    const std::string name = tag_param(call);
    const auto ask = [server, name](const api::UseCases& use_cases) { return api::tag_value(use_cases, server, name); };
    auto question = desk->look<std::string>(ask);
    const auto found = co_await std::move(question);
    if (!found) {
        co_return envelope_error(found.error());
    }
    co_return bare(json_text(*found));
}

Co<Response> tagged(DeskPtr desk, Call call) {
    const std::string expression = tag_param(call);
    const auto ask = [expression](const api::UseCases& use_cases) { return api::tagged(use_cases, expression); };
    auto question = desk->look<std::vector<Endpoint>>(ask);
    const auto found = co_await std::move(question);
    if (!found) {
        co_return envelope_error(found.error());
    }
    co_return bare(legacy::text(*found));
}

}  // namespace orc::http::routes
