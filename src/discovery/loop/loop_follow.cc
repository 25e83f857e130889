// Not probing: another node does, and what it writes down is shown. Only one node asks the servers anything, however
// many nodes there are.
#include <algorithm>

#include "discovery/loop/loop_state.h"
#include "runtime/log.h"

namespace orc::discovery {
namespace {

constexpr Micros look_every = Seconds(1);
/// A look at a large fleet takes its time: at most a tenth of it is spent looking.
constexpr int pause_by_look = 9;

}  // namespace

/// Lets go of every server: no probe, no pulse, no session is left.
void DiscoveryLoop::State::let_go() {
    const Error gone{ErrorCode::not_leader, "another node watches from now on", 0};
    for (auto& entry : std::exchange(requests, {})) {
        complete(std::move(entry.second), tl::unexpected<Error>(gone));
    }
    for (const auto& server : schedule.servers()) {
        schedule.remove(server);
        pulses.erase(server);
        seams.gateway.forget(server);
    }
    table.clear();
    sources_followed.clear();
    rules_told.clear();
    aliases_told.clear();
    audits_told.clear();
    tls_told.clear();
    domains_told.clear();
}

/// Reads what the active node wrote and shows it. Errors: those of the store; then the last look stays, and ages.
Task<void> DiscoveryLoop::State::look(std::shared_ptr<State> self) {
    CO_TRY(auto servers, co_await self->seams.store.observed_servers());
    CO_TRY(auto domains, co_await self->seams.store.cluster_domains());
    if (self->is_following && !self->group.is_stopping()) {
        self->borrowed = Borrowed{std::move(servers), std::move(domains)};
        self->show();
    }
    co_return Result<void>{};
}

void DiscoveryLoop::State::show() {
    auto snapshot = borrowed_topology(
        borrowed, *seams.ledger.intent(), config::ClusterAliases(settings.cluster_name_to_alias), reading_now()
    );
    snapshot->revision = published->revision + 1;
    model::TopologyPtr fresh = std::move(snapshot);
    const model::TopologyPtr shown = fresh;
    {
        const std::unique_lock lock(published_mutex);
        published.swap(fresh);
    }
    for (const auto& [name, cluster] : shown->clusters) {
        for (const auto& listener : listeners) {
            listener(cluster);
        }
    }
}

Co<void> DiscoveryLoop::State::follow_loop(std::shared_ptr<State> self, std::uint64_t run) {
    bool is_failing = false;
    while (self->is_following && self->following_run == run && !self->group.is_stopping()) {
        const Instant began = self->seams.clock.now();
        const auto looked = co_await look(self);
        if (!looked && !is_failing) {
            LOG(warning, "discovery.not_followed", {{"why", looked.error().message}});
        }
        is_failing = !looked;
        const Micros took = self->seams.clock.now() - began;
        co_await self->seams.clock.sleep_for(std::max(look_every, pause_by_look * took));
    }
}

void DiscoveryLoop::State::begin_watching(const std::vector<store::KnownServer>& known) {
    start_known(known);
    publish();
    pump();
}

void DiscoveryLoop::follow() {
    const auto self = state_;
    self->wants_lead = false;
    if (self->is_following) {
        return;
    }
    self->is_following = true;
    ++self->following_run;
    self->let_go();
    if (self->is_started) {
        self->group.spawn(State::follow_loop(self, self->following_run));
    }
}

/// As after a start: what was borrowed is no evidence, so every server is read anew, at once.
Co<void> DiscoveryLoop::lead() {
    const auto self = state_;
    self->wants_lead = true;
    if (!self->is_following || !self->is_started) {
        self->is_following = false;
        co_return;
    }
    auto known = co_await self->seams.store.known_servers();
    if (!known) {
        known = std::vector<store::KnownServer>();  // what was seen last is as good
        for (const auto& server : self->borrowed.servers) {
            known->push_back({server->endpoint, server->source(), server->cluster, server->facts ? server : nullptr});
        }
    }
    std::vector<Endpoint> endpoints;
    for (const auto& server : *known) {
        endpoints.push_back(server.endpoint);
    }
    co_await State::recall(self, std::move(endpoints));
    if (self->wants_lead && self->is_following && !self->group.is_stopping()) {
        self->is_following = false;
        self->borrowed = {};
        self->begin_watching(*known);
    }
}

Co<void> DiscoveryLoop::look() {
    const auto self = state_;
    if (self->is_following) {
        [[maybe_unused]] const auto looked = co_await State::look(self);
    }
}

}  // namespace orc::discovery
