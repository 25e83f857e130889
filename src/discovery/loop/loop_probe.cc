// One probe and what follows from its answer: the table, the neighbours that should be asked at once, the servers that
// it names.
#include <algorithm>

#include "discovery/loop/loop_state.h"
#include "runtime/log.h"

namespace orc::discovery {
namespace {

/// A session has to be made first, and nobody knows how far away the server is.
constexpr Micros first_look_takes = Seconds(2);

bool is_receiving(const model::Server& server) {
    const model::Channel* channel = server.channel();
    return channel != nullptr && channel->receiver == model::ThreadState::running;
}

void tell_missing_grants(const model::Server* before, const model::Server& now) {
    static const std::vector<model::MissingGrant> none;
    const auto& known = before == nullptr || before->facts == nullptr ? none : before->facts->missing_grants;
    for (const auto& missing : now.facts->missing_grants) {
        if (std::find(known.begin(), known.end(), missing) == known.end()) {
            LOG(warning,
                "discovery.grant_missing",
                {{"server", now.endpoint},
                 {"grant", missing.grant},
                 {"needed_for", missing.statement},
                 {"remedy", missing.remedy}});
        }
    }
}

}  // namespace

std::vector<ProbeRequestPtr> DiscoveryLoop::State::take_requests(const Endpoint& server) {
    const auto found = requests.find(server);
    if (found == requests.end()) {
        return {};
    }
    auto out = std::move(found->second);
    requests.erase(found);
    return out;
}

/// A server that has been read before, by this run or an earlier one, gets little time, as much as it usually takes
/// twice over if that is more: a silent one must be noticed soon. Each failure doubles it, so that one that has become
/// slow is read again at last; not so for one that smells, about which somebody is waiting to hear. Whoever waits may
/// shorten it further.
Deadline DiscoveryLoop::State::probe_deadline(const Schedule::Start& start, const std::vector<ProbeRequestPtr>& waiting)
    const {
    const auto known = table.find(start.server);
    Micros span = read_timeout;
    if (known != nullptr) {
        const Micros takes = known->facts != nullptr ? 2 * known->facts->latency : first_look_takes;
        const unsigned doublings = start.lane == Lane::urgent ? 0 : std::min(known->check.failures, 10U);
        span = std::min(read_timeout, std::max(probe_timeout, takes) * (1U << doublings));
    }
    const Deadline usual{seams.clock.now() + span};
    if (waiting.empty()) {
        return usual;
    }
    Deadline longest = waiting.front()->deadline;
    for (const auto& request : waiting) {
        longest = std::max(longest, request->deadline);
    }
    return earlier(usual, longest);
}

// Shown only where somebody waits for the answer, or nobody ever had one: for every look of an ordinary round the
// cluster would have to be made anew.
void DiscoveryLoop::State::note_attempt(const Schedule::Start& start) {
    const auto known = table.find(start.server);
    if (known != nullptr && (start.lane == Lane::urgent || known->facts == nullptr)) {
        announce(table.note_attempt(start.server, reading_now()));
    }
}

Co<void> DiscoveryLoop::State::probe(std::shared_ptr<State> self, Schedule::Start start) {
    const auto waiting = self->take_requests(start.server);
    const Deadline deadline = self->probe_deadline(start, waiting);
    const Instant began = self->seams.clock.now();
    self->note_attempt(start);
    auto answer = co_await self->seams.gateway.probe(start.server, deadline);
    if (self->group.is_stopping()) {
        co_return;
    }
    auto reading = std::make_shared<Reading>(self->reading_now());
    reading->began = began;
    const Micros reading_took = reading->ended - began;
    Result<void> outcome;
    std::vector<ProbeRequestPtr> late;
    if (!answer) {
        outcome = tl::unexpected<Error>(answer.error());
        // Silence that lasted on after somebody asked answers them too. Other failures are over in no time, so those
        // who asked meanwhile get the repetition; and those who ask because of this failure want another reading.
        if (answer.error().code == ErrorCode::timed_out) {
            late = self->take_requests(start.server);
        }
        if (self->schedule.is_current(start) && answer.error().code != ErrorCode::cancelled) {
            ++self->counters.probes_failed;
            self->missed(start, std::move(answer).error(), *reading);
        }
    } else {
        auto facts = std::make_shared<model::Facts>(*std::move(answer));
        reading->ended -= facts->site_took;
        reading->wall -= std::chrono::duration_cast<Millis>(facts->site_took);
        if (self->hosts.is_active()) {
            co_await resolve_hosts(self, facts.get());
        }
        if (!self->hosts.is_active()) {
            self->doubt_names(*facts);
        }
        // What it names is looked at while its own name is settled, so that a deep topology is known soon.
        if (self->schedule.is_current(start)) {
            self->follow(*facts);
            self->pump();
        }
        const Endpoint name = co_await settle_name(self, start.server, facts, reading);
        if (self->group.is_stopping()) {
            co_return;
        }
        if (self->schedule.is_current(start)) {
            const Endpoint given = start.server;
            self->adopt_name(start, name);
            outcome = self->took(name, std::move(*facts), *reading);
            self->move_to_name(given, name);
        }
    }
    const Instant now = self->seams.clock.now();
    self->history.add(start.server, reading->wall, now - began, reading_took, outcome ? nullptr : &outcome.error());
    const bool was_slow = self->schedule.is_slow(start.server);
    self->schedule.finished(start, outcome.has_value(), now);
    self->tell_of_dead(start, was_slow);
    self->complete(waiting, outcome);
    self->complete(std::move(late), outcome);
    self->pump();
}

Result<void> DiscoveryLoop::State::took(const Endpoint& server, model::Facts facts, const Reading& reading) {
    const model::Channel* main = facts.main_channel();
    if (main != nullptr && ignored_users.matches(main->user)) {
        if (settings.enable_discovery_filters_logs) {
            LOG(info, "discovery.server_ignored", {{"server", server}, {"replication_user", main->user}});
        }
        schedule.remove(server);
        held_off[server] = seams.clock.now() + 6 * interval;
        return fail(ErrorCode::refused, server.text() + " replicates as a user that is left out of discovery");
    }
    held_off.erase(server);
    const auto before = table.find(server);
    note_rule(server, facts);
    note_tls(server, facts);
    want_addresses(server.host);
    announce(table.fold(server, std::move(facts), reading));
    const auto after = table.find(server);
    seams.store.write_observed(after);
    tell_missing_grants(before.get(), *after);
    if (before == nullptr || before->facts == nullptr) {
        LOG(info,
            "discovery.server_found",
            {{"server", server}, {"version", after->facts->version.text}, {"cluster", after->cluster}});
    } else if (before->check.failures > 0) {
        if (may_tell(server)) {
            LOG(info, "discovery.server_answered", {{"server", server}, {"failures", before->check.failures}});
        }
        look_around(server);  // its replicas may be on their way back, too
    }
    const auto source = after->source();
    const auto source_before = before != nullptr ? before->source() : std::nullopt;
    if (source && before != nullptr && is_receiving(*before) != is_receiving(*after)) {
        const auto known = table.find(*source);
        const bool is_failing = known != nullptr && known->check.failures > 0;
        if (is_receiving(*before) || is_failing) {
            schedule.request(*source, seams.clock.now());  // the replica has lost it, or found it: have we?
        }
    }
    if (source) {
        plan_pulse(*source, false);
    }
    if (source_before && source_before != source) {
        plan_pulse(*source_before, false);
        drop_unused_source(source_before);
    }
    plan_pulse(server, true);
    return {};
}

void DiscoveryLoop::State::missed(const Schedule::Start& start, Error error, const Reading& reading) {
    const Endpoint& server = start.server;
    if (!table.knows(server)) {
        if (!seeds.contains(server) && !sources_followed.contains(server)) {
            // Only named by somebody, never met: a process list names clients that are no servers at all.
            schedule.remove(server);
            held_off[server] = seams.clock.now() + std::max<Micros>(6 * interval, Seconds(30));
            return;
        }
        announce(table.expect(server, std::nullopt, reading));
        if (!seeds.contains(server)) {
            audit(audit_names::unseen_source, server, "named as a source, and does not answer");
        }
    }
    fold_failure(server, std::move(error), reading);
}

void DiscoveryLoop::State::fold_failure(const Endpoint& server, Error error, const Reading& reading) {
    const auto before = table.find(server);
    if (before->check.failures == 0) {
        if (may_tell(server)) {
            LOG(info, "discovery.server_missed", {{"server", server}, {"error", error.message}});
        }
        schedule.request(server, seams.clock.now());  // a session may break without its server: look again
    }
    announce(table.fold(server, std::move(error), reading));
    pulses.erase(server);
    // Later failures say nothing new to the neighbours; whoever doubts asks for them.
    if (before->check.failures < 2) {
        seams.store.write_observed(table.find(server));
        look_around(server);
    }
}

/// Asks the neighbours at once: what its replicas see of it, and whether its source is there.
void DiscoveryLoop::State::look_around(const Endpoint& server) {
    const Instant now = seams.clock.now();
    for (const auto& replica : table.children_of(server)) {
        schedule.request(replica, now);
    }
    const auto known = table.find(server);
    if (const auto source = known != nullptr ? known->source() : std::nullopt) {
        schedule.request(*source, now);
    }
}

void DiscoveryLoop::State::follow(const model::Facts& facts) {
    for (const auto& channel : facts.channels) {
        if (!ignored_users.matches(channel.user)) {
            follow_source(channel.source);
        }
    }
    for (const auto& replica : facts.registered_replicas) {
        follow_replica(replica);
    }
    if (facts.group) {
        for (const auto& member : facts.group->members) {
            follow_replica(member);
        }
    }
}

void DiscoveryLoop::State::follow_source(const Endpoint& source) {
    const Endpoint known = names.known_as(source);
    if (!known.is_valid() || schedule.contains(known) || is_forgotten(known) || ignored.matches(known) ||
        ignored_sources.matches(known)) {
        return;
    }
    if (!has_room_for(known)) {
        return;
    }
    sources_followed.insert(known);
    schedule.add(known, Lane::urgent, seams.clock.now());
}

void DiscoveryLoop::State::follow_replica(const Endpoint& replica) {
    const Endpoint known = names.known_as(replica);
    if (!known.is_valid() || schedule.contains(known) || is_forgotten(known) || ignored.matches(known) ||
        ignored_replicas.matches(known)) {
        return;
    }
    const Instant now = seams.clock.now();
    const auto held = held_off.find(known);
    if ((held != held_off.end() && held->second > now) || !has_room_for(known)) {
        return;
    }
    schedule.add(known, Lane::urgent, now);
}

/// DiscoveryQueueCapacity: who does not fit is named again with the next reading of whoever named it. Nobody waits, and
/// what is known is never left out.
bool DiscoveryLoop::State::has_room_for(const Endpoint& server) {
    const auto capacity = static_cast<std::size_t>(settings.discovery_queue_capacity);
    if (capacity == 0 || schedule.queued() < capacity) {
        return true;
    }
    if (may_tell(server)) {
        LOG(warning, "discovery.queue_full", {{"server", server}, {"waiting", schedule.queued()}});
    }
    return false;
}

/// DeadInstanceDiscoveryLogsEnabled.
void DiscoveryLoop::State::tell_of_dead(const Schedule::Start& start, bool was_slow) {
    const bool is_slow = schedule.is_slow(start.server);
    if (!settings.dead_instance_discovery_logs_enabled || (!was_slow && !is_slow)) {
        return;
    }
    const std::string_view what = !was_slow ? "discovery.dead_registered"
                                  : is_slow ? "discovery.dead_rechecked"
                                            : "discovery.dead_released";
    LOG(info, what, {{"server", start.server}, {"dead", schedule.slow_lane_size()}});
}

/// A source that was there by name only goes when nobody names it any more.
void DiscoveryLoop::State::drop_unused_source(const std::optional<Endpoint>& source) {
    if (!source || !sources_followed.contains(*source) || table.has_children(*source)) {
        return;
    }
    const auto known = table.find(*source);
    if (known == nullptr || known->facts == nullptr) {
        forget(*source, false);
    }
}

}  // namespace orc::discovery
