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
            if (seen.is_mute) {
                return "receiver running, stream moved " + ago(edge.replica->stream.moved, now) +
                       ", but most replicas cannot connect";
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
        return "has not answered yet, asked " + ago(check.attempted, now);
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

std::string subject_of(const Case& c) { return c.server->endpoint.text(); }

std::string lost(std::string_view role, const Case& c, std::string_view rest) {
    return fmt::format("{} {} cannot be reached by this node{}.", role, subject_of(c), rest);
}

std::string lost_with_silent_replicas(std::string_view role, const Case& c) {
    const unsigned n = c.counts.replicas;
    return n == 1 ? lost(role, c, " and its only replica does not receive from it")
                  : lost(role, c, fmt::format(" and none of its {} replicas receives from it", n));
}

std::string lost_with_replicas(std::string_view role, const Case& c) {
    const unsigned n = c.counts.replicas;
    return n == 1 ? lost(role, c, ", nor can its only replica")
                  : lost(role, c, fmt::format(", nor can any of its {} replicas", n));
}

std::string lost_with_some_replicas(std::string_view role, const Case& c) {
    const Counts& n = c.counts;
    return lost(
        role,
        c,
        fmt::format(
            ", nor can {} of its {} replicas, and none of the others receives from it", n.replicas - n.valid, n.replicas
        )
    );
}

std::string lost_while_replicas_lag(std::string_view role, const Case& c) {
    return lost(role, c, " and all its replicas lag: it may serve nobody although connections stand");
}

std::string lost_while_replicas_receive(std::string_view role, const Case& c) {
    const Counts& n = c.counts;
    const std::string who = n.replicas == 1 ? std::string("its only replica still receives")
                                            : fmt::format(
                                                  "{} of its {} replicas still {}",
                                                  n.valid_receiving,
                                                  n.replicas,
                                                  n.valid_receiving == 1 ? "receives" : "receive"
                                              );
    return lost(role, c, fmt::format(", but {} from it: it may be the network", who));
}

std::string live(std::string_view role, const Case& c, std::string_view rest) {
    return fmt::format("{} {} can be reached, but {}.", role, subject_of(c), rest);
}

std::string live_with_idle_replicas(std::string_view role, const Case& c) {
    const unsigned n = c.counts.replicas;
    return n == 1 ? live(role, c, "its only replica does not replicate")
                  : live(role, c, fmt::format("none of its {} replicas replicates", n));
}

std::string semi_sync(const Case& c, std::string_view what) {
    const model::SemiSync& state = c.server->facts->semi_sync;
    return fmt::format("Primary {} {}: it wants {} and has {}.", subject_of(c), what, state.acks_wanted, state.clients);
}

}  // namespace

std::string_view name(Testimony testimony) {
    switch (testimony) {
        case Testimony::alive:
            return "alive";
        case Testimony::dead:
            return "dead";
        case Testimony::unknown:
            break;
    }
    return "unknown";
}

std::string duration_text(Micros duration) {
    const auto millis = std::chrono::round<Millis>(duration).count();
    if (millis < 100) {
        return fmt::format("{}ms", millis);
    }
    const auto tenths = (millis + 50) / 100;
    if (tenths >= 100 || tenths % 10 == 0) {
        return fmt::format("{}s", tenths / 10);
    }
    return fmt::format("{}.{}s", tenths / 10, tenths % 10);
}

std::vector<Witness> testify(const Case& c) {
    std::vector<Witness> out;
    out.reserve(c.edges.size() + 1);
    out.push_back(own_witness(c));
    for (const Edge& edge : c.edges) {
        const Observation seen = observe(c, edge);
        const model::Check& check = edge.replica->check;
        Witness& witness = out.emplace_back();
        witness.who = edge.replica->endpoint.text();
        witness.says = seen.says;
        witness.why = seen.is_valid ? stream_words(edge, seen, c.now) : unread_words(check, c.now);
        witness.at = check.seen;
    }
    return out;
}

std::string describe(const Case& c, Code code) {
    constexpr std::string_view primary = "Primary";
    constexpr std::string_view co_primary = "Co-primary";
    constexpr std::string_view intermediate = "Intermediate primary";
    switch (code) {
        case Code::no_problem:
            return {};
        case Code::dead_primary_without_replicas:
            return lost(primary, c, " and has no replica");
        case Code::dead_primary:
            return lost_with_silent_replicas(primary, c);
        case Code::dead_primary_and_replicas:
            return lost_with_replicas(primary, c);
        case Code::dead_primary_and_some_replicas:
            return lost_with_some_replicas(primary, c);
        case Code::unreachable_primary_with_lagging_replicas:
            return lost_while_replicas_lag(primary, c);
        case Code::unreachable_primary:
            return lost_while_replicas_receive(primary, c);
        case Code::primary_single_replica_not_replicating:
        case Code::all_primary_replicas_not_replicating:
            return live_with_idle_replicas(primary, c);
        case Code::primary_single_replica_dead:
            return live(primary, c, "its only replica cannot");
        case Code::all_primary_replicas_not_replicating_or_dead:
            return live(primary, c, "some of its replicas cannot and none of the others replicates");
        case Code::locked_semi_sync_primary_hypothesis:
            return semi_sync(c, "seems to wait for semi-sync acknowledgements");
        case Code::locked_semi_sync_primary:
            return semi_sync(c, "has long been waiting for semi-sync acknowledgements");
        case Code::primary_with_too_many_semi_sync_replicas:
            return semi_sync(c, "has too many semi-sync replicas");
        case Code::primary_without_replicas:
            return fmt::format("Primary {} has no replica.", subject_of(c));
        case Code::no_writable_primary:
            return fmt::format("Primary {} is read-only although replicas follow it.", subject_of(c));
        case Code::dead_co_primary:
            return lost_with_silent_replicas(co_primary, c);
        case Code::dead_co_primary_and_some_replicas:
            return lost_with_some_replicas(co_primary, c);
        case Code::unreachable_co_primary:
            return lost_while_replicas_receive(co_primary, c);
        case Code::all_co_primary_replicas_not_replicating:
            return live_with_idle_replicas(co_primary, c);
        case Code::dead_intermediate_primary:
        case Code::dead_intermediate_primary_with_single_replica:
            return lost_with_silent_replicas(intermediate, c);
        case Code::dead_intermediate_primary_with_single_replica_failing_to_connect:
            return lost(intermediate, c, " and its only replica cannot connect to it");
        case Code::dead_intermediate_primary_and_some_replicas:
            return lost_with_some_replicas(intermediate, c);
        case Code::dead_intermediate_primary_and_replicas:
            return lost_with_replicas(intermediate, c);
        case Code::unreachable_intermediate_primary_with_lagging_replicas:
            return lost_while_replicas_lag(intermediate, c);
        case Code::unreachable_intermediate_primary:
            return lost_while_replicas_receive(intermediate, c);
        case Code::all_intermediate_primary_replicas_failing_to_connect_or_dead:
            return live(intermediate, c, "each of its replicas fails to connect to it or cannot be reached itself");
        case Code::all_intermediate_primary_replicas_not_replicating:
            return live_with_idle_replicas(intermediate, c);
        case Code::first_tier_replica_failing_to_connect:
            return fmt::format("First-tier replica {} cannot connect to its source.", subject_of(c));
        case Code::binlog_server_failing_to_connect:
            return fmt::format("Binlog server {} cannot connect to its source.", subject_of(c));
        case Code::dead_group_member_with_replicas:
            return lost_with_silent_replicas("Group member", c);
    }
    return {};
}

}  // namespace orc::analysis
