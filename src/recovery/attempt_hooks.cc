// What outside commands are told, and which of them run.
#include "recovery/attempt.h"

namespace orc::recovery {
namespace {

using operations::Journey;

/// What was confirmed longer ago is looked at once more before anything is changed.
constexpr Micros verdict_lasts = Millis(500);

}  // namespace

HookFacts Attempt::hook_facts(const Journey& journey) const {
    HookFacts out = facts_of(finding_, shop_.node);
    out.failure_type = request_.code;
    out.command = request_.command;
    out.failed = request_.subject;
    out.recovery_uid = record_.uid.text();
    // A planned switch tells its hooks beforehand who will take over.
    const bool is_planned = request_.kind == planning::PlanKind::graceful_takeover;
    const auto successor = journey.promoted || !is_planned ? journey.promoted : journey.plan.successor;
    if (successor) {
        out.successor = successor;
        out.successor_coordinates = journey.successor_coordinates;
        out.is_successful = journey.promoted.has_value();
        if (const auto cluster = shop_.eyes.cluster_now(*successor)) {
            const model::Server* server = cluster->find(*successor);
            out.successor_alias = server != nullptr && server->facts ? server->facts->instance_alias : std::string();
        }
    }
    if (journey.promoted) {
        out.lost = lost_in(journey);
    }
    return out;
}

Task<std::string> Attempt::run_list(planning::HookList list, const Journey& journey) {
    using planning::HookList;
    const bool is_afterwards = list != HookList::on_failure_detection && list != HookList::pre_graceful_takeover &&
                               list != HookList::pre_failover;
    // A database that failed at the end makes this process resume what it has done already.
    if (is_afterwards && !shop_.hooks_ran.insert({record_.uid, list}).second) {
        co_return "they have run before";
    }
    if (list == HookList::post_failover && !journey.succeeded) {
        list = HookList::post_unsuccessful_failover;
    }
    if (list == HookList::post_graceful_takeover && !journey.succeeded) {
        co_return "the switch did not happen";
    }
    const auto self = shared_from_this();
    std::function<void(std::string)> noted = [self](std::string line) { self->note(std::move(line)); };
    const Instant began = shop_.clock.now();
    auto ran = co_await run_hooks(shop_, list, hook_facts(journey), std::move(noted), epoch_);
    if (!ran && ran.error().code == ErrorCode::not_leader) {
        shop_.hooks_ran.erase({record_.uid, list});  // who takes this up again runs them
    }
    const bool took_long = shop_.clock.now() - began >= verdict_lasts;
    if (ran && list == HookList::pre_failover && took_long) {
        CO_TRY(co_await confirm_again(journey));
    }
    co_return ran;
}

// Once it is fenced nobody sees any more that it had come back.
Task<void> Attempt::confirm_again(const Journey& journey) {
    for (const auto& step : journey.plan.steps) {
        if (const auto* confirm_it = std::get_if<planning::ConfirmFailure>(&step.action)) {
            planning::ConfirmFailure once_more = *confirm_it;
            CO_TRY(co_await confirm(std::move(once_more), shop_.clock.deadline_in(step.limit)));
        }
    }
    co_return Result<void>();
}

}  // namespace orc::recovery
