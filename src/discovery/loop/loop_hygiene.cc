// What is done once a minute about servers that do not answer: they are forgotten, known by another name, or found to
// belong elsewhere; and forgetting one.
#include "discovery/loop/loop_state.h"
#include "runtime/log.h"

namespace orc::discovery {
namespace {

constexpr Micros hygiene_interval = Seconds(60);

}  // namespace

bool DiscoveryLoop::State::is_forgotten(const Endpoint& server) {
    const auto found = forgotten.find(server);
    if (found == forgotten.end()) {
        return false;
    }
    if (found->second > seams.clock.now()) {
        return true;
    }
    forgotten.erase(found);
    return false;
}

void DiscoveryLoop::State::forget(const Endpoint& server, bool remember) {
    LOG(info, "discovery.server_forgotten", {{"server", server}});
    if (remember) {
        forgotten[server] = seams.clock.now() + 3 * interval;
    }
    const Error gone{ErrorCode::not_found, server.text() + " was forgotten", 0};
    complete(take_requests(server), tl::unexpected<Error>(gone));
    schedule.remove(server);
    pulses.erase(server);
    seeds.erase(server);
    sources_followed.erase(server);
    names.forget(server);
    seams.gateway.forget(server);
    seams.store.forget_observed(server);
    announce(table.remove(server, reading_now()));
}

void DiscoveryLoop::State::tidy_up() {
    const Instant now = seams.clock.now();
    const auto is_over = [&](const auto& entry) { return entry.second <= now; };
    std::erase_if(forgotten, is_over);
    std::erase_if(held_off, is_over);
    tell_limit.tidy_up(now);
    forget_resolved_elsewhere();
    resolve_unknown_sources();
    review_unseen();
    tidy_notes();
    if (settings.unseen_instance_forget_hours <= 0) {
        return;
    }
    const Micros unseen_max = std::chrono::hours(settings.unseen_instance_forget_hours);
    for (const auto& server : table.servers()) {
        const auto known = table.find(server);
        const auto& check = known->remembered ? known->remembered->check : known->check;
        const auto since = check.seen ? check.seen : check.failing_since;
        if (since && now - *since > unseen_max) {
            const auto hours = std::to_string(settings.unseen_instance_forget_hours);
            audit(audit_names::forgotten, server, "not seen for more than " + hours + " hours");
            forget(server, false);
        }
    }
}

Co<void> DiscoveryLoop::State::hygiene_loop(std::shared_ptr<State> self) {
    while (!self->group.is_stopping()) {
        co_await self->seams.clock.sleep_for(hygiene_interval);
        self->tidy_up();
    }
}

/// A server that does not answer and whose name leads to another one by now is there twice.
void DiscoveryLoop::State::forget_resolved_elsewhere() {
    for (const auto& server : table.servers()) {
        const auto known = table.find(server);
        const Endpoint elsewhere = names.known_as(server);
        if (known == nullptr || known->check.failures == 0 || elsewhere == server || !table.knows(elsewhere)) {
            continue;
        }
        audit(audit_names::forgotten_elsewhere, server, "it is " + elsewhere.text() + " now");
        forget(server, false);
    }
}

/// A source that replicas name and that was never met may have been known by another name once.
void DiscoveryLoop::State::resolve_unknown_sources() {
    for (const auto& server : table.servers()) {
        const auto unknown = table.find(server);
        if (unknown->facts != nullptr || unknown->check.failures == 0 || !table.has_children(server)) {
            continue;
        }
        for (const auto& name : resolved_once) {
            const Endpoint was{name.resolved, server.port};
            if (name.host == server.host && was != server && is_known_sender(was, server)) {
                audit(audit_names::resolved_source, was, server.text() + " was resolved to " + was.text() + " once");
                names.learn(server, was);
                note_name(server.host, was.host);
                schedule.remove(server);
                seams.store.forget_observed(server);
                announce(table.rename(server, was, reading_now()));
                break;
            }
        }
    }
}

/// `server` is known, and may be the one that the replicas of `given` receive from.
bool DiscoveryLoop::State::is_known_sender(const Endpoint& server, const Endpoint& given) const {
    const auto known = table.find(server);
    if (known == nullptr || known->facts == nullptr) {
        return false;
    }
    for (const auto& child : table.children_of(given)) {
        const auto replica = table.find(child);
        const model::Channel* channel = replica->channel();
        if (channel != nullptr && !may_send(*known->facts, *channel)) {
            return false;
        }
    }
    return true;
}

/// What servers that do not answer said last is read again by today's names, and where they belong is told.
void DiscoveryLoop::State::review_unseen() {
    std::size_t moved = 0;
    std::unordered_map<Endpoint, ClusterName> now_unseen;
    for (const auto& server : table.servers()) {
        if (table.find(server)->check.failures == 0) {
            continue;
        }
        announce(table.review(server, reading_now()));
        const ClusterName cluster = table.find(server)->cluster;
        const auto before = unseen.find(server);
        if (before != unseen.end() && before->second != cluster) {
            ++moved;
            audit(audit_names::moved_unseen, server, "set to " + cluster.text());
            seams.store.write_observed(table.find(server));
        }
        now_unseen.emplace(server, cluster);
    }
    unseen = std::move(now_unseen);
    if (moved > 0) {
        audit(audit_names::reviewed_unseen, Endpoint{}, "operations: " + std::to_string(moved));
    }
}

Result<void> DiscoveryLoop::forget(const Endpoint& server) {
    if (state_->is_following) {
        return fail(ErrorCode::not_leader, "forget " + server.text() + ": another node probes");
    }
    const Endpoint known = state_->names.known_as(server);
    if (!state_->table.knows(known) && !state_->schedule.contains(known)) {
        return fail(ErrorCode::not_found, "forget: " + server.text() + " is not known");
    }
    state_->forget(known, true);
    state_->publish();
    return {};
}

}  // namespace orc::discovery
