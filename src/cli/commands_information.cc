// What is known, across clusters or of one instance.
#include <algorithm>

#include "api/servers.h"
#include "api/topology_text.h"
#include "cli/commands.h"
#include "config/pattern.h"

namespace orc::cli::commands {

Task<Lines> find(Call call) {
    CO_TRY(const std::string text, required(call, "pattern"));
    auto pattern = config::Pattern::compile(text);
    if (!pattern) {
        co_return tl::unexpected(with_context("-pattern", pattern.error()));
    }
    co_return lines_of(api::servers_where(*call.use_cases.topology(), [&](const model::Server& server) {
        return pattern->is_found_in(server.endpoint.text());
    }));
}

Task<Lines> search(Call call) {
    CO_TRY(const std::string text, required(call, "pattern"));
    co_return lines_of(api::servers_where(*call.use_cases.topology(), [&](const model::Server& server) {
        return api::mentions(server, text);
    }));
}

Task<Lines> all_instances(Call call) { co_return lines_of(api::all_servers(*call.use_cases.topology())); }

Task<Lines> bulk_instances(Call call) {
    std::vector<std::string> texts;
    for (const auto& server : api::all_servers(*call.use_cases.topology())) {
        texts.push_back(line(server->endpoint.text()));
    }
    std::sort(texts.begin(), texts.end());
    Lines out;
    for (const auto& text : texts) {
        out += text;
    }
    co_return out;
}

Task<Lines> clusters(Call call) {
    Lines out;
    const auto topology = call.use_cases.topology();
    for (const auto& [name, cluster] : topology->clusters) {
        out += line(name.text());
    }
    co_return out.empty() ? line("") : out;
}

Task<Lines> clusters_alias(Call call) {
    Lines out;
    const auto topology = call.use_cases.topology();
    for (const auto& [name, cluster] : topology->clusters) {
        out += line(name.text() + "\t" + cluster->alias);
    }
    co_return out;
}

Task<Lines> all_clusters_primaries(Call call) {
    co_return lines_of(api::writable_primaries(*call.use_cases.topology()));
}

Task<Lines> which_instance(Call call) {
    CO_TRY(const auto server, co_await server_argument(call));
    co_return line(server->endpoint.text());
}

Task<Lines> which_source(Call call) {
    CO_TRY(const auto server, co_await server_argument(call));
    const auto source = server->source();
    co_return source ? line(source->text()) : Lines{};
}

Task<Lines> which_replicas(Call call) {
    CO_TRY(const auto server, co_await server_argument(call));
    const Endpoint source = server->endpoint;
    co_return lines_of(api::servers_where(*call.use_cases.topology(), [&](const model::Server& other) {
        return other.facts != nullptr &&
               std::any_of(other.facts->channels.begin(), other.facts->channels.end(), [&](const auto& channel) {
                   return channel.source == source;
               });
    }));
}

Task<Lines> instance_status(Call call) {
    CO_TRY(const auto server, co_await server_argument(call));
    const auto cluster = call.use_cases.topology()->cluster(server->endpoint);
    const Instant now = cluster == nullptr ? call.use_cases.clock().now() : cluster->taken;
    co_return line(api::instance_description(*server, *call.use_cases.settings(), now));
}

Task<Lines> which_downtimed(Call call) {
    CO_TRY(const auto only, co_await optional_cluster(call));
    // Of the ledger, not of the snapshot: that is published a moment after a downtime has begun.
    const auto intent = call.use_cases.intent();
    const WallTime now = call.use_cases.clock().wall();
    co_return lines_of(api::servers_where(*call.use_cases.topology(), [&](const model::Server& server) {
        return intent->downtime_of(server.endpoint, now) != nullptr &&
               (only == nullptr || server.cluster == only->name);
    }));
}

Task<Lines> which_lost(Call call) {
    const auto intent = call.use_cases.intent();
    const WallTime now = call.use_cases.clock().wall();
    co_return lines_of(api::servers_where(*call.use_cases.topology(), [&](const model::Server& server) {
        const auto* downtime = intent->downtime_of(server.endpoint, now);
        return downtime != nullptr && downtime->reason == model::lost_in_recovery;
    }));
}

}  // namespace orc::cli::commands
