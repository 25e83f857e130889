#include "recovery/workshop.h"

#include <algorithm>

#include "runtime/log.h"

namespace orc::recovery {
namespace {

bool stops_at_error(planning::HookList list) {
    return list == planning::HookList::on_failure_detection || list == planning::HookList::pre_graceful_takeover ||
           list == planning::HookList::pre_failover;
}

std::string last_line(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.pop_back();
    }
    const auto at = text.rfind('\n');
    return at == std::string::npos ? text : text.substr(at + 1);
}

Task<std::string> run_one(Workshop& shop, HookCall call) {
    const auto seconds = shop.settings.hook_timeout_seconds;
    Micros span = std::chrono::hours(24 * 365);
    if (seconds > 0) {
        span = Seconds(seconds);
    }
    const bool in_background = call.in_background;
    const auto result = co_await shop.hooks.run(std::move(call), shop.clock.deadline_in(span));
    if (in_background) {
        co_return "started in the background";
    }
    if (!result) {
        co_return tl::unexpected<Error>(result.error());
    }
    if (result->exit_code != 0) {
        std::string message = "exit code " + std::to_string(result->exit_code);
        const std::string spoken = last_line(result->output);
        message += spoken.empty() ? "" : ": " + spoken;
        co_return fail(ErrorCode::refused, std::move(message), result->exit_code);
    }
    co_return "completed in " + std::to_string(result->took.count() / 1000) + " ms";
}

}  // namespace

bool is_deposed(const Workshop& shop, ledger::Epoch epoch) {
    const auto view = shop.leadership.view();
    return view.epoch != epoch || view.may_be_replaced;
}

GateFacts gate_facts(const Workshop& shop) {
    const auto view = shop.leadership.view();
    GateFacts out;
    out.is_noop = shop.noop;
    out.is_leader = view.is_leader;
    out.now = shop.clock.wall();
    out.self = shop.node.token;
    out.others_may_act = !view.since || shop.clock.now() - *view.since < patience_with_others;
    return out;
}

Task<std::string> run_hooks(
    Workshop& shop, planning::HookList list, HookFacts facts, std::function<void(std::string)> note, ledger::Epoch epoch
) {
    const std::string key(key_of(list));
    const auto commands = commands_of(list, shop.settings);
    if (commands.empty()) {
        co_return "no " + key + " to run";
    }
    note("Running " + std::to_string(commands.size()) + " " + key + " hooks");
    std::string first_error;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (is_deposed(shop, epoch)) {
            co_return fail(ErrorCode::not_leader, "another node may act by now: no further " + key + " hooks are run");
        }
        const HookText text = hook_text(commands[i], facts);
        const std::string which = key + " hook " + std::to_string(i + 1) + " of " + std::to_string(commands.size()) +
                                  (text.in_background ? " (async)" : "") + ": " + text.command;
        HookCall call;
        call.list = key;
        call.command = text.command;
        call.environment = hook_environment(facts);
        call.in_background = text.in_background;
        const auto result = co_await run_one(shop, std::move(call));
        if (result || text.in_background) {
            note(which + ": " + (result ? *result : result.error().message));
            continue;
        }
        note(which + ": failed: " + result.error().message);
        if (first_error.empty()) {
            first_error = which + ": " + result.error().message;
        }
        if (stops_at_error(list)) {
            note("Not running further " + key + " hooks");
            break;
        }
    }
    if (!first_error.empty()) {
        co_return fail(ErrorCode::refused, first_error);
    }
    co_return std::to_string(commands.size()) + " " + key + " ran";
}

HookFacts facts_of(const analysis::Finding& finding, const Node& node) {
    HookFacts out;
    out.failure_type = std::string(analysis::name(finding.code));
    out.is_primary = finding.is_primary;
    out.is_co_primary = finding.is_co_primary;
    out.is_group_member = finding.is_group_member;
    out.description = finding.description;
    out.failed = finding.subject;
    out.cluster = finding.cluster.text();
    out.cluster_alias = finding.cluster_alias;
    out.cluster_domain = finding.cluster_domain;
    out.replicas = finding.replicas;
    out.is_downtimed = finding.is_downtimed;
    out.automated_primary_recovery = finding.automated_primary_recovery;
    out.automated_intermediate_recovery = finding.automated_intermediate_recovery;
    out.node_host = node.host;
    return out;
}

Task<void> commit(Workshop& shop, std::vector<model::Change> changes, Deadline deadline) {
    ledger::Commit made;
    made.id = shop.rng.hex(16);
    made.epoch = shop.leadership.view().epoch;
    made.changes = std::move(changes);
    co_return co_await ledger::commit_surely(shop.ledger, shop.clock, std::move(made), deadline);
}

}  // namespace orc::recovery
