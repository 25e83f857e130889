#include "api/errant_logs.h"
#include "api/replication_rules.h"
#include "api/servers.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {

Co<Response> cluster_control_replicas(DeskPtr desk, Call call) {
    const auto cluster = desk->use_cases.cluster(cluster_hint_param(call.params));
    if (!cluster) {
        co_return envelope_error(cluster.error());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(legacy::instances(view, api::control_replicas(**cluster, view.settings)));
}

Co<Response> bulk_instances(DeskPtr desk, Call /*call*/) {
    std::vector<Endpoint> keys;
    for (const auto& server : api::all_servers(*desk->use_cases.topology())) {
        keys.push_back(server->endpoint);
    }
    co_return bare(keys.empty() ? "null" : legacy::text(keys));
}

namespace {

using Candidates = std::vector<model::Candidate>;

Candidates all_candidates(const api::UseCases& use_cases) {
    Candidates out;
    const auto intent = use_cases.intent();
    for (const auto& [endpoint, candidate] : intent->candidates) {
        out.push_back(candidate);
    }
    return out;
}

}  // namespace

Co<Response> bulk_promotion_rules(DeskPtr desk, Call /*call*/) {
    auto question = desk->look<Candidates>(all_candidates);
    const auto rules = co_await std::move(question);
    if (!rules) {
        co_return envelope_error(rules.error());
    }
    const legacy::View view(desk->use_cases);
    co_return bare(rules->empty() ? "null" : legacy::candidates(view, *rules));
}

namespace {

using Rule =
    std::optional<std::string> (*)(const model::Server&, const model::Server&, const config::Settings& settings);

Response rule_answer(const Desk& desk, const Call& call, Rule why_not) {
    const auto keys = {endpoint_param(call.params), endpoint_param(call.params, "belowHost", "belowPort")};
    std::vector<model::ServerPtr> pair;
    for (const auto& key : keys) {
        if (!key) {
            return envelope_error(key.error());
        }
        const auto server = desk.use_cases.instance(*key);
        if (!server) {
            return envelope_error(server.error());
        }
        pair.push_back(*server);
    }
    if (const auto why = why_not(*pair.front(), *pair.back(), *desk.use_cases.settings())) {
        return envelope_error(*why);
    }
    return envelope_ok("true", legacy::text(pair.back()->endpoint));
}

}  // namespace

Co<Response> can_replicate_from(DeskPtr desk, Call call) { co_return rule_answer(*desk, call, api::why_not_from); }
Co<Response> can_replicate_from_gtid(DeskPtr desk, Call call) {
    co_return rule_answer(*desk, call, api::why_not_from_by_gtid);
}

Co<Response> errant_logs(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = api::errant_logs(desk->use_cases, *key);
    const auto files = co_await desk->on_control(std::move(work));
    co_return files ? envelope_ok("Located errant GTIDs of " + key->text(), legacy::texts(*files))
                    : envelope_error(files.error());
}

Co<Response> restart_statements(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    const auto server = desk->use_cases.instance(*key);
    if (!server) {
        co_return envelope_error(server.error());
    }
    const auto statements = api::restart_statements(**server, call.request.parts.query_value("q"));
    if (!statements) {
        co_return envelope_error(statements.error());
    }
    co_return envelope_ok(
        "Statements around a restart of replication on " + (*server)->endpoint.text(),
        statements->empty() ? "null" : legacy::texts(*statements)
    );
}

}  // namespace orc::http::routes
