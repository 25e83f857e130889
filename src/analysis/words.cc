// Sentences for people: testimonies and descriptions.
#include <fmt/format.h>

#include "analysis/case.h"

namespace orc::analysis {
namespace {

using model::ThreadState;

std::string ago(std::optional<Instant> then, Instant now) {
    return then ? duration_text(now - *then) + " ago" : "at an unknown time";
}

std::string receiver_error(const model::Channel& channel) {
    if (channel.receiver_errno == 0 && channel.receiver_error.empty()) {
        return {};
    }
    return fmt::format(": [{}] {}", channel.receiver_errno, channel.receiver_error);
}

std::string stream_words(const Edge& edge, const Observation& seen, Instant now) {
    const model::Channel& channel = *edge.channel;
    switch (channel.receiver) {
        case ThreadState::running:
            if (seen.silence) {
                return fmt::format(
                    "stream silent for {}, heartbeat every {}",
                    duration_text(*seen.silence),
                    duration_text(*channel.heartbeat_period)
                );
            }
            return edge.replica->stream.moved ? "receiver running, stream moved " + ago(edge.replica->stream.moved, now)
                                              : "receiver running";
        case ThreadState::other:
            return "receiver is connecting" + receiver_error(channel);
        case ThreadState::stopped:
            if (channel.is_failing_to_connect()) {
                return "receiver cannot connect" + receiver_error(channel);
            }
            return channel.receiver_errno == 0 ? "receiver stopped by hand"
                                               : "receiver stopped" + receiver_error(channel);
        case ThreadState::none:
            return "no receiver";
    }
    return {};
}

std::string unread_words(const model::Check& check, Instant now) {
    if (check.failures == 0 && check.seen) {
        return "has not answered since " + ago(check.attempted, now);
    }
    const std::string last = check.seen ? "last read " + ago(check.seen, now) : "never read";
    return check.error ? fmt::format("cannot be read: {}; {}", check.error->message, last) : last;
}

Witness own_witness(const Case& c) {
    const model::Check& check = c.check();
    Witness out;
    out.who = "this node";
    if (c.is_valid) {
        out.says = Testimony::alive;
        out.why = "answered " + ago(last_life(check), c.now);
        out.at = last_life(check);
        return out;
    }
    out.at = check.completed ? check.completed : check.attempted;
    if (!c.is_failing()) {
        out.why = check.attempted ? "no answer yet, asked " + ago(check.attempted, c.now) : "never asked";
        return out;
    }
    const std::string error = check.error ? check.error->message : "failed";
    const bool is_refusal = check.error && check.error->code == ErrorCode::denied;
    out.says = is_refusal && is_login_refusal(check.error->number) ? Testimony::unknown : Testimony::dead;
    out.why = fmt::format("{} ({} in a row", error, check.failures);
    if (check.failing_since) {
        out.why += ", failing for " + duration_text(c.now - *check.failing_since);
    }
    out.why += check.partial ? "; it answered the basics)" : ")";
    return out;
}

std::string replicas_word(unsigned count) { return count == 1 ? "1 replica" : fmt::format("{} replicas", count); }

std::string others_are_unread(const Counts& n) {
    return fmt::format("{} of its {}", n.replicas - n.valid, replicas_word(n.replicas));
}

}  // namespace

std::string duration_text(Micros duration) {
    const auto tenths = (duration.count() + 50'000) / 100'000;
    if (duration.count() >= 0 && (tenths >= 100 || tenths % 10 == 0)) {
        return fmt::format("{}s", tenths / 10);
    }
    return fmt::format("{:.1f}s", double(duration.count()) / 1e6);
}

std::vector<Witness> testify(const Case& c) {
    std::vector<Witness> out;
    out.reserve(c.edges.size() + 1);
    out.push_back(own_witness(c));
    for (const Edge& edge : c.edges) {
        const Observation seen = observe(*c.server, edge, c.now);
        const model::Check& check = edge.replica->check;
        Witness witness;
        witness.who = edge.replica->endpoint.text();
        witness.says = seen.says;
        witness.why = seen.is_valid ? stream_words(edge, seen, c.now) : unread_words(check, c.now);
        witness.at = check.seen;
        out.push_back(std::move(witness));
    }
    return out;
}

std::string describe(const Case& c, Code code) {
    const Counts& n = c.counts;
    const std::string subject = c.server->endpoint.text();
    const std::string lost = subject + " cannot be reached by this node";
    const auto lost_as = [&](std::string_view role) { return fmt::format("{} {}", role, lost); };
    const std::string none_receives = n.replicas == 1
                                          ? std::string("its only replica does not receive from it")
                                          : fmt::format("none of its {} receives from it", replicas_word(n.replicas));
    const std::string some_lost =
        fmt::format("{} cannot be reached and none of the others receives from it", others_are_unread(n));
    const std::string network = fmt::format(
        "{} of {} still receive from it: it may be the network", n.valid_receiving, replicas_word(n.replicas)
    );
    const std::string all_lag = "all its replicas lag: it may serve nobody although connections stand";
    const std::string none_reached = n.replicas == 1 ? std::string("nor can its only replica")
                                                     : fmt::format("nor can any of its {}", replicas_word(n.replicas));
    switch (code) {
        case Code::no_problem:
            return {};
        case Code::dead_primary_without_replicas:
            return lost_as("Primary") + " and has no replica.";
        case Code::dead_primary:
            return lost_as("Primary") + " and " + none_receives + ".";
        case Code::dead_primary_and_replicas:
            return lost_as("Primary") + ", " + none_reached + ".";
        case Code::dead_primary_and_some_replicas:
            return lost_as("Primary") + ", " + some_lost + ".";
        case Code::unreachable_primary_with_lagging_replicas:
            return lost_as("Primary") + " and " + all_lag + ".";
        case Code::unreachable_primary:
            return lost_as("Primary") + ", but " + network + ".";
        case Code::primary_single_replica_not_replicating:
            return fmt::format("Primary {} can be reached, but its only replica does not replicate.", subject);
        case Code::primary_single_replica_dead:
            return fmt::format("Primary {} can be reached, but its only replica cannot.", subject);
        case Code::all_primary_replicas_not_replicating:
            return fmt::format(
                "Primary {} can be reached, but none of its {} replicates.", subject, replicas_word(n.replicas)
            );
        case Code::all_primary_replicas_not_replicating_or_dead:
            return fmt::format(
                "Primary {} can be reached, but {} cannot and none of the others replicates.",
                subject,
                others_are_unread(n)
            );
        case Code::locked_semi_sync_primary_hypothesis:
        case Code::locked_semi_sync_primary: {
            const auto& semi_sync = c.server->facts->semi_sync;
            return fmt::format(
                "Primary {} {} for semi-sync acknowledgements: it wants {} and has {}.",
                subject,
                code == Code::locked_semi_sync_primary ? "has long been waiting" : "seems to wait",
                semi_sync.acks_wanted,
                semi_sync.clients
            );
        }
        case Code::primary_with_too_many_semi_sync_replicas: {
            const auto& semi_sync = c.server->facts->semi_sync;
            return fmt::format(
                "Primary {} has more semi-sync replicas than it wants: {} instead of {}.",
                subject,
                semi_sync.clients,
                semi_sync.acks_wanted
            );
        }
        case Code::primary_without_replicas:
            return fmt::format("Primary {} has no replica.", subject);
        case Code::no_writable_primary:
            return fmt::format("Primary {} is read-only although replicas follow it.", subject);
        case Code::dead_co_primary:
            return lost_as("Co-primary") + " and " + none_receives + ".";
        case Code::dead_co_primary_and_some_replicas:
            return lost_as("Co-primary") + ", " + some_lost + ".";
        case Code::unreachable_co_primary:
            return lost_as("Co-primary") + ", but " + network + ".";
        case Code::all_co_primary_replicas_not_replicating:
            return fmt::format(
                "Co-primary {} can be reached, but none of its {} replicates.", subject, replicas_word(n.replicas)
            );
        case Code::dead_intermediate_primary:
        case Code::dead_intermediate_primary_with_single_replica:
            return lost_as("Intermediate primary") + " and " + none_receives + ".";
        case Code::dead_intermediate_primary_with_single_replica_failing_to_connect:
            return lost_as("Intermediate primary") + " and its only replica cannot connect to it.";
        case Code::dead_intermediate_primary_and_some_replicas:
            return lost_as("Intermediate primary") + ", " + some_lost + ".";
        case Code::dead_intermediate_primary_and_replicas:
            return lost_as("Intermediate primary") + ", " + none_reached + ".";
        case Code::unreachable_intermediate_primary_with_lagging_replicas:
            return lost_as("Intermediate primary") + " and " + all_lag + ".";
        case Code::unreachable_intermediate_primary:
            return lost_as("Intermediate primary") + ", but " + network + ".";
        case Code::all_intermediate_primary_replicas_failing_to_connect_or_dead:
            return fmt::format(
                "Intermediate primary {} can be reached, but each of its {} fails to connect to it or cannot be "
                "reached.",
                subject,
                replicas_word(n.replicas)
            );
        case Code::all_intermediate_primary_replicas_not_replicating:
            return fmt::format(
                "Intermediate primary {} can be reached, but none of its {} replicates.",
                subject,
                replicas_word(n.replicas)
            );
        case Code::first_tier_replica_failing_to_connect:
            return fmt::format("First-tier replica {} cannot connect to its source.", subject);
        case Code::binlog_server_failing_to_connect:
            return fmt::format("Binlog server {} cannot connect to its source.", subject);
        case Code::dead_group_member_with_replicas:
            return lost_as("Group member") + " and " + none_receives + ".";
    }
    return {};
}

}  // namespace orc::analysis
