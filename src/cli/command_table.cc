#include "cli/command_table.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <regex>

#include "analysis/codes.h"
#include "api/topology_text.h"
#include "base/text.h"
#include "config/dump.h"
#include "planning/plan_text.h"

namespace orc::cli {
namespace {

/// Everything that a command may look at.
struct Call {
    api::UseCases& use_cases;
    Flags flags;
    std::string local_host;
    std::string user;
};

using Lines = std::string;  // printed as they are; each line ends in a newline

std::string line(const std::string& text) { return text + "\n"; }

std::uint16_t default_port(const Call& call) { return std::uint16_t(call.use_cases.settings()->default_instance_port); }

Result<Endpoint> instance_argument(const Call& call) {
    const std::string given = call.flags.text("i");
    if (given.empty()) {
        return Endpoint{call.local_host, default_port(call)};
    }
    auto parsed = Endpoint::parse(given, default_port(call));
    if (!parsed) {
        return tl::unexpected(with_context("-i", parsed.error()));
    }
    return call.use_cases.resolve(*parsed);
}

Result<std::optional<Endpoint>> destination_argument(const Call& call) {
    const std::string given = call.flags.text("d").empty() ? call.flags.text("s") : call.flags.text("d");
    if (given.empty()) {
        return std::optional<Endpoint>{};
    }
    auto parsed = Endpoint::parse(given, default_port(call));
    if (!parsed) {
        return tl::unexpected(with_context("-d", parsed.error()));
    }
    return std::optional<Endpoint>(call.use_cases.resolve(*parsed));
}

/// -alias as a name or alias, else -i as a member, else this machine as a member.
Result<model::ClusterPtr> cluster_argument(const Call& call) {
    if (const std::string alias = call.flags.text("alias"); !alias.empty()) {
        return call.use_cases.cluster(alias);
    }
    TRY(const Endpoint member, instance_argument(call));
    return call.use_cases.cluster(member.text());
}

Result<std::string> required(const Call& call, std::string_view flag) {
    std::string value(trim(call.flags.text(flag)));
    if (value.empty()) {
        return fail(ErrorCode::invalid, "-" + std::string(flag) + " is required for " + call.flags.text("c"));
    }
    return value;
}

std::string owner(const Call& call) { return call.flags.text("owner").empty() ? call.user : call.flags.text("owner"); }

Lines endpoints(const std::vector<Endpoint>& list) {
    Lines out;
    for (const auto& endpoint : list) {
        out += line(endpoint.text());
    }
    return out;
}

std::vector<model::ServerPtr> all_servers(const Call& call) {
    std::vector<model::ServerPtr> out;
    const auto snapshot = call.use_cases.topology();
    for (const auto& [name, cluster] : snapshot->clusters) {
        out.insert(out.end(), cluster->servers.begin(), cluster->servers.end());
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a->endpoint < b->endpoint; });
    return out;
}

// ---- information ----

Task<Lines> clusters(Call call) {
    Lines out;
    for (const auto& cluster : call.use_cases.summaries()) {
        out += line(cluster.name.text());
    }
    co_return out.empty() ? line("") : out;
}

Task<Lines> clusters_alias(Call call) {
    Lines out;
    for (const auto& cluster : call.use_cases.summaries()) {
        out += line(cluster.name.text() + "\t" + cluster.alias);
    }
    co_return out;
}

Task<Lines> all_clusters_primaries(Call call) {
    Lines out;
    const auto snapshot = call.use_cases.topology();
    for (const auto& [name, cluster] : snapshot->clusters) {
        const auto primaries = cluster->primaries();
        if (!primaries.empty() && primaries.front()->facts && !primaries.front()->facts->read_only) {
            out += line(primaries.front()->endpoint.text());
        }
    }
    co_return out;
}

Task<Lines> topology(Call call) {
    CO_TRY(const auto cluster, cluster_argument(call));
    co_return line(api::topology_text(*cluster, api::TreeForm::plain, *call.use_cases.settings(), cluster->taken));
}

Task<Lines> topology_tabulated(Call call) {
    CO_TRY(const auto cluster, cluster_argument(call));
    co_return line(api::topology_text(*cluster, api::TreeForm::tabulated, *call.use_cases.settings(), cluster->taken));
}

Task<Lines> all_instances(Call call) {
    Lines out;
    for (const auto& server : all_servers(call)) {
        out += line(server->endpoint.text());
    }
    co_return out;
}

Task<Lines> find(Call call) {
    CO_TRY(const std::string pattern, required(call, "pattern"));
    std::optional<std::regex> expression;
    try {
        expression.emplace(pattern);
    } catch (const std::regex_error&) {
        co_return fail(ErrorCode::invalid, "-pattern '" + pattern + "' is not a regular expression");
    }
    Lines out;
    for (const auto& server : all_servers(call)) {
        if (std::regex_search(server->endpoint.text(), *expression)) {
            out += line(server->endpoint.text());
        }
    }
    co_return out;
}

Task<Lines> search(Call call) {
    CO_TRY(const std::string pattern, required(call, "pattern"));
    Lines out;
    for (const auto& server : all_servers(call)) {
        const bool by_version = server->facts && contains_ignoring_case(server->facts->version.text, pattern);
        if (by_version || contains_ignoring_case(server->endpoint.text(), pattern) ||
            contains_ignoring_case(server->cluster.text(), pattern)) {
            out += line(server->endpoint.text());
        }
    }
    co_return out;
}

Task<Lines> which_instance(Call call) {
    CO_TRY(const Endpoint endpoint, instance_argument(call));
    CO_TRY(const auto server, call.use_cases.instance(endpoint));
    co_return line(server->endpoint.text());
}

Task<Lines> which_cluster(Call call) {
    CO_TRY(const auto cluster, cluster_argument(call));
    co_return line(cluster->name.text());
}

Task<Lines> which_cluster_alias(Call call) {
    CO_TRY(const auto cluster, cluster_argument(call));
    co_return line(cluster->alias);
}

Task<Lines> which_cluster_primary(Call call) {
    CO_TRY(const auto cluster, cluster_argument(call));
    const auto primaries = cluster->primaries();
    if (primaries.empty()) {
        co_return fail(ErrorCode::not_found, "No primary found for cluster " + cluster->name.text());
    }
    co_return line(primaries.front()->endpoint.text());
}

Task<Lines> which_cluster_instances(Call call) {
    CO_TRY(const auto cluster, cluster_argument(call));
    Lines out;
    for (const auto& server : cluster->servers) {
        out += line(server->endpoint.text());
    }
    co_return out;
}

Task<Lines> which_source(Call call) {
    CO_TRY(const Endpoint endpoint, instance_argument(call));
    CO_TRY(const auto server, call.use_cases.instance(endpoint));
    const auto source = server->source();
    co_return source ? line(source->text()) : Lines{};
}

Task<Lines> which_replicas(Call call) {
    CO_TRY(const Endpoint endpoint, instance_argument(call));
    CO_TRY(const auto cluster, call.use_cases.cluster(endpoint.text()));
    std::vector<Endpoint> replicas;
    for (const auto* replica : cluster->replicas_of(endpoint)) {
        replicas.push_back(replica->endpoint);
    }
    co_return endpoints(replicas);
}

Task<Lines> instance_status(Call call) {
    CO_TRY(const Endpoint endpoint, instance_argument(call));
    CO_TRY(const auto server, call.use_cases.instance(endpoint));
    const auto cluster = call.use_cases.topology()->cluster(server->endpoint);
    co_return line(api::instance_description(*server, *call.use_cases.settings(), cluster->taken));
}

bool is_marked(const model::Server& server, std::string_view reason) {
    return server.downtime && (reason.empty() || server.downtime->reason == reason);
}

Task<Lines> which_downtimed(Call call) {
    std::optional<ClusterName> only;
    if (!call.flags.text("alias").empty() || !call.flags.text("i").empty()) {
        CO_TRY(const auto cluster, cluster_argument(call));
        only = cluster->name;
    }
    Lines out;
    for (const auto& server : all_servers(call)) {
        if (is_marked(*server, "") && (!only || server->cluster == *only)) {
            out += line(server->endpoint.text());
        }
    }
    co_return out;
}

Task<Lines> which_lost(Call call) {
    Lines out;
    for (const auto& server : all_servers(call)) {
        if (is_marked(*server, model::lost_in_recovery)) {
            out += line(server->endpoint.text());
        }
    }
    co_return out;
}

Task<Lines> replication_analysis(Call call) {
    Lines out;
    for (const auto& finding : *call.use_cases.findings()) {
        if (finding.is_skippable_by_downtime) {
            continue;
        }
        std::vector<std::string> codes;
        if (finding.code != analysis::Code::no_problem) {
            codes.emplace_back(analysis::name(finding.code));
        }
        for (const auto code : finding.structure) {
            codes.emplace_back(analysis::name(code));
        }
        out += line(finding.subject.text() + " (cluster " + finding.cluster.text() + "): " + join(codes, ", "));
    }
    co_return out;
}

Task<Lines> dump_config(Call call) { co_return line(config::dump(*call.use_cases.settings(), false)); }

// ---- changes ----

Task<Lines> discover(Call call) {
    CO_TRY(const Endpoint endpoint, instance_argument(call));
    CO_TRY(const auto server, co_await call.use_cases.discover(endpoint));
    co_return line(server->endpoint.text());
}

Task<Lines> forget(Call call) {
    CO_TRY(required(call, "i"));
    CO_TRY(const Endpoint endpoint, instance_argument(call));
    CO_TRY(const Endpoint gone, co_await call.use_cases.forget(endpoint));
    co_return line(gone.text());
}

Task<Lines> begin_downtime(Call call) {
    CO_TRY(const std::string reason, required(call, "reason"));
    CO_TRY(const Endpoint endpoint, instance_argument(call));
    Seconds span{0};
    if (const std::string text = call.flags.text("duration"); !text.empty()) {
        CO_TRY(span, parse_duration(text));
    }
    CO_TRY(const Endpoint done, co_await call.use_cases.begin_downtime(endpoint, owner(call), reason, span));
    co_return line(done.text());
}

Task<Lines> end_downtime(Call call) {
    CO_TRY(const Endpoint endpoint, instance_argument(call));
    CO_TRY(const Endpoint done, co_await call.use_cases.end_downtime(endpoint));
    co_return line(done.text());
}

Task<Lines> register_candidate(Call call) {
    CO_TRY(const Endpoint endpoint, instance_argument(call));
    const std::string rule = call.flags.text("promotion-rule");
    CO_TRY(const Endpoint done, co_await call.use_cases.register_candidate(endpoint, rule));
    co_return line(done.text());
}

Task<Lines> set_recoveries(Call call, bool enabled) {
    CO_TRY(co_await call.use_cases.set_recoveries_enabled(enabled));
    co_return line(
        enabled ? "OK: Orchestrator recoveries ENABLED globally" : "OK: Orchestrator recoveries DISABLED globally"
    );
}
Task<Lines> enable_recoveries(Call call) { return set_recoveries(std::move(call), true); }
Task<Lines> disable_recoveries(Call call) { return set_recoveries(std::move(call), false); }
Task<Lines> check_recoveries(Call call) {
    co_return line(
        std::string("OK: Global recoveries disabled: ") + (call.use_cases.recoveries_disabled() ? "true" : "false")
    );
}

Task<Lines> recover_with(Call call, bool skip_hooks) {
    recovery::RecoverRequest request;
    CO_TRY(request.failed, instance_argument(call));
    CO_TRY(request.candidate, destination_argument(call));
    request.skip_hooks = skip_hooks;
    request.actor = owner(call);
    if (call.flags.on("noop")) {
        CO_TRY(const planning::Plan plan, co_await call.use_cases.preview_recovery(request));
        co_return planning::describe(plan);
    }
    auto outcome = co_await call.use_cases.recover(request);
    if (!outcome && outcome.error().code == ErrorCode::not_found) {
        co_return Lines{};  // nothing to recover is no failure
    }
    CO_TRY(const recovery::Outcome done, std::move(outcome));
    if (!done.record.successor) {
        co_return fail(ErrorCode::refused, "recovery of " + done.record.failed.text() + " promoted nobody");
    }
    co_return line(done.record.successor->text());
}
Task<Lines> recover(Call call) { return recover_with(std::move(call), false); }
Task<Lines> recover_lite(Call call) { return recover_with(std::move(call), true); }

Task<Lines> take_over_with(Call call, bool pick) {
    CO_TRY(const auto cluster, cluster_argument(call));
    CO_TRY(const auto designated, destination_argument(call));
    const std::string hint = cluster->name.text();
    if (call.flags.on("noop")) {
        CO_TRY(const planning::Plan plan, co_await call.use_cases.preview_takeover(hint, designated, pick));
        co_return planning::describe(plan);
    }
    CO_TRY(const recovery::Outcome done, co_await call.use_cases.take_over(hint, designated, pick, owner(call)));
    if (!done.record.successor) {
        co_return fail(ErrorCode::refused, "takeover of " + hint + " promoted nobody");
    }
    co_return line(done.record.successor->text()) + line(done.successor_coordinates);
}
Task<Lines> take_over(Call call) { return take_over_with(std::move(call), false); }
Task<Lines> take_over_auto(Call call) { return take_over_with(std::move(call), true); }

Task<Lines> acknowledge(Call call, recovery::AckRequest request) {
    CO_TRY(request.comment, required(call, "reason"));
    request.owner = owner(call);
    CO_TRY(const std::size_t count, co_await call.use_cases.acknowledge(std::move(request)));
    co_return line(std::to_string(count) + " recoveries acknowledged");
}
Task<Lines> ack_all(Call call) {
    recovery::AckRequest request;
    request.all = true;
    return acknowledge(std::move(call), std::move(request));
}
Task<Lines> ack_cluster(Call call) {
    recovery::AckRequest request;
    CO_TRY(const auto cluster, cluster_argument(call));
    request.cluster = cluster->name;
    co_return co_await acknowledge(std::move(call), std::move(request));
}
Task<Lines> ack_instance(Call call) {
    recovery::AckRequest request;
    CO_TRY(request.instance, instance_argument(call));
    co_return co_await acknowledge(std::move(call), std::move(request));
}

struct Command {
    std::string_view name;
    std::string_view synonym;
    std::string_view section;
    std::string_view meaning;
    bool needs_topology;
    Task<Lines> (*run)(Call);
};

constexpr std::array commands = {
    Command{"find", "", "Information", "Find instances whose host:port matches a regular expression", false, find},
    Command{"search", "", "Information", "Search for instances by name, version or cluster", false, search},
    Command{"clusters", "", "Information", "List all clusters", true, clusters},
    Command{"clusters-alias", "", "Information", "List all clusters with their aliases", true, clusters_alias},
    Command{
        "all-clusters-masters",
        "",
        "Information",
        "List the writable primary of each cluster",
        true,
        all_clusters_primaries
    },
    Command{"topology", "", "Information", "Show a topology as a tree", true, topology},
    Command{
        "topology-tabulated", "", "Information", "Show a topology as a tree with columns", true, topology_tabulated
    },
    Command{"all-instances", "", "Information", "List all known instances", false, all_instances},
    Command{"which-instance", "", "Information", "Complete the name of an instance", false, which_instance},
    Command{"which-cluster", "", "Information", "Name of the cluster of an instance or alias", true, which_cluster},
    Command{"which-cluster-alias", "", "Information", "Alias of a cluster", true, which_cluster_alias},
    Command{"which-cluster-master", "", "Information", "Primary of a cluster", true, which_cluster_primary},
    Command{"which-cluster-instances", "", "Information", "Members of a cluster", true, which_cluster_instances},
    Command{"which-master", "", "Information", "What an instance replicates from", true, which_source},
    Command{"which-replicas", "which-slaves", "Information", "Direct replicas of an instance", true, which_replicas},
    Command{"which-downtimed-instances", "", "Information", "Instances that are downtimed", false, which_downtimed},
    Command{
        "which-lost-in-recovery", "", "Information", "Instances downtimed as lost in a recovery", false, which_lost
    },
    Command{"instance-status", "", "Information", "Short status of an instance", true, instance_status},
    Command{"discover", "", "Instance management", "Read an instance and register it", false, discover},
    Command{"forget", "", "Instance management", "Forget an instance", false, forget},
    Command{"begin-downtime", "", "Instance management", "Mark an instance as downtimed", false, begin_downtime},
    Command{"end-downtime", "", "Instance management", "End an instance's downtime", false, end_downtime},
    Command{"recover", "", "Recovery", "Recover a failed instance now", true, recover},
    Command{"recover-lite", "", "Recovery", "Recover a failed instance now, without hooks", true, recover_lite},
    Command{
        "graceful-master-takeover",
        "",
        "Recovery",
        "Promote a replica and demote the primary, as planned work",
        true,
        take_over
    },
    Command{
        "graceful-master-takeover-auto",
        "",
        "Recovery",
        "The same, choosing the replica and starting replication on the demoted primary",
        true,
        take_over_auto
    },
    Command{"replication-analysis", "", "Recovery", "List problems", true, replication_analysis},
    Command{"ack-all-recoveries", "", "Recovery", "Acknowledge all recoveries", false, ack_all},
    Command{"ack-cluster-recoveries", "", "Recovery", "Acknowledge the recoveries of a cluster", true, ack_cluster},
    Command{
        "ack-instance-recoveries", "", "Recovery", "Acknowledge the recoveries of an instance", false, ack_instance
    },
    Command{
        "register-candidate", "", "Instance, meta", "Set the promotion rule of an instance", false, register_candidate
    },
    Command{"dump-config", "", "Meta", "Print the configuration in force, as JSON", false, dump_config},
    Command{"disable-global-recoveries", "", "", "Switch automated recoveries off", false, disable_recoveries},
    Command{"enable-global-recoveries", "", "", "Switch automated recoveries on", false, enable_recoveries},
    Command{
        "check-global-recoveries", "", "", "Show whether automated recoveries are switched off", false, check_recoveries
    },
};

const Command* find_command(std::string_view name) {
    const auto found = std::find_if(commands.begin(), commands.end(), [&](const Command& c) {
        return c.name == name || (!c.synonym.empty() && c.synonym == name);
    });
    return found == commands.end() ? nullptr : &*found;
}

/// The classic list of instances: pieces between blanks, commas and line ends; the command runs for each in order.
std::vector<std::string> instance_list(const std::string& text) {
    std::vector<std::string> out;
    std::string piece;
    for (const char c : text + " ") {
        if (std::string_view(" ,\t\r\n").find(c) == std::string_view::npos) {
            piece += c;
        } else if (!piece.empty()) {
            out.push_back(std::move(piece));
            piece.clear();
        }
    }
    return out;
}

}  // namespace

bool is_known(std::string_view command) { return find_command(command) != nullptr; }

bool needs_topology(std::string_view command) {
    const Command* found = find_command(command);
    return found != nullptr && found->needs_topology;
}

std::string listing() {
    std::string out;
    std::string_view section = "-";
    for (const auto& command : commands) {
        if (command.section != section) {
            section = command.section;
            out += std::string(section) + ":\n";
        }
        std::string name(command.name);
        name.resize(std::max<std::size_t>(40, name.size()), ' ');
        out += "\t" + name + std::string(command.meaning) + "\n";
    }
    return out;
}

Co<Printed> run(api::UseCases& use_cases, Flags flags, std::string local_host, std::string user) {
    Printed printed;
    const Command* command = find_command(flags.text("c"));
    if (command == nullptr) {
        printed.error = "Unknown command: \"" + flags.text("c") + "\"; 'orchestrator help' lists the commands";
        printed.exit_code = 1;
        co_return printed;
    }
    std::vector<std::string> instances = instance_list(flags.text("i"));
    if (instances.empty()) {
        instances.emplace_back();
    }
    for (const auto& instance : instances) {
        Call call{use_cases, flags, local_host, user};
        call.flags.texts["i"] = instance;
        auto done = co_await command->run(std::move(call));
        if (!done) {
            printed.error = done.error().message;
            printed.exit_code = 1;
            co_return printed;
        }
        printed.out += *done;
    }
    co_return printed;
}

}  // namespace orc::cli
