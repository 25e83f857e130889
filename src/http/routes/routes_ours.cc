// What is not classic: plans before they run, what is running, one compact answer for the page, and the live stream.
#include <vector>

#include "api/errands.h"
#include "api/instance_state.h"
#include "http/json_writer.h"
#include "http/metrics.h"
#include "http/routes/overview.h"
#include "http/routes/routes.h"
#include "planning/plan_text.h"

namespace orc::http::routes {
namespace {

Response plan_answer(const Result<planning::Plan>& plan) {
    if (!plan) {
        return envelope_error(plan.error());
    }
    JsonWriter json;
    json.begin_object().key("plan").raw(planning::to_json(*plan));
    json.field("text", planning::describe(*plan)).end_object();
    const std::string message = plan->refusal ? "Refused: " + plan->refusal->reason : "This would be done";
    return envelope_ok(message, json.str());
}

/// What another node has under way, as far as it has written it down. Steps that cannot be read are left out.
Task<std::vector<recovery::Running>> running_elsewhere(
    api::UseCases& use_cases, const std::vector<model::RecoveryRecord>& recent
) {
    std::vector<recovery::Running> out;
    for (const auto& record : recent) {
        if (record.ended) {
            continue;
        }
        recovery::Running one;
        one.record = record;
        one.started = record.start;
        const auto steps = co_await use_cases.recovery_steps(record.uid);
        for (const auto& step : steps.value_or(std::vector<model::RecoveryStep>{})) {
            planning::StepReport report;
            report.what = step.message;
            report.state = planning::StepState::done;
            one.steps.push_back(std::move(report));
        }
        out.push_back(std::move(one));
    }
    co_return out;
}

/// What the overview needs of the control thread, in one crossing. Recoveries that cannot be read are left out.
Task<Present> present(api::UseCases& use_cases) {
    store::RecoveryQuery query;
    query.page.size = 10;
    auto recent = co_await use_cases.recoveries(std::move(query));
    Present out;
    out.standing = standing_now(use_cases);
    if (recent) {
        out.recent = *std::move(recent);
    }
    out.running = use_cases.running();
    if (api::stands_by(use_cases)) {
        CO_TRY(out.running, co_await running_elsewhere(use_cases, out.recent));
    }
    co_return out;
}

constexpr Row our_rows[] = {
    {"api/plan/recover/:host/:port", Right::read_of_active, plan_recover},
    {"api/plan/recover/:host/:port/:candidateHost/:candidatePort", Right::read_of_active, plan_recover},
    {"api/explain/:clusterHint", Right::read_of_active, explain_cluster},
    {"api/explain/:host/:port", Right::read_of_active, explain},
    {"api/running", Right::read_of_active, running},
    {"api/missing-grants", Right::read_of_active, missing_grants},
    {"api/overview", Right::read, overview},
    {"api/events", Right::read, events},
    {"", Right::read, page},
    {"page/:file", Right::read, page_file},
    // The classic pages, however deep, lead to the one there is.
    {"web", Right::read, to_page},
    {"web/:a", Right::read, to_page},
    {"web/:a/:b", Right::read, to_page},
    {"web/:a/:b/:c", Right::read, to_page},
    {"web/:a/:b/:c/:d", Right::read, to_page},
    {"web/:a/:b/:c/:d/:e", Right::read, to_page},
};

}  // namespace

Co<Response> plan_recover(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    recovery::RecoverRequest request;
    request.failed = *key;
    request.candidate = optional_endpoint_param(call.params, "candidateHost", "candidatePort");
    request.actor = call.request.user;
    auto work = desk->use_cases.preview_recovery(std::move(request));
    const auto plan = co_await desk->on_control(std::move(work));
    co_return plan_answer(plan);
}

Co<Response> plan_take_over(DeskPtr desk, Call call) {
    auto designated = optional_endpoint_param(call.params, "designatedHost", "designatedPort");
    const bool pick = call.request.parts.query_value("auto") == "true";
    const std::string hint = cluster_hint_param(call.params);
    auto work = desk->use_cases.preview_takeover(hint, std::move(designated), pick);
    const auto plan = co_await desk->on_control(std::move(work));
    co_return plan_answer(plan);
}

Co<Response> running(DeskPtr desk, Call /*call*/) {
    JsonWriter json;
    write_running(json, desk->use_cases.running(), true);
    co_return bare(std::move(json).str());
}

Co<Response> missing_grants(DeskPtr desk, Call /*call*/) {
    JsonWriter json;
    json.begin_array();
    const auto topology = desk->use_cases.topology();
    for (const auto& entry : topology->clusters) {
        for (const auto& server : entry.second->servers) {
            if (server->facts == nullptr) {
                continue;
            }
            for (const auto& missing : server->facts->missing_grants) {
                json.begin_object().field("server", server->endpoint.text()).field("grant", missing.grant);
                json.field("statement", missing.statement).field("remedy", missing.remedy).end_object();
            }
        }
    }
    json.end_array();
    co_return bare(std::move(json).str());
}

Co<Response> overview(DeskPtr desk, Call /*call*/) {
    auto work = present(desk->use_cases);
    const auto now = co_await desk->on_control(std::move(work));
    if (!now) {
        co_return envelope_error(now.error());
    }
    co_return bare(overview_json(desk->use_cases, *now));
}

Co<Response> events(DeskPtr desk, Call /*call*/) {
    Response out;
    out.feed = desk->events->subscribe();
    if (out.feed == nullptr) {
        co_return plain(503, "too many listeners\n");
    }
    out.content_type = "text/event-stream";
    out.headers.emplace_back("Cache-Control", "no-store");
    out.headers.emplace_back("X-Accel-Buffering", "no");
    co_return out;
}

Co<Response> metrics(DeskPtr desk, Call /*call*/) {
    const auto standing = co_await desk->standing();
    if (!standing) {
        co_return plain(503, standing.error().message + "\n");
    }
    auto work = checked_health(desk->use_cases);
    const auto health = co_await desk->on_control(std::move(work));
    const bool is_healthy = health && health->error.empty();
    Response out = plain(200, metrics_text(*desk, *standing, is_healthy));
    out.content_type = "text/plain; version=0.0.4; charset=utf-8";
    co_return out;
}

void add_rows(Router& router, const std::shared_ptr<Desk>& desk, std::string_view below, std::span<const Row> table) {
    for (const Row& row : table) {
        auto answer = [desk, run = row.answer](Call call) { return run(desk, std::move(call)); };
        router.get(std::string(below) + std::string(row.pattern), row.right, std::move(answer));
    }
}

}  // namespace orc::http::routes

namespace orc::http {

namespace {

constexpr std::string_view classic_status = "api/status";

/// StatusEndpoint as a pattern; when it is not the classic one, the classic one is not served.
std::string status_pattern(const Desk& desk) {
    std::string path = desk.use_cases.settings()->status_endpoint;
    path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
    return path.empty() ? std::string(classic_status) : path;
}

Answer status_answer(std::shared_ptr<Desk> desk) {
    return [desk = std::move(desk)](Call call) { return routes::health(desk, std::move(call)); };
}

}  // namespace

void add_routes(Router& router, std::shared_ptr<Desk> desk) {
    routes::add_classic_rows(router, desk);
    routes::add_node_rows(router, desk);
    routes::add_v2_rows(router, desk);
    if (desk->use_cases.settings()->prometheus_enabled) {
        const auto metrics = [desk](Call call) { return routes::metrics(desk, std::move(call)); };
        router.get("metrics", Right::read, metrics);
    }
    routes::add_rows(router, desk, "", routes::our_rows);
    if (status_pattern(*desk) == classic_status) {
        router.get(classic_status, Right::read, status_answer(desk));
    }
}

void add_root_routes(Router& router, std::shared_ptr<Desk> desk) {
    if (const std::string path = status_pattern(*desk); path != classic_status) {
        router.get(path, Right::read, status_answer(desk));
    }
    if (desk->use_cases.settings()->prometheus_enabled) {
        const auto metrics = [desk](Call call) { return routes::metrics(desk, std::move(call)); };
        router.get("metrics", Right::read, metrics);
    }
}

}  // namespace orc::http
