// Signs of life between two probes, asked of those whose death hurts: primaries that have replicas.
#include <algorithm>

#include "discovery/loop/loop_state.h"
#include "runtime/log.h"

namespace orc::discovery {

bool DiscoveryLoop::State::is_pulsed(const Endpoint& server) const {
    if (pulse_interval <= Micros{0} || !table.has_children(server)) {
        return false;
    }
    const auto known = table.find(server);
    return known != nullptr && known->facts != nullptr && known->check.failures == 0 &&
           (known->depth == 0 || known->is_co_primary);
}

/// After a reading of the server the next pulse is a whole interval away; a replica that turned up only makes sure
/// that there will be one.
void DiscoveryLoop::State::plan_pulse(const Endpoint& server, bool restart) {
    if (!is_pulsed(server)) {
        pulses.erase(server);
    } else if (restart || !pulses.contains(server)) {
        pulses.put(server, seams.clock.now() + pulse_interval);
    }
}

void DiscoveryLoop::State::start_due_pulses(Instant now) {
    while (auto due = pulses.take(now)) {
        const Endpoint& server = due->first;
        if (!is_pulsed(server)) {
            continue;
        }
        if (schedule.is_in_flight(server) || pulsing.contains(server)) {
            pulses.put(server, now + pulse_interval);  // a sign of life is being asked for already
            continue;
        }
        pulsing.emplace(server, now);
        pulses_begun.emplace_back(now, server);
        ++counters.pulses;
        group.spawn(pulse(shared_from_this(), server, now));
    }
}

/// A primary that takes its time may be about to be missed. How its replicas' streams stand now is what their silence
/// is measured from later, so they are read before there is a verdict to be made, not after.
void DiscoveryLoop::State::notice_late_pulses(Instant now) {
    while (!pulses_begun.empty()) {
        const auto& [began, server] = pulses_begun.front();
        const auto running = pulsing.find(server);
        if (running != pulsing.end() && running->second == began) {
            if (began + pulse_interval / 4 > now) {
                return;
            }
            look_around(server);
        }
        pulses_begun.pop_front();
    }
}

Co<void> DiscoveryLoop::State::pulse(std::shared_ptr<State> self, Endpoint server, Instant began) {
    const Deadline deadline{began + self->pulse_interval};
    const auto answer = co_await self->seams.gateway.pulse(server, deadline);
    self->pulsing.erase(server);
    if (self->group.is_stopping()) {
        co_return;
    }
    if (answer) {
        self->table.note_alive(server, self->seams.clock.now());
        self->plan_pulse(server, true);
        self->pump();
        co_return;
    }
    self->plan_pulse(server, true);
    const Error& error = answer.error();
    if (error.code == ErrorCode::cancelled || !self->schedule.request(server, self->seams.clock.now())) {
        co_return;
    }
    // not_found: there was no session to ask on. The probe opens one, and that is all there is to say.
    if (error.code != ErrorCode::not_found) {
        if (self->may_tell(server)) {
            LOG(info, "discovery.pulse_missed", {{"server", server}, {"error", error.message}});
        }
        self->look_around(server);
        if (error.code == ErrorCode::timed_out) {
            self->group.spawn(confirm_silence(self, server, error, began));
        }
    }
    self->pump();
}

/// A session may hang while its server is well (a lost packet, a proxy). Only when a fresh session gets no further is
/// the silence a failed check; the probe that runs meanwhile is another.
Co<void> DiscoveryLoop::State::confirm_silence(
    std::shared_ptr<State> self, Endpoint server, Error error, Instant began
) {
    const Deadline deadline = self->seams.clock.deadline_in(std::min(self->probe_timeout, 2 * self->pulse_interval));
    const auto answer = co_await self->seams.gateway.knock(server, deadline);
    if (self->group.is_stopping()) {
        co_return;
    }
    const auto known = self->table.find(server);
    if (answer || answer.error().code == ErrorCode::cancelled || known == nullptr) {
        co_return;
    }
    if (known->check.seen && *known->check.seen > began) {
        co_return;  // it has answered a probe in the meantime
    }
    Reading reading = self->reading_now();
    reading.began = began;
    self->fold_failure(server, with_context("pulse", std::move(error)), reading);
    self->pump();
}

}  // namespace orc::discovery
