// Tags and pools: what people hang on instances, and whom they serve.
#include <algorithm>

#include "api/pools.h"
#include "api/tags.h"
#include "cli/commands.h"

namespace orc::cli::commands {

Task<Lines> tags(Call call) {
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    Lines out;
    for (const auto& tag : api::tags_of(call.use_cases, endpoint)) {
        out += line(tag);
    }
    co_return out;
}

Task<Lines> tag_value(Call call) {
    CO_TRY(const std::string name, required(call, "tag"));
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    const auto value = api::tag_value(call.use_cases, endpoint, name);
    if (!value && value.error().code == ErrorCode::not_found) {
        co_return Lines{};  // the answer "none" is no failure
    }
    CO_TRY(const std::string text, value);
    co_return line(text);
}

Task<Lines> tagged(Call call) {
    CO_TRY(const std::string expression, required(call, "tag"));
    CO_TRY(const auto found, api::tagged(call.use_cases, expression));
    std::vector<std::string> texts;
    texts.reserve(found.size());
    for (const auto& endpoint : found) {
        texts.push_back(line(endpoint.text()));
    }
    std::sort(texts.begin(), texts.end());
    Lines out;
    for (const auto& text : texts) {
        out += text;
    }
    co_return out;
}

Task<Lines> tag(Call call) {
    CO_TRY(const std::string text, required(call, "tag"));
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    CO_TRY(const Endpoint done, co_await api::put_tag(call.use_cases, endpoint, text));
    co_return line(done.text());
}

Task<Lines> untag(Call call) {
    CO_TRY(const std::string text, required(call, "tag"));
    CO_TRY(const Endpoint endpoint, co_await instance_argument(call));
    CO_TRY(const auto gone, co_await api::drop_tag(call.use_cases, endpoint, text));
    co_return lines_of(gone);
}

Task<Lines> untag_all(Call call) {
    CO_TRY(const std::string text, required(call, "tag"));
    CO_TRY(const auto gone, co_await api::drop_tag_everywhere(call.use_cases, text));
    co_return lines_of(gone);
}

Task<Lines> submit_pool(Call call) {
    CO_TRY(const std::string pool, required(call, "pool"));
    if (!call.instance) {
        co_return fail(ErrorCode::invalid, "-i is required for submit-pool-instances; empty, it ends the pool");
    }
    CO_TRY(co_await api::submit_pool(call.use_cases, pool, *call.instance));
    co_return Lines{};
}

Task<Lines> pool_instances(Call call) {
    Lines out;
    for (const auto& member : api::pool_members(call.use_cases, ClusterName{}, "")) {
        out += line(
            member.cluster.text() + "\t" + member.cluster_alias + "\t" + member.pool + "\t" + member.server.text()
        );
    }
    co_return out;
}

Task<Lines> reachable_pool_instances(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    co_return lines_of(api::reachable_pool_members(call.use_cases, cluster->name, call.flags.text("pool")));
}

}  // namespace orc::cli::commands
