// The face of the loop, its timer and its snapshots. What one probe does is in loop_probe.cc.
#include <algorithm>

#include "discovery/loop/loop_state.h"
#include "runtime/log.h"

namespace orc::discovery {
namespace {

constexpr Micros publish_interval = Millis(50);
constexpr Micros wake_grain_min = Millis(1);
constexpr Micros wake_grain_max = Millis(10);

std::shared_ptr<const model::Intent> intent_of(const ledger::Ledger& ledger) {
    auto intent = ledger.intent();
    return intent != nullptr ? intent : std::make_shared<const model::Intent>();
}

}  // namespace

Micros probe_read_limit(const config::Settings& settings) {
    const auto seconds = settings.mysql_discovery_read_timeout_seconds;
    return Seconds(seconds > 0 ? seconds : config::Settings().mysql_discovery_read_timeout_seconds);
}

DiscoveryLoop::State::State(Seams s, config::Settings c)
    : seams(s),
      settings(std::move(c)),
      ignored(settings.discovery_ignore_hostname_filters),
      ignored_replicas(settings.discovery_ignore_replica_hostname_filters),
      ignored_sources(settings.discovery_ignore_master_hostname_filters),
      ignored_users(settings.discovery_ignore_replication_username_filters),
      hosts(settings, seams.clock, seams.host_names),
      table(
          settings, [this](const Endpoint& given) { return names.known_as(given); }, intent_of(seams.ledger)
      ),
      schedule(Pace(settings), seams.rng),
      interval(Pace(settings).interval),
      pulse_interval(Millis(settings.pulse_milliseconds)),
      probe_timeout(Millis(std::max<std::int64_t>(1, settings.probe_timeout_milliseconds))),
      read_timeout(probe_read_limit(settings)),
      answered(seams.executor),
      changed(seams.executor),
      group(seams.executor) {
    set_history_limits();
    published = table.snapshot(reading_now());
}

void DiscoveryLoop::State::set_history_limits() {
    history.set_limits(
        Seconds(settings.discovery_collection_retention_seconds),
        static_cast<std::size_t>(std::clamp<std::int64_t>(settings.discovery_queue_max_statistics_size, 0, 86'400))
    );
}

Reading DiscoveryLoop::State::reading_now() const {
    const Instant now = seams.clock.now();
    return {now, now, seams.clock.wall()};
}

void DiscoveryLoop::State::start_known(const std::vector<store::KnownServer>& known) {
    const Reading now = reading_now();
    for (const auto& server : known) {
        if (!server.endpoint.is_valid() || ignored.matches(server.endpoint)) {
            continue;
        }
        announce(table.remember(server, now));
        schedule.add(server.endpoint, Lane::normal, now.ended);
    }
    for (const auto& seed : settings.discovery_seeds) {
        const auto endpoint = Endpoint::parse(seed, static_cast<std::uint16_t>(settings.default_instance_port));
        if (!endpoint || !endpoint->is_valid()) {
            LOG(warning, "discovery.seed_rejected", {{"seed", seed}});
            continue;
        }
        seeds.insert(*endpoint);
        if (!table.knows(*endpoint) && names.known_as(*endpoint) == *endpoint) {
            audit(audit_names::seed, *endpoint, "injected");
        }
        schedule.add(*endpoint, Lane::urgent, now.ended);
        schedule.request(*endpoint, now.ended);
    }
}

/// Starts whatever may start now and sees to it that this is called again in time.
void DiscoveryLoop::State::pump() {
    if (group.is_stopping() || !is_started || is_following) {
        return;
    }
    const Instant now = seams.clock.now();
    notice_late_pulses(now);
    while (auto start = schedule.take(now)) {
        if (start->lane == Lane::normal && start->is_answering) {
            const Micros late = now - start->due;
            counters.lateness.add(late);
            counters.probes_late += late > interval / 10 ? 1 : 0;
        }
        ++counters.probes;
        group.spawn(probe(shared_from_this(), *std::move(start)));
    }
    start_due_pulses(now);
    sample_queues(now);
    arm(now);
}

void DiscoveryLoop::State::sample_queues(Instant now) {
    if (!history.wants_queue_sample(now)) {
        return;
    }
    const std::size_t silent = schedule.slow_in_flight();
    const std::size_t waiting = schedule.waiting(Lane::urgent, now) + schedule.waiting(Lane::normal, now);
    history.add(Crowd::answering, {schedule.in_flight() - silent, waiting});
    history.add(Crowd::silent, {silent, schedule.waiting(Lane::slow, now)});
}

// Waking costs as much as a tenth of a probe; half a percent of the interval is too late for nobody.
Micros DiscoveryLoop::State::wake_grain() const { return std::clamp(interval / 200, wake_grain_min, wake_grain_max); }

void DiscoveryLoop::State::arm(Instant now) {
    auto next = schedule.next(now);
    const auto take_earlier = [&](Instant when) { next = next ? std::min(*next, when) : when; };
    if (const auto due = pulses.next()) {
        take_earlier(*due);
    }
    if (!pulses_begun.empty()) {
        take_earlier(pulses_begun.front().first + pulse_interval / 4);
    }
    if (!next) {
        return;
    }
    const Instant when = std::max(*next, now + wake_grain());
    if (armed && *armed > now && *armed <= when) {
        return;
    }
    armed = when;
    group.spawn(wake_later(shared_from_this(), when));
}

Co<void> DiscoveryLoop::State::wake_later(std::shared_ptr<State> self, Instant when) {
    co_await self->seams.clock.sleep_until(when);
    if (self->armed == when) {
        self->armed.reset();
    }
    self->pump();
}

void DiscoveryLoop::State::publish() {
    if (names.revision() != published_revision) {
        published_revision = names.revision();
        auto copy = std::make_shared<const std::unordered_map<Endpoint, Endpoint>>(names.entries());
        const std::unique_lock lock(published_mutex);
        published_names = std::move(copy);
    }
    if (is_following || !table.has_changed()) {
        return;
    }
    auto snapshot = table.snapshot(reading_now());
    // The old one is released outside the lock: freeing ten thousand entries takes a while.
    const std::unique_lock lock(published_mutex);
    published.swap(snapshot);
}

Co<void> DiscoveryLoop::State::publish_loop(std::shared_ptr<State> self) {
    while (!self->group.is_stopping()) {
        if (self->is_following || !self->table.has_changed()) {
            co_await self->changed.wait();
        }
        self->publish();
        co_await self->seams.clock.sleep_for(publish_interval);
    }
}

void DiscoveryLoop::State::announce(const ChangedClusters& clusters) {
    if (clusters.empty()) {
        return;
    }
    changed.notify_all();
    for (const auto& cluster : clusters) {
        note_alias(*cluster);
        note_domain(*cluster);
        for (const auto& listener : listeners) {
            listener(cluster);
        }
    }
}

// ---- the face ----

DiscoveryLoop::DiscoveryLoop(Seams seams, config::Settings settings)
    : state_(std::make_shared<State>(seams, std::move(settings))) {
    seams.gateway.on_session_broken([weak = std::weak_ptr(state_)](Endpoint server) {
        const auto self = weak.lock();
        if (self != nullptr && !self->group.is_stopping()) {
            const Endpoint known = self->names.known_as(server);
            if (self->schedule.request(known, self->seams.clock.now())) {
                if (self->may_tell(known)) {
                    LOG(info, "discovery.session_broken", {{"server", known}});
                }
                self->look_around(known);
                self->pump();
            }
        }
    });
    seams.ledger.on_change([weak = std::weak_ptr(state_)](const std::vector<model::Change>& changes) {
        const auto self = weak.lock();
        if (self != nullptr && !self->group.is_stopping()) {
            self->announce(self->table.intend(intent_of(self->seams.ledger), changes, self->reading_now()));
            if (self->is_following) {
                self->show();
            }
        }
    });
}

DiscoveryLoop::~DiscoveryLoop() = default;

/// Servers that the new filters leave out go, as if they had been in force when we started; those that somebody
/// discovered in spite of the old ones stay.
void DiscoveryLoop::State::leave_out(config::HostFilters filters) {
    const auto before = std::exchange(ignored, std::move(filters));
    for (const auto& server : schedule.servers()) {
        if (ignored.matches(server) && !before.matches(server) && !seeds.contains(server)) {
            forget(server, false);
        }
    }
}

void DiscoveryLoop::State::adopt(const config::Settings& fresh) {
    const bool has_other_patterns = settings.cluster_name_to_alias != fresh.cluster_name_to_alias ||
                                    settings.data_center_pattern != fresh.data_center_pattern ||
                                    settings.region_pattern != fresh.region_pattern ||
                                    settings.physical_environment_pattern != fresh.physical_environment_pattern;
    if (settings.cluster_name_to_alias != fresh.cluster_name_to_alias) {
        note_other_patterns(
            config::ClusterAliases(settings.cluster_name_to_alias), config::ClusterAliases(fresh.cluster_name_to_alias)
        );
    }
    settings = fresh;
    leave_out(config::HostFilters(settings.discovery_ignore_hostname_filters));
    ignored_replicas = config::HostFilters(settings.discovery_ignore_replica_hostname_filters);
    ignored_sources = config::HostFilters(settings.discovery_ignore_master_hostname_filters);
    ignored_users = config::NameFilters(settings.discovery_ignore_replication_username_filters);
    hosts.adopt(settings);
    set_history_limits();
    schedule.set_pace(Pace(settings));
    interval = Pace(settings).interval;
    pulse_interval = Millis(settings.pulse_milliseconds);
    probe_timeout = Millis(std::max<std::int64_t>(1, settings.probe_timeout_milliseconds));
    read_timeout = probe_read_limit(settings);
    if (has_other_patterns) {
        announce(table.adopt(settings, reading_now()));
    }
    pump();
}

void DiscoveryLoop::adopt(const config::Settings& settings) { state_->adopt(settings); }

Task<void> DiscoveryLoop::start() {
    const auto self = state_;
    auto known = co_await self->seams.store.known_servers();
    if (!known) {
        co_return tl::unexpected<Error>(with_context("load known servers", std::move(known).error()));
    }
    self->table.intend(intent_of(self->seams.ledger), {}, self->reading_now());
    std::vector<Endpoint> endpoints;
    for (const auto& server : *known) {
        endpoints.push_back(server.endpoint);
    }
    co_await State::recall(self, std::move(endpoints));
    self->is_started = true;
    if (self->is_following) {
        [[maybe_unused]] const auto looked = co_await State::look(self);  // the loop tells what is wrong
        self->group.spawn(State::follow_loop(self, self->following_run));
    } else {
        self->begin_watching(*known);
    }
    self->group.spawn(State::publish_loop(self));
    self->group.spawn(State::hygiene_loop(self));
    co_return Result<void>{};
}

Co<void> DiscoveryLoop::stop() {
    const auto self = state_;
    co_await self->group.stop();
    const Error stopped{ErrorCode::cancelled, "discovery has stopped", 0};
    for (auto& entry : std::exchange(self->requests, {})) {
        self->complete(std::move(entry.second), tl::unexpected<Error>(stopped));
    }
    self->answered.notify_all();
}

model::TopologyPtr DiscoveryLoop::topology() const {
    const std::unique_lock lock(state_->published_mutex);
    return state_->published;
}

model::ClusterPtr DiscoveryLoop::cluster_now(const Endpoint& server) const {
    const Endpoint known = state_->names.known_as(server);
    return state_->is_following ? state_->published->cluster(known) : state_->table.cluster_of(known);
}

void DiscoveryLoop::suspect(const Endpoint& server, std::string why) {
    const Endpoint known = state_->names.known_as(server);
    if (state_->schedule.request(known, state_->seams.clock.now())) {
        LOG(debug, "discovery.server_suspected", {{"server", known}, {"why", why}});
        state_->pump();
    }
}

void DiscoveryLoop::on_cluster_changed(std::function<void(model::ClusterPtr)> listener) {
    state_->listeners.push_back(std::move(listener));
}

void DiscoveryLoop::publish() { state_->publish(); }

const ProbeHistory& DiscoveryLoop::history() const { return state_->history; }

Counters DiscoveryLoop::counters() const {
    Counters out = state_->counters;
    out.servers = state_->is_following ? state_->published->members->size() : state_->table.size();
    out.in_flight = state_->schedule.in_flight();
    out.slow_lane = state_->schedule.slow_lane_size();
    return out;
}

}  // namespace orc::discovery
