#include <charconv>

#include "base/text.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {
namespace {

std::string actor_of(const Desk& desk, const Request& request) {
    return request.user.empty() ? desk.use_cases.node().host : request.user;
}

Co<Response> run_recovery(DeskPtr desk, Call call, bool skip_hooks) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    recovery::RecoverRequest request;
    request.failed = *key;
    request.candidate = optional_endpoint_param(call.params, "candidateHost", "candidatePort");
    request.skip_hooks = skip_hooks;
    request.actor = actor_of(*desk, call.request);
    const Endpoint failed = desk->use_cases.resolve(*key);
    auto work = desk->use_cases.recover(std::move(request));
    const auto outcome = co_await desk->on_control(std::move(work));
    if (!outcome) {
        co_return envelope_error(outcome.error(), legacy::text(failed));
    }
    if (!outcome->record.successor) {
        const std::string why = outcome->record.errors.empty() ? "" : ": " + join(outcome->record.errors, "; ");
        co_return envelope_error("Recovery of " + failed.text() + " promoted nobody" + why, legacy::text(failed));
    }
    const Endpoint promoted = *outcome->record.successor;
    co_return envelope_ok(
        "Recovery executed on " + failed.text() + ", promoted " + promoted.text(), legacy::text(promoted)
    );
}

Co<Response> run_takeover(DeskPtr desk, Call call, bool pick) {
    auto designated = optional_endpoint_param(call.params, "designatedHost", "designatedPort");
    const std::string hint = cluster_hint_param(call.params);
    auto work = desk->use_cases.take_over(hint, std::move(designated), pick, actor_of(*desk, call.request));
    const auto outcome = co_await desk->on_control(std::move(work));
    if (!outcome) {
        co_return envelope_error(outcome.error());
    }
    const legacy::View view(desk->use_cases);
    const std::string details = legacy::recovery(view, *outcome);
    const auto& record = outcome->record;
    if (!record.successor || !record.is_successful) {
        const std::string why = record.errors.empty() ? "" : ": " + join(record.errors, "; ");
        co_return envelope_error("Takeover of " + hint + " failed" + why, details);
    }
    co_return envelope_ok("Takeover done: promoted " + record.successor->text(), details);
}

Co<Response> acknowledge(DeskPtr desk, Call call, recovery::AckRequest request, std::string details) {
    request.owner = call.request.user;
    request.comment = call.request.parts.query_value("comment");
    auto work = desk->use_cases.acknowledge(std::move(request));
    const auto count = co_await desk->on_control(std::move(work));
    if (!count) {
        co_return envelope_error(count.error());
    }
    co_return envelope_ok("Acknowledged " + std::to_string(*count) + " recoveries", details);
}

Co<Response> acknowledge_known(DeskPtr desk, Call call, Result<model::ClusterPtr> cluster) {
    if (!cluster) {
        co_return envelope_error(cluster.error());
    }
    recovery::AckRequest request;
    request.cluster = (*cluster)->name;
    std::string details = json_text((*cluster)->name.text());
    co_return co_await acknowledge(std::move(desk), std::move(call), std::move(request), std::move(details));
}

}  // namespace

Co<Response> recover(DeskPtr desk, Call call) {
    const bool skip_hooks = call.request.parts.query_value("skipProcesses") == "true";
    return run_recovery(std::move(desk), std::move(call), skip_hooks);
}
Co<Response> recover_lite(DeskPtr desk, Call call) { return run_recovery(std::move(desk), std::move(call), true); }

Co<Response> take_over(DeskPtr desk, Call call) { return run_takeover(std::move(desk), std::move(call), false); }
Co<Response> take_over_auto(DeskPtr desk, Call call) { return run_takeover(std::move(desk), std::move(call), true); }

Co<Response> acknowledge_cluster(DeskPtr desk, Call call) {
    auto cluster = desk->use_cases.cluster(cluster_hint_param(call.params));
    return acknowledge_known(std::move(desk), std::move(call), std::move(cluster));
}

Co<Response> acknowledge_alias(DeskPtr desk, Call call) {
    const std::string& alias = call.params["clusterAlias"];
    Result<model::ClusterPtr> cluster = desk->use_cases.topology()->cluster_named(alias);
    if (*cluster == nullptr) {
        cluster = fail(ErrorCode::not_found, "Unknown cluster alias: " + alias);
    }
    return acknowledge_known(std::move(desk), std::move(call), std::move(cluster));
}

Co<Response> acknowledge_instance(DeskPtr desk, Call call) {
    const auto key = endpoint_param(call.params);
    if (!key) {
        co_return envelope_error(key.error());
    }
    recovery::AckRequest request;
    request.instance = desk->use_cases.resolve(*key);
    std::string details = legacy::text(*request.instance);
    co_return co_await acknowledge(std::move(desk), std::move(call), std::move(request), std::move(details));
}

Co<Response> acknowledge_one(DeskPtr desk, Call call) {
    recovery::AckRequest request;
    const std::string given = call.params.has("uid") ? call.params["uid"] : call.params["recoveryId"];
    std::int64_t id = 0;
    const auto end = std::from_chars(given.data(), given.data() + given.size(), id);
    if (!call.params.has("uid") && end.ec == std::errc() && end.ptr == given.data() + given.size()) {
        request.id = id;
    } else {
        request.uid = RecoveryUid(given);
    }
    std::string details = json_text(given);
    co_return co_await acknowledge(std::move(desk), std::move(call), std::move(request), std::move(details));
}

Co<Response> acknowledge_all(DeskPtr desk, Call call) {
    recovery::AckRequest request;
    request.all = true;
    std::string details = json_text(trim(call.request.parts.query_value("comment")));
    co_return co_await acknowledge(std::move(desk), std::move(call), std::move(request), std::move(details));
}

}  // namespace orc::http::routes
