// Those who want a server read: taken up, at once, and waited for.
#include <algorithm>

#include "discovery/loop/loop_state.h"

namespace orc::discovery {

ProbeRequestPtr DiscoveryLoop::State::ask(const Endpoint& server, Deadline deadline) {
    auto request = std::make_shared<ProbeRequest>();
    request->deadline = deadline;
    if (schedule.request(server, seams.clock.now())) {
        requests[server].push_back(request);
    } else {
        request->outcome = fail(ErrorCode::not_found, server.text() + " is not known");
        request->is_done = true;
    }
    return request;
}

void DiscoveryLoop::State::complete(std::vector<ProbeRequestPtr> done, const Result<void>& outcome) {
    for (const auto& request : done) {
        request->outcome = outcome;
        request->is_done = true;
    }
    if (!done.empty()) {
        answered.notify_all();
    }
}

Co<void> DiscoveryLoop::State::notify_at(std::shared_ptr<State> self, Instant when) {
    co_await self->seams.clock.sleep_until(when);
    self->answered.notify_all();
}

Co<void> DiscoveryLoop::State::wait_for(
    std::shared_ptr<State> self, std::vector<ProbeRequestPtr> asked, Deadline deadline
) {
    const auto is_done = [](const ProbeRequestPtr& request) { return request->is_done; };
    if (!self->group.spawn(notify_at(self, deadline.at))) {
        co_return;
    }
    while (!std::all_of(asked.begin(), asked.end(), is_done) && !deadline.has_passed(self->seams.clock.now()) &&
           !self->group.is_stopping()) {
        co_await self->answered.wait();
    }
}

Task<Endpoint> DiscoveryLoop::State::take_up(std::shared_ptr<State> self, Endpoint server) {
    if (!server.is_valid()) {
        co_return fail(ErrorCode::invalid, "discover: '" + server.text() + "' is no usable host:port");
    }
    if (self->is_following) {
        co_return fail(ErrorCode::not_leader, "discover " + server.text() + ": another node probes");
    }
    const Endpoint given = co_await State::resolve_given(self, server);
    const Endpoint known = self->names.known_as(given);
    self->forgotten.erase(given);
    self->forgotten.erase(known);
    self->held_off.erase(known);
    self->schedule.add(known, Lane::urgent, self->seams.clock.now());
    co_return known;
}

Task<Endpoint> DiscoveryLoop::take_up(Endpoint server) {
    const auto self = state_;
    CO_TRY(const Endpoint known, co_await State::take_up(self, std::move(server)));
    self->pump();
    co_return known;
}

Task<model::ServerPtr> DiscoveryLoop::discover(Endpoint server, Deadline deadline) {
    const auto self = state_;
    CO_TRY(const Endpoint known, co_await State::take_up(self, std::move(server)));
    self->seams.gateway.want_all(known);
    const auto request = self->ask(known, deadline);
    self->pump();
    const std::vector<ProbeRequestPtr> asked(1, request);
    co_await State::wait_for(self, asked, deadline);
    self->publish();
    if (!request->is_done && self->group.is_stopping()) {
        co_return fail(ErrorCode::cancelled, "discover " + known.text() + ": discovery is stopping");
    }
    if (!request->is_done) {
        co_return fail(ErrorCode::timed_out, "discover " + known.text() + ": no answer in time");
    }
    if (!request->outcome && request->outcome.error().code == ErrorCode::refused) {
        co_return nullptr;  // not by the server: see State::took
    }
    if (!request->outcome) {
        co_return tl::unexpected<Error>(with_context("discover " + known.text(), request->outcome.error()));
    }
    auto found = self->table.find(self->names.known_as(known));
    if (found == nullptr) {
        co_return fail(ErrorCode::not_found, "discover " + known.text() + ": it was forgotten meanwhile");
    }
    co_return found;
}

Co<void> DiscoveryLoop::refresh(std::vector<Endpoint> servers, Deadline deadline) {
    const auto self = state_;
    if (self->is_following) {
        co_return co_await look();
    }
    std::vector<ProbeRequestPtr> asked;
    asked.reserve(servers.size());
    for (const auto& server : servers) {
        asked.push_back(self->ask(self->names.known_as(server), deadline));
    }
    self->pump();
    co_await State::wait_for(self, std::move(asked), deadline);
    self->publish();
}

}  // namespace orc::discovery
