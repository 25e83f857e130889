#include "app/caretaker.h"

#include "app/service.h"
#include "model/expiry.h"
#include "runtime/log.h"

namespace orc::app {
namespace {

constexpr Seconds beat_every{1};
constexpr int beats_between_tidying = 60;
constexpr Seconds alive_within{5};
constexpr Seconds blocked_for{3600};  // blocked recoveries are taken away by whoever put them; this is for the rest

Seconds minutes(std::int64_t count) { return std::chrono::minutes(count); }

model::Lifetimes lifetimes_of(const config::Settings& settings) {
    model::Lifetimes out;
    out.candidates = minutes(settings.candidate_instance_expire_minutes);
    out.pools = minutes(settings.instance_pool_expiry_minutes);
    out.unresolves = minutes(settings.expiry_hostname_resolves_minutes);
    out.access_tokens = minutes(settings.access_token_expiry_minutes);
    out.blocked = blocked_for;
    return out;
}

store::Retention retention_of(const config::Settings& settings) {
    store::Retention out;
    out.history = std::chrono::days(settings.audit_purge_days);
    out.unseen = std::chrono::hours(settings.unseen_instance_forget_hours);
    out.resolves = minutes(settings.expiry_hostname_resolves_minutes);
    return out;
}

}  // namespace

Caretaker::Caretaker(CaretakerSeams seams, const config::Settings& settings, recovery::Node node, bool is_shared)
    : seams_(seams),
      settings_(settings),
      node_(std::move(node)),
      is_shared_(is_shared),
      began_(seams_.clock.wall()),
      tasks_(seams_.executor) {}

store::NodeRecord Caretaker::self() const {
    store::NodeRecord out;
    out.host = node_.host;
    out.token = node_.token;
    out.version = version();
    out.backend = seams_.store.describe();
    out.first_seen = began_;
    out.last_seen = seams_.clock.wall();
    return out;
}

Task<void> Caretaker::become_active(bool is_patient) {
    if (!is_shared_) {
        co_return Result<void>{};
    }
    bool was_told = false;
    CO_TRY(co_await seams_.store.open());
    for (;;) {
        store::NodeRecord record = self();
        const auto claimed = co_await seams_.store.claim_activity(std::move(record), activity_patience);
        if (claimed) {
            is_active_ = true;
            co_return Result<void>{};
        }
        if (!is_patient || claimed.error().code != ErrorCode::conflict) {
            co_return tl::unexpected(claimed.error());
        }
        if (!was_told) {
            was_told = true;
            LOG(info, "service.standing_by", {{"reason", claimed.error().message}});
        }
        co_await seams_.clock.sleep_for(beat_every);
    }
}

void Caretaker::start() { tasks_.spawn(live()); }

Co<void> Caretaker::stop() {
    co_await tasks_.stop();
    if (is_active_) {
        // If it cannot be said, the others find out by our silence.
        [[maybe_unused]] const auto released = co_await seams_.store.release_activity(node_.token);
    }
}

Co<void> Caretaker::live() {
    while (!tasks_.is_stopping()) {
        co_await seams_.clock.sleep_for(beat_every);
        if (tasks_.is_stopping()) {
            break;
        }
        if (is_shared_) {
            co_await beat();
        }
        if (++rounds_ % beats_between_tidying == 0 && seams_.leadership.view().is_leader) {
            co_await tidy();
        }
    }
}

// Failures are told by the store itself, once; silence lets another node take over, and its first commit fences us.
Co<void> Caretaker::beat() {
    store::NodeRecord record = self();
    store::NodeRecord again = record;
    const auto claimed = co_await seams_.store.claim_activity(std::move(record), activity_patience);
    if (!claimed && claimed.error().code == ErrorCode::conflict) {
        // Proves it by a fenced write, which ends our leadership if it is so.
        const auto epoch = seams_.leadership.view().epoch;
        const Deadline deadline = seams_.clock.deadline_in(activity_patience);
        [[maybe_unused]] const auto proven = co_await seams_.leadership.confirm(epoch, deadline);
    }
    const auto nodes = co_await seams_.store.register_node(std::move(again), alive_within);
    alive_.clear();
    if (nodes) {
        for (const auto& node : *nodes) {
            alive_.insert(node.token);
        }
    }
}

Co<void> Caretaker::tidy() {
    const WallTime now = seams_.clock.wall();
    const store::Retention retention = retention_of(settings_);
    const auto done = co_await seams_.store.expire(now, retention);
    if (!done) {
        LOG(warning, "store.expiry_failed", {{"error", done.error().message}});
        co_return;
    }
    auto changes = model::expired(*seams_.ledger.intent(), lifetimes_of(settings_), alive_, now);
    if (changes.empty()) {
        co_return;
    }
    ledger::Commit commit;
    commit.id = "expiry:" + node_.token.text() + ":" + std::to_string(rounds_);
    commit.epoch = seams_.leadership.view().epoch;
    commit.changes = std::move(changes);
    // What fails is found again next time.
    [[maybe_unused]] const auto outcome = co_await seams_.ledger.commit(std::move(commit));
}

}  // namespace orc::app
