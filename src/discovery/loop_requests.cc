// Those who wait for a probe that starts from now on.
#include <algorithm>

#include "discovery/loop_state.h"

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

}  // namespace orc::discovery
