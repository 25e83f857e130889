// Problems, and what is done about them.
#include "analysis/codes.h"
#include "base/text.h"
#include "cli/commands.h"
#include "planning/plan_text.h"

namespace orc::cli::commands {
namespace {

Task<Lines> set_recoveries(Call call, bool enabled) {
    CO_TRY(co_await call.use_cases.set_recoveries_enabled(enabled));
    co_return line(
        enabled ? "OK: Orchestrator recoveries ENABLED globally" : "OK: Orchestrator recoveries DISABLED globally"
    );
}

/// Also one that is refused is worth reading, but fails as the deed would.
Result<Lines> preview(const Call& call, const planning::Plan& plan) {
    call.shown += planning::describe(plan);
    if (plan.refusal) {
        return fail(ErrorCode::refused, "refused: " + plan.refusal->reason);
    }
    return Lines{};
}

Task<Lines> recover_with(Call call, bool skip_hooks) {
    recovery::RecoverRequest request;
    CO_TRY(const auto failed, co_await server_argument(call));
    request.failed = failed->endpoint;
    CO_TRY(request.candidate, co_await destination_argument(call));
    request.skip_hooks = skip_hooks;
    request.actor = owner_argument(call);
    if (call.flags.on("noop")) {
        CO_TRY(const planning::Plan plan, co_await call.use_cases.preview_recovery(request));
        co_return preview(call, plan);
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

Task<Lines> take_over_with(Call call, bool pick) {
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    CO_TRY(const auto designated, co_await destination_argument(call));
    const std::string hint = cluster->name.text();
    if (call.flags.on("noop")) {
        CO_TRY(const planning::Plan plan, co_await call.use_cases.preview_takeover(hint, designated, pick));
        co_return preview(call, plan);
    }
    const std::string owner = owner_argument(call);
    CO_TRY(const recovery::Outcome done, co_await call.use_cases.take_over(hint, designated, pick, owner));
    if (!done.record.successor) {
        co_return fail(ErrorCode::refused, "takeover of " + hint + " promoted nobody");
    }
    co_return line(done.record.successor->text()) + line(done.successor_coordinates);
}

Task<Lines> acknowledge(Call call, recovery::AckRequest request) {
    CO_TRY(request.comment, required(call, "reason"));
    request.owner = owner_argument(call);
    CO_TRY(const std::size_t count, co_await call.use_cases.acknowledge(std::move(request)));
    co_return line(std::to_string(count) + " recoveries acknowledged");
}

}  // namespace

Task<Lines> recover(Call call) { return recover_with(std::move(call), false); }
Task<Lines> recover_lite(Call call) { return recover_with(std::move(call), true); }
Task<Lines> take_over(Call call) { return take_over_with(std::move(call), false); }
Task<Lines> take_over_auto(Call call) { return take_over_with(std::move(call), true); }

Task<Lines> replication_analysis(Call call) {
    Lines out;
    const auto findings = call.use_cases.findings();
    for (const auto& finding : *findings) {
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

Task<Lines> ack_all(Call call) {
    recovery::AckRequest request;
    request.all = true;
    return acknowledge(std::move(call), std::move(request));
}

Task<Lines> ack_cluster(Call call) {
    recovery::AckRequest request;
    CO_TRY(const auto cluster, co_await cluster_argument(call));
    request.cluster = cluster->name;
    co_return co_await acknowledge(std::move(call), std::move(request));
}

Task<Lines> ack_instance(Call call) {
    recovery::AckRequest request;
    CO_TRY(request.instance, co_await instance_argument(call));
    co_return co_await acknowledge(std::move(call), std::move(request));
}

Task<Lines> enable_recoveries(Call call) { return set_recoveries(std::move(call), true); }
Task<Lines> disable_recoveries(Call call) { return set_recoveries(std::move(call), false); }

Task<Lines> check_recoveries(Call call) {
    const std::string_view word = call.use_cases.recoveries_disabled() ? "true" : "false";
    co_return line("OK: Global recoveries disabled: " + std::string(word));
}

}  // namespace orc::cli::commands
