#include "planning/plan.h"

#include <array>

namespace orc::planning {
namespace {

template <typename... Fs>
struct Cases : Fs... {
    using Fs::operator()...;
};
template <typename... Fs>
Cases(Fs...) -> Cases<Fs...>;

std::string_view words(HookList list) {
    switch (list) {
        case HookList::on_failure_detection:
            return "failure detection";
        case HookList::pre_graceful_takeover:
            return "pre-takeover";
        case HookList::pre_failover:
            return "pre-failover";
        case HookList::post_primary_failover:
            return "post-primary-failover";
        case HookList::post_intermediate_failover:
            return "post-intermediate-failover";
        case HookList::post_failover:
            return "post-failover";
        case HookList::post_unsuccessful_failover:
            return "post-unsuccessful-failover";
        case HookList::post_graceful_takeover:
            return "post-takeover";
        case HookList::post_take_over:
            return "post-role-exchange";
    }
    return "";
}

std::string channel_words(const std::string& channel) { return channel.empty() ? "" : " (channel " + channel + ")"; }

std::string describe_reading(const ReadPositions& a) {
    std::size_t stopped = 0;
    std::string names;
    for (const auto& reading : a.readings) {
        stopped += reading.stop_receiver ? 1 : 0;
        names += (names.empty() ? "" : ", ") + reading.server.text();
    }
    const std::string how = stopped > 0 ? "stop receiving on and read the positions of " : "read the positions of ";
    return how + (names.empty() ? "nobody" : names);
}

std::string describe_publication(const PublishPrimary& a) {
    std::string out = "publish " + a.primary.text() + " as the primary";
    if (!a.alias.empty()) {
        out += " of " + a.alias;
    }
    return a.pairs.empty() ? out : out + " (" + std::to_string(a.pairs.size()) + " keys)";
}

}  // namespace

std::string_view name(PlanKind kind) {
    switch (kind) {
        case PlanKind::dead_primary:
            return "dead_primary";
        case PlanKind::dead_co_primary:
            return "dead_co_primary";
        case PlanKind::dead_intermediate_primary:
            return "dead_intermediate_primary";
        case PlanKind::dead_group_member:
            return "dead_group_member";
        case PlanKind::semi_sync:
            return "semi_sync";
        case PlanKind::not_writable:
            return "not_writable";
        case PlanKind::graceful_takeover:
            return "graceful_takeover";
        case PlanKind::forced_takeover:
            return "forced_takeover";
        case PlanKind::topology_change:
            return "topology_change";
    }
    return "";
}

std::string_view name(const Action& action) {
    static constexpr std::array<std::string_view, std::variant_size_v<Action>> names = {
        "acquire_lease",    "confirm_failure",   "run_hooks",          "fence_primary",    "stop_receiver",
        "stop_replication", "start_replication", "read_positions",     "replan",           "drain",
        "check_gates",      "record_decision",   "reset_replication",  "semi_sync_source", "semi_sync_replica",
        "open_for_writes",  "move_replica",      "detach_replica",     "account",          "publish_primary",
        "close_for_writes", "wait_caught_up",    "demote_old_primary", "resolve",          "release_lease"
    };
    return names[action.index()];
}

std::string_view name(StepState state) {
    switch (state) {
        case StepState::pending:
            return "pending";
        case StepState::running:
            return "running";
        case StepState::done:
            return "done";
        case StepState::failed:
            return "failed";
        case StepState::skipped:
            return "skipped";
        case StepState::undone:
            return "undone";
    }
    return "";
}

std::string_view name(Fate fate) {
    switch (fate) {
        case Fate::winner:
            return "winner";
        case Fate::move:
            return "move";
        case Fate::postponed:
            return "postponed";
        case Fate::lost:
            return "lost";
        case Fate::unreachable:
            return "unreachable";
        case Fate::diverged:
            return "diverged";
    }
    return "";
}

std::string describe(const Action& action) {
    const Cases cases{
        [](const AcquireLease& a) { return "take the lease on cluster " + a.cluster.text() + " and register"; },
        [](const ConfirmFailure& a) {
            return "confirm that " + a.subject.text() + " has failed, with " + std::to_string(a.witnesses.size()) +
                   " witness(es)";
        },
        [](const RunHooks& a) { return "run the " + std::string(words(a.list)) + " hooks"; },
        [](const FencePrimary& a) {
            return std::string(a.policy == FencingPolicy::require ? "make sure that " : "try to make ") +
                   a.primary.text() + (a.policy == FencingPolicy::require ? " is read-only" : " read-only");
        },
        [](const StopReceiver& a) { return "stop receiving on " + a.server.text() + channel_words(a.channel); },
        [](const StopReplication& a) { return "stop replication on " + a.server.text() + channel_words(a.channel); },
        [](const StartReplication& a) { return "start replication on " + a.server.text() + channel_words(a.channel); },
        [](const ReadPositions& a) { return describe_reading(a); },
        [](const Replan&) { return std::string("decide by what was read"); },
        [](const Drain& a) { return "let " + a.winner.text() + " apply all it has received"; },
        [](const CheckGates& a) { return "check " + a.winner.text() + " once more"; },
        [](const RecordDecision& a) { return "write down that " + a.winner.text() + " is promoted"; },
        [](const ResetReplication& a) {
            return (a.keep_detached ? "keep the source of " : "forget the source of ") + a.server.text() +
                   channel_words(a.channel) + (a.keep_detached ? " on record only, detached" : "");
        },
        [](const SemiSyncSource& a) {
            return std::string("turn semi-sync acknowledgement ") + (a.enabled ? "on" : "off") + " on " +
                   a.server.text() + " as source";
        },
        [](const SemiSyncReplica& a) {
            return std::string("turn semi-sync acknowledgement ") + (a.enabled ? "on" : "off") + " on " +
                   a.server.text() + " as replica";
        },
        [](const OpenForWrites& a) { return "make " + a.server.text() + " writable"; },
        [](const MoveReplica& a) { return "point " + a.replica.text() + " at " + a.source.text() + " and start it"; },
        [](const DetachReplica& a) { return "detach " + a.replica.text() + " from its old source"; },
        [](const Account&) { return std::string("account for every replica and put downtime on what is left behind"); },
        [](const PublishPrimary& a) { return describe_publication(a); },
        [](const CloseForWrites& a) { return "make " + a.primary.text() + " read-only and end its writers"; },
        [](const WaitCaughtUp& a) {
            return "wait until " + a.replica.text() + " has applied all that " + a.primary.text() + " wrote";
        },
        [](const DemoteOldPrimary& a) {
            return "point " + a.old_primary.text() + " at " + a.source.text() + (a.start ? " and start it" : "");
        },
        [](const Resolve&) { return std::string("resolve the recovery"); },
        [](const ReleaseLease& a) { return "give back the lease on cluster " + a.cluster.text(); },
    };
    return std::visit(cases, action);
}

std::optional<Endpoint> feeder_of(const Action& action) {
    if (const auto* drain = std::get_if<Drain>(&action)) {
        return drain->feeder;
    }
    const auto* move = std::get_if<MoveReplica>(&action);
    return move != nullptr ? std::optional(move->source) : std::nullopt;
}

std::optional<Endpoint> server_of(const Action& action) {
    using Maybe = std::optional<Endpoint>;
    const Cases cases{
        [](const FencePrimary& a) { return Maybe(a.primary); },
        [](const ConfirmFailure& a) { return Maybe(a.subject); },
        [](const StopReceiver& a) { return Maybe(a.server); },
        [](const StopReplication& a) { return Maybe(a.server); },
        [](const StartReplication& a) { return Maybe(a.server); },
        [](const Drain& a) { return Maybe(a.winner); },
        [](const CheckGates& a) { return Maybe(a.winner); },
        [](const RecordDecision& a) { return Maybe(a.winner); },
        [](const ResetReplication& a) { return Maybe(a.server); },
        [](const SemiSyncSource& a) { return Maybe(a.server); },
        [](const SemiSyncReplica& a) { return Maybe(a.server); },
        [](const OpenForWrites& a) { return Maybe(a.server); },
        [](const MoveReplica& a) { return Maybe(a.replica); },
        [](const DetachReplica& a) { return Maybe(a.replica); },
        [](const PublishPrimary& a) { return Maybe(a.primary); },
        [](const CloseForWrites& a) { return Maybe(a.primary); },
        [](const WaitCaughtUp& a) { return Maybe(a.replica); },
        [](const DemoteOldPrimary& a) { return Maybe(a.old_primary); },
        [](const auto&) { return Maybe(); },
    };
    return std::visit(cases, action);
}

}  // namespace orc::planning
