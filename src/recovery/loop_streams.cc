// Starting receivers anew, to learn whether their source still serves.
#include <algorithm>
#include <set>

#include "recovery/loop_state.h"
#include "runtime/log.h"

namespace orc::recovery {
namespace {

constexpr Micros streams_asked_again_after = Seconds(30);
constexpr Micros graceful_period = Seconds(5);
/// Longer than any server takes to stop one: what is cut short there would stay stopped.
constexpr Micros restart_limit = Seconds(5);
constexpr int starting_tries = 3;
/// A receiver that has not reached its source by then does not reach it.
constexpr Micros connecting_takes = Millis(700);

}  // namespace

// All replicas of a server that we cannot reach lag: their connections may be dead without knowing it. Connecting anew
// tells. Not on MariaDB, which would throw away what it received, and not on one whose acknowledgements are awaited.
void RecoveryLoop::State::ask_streams(const model::Cluster& cluster, const analysis::Finding& finding) {
    const bool is_meant = finding.code == analysis::Code::unreachable_primary_with_lagging_replicas ||
                          finding.code == analysis::Code::unreachable_intermediate_primary_with_lagging_replicas;
    if (!is_meant || shop.ledger.intent()->recoveries_disabled) {
        return;
    }
    const Instant now = shop.clock.now();
    const auto was_asked = [&](const Endpoint& server) {
        const auto found = streams_asked.find(server);
        return found != streams_asked.end() && now - found->second < streams_asked_again_after;
    };
    if (was_asked(finding.subject)) {
        return;
    }
    streams_asked[finding.subject] = now;
    // What the restarts themselves do to the replicas must not be read as a death.
    auto& pause = pauses[{finding.subject, block_class_of(finding.handling)}];
    pause.until = std::max(pause.until, now + graceful_period);
    for (const model::Server* replica : cluster.replicas_of(finding.subject)) {
        const bool may_be_asked = replica->facts && replica->check.is_valid() && !replica->in_maintenance &&
                                  !replica->facts->version.is_mariadb() && !replica->facts->semi_sync.replica_active &&
                                  replica->channel() != nullptr &&
                                  replica->channel()->receiver == model::ThreadState::running;
        if (may_be_asked && !was_asked(replica->endpoint)) {
            streams_asked[replica->endpoint] = now;
            group.spawn(restart_receiver(replica->endpoint, replica->channel()->name));
        }
    }
}

// The same with one replica at first, where heartbeats are too rare to tell within seconds.
void RecoveryLoop::State::test_streams(const model::Cluster& cluster) {
    const auto tests = analysis::streams_to_test(cluster);
    if (tests.empty() || shop.ledger.intent()->recoveries_disabled || is_busy(cluster)) {
        return;
    }
    const Instant now = shop.clock.now();
    std::erase_if(tested_until, [now](const auto& entry) { return entry.second <= now; });
    std::set<Endpoint> begun;
    for (const auto& test : tests) {
        const auto asked = streams_asked.find(test.replica);
        const bool was_asked = asked != streams_asked.end() && now - asked->second < streams_asked_again_after;
        const bool is_under_test = tested_until.contains(test.subject) && !begun.contains(test.subject);
        if (was_asked || is_under_test) {
            continue;
        }
        begun.insert(test.subject);
        streams_asked[test.replica] = now;
        tested_until[test.subject] = now + restart_limit + connecting_takes;
        LOG(warning, "stream.tested", {{"subject", test.subject}, {"replica", test.replica}});
        group.spawn(test_stream(test));
    }
}

Co<void> RecoveryLoop::State::test_stream(analysis::StreamTest test) {
    const auto self = shared_from_this();
    co_await restart_receiver(test.replica, test.channel);
    const Instant known = shop.clock.now() + connecting_takes;
    tested_until[test.subject] = known;
    co_await shop.clock.sleep_until(known);
    eyes->suspect(test.replica, "its receiver was started anew");
    if (!group.is_stopping()) {
        react(eyes->cluster_now(test.subject));
    }
}

Co<void> RecoveryLoop::State::restart_receiver(Endpoint replica, std::string channel) {
    const auto self = shared_from_this();
    auto done = co_await shop.gateway.restart_receiver(replica, channel, shop.clock.deadline_in(restart_limit));
    // Cut short, it may stand still, where it ran before we came.
    for (int i = 0; !done && i < starting_tries && !group.is_stopping(); ++i) {
        LOG(warning, "stream.not_restarted", {{"replica", replica}, {"why", done.error().message}});
        done = co_await shop.gateway.start_receiver(replica, channel, shop.clock.deadline_in(restart_limit));
    }
    if (!done) {
        LOG(error, "stream.left_stopped", {{"replica", replica}, {"why", done.error().message}});
    }
    eyes->suspect(replica, "its receiver was restarted");
}

}  // namespace orc::recovery
