// Why something is done, or not: verdict, witnesses, every rule in the way, and the plan. Ours.
#include "api/explain.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"
#include "planning/plan_text.h"

namespace orc::http::routes {
namespace {

void write_plan(JsonWriter& json, const api::Explanation& it) {
    json.key("plan");
    if (!it.plan) {
        json.null().field("planText", it.no_plan);
    } else {
        json.raw(planning::to_json(*it.plan)).field("planText", planning::describe(*it.plan));
    }
    json.field("isHypothetical", it.is_hypothetical);
}

void write_history(JsonWriter& json, const legacy::View& view, const api::Explanation& it) {
    json.key("lastRecovery")
        .raw(
            it.last_recovery ? legacy::recoveries(view, std::vector<model::RecoveryRecord>(1, *it.last_recovery)) : "[]"
        );
    json.key("lastBlocked")
        .raw(
            it.last_blocked ? legacy::blocked_recoveries(view, std::vector<model::BlockedRecovery>(1, *it.last_blocked))
                            : "[]"
        );
}

void write_explanation(JsonWriter& json, const legacy::View& view, const api::Explanation& it) {
    json.begin_object().key("server");
    legacy::write(json, it.subject);
    json.field("cluster", it.cluster.text()).field("clusterAlias", it.cluster_alias).key("analysis");
    if (it.finding) {
        legacy::write_analysis(json, view, *it.finding);
    } else {
        json.null();
    }
    json.field("unjudged", it.unjudged).key("problems");
    legacy::write_texts(json, it.problems);
    json.field("isRecoverable", it.is_recoverable).key("rules");
    legacy::write_texts(json, it.rules);
    write_plan(json, it);
    write_history(json, view, it);
    json.end_object();
}

Response explained(const Desk& desk, const Result<std::vector<api::Explanation>>& explanations) {
    if (!explanations) {
        return envelope_error(explanations.error());
    }
    const legacy::View view(desk.use_cases);
    JsonWriter json;
    json.begin_array();
    for (const auto& explanation : *explanations) {
        write_explanation(json, view, explanation);
    }
    json.end_array();
    return envelope_ok("Explained", json.str());
}

Task<std::vector<api::Explanation>> one(api::UseCases& use_cases, Endpoint server) {
    CO_TRY(api::Explanation explanation, co_await api::explain(use_cases, std::move(server)));
    std::vector<api::Explanation> out;
    out.push_back(std::move(explanation));
    co_return out;
}

}  // namespace

Co<Response> explain(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    auto work = one(desk->use_cases, desk->use_cases.resolve(*key));
    const auto explanations = co_await desk->on_control(std::move(work));
    co_return explained(*desk, explanations);
}

Co<Response> explain_cluster(DeskPtr desk, Call call) {
    const auto cluster = desk->use_cases.cluster(cluster_hint_param(call.params));
    if (!cluster) {
        co_return envelope_error(cluster.error());
    }
    auto work = api::explain_cluster(desk->use_cases, *cluster);
    const auto explanations = co_await desk->on_control(std::move(work));
    co_return explained(*desk, explanations);
}

}  // namespace orc::http::routes
