// One cluster: its tree, its name, its members and who of them does what.
#include "api/domain.h"
#include "api/servers.h"
#include "api/snapshots.h"
#include "api/tags.h"
#include "api/topology_text.h"
#include "cli/commands.h"

namespace orc::cli::commands {
namespace {

/// As it was: one tree after the other, each below its time when there are several.
Task<Lines> past_trees(Call call, ClusterName cluster) {
    const std::string pattern = call.flags.text("pattern");
    CO_TRY(const auto past, co_await api::past_topologies(call.use_cases, cluster, pattern));
    if (past.empty()) {
        co_return fail(
            ErrorCode::not_found, "no snapshot of " + cluster.text() + " was taken at a second that matches " + pattern
        );
    }
    Lines out;
    for (const auto& topology : past) {
        if (past.size() > 1) {
            const auto seconds = std::chrono::floor<Seconds>(topology.at.time_since_epoch()).count();
            out += line(std::to_string(seconds) + " (" + db_timestamp(topology.at) + ")");
        }
        out += line(topology.tree);
    }
    co_return out;
}

Task<Lines> tree(Call call, api::TreeForm form) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    if (call.flags.says("pattern")) {
        co_return co_await past_trees(call, cluster->name);
    }
    const auto tags = api::tag_texts(call.use_cases);
    co_return line(api::topology_text(*cluster, form, *call.use_cases.settings(), cluster->taken, tags));
}

}  // namespace

Task<Lines> topology(Call call) { return tree(std::move(call), api::TreeForm::plain); }
Task<Lines> topology_tags(Call call) { return tree(std::move(call), api::TreeForm::tags); }
Task<Lines> topology_tabulated(Call call) { return tree(std::move(call), api::TreeForm::tabulated); }

Task<Lines> which_cluster(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    co_return line(cluster->name.text());
}

Task<Lines> which_cluster_alias(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    co_return line(cluster->alias);
}

Task<Lines> which_cluster_domain(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    co_return line(cluster->domain);
}

Task<Lines> which_domain_instance(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    CO_TRY(const Endpoint writer, api::domain_writer(call.use_cases, *cluster));
    co_return line(writer.text());
}

Task<Lines> set_domain_instance(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    CO_TRY(const Endpoint writer, co_await api::record_domain_writer(call.use_cases, cluster));
    co_return line(writer.text());
}

Task<Lines> which_cluster_primary(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    const auto primary = api::leading_server(*cluster);
    if (primary == nullptr) {
        co_return fail(ErrorCode::not_found, "No primary found for cluster " + cluster->name.text());
    }
    co_return line(primary->endpoint.text());
}

Task<Lines> which_cluster_instances(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    co_return lines_of(cluster->servers);
}

Task<Lines> which_control_replicas(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    co_return lines_of(api::control_replicas(*cluster, *call.use_cases.settings()));
}

Task<Lines> which_binlog_readable_replicas(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    co_return lines_of(api::binlog_readable_replicas(*cluster));
}

Task<Lines> cluster_lag(Call call) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    const auto lag = api::greatest_lag(api::control_replicas(*cluster, *call.use_cases.settings()));
    if (!lag) {
        co_return tl::unexpected(with_context("cluster " + cluster->name.text(), lag.error()));
    }
    co_return line(std::to_string(lag->count()));
}

}  // namespace orc::cli::commands
