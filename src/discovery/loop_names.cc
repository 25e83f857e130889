// Under which name a server is kept. A server's own idea of its name is taken only when it is reached by it: several
// servers on one machine, or one behind an address of its own, all call themselves by a name that leads elsewhere.
#include <algorithm>

#include "discovery/loop_state.h"
#include "runtime/log.h"

namespace orc::discovery {
namespace {

/// Long enough for a log-in over a long line, short enough that start-up does not wait for names that lead nowhere.
constexpr Micros try_name_min = Millis(300);

}  // namespace

Co<Endpoint> DiscoveryLoop::State::resolve_given(std::shared_ptr<State> self, Endpoint given) {
    if (!self->hosts.is_active()) {
        co_return given;
    }
    std::string host = co_await self->hosts.resolve(given.host);
    const Endpoint resolved{std::move(host), given.port};
    self->names.learn(given, resolved);
    co_return resolved;
}

Co<void> DiscoveryLoop::State::resolve_hosts(std::shared_ptr<State> self, const model::Facts* facts) {
    std::vector<Endpoint> others = facts->registered_replicas;
    for (const auto& channel : facts->channels) {
        others.push_back(channel.source);
    }
    if (facts->group) {
        others.insert(others.end(), facts->group->members.begin(), facts->group->members.end());
    }
    for (const auto& other : others) {
        if (other.is_valid() && self->names.known_as(other) == other) {
            co_await resolve_given(self, other);
        }
    }
}

Co<Endpoint> DiscoveryLoop::State::settle_name(
    std::shared_ptr<State> self, Endpoint given, std::shared_ptr<model::Facts> facts, std::shared_ptr<Reading> reading
) {
    const auto host = own_host_name(self->settings.mysql_hostname_resolve_method, *facts);
    if (!host || *host == given.host || self->names.is_kept(given)) {
        co_return given;
    }
    const Endpoint own{*host, given.port};
    if (!own.is_valid()) {
        co_return given;
    }
    const auto known = self->table.find(own);
    if (known != nullptr && known->facts != nullptr && is_same_server(*known->facts, *facts)) {
        co_return own;
    }
    const Micros span = std::min(std::max(try_name_min, 4 * (reading->ended - reading->began)), self->probe_timeout);
    const Deadline deadline = self->seams.clock.deadline_in(span);
    const Instant began = self->seams.clock.now();
    auto answer = co_await self->seams.gateway.probe(own, deadline);
    if (answer && is_same_server(*answer, *facts)) {
        *facts = *std::move(answer);
        *reading = self->reading_now();
        reading->began = began;
        co_return own;
    }
    if (self->group.is_stopping()) {
        co_return given;
    }
    if (self->names.keep(given)) {
        if (answer) {
            LOG(warning, "discovery.name_conflict", {{"server", given}, {"own_name", own}, {"why", "another server"}});
        } else {
            LOG(info, "discovery.name_kept", {{"server", given}, {"own_name", own}, {"why", answer.error().message}});
        }
    }
    if (!self->schedule.contains(own)) {
        self->seams.gateway.forget(own);
    }
    co_return given;
}

/// From now on the server of `start` is known as `name`. The table follows once that name has been folded in.
void DiscoveryLoop::State::adopt_name(Schedule::Start& start, const Endpoint& name) {
    const Endpoint given = start.server;
    if (given == name) {
        return;
    }
    LOG(info, "discovery.name_learnt", {{"given", given}, {"server", name}});
    schedule.rename(start, name);
    names.learn(given, name);
    for (auto* list : {&seeds, &sources_followed}) {
        if (list->erase(given) > 0) {
            list->insert(name);
        }
    }
    pulses.erase(given);
    seams.gateway.forget(given);
}

void DiscoveryLoop::State::move_to_name(const Endpoint& given, const Endpoint& name) {
    if (given == name) {
        return;
    }
    if (table.knows(given)) {
        seams.store.forget_observed(given);
    }
    announce(table.rename(given, name, reading_now()));
}

Task<Endpoint> DiscoveryLoop::kept_as(Endpoint given) {
    const auto self = state_;
    if (!given.is_valid()) {
        co_return fail(ErrorCode::invalid, "'" + given.text() + "' is no usable host:port");
    }
    const Endpoint resolved = co_await State::resolve_given(self, given);
    co_return self->names.known_as(resolved);
}

std::vector<CachedName> DiscoveryLoop::cached_names() const { return state_->hosts.remembered(); }
void DiscoveryLoop::forget_cached_names() { state_->hosts.forget_all(); }

}  // namespace orc::discovery
