// Under which name a server is kept. A server's own idea of its name is taken only when it is reached by it: several
// servers on one machine, or one behind an address of its own, all call themselves by a name that leads elsewhere.
#include <algorithm>

#include "discovery/loop/loop_state.h"
#include "runtime/log.h"

namespace orc::discovery {
namespace {

/// Long enough for a log-in over a long line, short enough that start-up does not wait for names that lead nowhere.
constexpr Micros try_name_min = Millis(300);

}  // namespace

bool may_send(const model::Facts& source, const model::Channel& channel) {
    if (source.version.flavor == model::Flavor::maxscale) {
        return true;
    }
    if (!source.server_uuid.empty() && !channel.source_uuid.empty()) {
        return source.server_uuid == channel.source_uuid;
    }
    return channel.source_server_id == 0 || channel.source_server_id == source.server_id;
}

/// Asks the name service; the store learns of an answer that is one.
Co<std::string> DiscoveryLoop::State::ask_name(std::shared_ptr<State> self, std::string host) {
    const auto answer = co_await self->hosts.ask(host);
    if (answer) {
        self->note_name(host, *answer);
        co_return *answer;
    }
    const auto known = self->hosts.known(host);
    co_return known ? known->host : host;
}

Co<void> DiscoveryLoop::State::refresh_name(std::shared_ptr<State> self, std::string host) {
    [[maybe_unused]] const std::string answer = co_await ask_name(self, host);
    self->refreshing.erase(host);
}

/// Waits for the name service only for a name that it was never asked for: what is known is used while it is asked
/// again, so that a name service that is down holds nothing up.
Co<Endpoint> DiscoveryLoop::State::resolve_given(std::shared_ptr<State> self, Endpoint given) {
    if (!self->hosts.is_active() || !given.is_valid() || self->names.is_kept(given)) {
        co_return given;
    }
    std::string host;
    const auto known = self->hosts.known(given.host);
    if (!known) {
        host = co_await ask_name(self, given.host);
    } else {
        host = known->host;
        if (!known->is_fresh && self->refreshing.insert(given.host).second &&
            !self->group.spawn(refresh_name(self, given.host))) {
            self->refreshing.erase(given.host);
        }
    }
    const Endpoint resolved{std::move(host), given.port};
    const auto server = self->table.find(given);
    if (server != nullptr && server->facts != nullptr && self->is_another_server(resolved, *server->facts)) {
        if (self->names.keep(given)) {
            LOG(warning, "discovery.name_conflict", {{"server", given}, {"resolved", resolved}, {"why", "another"}});
        }
        co_return given;
    }
    self->names.learn(given, resolved);
    co_return resolved;
}

/// `server` is known, and is not the one that these facts are of.
bool DiscoveryLoop::State::is_another_server(const Endpoint& server, const model::Facts& facts) const {
    const auto known = table.find(server);
    return known != nullptr && known->facts != nullptr && !is_same_server(*known->facts, facts);
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
        [[maybe_unused]] const Endpoint resolved = co_await resolve_given(self, other);
    }
}

/// The server whose stream a channel receives, by its uuid; nullopt: it has none, or is not known. Ids are of no use:
/// every cluster counts from one.
std::optional<Endpoint> DiscoveryLoop::State::whose_stream(const model::Channel& channel) const {
    if (channel.source_uuid.empty()) {
        return std::nullopt;
    }
    for (const auto& server : table.servers()) {
        const auto known = table.find(server);
        if (known->facts != nullptr && known->facts->server_uuid == channel.source_uuid) {
            return server;
        }
    }
    return std::nullopt;
}

/// An address may move from one server to another (a virtual one does). A replica that is connected by it says whom it
/// reached, so that no name need be asked for again.
void DiscoveryLoop::State::doubt_names(const model::Facts& facts) {
    for (const auto& channel : facts.channels) {
        const Endpoint kept = names.known_as(channel.source);
        const auto known = kept == channel.source ? nullptr : table.find(kept);
        if (channel.receiver != model::ThreadState::running || known == nullptr || known->facts == nullptr ||
            may_send(*known->facts, channel)) {
            continue;
        }
        LOG(info, "discovery.name_moved", {{"name", channel.source}, {"led_to", kept}});
        names.unlearn(channel.source);
        if (const auto other = whose_stream(channel)) {
            names.learn(channel.source, *other);
            note_name(channel.source.host, other->host);
        }
    }
}

Co<Endpoint> DiscoveryLoop::State::settle_name(
    std::shared_ptr<State> self, Endpoint given, std::shared_ptr<model::Facts> facts, std::shared_ptr<Reading> reading
) {
    Endpoint own = given;
    if (self->hosts.is_active()) {
        own = co_await resolve_given(self, given);
    }
    const auto told = own_host_name(self->settings.mysql_hostname_resolve_method, *facts);
    if (own == given && told) {
        own.host = *told;
    }
    if (own == given || !own.is_valid() || self->names.is_kept(given)) {
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
    self->names.unlearn(given);
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
    if (given.host != name.host) {
        hosts.tell(given.host, name.host, seams.clock.now() + hosts.life());
        note_name(given.host, name.host);
    }
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
        const auto before = table.find(given);
        if (before->facts == nullptr && table.has_children(given)) {
            audit(audit_names::resolved_source, name, given.text() + " is " + name.text());
        }
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

Endpoint DiscoveryLoop::known_as(const Endpoint& given) const {
    std::unique_lock lock(state_->published_mutex);
    const auto names = state_->published_names;
    lock.unlock();
    return names == nullptr ? given : follow_names(*names, given);
}

std::vector<CachedName> DiscoveryLoop::cached_names() const { return state_->hosts.remembered(); }
void DiscoveryLoop::forget_cached_names() { state_->hosts.forget_all(); }

}  // namespace orc::discovery
