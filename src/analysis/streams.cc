// Streams that run and bring nothing. Heartbeats would tell whether their source is dead, but at the server's default
// period only after a minute; connecting anew tells at once.
#include <algorithm>
#include <tuple>

#include "analysis/case.h"

namespace orc::analysis {
namespace {

using model::ThreadState;

constexpr Micros still_for = std::chrono::milliseconds(1500);
// With shorter periods, heartbeats prove the silence as fast.
constexpr Micros heartbeats_suffice = std::chrono::seconds(2);

bool is_read(const Edge& edge) { return edge.replica->facts && edge.replica->check.is_valid(); }

bool runs(const Edge& edge) { return is_read(edge) && edge.channel->receiver == ThreadState::running; }

bool cannot_connect(const Edge& edge) {
    return is_read(edge) && !is_login_refusal(edge.channel->receiver_errno) &&
           (edge.channel->receiver == ThreadState::other || edge.channel->is_failing_to_connect());
}

/// It runs, and since the subject was last heard of, by us or over it, nothing has come.
bool is_still(const model::Server& subject, const Edge& edge) {
    const auto& stream = edge.replica->stream;
    const auto& period = edge.channel->heartbeat_period;
    const bool is_told_by_heartbeats = period && *period > Micros{0} && *period <= heartbeats_suffice;
    const bool is_known = subject.check.failing_since && stream.moved && stream.looked && !is_told_by_heartbeats &&
                          edge.channel == edge.replica->channel();
    if (!is_known || !runs(edge)) {
        return false;
    }
    const Instant since = std::max(*stream.moved, last_life(subject.check).value_or(*stream.moved));
    return *stream.looked - since >= still_for;
}

std::size_t count_if(std::span<const Edge> edges, bool (*matches)(const Edge&)) {
    return static_cast<std::size_t>(std::count_if(edges.begin(), edges.end(), matches));
}

bool acknowledges(const Edge& edge) { return runs(edge) && edge.replica->facts->semi_sync.replica_active; }

/// How many more acknowledging receivers may be interrupted: a primary that lives must not wait for this.
std::size_t spare_ackers(const model::Server& subject, std::span<const Edge> edges) {
    const bool waits = subject.facts && subject.facts->semi_sync.source_enabled;
    const std::size_t wanted = waits ? std::max<std::size_t>(1, subject.facts->semi_sync.acks_wanted) : 1;
    const std::size_t running = count_if(edges, acknowledges);
    return running > wanted ? running - wanted : 0;
}

/// A MariaDB receiver that starts while its applier does not run throws away what is not applied.
bool loses_nothing(const Edge& edge) {
    if (!edge.replica->facts->version.is_mariadb()) {
        return true;
    }
    const bool has_applied = edge.channel->gtid_use == model::GtidUse::none
                                 ? edge.channel->read == edge.channel->executed
                                 : gtid::covers(edge.replica->facts->executed, edge.channel->received);
    return edge.channel->applier == ThreadState::running && has_applied;
}

bool may_be_touched(const Edge& edge) {
    return !edge.replica->in_maintenance && !edge.replica->downtime && loses_nothing(edge);
}

std::size_t majority_of(std::span<const Edge> edges) { return count_if(edges, is_read) / 2 + 1; }

/// Those to be started anew: the least valuable one first; only when it cannot connect, as many as make a majority.
std::vector<StreamTest> tests_of(const model::Server& subject, std::span<const Edge> edges) {
    const std::size_t failed = count_if(edges, cannot_connect);
    const std::size_t majority = majority_of(edges);
    const bool anybody_hears = std::any_of(edges.begin(), edges.end(), [&](const Edge& edge) {
        return runs(edge) && !is_still(subject, edge);
    });
    if (anybody_hears || failed >= majority) {
        return {};
    }
    std::vector<Edge> candidates;
    std::copy_if(edges.begin(), edges.end(), std::back_inserter(candidates), [&](const Edge& edge) {
        return runs(edge) && may_be_touched(edge);
    });
    std::stable_sort(candidates.begin(), candidates.end(), [](const Edge& a, const Edge& b) {
        const bool left = acknowledges(a);
        const bool right = acknowledges(b);
        return std::tie(left, b.replica->rule, b.replica->endpoint) <
               std::tie(right, a.replica->rule, a.replica->endpoint);
    });
    const std::size_t wanted = failed == 0 ? 1 : majority - failed;
    std::size_t spare = spare_ackers(subject, edges);
    std::vector<StreamTest> out;
    for (const Edge& edge : candidates) {
        if (out.size() == wanted || (acknowledges(edge) && spare == 0)) {
            break;
        }
        spare -= acknowledges(edge) ? 1 : 0;
        out.push_back(StreamTest{subject.endpoint, edge.replica->endpoint, edge.channel->name});
    }
    return out;
}

bool may_be_tested(const model::Server& server) {
    const auto& error = server.check.error;
    const bool refuses_us = error && error->code == ErrorCode::denied && is_login_refusal(error->number);
    const bool is_known = server.facts || server.check.is_remembered;
    return server.check.failures > 0 && server.check.failing_since && is_known && !server.downtime &&
           !server.in_maintenance && !refuses_us;
}

}  // namespace

bool is_mute(const model::Server& subject, std::span<const Edge> edges, const Edge& edge) {
    return is_still(subject, edge) && count_if(edges, cannot_connect) >= majority_of(edges);
}

std::vector<StreamTest> streams_to_test(const model::Cluster& cluster) {
    std::vector<StreamTest> out;
    const auto& servers = cluster.servers;
    // Asked after every reading, and nearly always answered here.
    if (std::none_of(servers.begin(), servers.end(), [](const auto& server) { return may_be_tested(*server); })) {
        return out;
    }
    const Graph graph(cluster);
    for (std::size_t i = 0; i < servers.size(); ++i) {
        if (may_be_tested(*servers[i])) {
            const auto some = tests_of(*servers[i], graph.of(i));
            out.insert(out.end(), some.begin(), some.end());
        }
    }
    return out;
}

}  // namespace orc::analysis
