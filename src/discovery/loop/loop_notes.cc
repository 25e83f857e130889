// What is told the store beside servers: names and addresses of hosts, who insists on TLS, domains of clusters. All of
// it is a cache: it is told when it is news and again before it expires, and it is recalled when discovery starts.
#include <algorithm>
#include <utility>

#include "discovery/loop/loop_state.h"
#include "runtime/log.h"

namespace orc::discovery {
namespace {

constexpr Micros addresses_kept = Seconds(600);
constexpr Micros look_up_max = Seconds(5);
constexpr std::size_t resolutions_max = 10'000;  ///< that are remembered, however old

template <typename T>
std::vector<T> or_nothing(Result<std::vector<T>> found, std::string_view what) {
    if (!found) {
        LOG(warning, "discovery.not_recalled", {{"what", what}, {"why", found.error().message}});
        return {};
    }
    return *std::move(found);
}

}  // namespace

Co<void> DiscoveryLoop::State::recall(std::shared_ptr<State> self, std::vector<Endpoint> known) {
    auto named = co_await self->seams.store.resolved_names();
    auto former = co_await self->seams.store.former_names();
    auto strict = co_await self->seams.store.tls_requirements();
    auto domains = co_await self->seams.store.cluster_domains();
    const Instant now = self->seams.clock.now();
    const WallTime wall = self->seams.clock.wall();
    for (const auto& name : or_nothing(std::move(former), "former names")) {
        self->remember_resolution(name);
    }
    for (const auto& name : or_nothing(std::move(named), "names")) {
        self->remember_resolution(name);
        const Micros age = std::max<Micros>(Micros{0}, std::chrono::duration_cast<Micros>(wall - name.at));
        if (age >= self->hosts.life()) {
            continue;
        }
        self->hosts.recall(name.host, name.resolved, now + (self->hosts.life() - age));
        self->recall_name(name.host, name.resolved, known);
    }
    for (const auto& requirement : or_nothing(std::move(strict), "who insists on TLS")) {
        self->tls_told[requirement.endpoint] = requirement.is_required;
        if (requirement.is_required) {
            self->seams.gateway.expect_tls(requirement.endpoint);
        }
    }
    for (const auto& domain : or_nothing(std::move(domains), "domains of clusters")) {
        if (wall - domain.at < self->hosts.life()) {
            self->table.recall_domain(domain.cluster, domain.domain);
        }
    }
}

/// The name leads to servers known from before, on their ports only, and unless it is itself the name of one.
void DiscoveryLoop::State::recall_name(
    const std::string& host, const std::string& resolved, const std::vector<Endpoint>& known
) {
    if (host == resolved) {
        return;
    }
    for (const auto& server : known) {
        const Endpoint given{host, server.port};
        if (server.host == resolved && given.is_valid() &&
            std::find(known.begin(), known.end(), given) == known.end()) {
            names.learn(given, server);
        }
    }
}

void DiscoveryLoop::State::note_name(const std::string& host, const std::string& resolved) {
    const auto name = store::ResolvedName{host, resolved, seams.clock.wall()};
    seams.store.note(name);
    remember_resolution(name);
}

void DiscoveryLoop::State::remember_resolution(const store::ResolvedName& name) {
    if (name.host == name.resolved) {
        return;
    }
    std::erase_if(resolved_once, [&](const auto& known) {
        return known.host == name.host && known.resolved == name.resolved;
    });
    const auto older = std::find_if(resolved_once.begin(), resolved_once.end(), [&](const auto& known) {
        return known.at <= name.at;
    });
    resolved_once.insert(older, name);
    if (resolved_once.size() > resolutions_max) {
        resolved_once.pop_back();
    }
}

/// What servers told of their names is true for as long as it leads to them.
void DiscoveryLoop::State::renew_own_names() {
    for (const auto& name : hosts.aging()) {
        if (names.leads(name.host, name.resolved)) {
            hosts.tell(name.host, name.resolved, seams.clock.now() + hosts.life());
            note_name(name.host, name.resolved);
        }
    }
}

void DiscoveryLoop::State::note_tls(const Endpoint& server, const model::Facts& facts) {
    if (!facts.refuses_plain) {
        return;
    }
    const auto told = tls_told.find(server);
    // That no TLS is asked for is news only where it was asked for before.
    const bool before = told != tls_told.end() && told->second;
    if (*facts.refuses_plain != before) {
        tls_told[server] = *facts.refuses_plain;
        seams.store.note(store::TlsRequirement{server, *facts.refuses_plain});
    }
}

void DiscoveryLoop::State::note_domain(const model::Cluster& cluster) {
    // What is only recalled may have changed while nobody read it: it ages.
    const bool was_read = std::any_of(cluster.servers.begin(), cluster.servers.end(), [&](const auto& server) {
        return server->facts && server->facts->cluster_domain == cluster.domain;
    });
    if (cluster.domain.empty() || !was_read) {
        return;
    }
    auto& told = domains_told[cluster.name];
    const Instant now = seams.clock.now();
    if (told.text != cluster.domain || now - told.at >= hosts.life() / 2) {
        told = ToldDomain{cluster.domain, now};
        seams.store.note(store::ClusterDomain{cluster.name, cluster.domain, seams.clock.wall()});
    }
}

void DiscoveryLoop::State::want_addresses(const std::string& host) {
    if (seams.host_names == nullptr) {
        return;
    }
    auto& known = addresses[host];
    const Instant now = seams.clock.now();
    if (known.is_due(now)) {
        known.due = now + addresses_kept;
        addresses_wanted.push_back(host);
        if (!std::exchange(is_looking_up, true)) {
            is_looking_up = group.spawn(look_up_addresses(shared_from_this())) && is_looking_up;
        }
    }
}

/// One at a time: nobody waits for it.
Co<void> DiscoveryLoop::State::look_up_addresses(std::shared_ptr<State> self) {
    while (!self->addresses_wanted.empty() && !self->group.is_stopping()) {
        const std::string host = std::move(self->addresses_wanted.front());
        self->addresses_wanted.pop_front();
        const Deadline deadline = self->seams.clock.deadline_in(look_up_max);
        const Result<HostIps> found = co_await self->seams.host_names->addresses(host, deadline);
        const auto known = self->addresses.find(host);
        if (found && known != self->addresses.end() && known->second.ips != *found) {
            known->second.ips = *found;
            self->seams.store.note(store::HostAddresses{host, found->v4, found->v6, self->seams.clock.wall()});
        }
    }
    self->is_looking_up = false;
}

/// Drops what belongs to servers and clusters that are gone.
void DiscoveryLoop::State::tidy_notes() {
    std::unordered_set<std::string> there;
    for (const auto& server : table.servers()) {
        there.insert(server.host);
    }
    std::erase_if(addresses, [&](const auto& entry) { return !there.contains(entry.first); });
    std::erase_if(tls_told, [&](const auto& entry) { return !table.knows(entry.first) && !entry.second; });
    std::erase_if(domains_told, [&](const auto& entry) {
        return seams.clock.now() - entry.second.at >= 2 * hosts.life();
    });
    renew_own_names();
}

}  // namespace orc::discovery
