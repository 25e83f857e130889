// What a code asks for, and whether the evidence is good enough to act on it without a person.
#include "analysis/case.h"

namespace orc::analysis {
namespace {

// A time-out is weaker than a refusal: it must repeat, or last.
constexpr Micros timeout_patience = std::chrono::seconds(1);
// A lost subject's first second is too early to tell people what it means.
constexpr Micros settling_time = std::chrono::seconds(1);
// How long a lost subject waits for the first look at a member to begin.
constexpr Micros first_look_patience = std::chrono::seconds(5);

bool is_recovery(Handling handling) { return handling != Handling::none && handling != Handling::detect; }

std::string own_reading(const Case& c) {
    const model::Check& check = c.check();
    const std::string subject = c.server->endpoint.text();
    if (!c.is_failing() || !check.failing_since) {
        return "the check of " + subject + " has not ended yet";
    }
    if (check.error && check.error->code == ErrorCode::denied && is_login_refusal(check.error->number)) {
        return subject + " answers, but refuses this node: " + check.error->message;
    }
    const bool is_firm = check.error && check.error->code != ErrorCode::timed_out;
    if (!is_firm && check.failures < 2 && c.now - *check.failing_since < timeout_patience) {
        return subject + " has timed out only once";
    }
    return {};
}

std::string witnesses(const Case& c) {
    bool any_dead = false;
    for (const Edge& edge : c.edges) {
        const Observation seen = observe(c, edge);
        if (seen.says == Testimony::alive) {
            return edge.replica->endpoint.text() + " still receives from " + c.server->endpoint.text();
        }
        any_dead = any_dead || seen.says == Testimony::dead;
    }
    return any_dead ? std::string() : "no replica confirms that " + c.server->endpoint.text() + " is dead";
}

std::string lost_subject(const Case& c) {
    const std::string subject = c.server->endpoint.text();
    const model::Channel* channel = c.server->channel();
    // A manager that starts while a primary is down has never read it, but knows from its last run what it was.
    if (c.server->facts == nullptr && !c.server->check.is_remembered) {
        return subject + " was never read: what it replicates from is unknown";
    }
    // A promoted server may keep its old source in the detached form as well: it is writable.
    if (c.is_primary && channel != nullptr && channel->source.is_detached() && c.server->facts->read_only) {
        return subject + " is a detached replica, not a primary of its own";
    }
    if (std::string why = own_reading(c); !why.empty()) {
        return why;
    }
    // A manager that has just started knows some replicas before others: it must not choose among the first.
    if (!c.unread.empty() && c.now - *c.check().failing_since < first_look_patience) {
        return c.unread.front()->endpoint.text() + " has not been read yet: it may be a replica of " + subject;
    }
    if (const model::Server* stale = stale_witness(c)) {
        return "replica " + stale->endpoint.text() + " has not been read since the failure began";
    }
    return witnesses(c);
}

std::string why_only_watched(const Case& c, Code code) {
    if (c.is_valid) {
        return {};
    }
    if (c.edges.empty()) {
        return c.server->endpoint.text() + " has no replica";
    }
    if (c.counts.valid == 0) {
        return "no replica of " + c.server->endpoint.text() +
               " can be read either: this node may be the one that is cut off";
    }
    return code == Code::no_problem ? std::string() : witnesses(c);
}

}  // namespace

Handling handling_of(Code code) {
    switch (code) {
        case Code::dead_primary:
        case Code::dead_primary_and_some_replicas:
            return Handling::recover_dead_primary;
        case Code::dead_co_primary:
        case Code::dead_co_primary_and_some_replicas:
            return Handling::recover_dead_co_primary;
        case Code::dead_intermediate_primary:
        case Code::dead_intermediate_primary_and_some_replicas:
        case Code::dead_intermediate_primary_with_single_replica_failing_to_connect:
        case Code::all_intermediate_primary_replicas_failing_to_connect_or_dead:
            return Handling::recover_dead_intermediate;
        case Code::dead_group_member_with_replicas:
            return Handling::recover_group_member;
        case Code::locked_semi_sync_primary:
        case Code::primary_with_too_many_semi_sync_replicas:
            return Handling::recover_semi_sync;
        case Code::no_writable_primary:
            return Handling::recover_not_writable;
        case Code::dead_primary_and_replicas:
        case Code::unreachable_primary:
        case Code::unreachable_primary_with_lagging_replicas:
        case Code::unreachable_intermediate_primary_with_lagging_replicas:
        case Code::all_primary_replicas_not_replicating:
        case Code::all_primary_replicas_not_replicating_or_dead:
        case Code::dead_intermediate_primary_and_replicas:
            return Handling::detect;
        case Code::no_problem:
        case Code::dead_primary_without_replicas:
        case Code::primary_single_replica_not_replicating:
        case Code::primary_single_replica_dead:
        case Code::locked_semi_sync_primary_hypothesis:
        case Code::primary_without_replicas:
        case Code::unreachable_co_primary:
        case Code::all_co_primary_replicas_not_replicating:
        case Code::dead_intermediate_primary_with_single_replica:
        case Code::unreachable_intermediate_primary:
        case Code::all_intermediate_primary_replicas_not_replicating:
        case Code::first_tier_replica_failing_to_connect:
        case Code::binlog_server_failing_to_connect:
            return Handling::none;
    }
    return Handling::none;
}

std::string hesitation_of(const Case& c, Code code) {
    if (!is_recovery(handling_of(code))) {
        return why_only_watched(c, code);
    }
    return c.is_valid ? std::string() : lost_subject(c);
}

const model::Server* stale_witness(const Case& c) {
    const auto since = c.check().failing_since;
    if (!since) {
        return nullptr;
    }
    for (const Edge& edge : c.edges) {
        const auto seen = edge.replica->check.seen;
        if (observe(c, edge).is_valid && !(seen && *seen > *since)) {
            return edge.replica;
        }
    }
    return nullptr;
}

bool is_settled(const Case& c, Code code) {
    if (is_recovery(handling_of(code)) && hesitation_of(c, code).empty()) {
        return true;
    }
    if (c.is_failing() && c.check().failing_since) {
        return c.now - *c.check().failing_since >= settling_time && stale_witness(c) == nullptr;
    }
    if (!c.is_valid) {
        return false;  // its first check has not ended, or the last one hangs
    }
    // Its replicas complain: is it still true that we can read it?
    const auto life = last_life(c.check());
    for (const Edge& edge : c.edges) {
        const auto seen = edge.replica->check.seen;
        if (observe(c, edge).says == Testimony::dead && seen && life && *seen > *life) {
            return false;
        }
    }
    return true;
}

}  // namespace orc::analysis
