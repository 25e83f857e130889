#include "app/caretaker.h"

#include <set>

#include "app/service.h"
#include "model/expiry.h"
#include "runtime/log.h"

namespace orc::app {
namespace {

constexpr Seconds beat_every{1};
constexpr int beats_between_tidying = 60;
constexpr Millis claim_pause{10};
constexpr Seconds alive_within{2};
constexpr Seconds answers_within{3};
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

Caretaker::Caretaker(
    CaretakerSeams seams, const config::Settings& settings, recovery::Node node, std::string command, bool is_shared
)
    : seams_(seams),
      settings_(settings),
      node_(std::move(node)),
      command_(std::move(command)),
      is_shared_(is_shared),
      began_(seams_.clock.wall()),
      well_at_(seams_.clock.now()),
      tasks_(seams_.executor) {
    seams_.ledger.on_lost([this] { seams_.store.keep_observations(false); });
}

store::NodeRecord Caretaker::self() const {
    store::NodeRecord out;
    out.host = node_.host;
    out.token = node_.token;
    out.version = version();
    out.command = command_;
    out.backend = seams_.store.describe();
    out.first_seen = began_;
    out.last_seen = seams_.clock.wall();
    return out;
}

Error Caretaker::used_by_another() const {
    return Error{
        ErrorCode::conflict,
        "database " + seams_.store.describe() + " is used by the orchestrator on " + active_->host +
            ", which was active " + std::to_string(active_->age.count()) + " s ago"
    };
}

Task<void> Caretaker::start(bool may_stand_by) {
    if (!is_shared_) {
        co_return co_await seams_.ledger.start();
    }
    CO_TRY(co_await seams_.store.open());
    CO_TRY(co_await claim(activity_patience));
    if (!is_mine() && !may_stand_by) {
        co_return tl::unexpected(used_by_another());
    }
    co_return Result<void>{};
}

void Caretaker::live_on() { tasks_.spawn(live()); }

Co<void> Caretaker::stop() {
    co_await tasks_.stop();
    if (is_mine()) {
        // If it cannot be said, the others find out by our silence.
        [[maybe_unused]] const auto released = co_await seams_.store.release_activity(node_.token);
    }
}

Co<void> Caretaker::live() {
    while (!tasks_.is_stopping()) {
        co_await beat();
        ++rounds_;
        if (rounds_ % beats_between_tidying == 0 && seams_.ledger.view().is_leader) {
            co_await tidy();
        }
        co_await seams_.clock.sleep_for(beat_every);
    }
}

Co<void> Caretaker::beat() {
    const Instant began = seams_.clock.now();
    const Seconds patience = is_shared_ ? activity_patience : Seconds(0);
    const auto claimed = co_await claim(patience);
    if (!claimed) {
        error_ = claimed.error().message;
        co_return;
    }
    store::NodeRecord record = self();
    auto nodes = co_await seams_.store.register_node(std::move(record), alive_within);
    if (!nodes) {
        error_ = nodes.error().message;
        co_return;
    }
    nodes_ = *std::move(nodes);
    error_.clear();
    well_at_ = began;
}

Task<void> Caretaker::claim(Seconds patience) {
    while (is_claiming_) {
        co_await seams_.clock.sleep_for(claim_pause);
    }
    is_claiming_ = true;
    const Instant asked = seams_.clock.now();
    store::NodeRecord record = self();
    auto active = co_await seams_.store.claim_activity(std::move(record), patience);
    Result<void> done = active.map([](const auto&) {});
    if (active) {
        // Being active began anew: in between somebody else may have been, or this is another database.
        const bool is_anew = active_ && is_mine() && active->first_seen != active_->first_seen;
        active_ = *active;
        if (is_shared_ && is_mine() && is_anew && seams_.ledger.view().epoch != 0) {
            done = co_await seams_.ledger.follow(node_.host);
        }
        if (!done) {
            is_claiming_ = false;
            co_return done;
        }
        if (!is_mine()) {
            done = co_await stand_by(*std::move(active));
        } else {
            if (is_shared_ && seams_.ledger.view().epoch == 0) {
                done = co_await take_over();
            }
            if (done) {
                seams_.ledger.lead_until(asked + leads_without_saying_so);
            }
        }
    }
    is_claiming_ = false;
    co_return done;
}

Task<void> Caretaker::take_over() {
    CO_TRY(co_await seams_.ledger.take_over());
    seams_.store.keep_observations(true);
    LOG(info, "service.active", {{"host", node_.host}, {"stood_by", stands_by_}});
    stands_by_ = false;
    co_await seams_.discovery.lead();
    co_return Result<void>{};
}

Task<void> Caretaker::stand_by(store::ActiveNode active) {
    if (!stands_by_) {
        stands_by_ = true;
        seams_.store.keep_observations(false);
        seams_.discovery.follow();
        LOG(info, "service.standing_by", {{"active", active.host}, {"token", active.token}});
    }
    co_return co_await seams_.ledger.follow(active.host);
}

api::Pulse Caretaker::pulse() const {
    api::Pulse out;
    out.nodes = nodes_;
    out.active = active_;
    out.error = error_;
    const auto silent = std::chrono::duration_cast<Seconds>(seams_.clock.now() - well_at_);
    if (out.error.empty() && silent >= answers_within) {
        out.error =
            "database " + seams_.store.describe() + " has not answered for " + std::to_string(silent.count()) + " s";
    }
    return out;
}

Co<void> Caretaker::catch_up() {
    if (!stands_by_ || !active_) {
        co_return;
    }
    std::string leader = active_->host;
    // What cannot be read now is read with the next beat.
    [[maybe_unused]] const auto followed = co_await seams_.ledger.follow(std::move(leader));
    co_await seams_.discovery.look();
}

Task<void> Caretaker::grab() { return claim(Seconds(0)); }

Task<void> Caretaker::reelect() {
    if (!is_shared_ || !is_mine()) {
        co_return Result<void>{};
    }
    seams_.ledger.lead_until(seams_.clock.now());  // not beside whoever is faster
    co_return co_await seams_.store.release_activity(node_.token);
}

Co<void> Caretaker::tidy() {
    co_await take_snapshot_if_due();
    co_await expire();
}

// Counted from the last one in the database, so that a restart neither skips nor repeats one.
Co<void> Caretaker::take_snapshot_if_due() {
    const std::chrono::hours interval(settings_.snapshot_topologies_interval_hours);
    if (interval.count() <= 0 || !take_snapshot_) {
        co_return;
    }
    const auto times = co_await seams_.store.snapshot_times();
    if (!times || (!times->empty() && seams_.clock.wall() - times->back() < interval)) {
        co_return;
    }
    const auto taken = co_await take_snapshot_();
    if (!taken) {
        LOG(warning, "snapshot.not_taken", {{"why", taken.error().message}});
    }
}

Co<void> Caretaker::expire() {
    const WallTime now = seams_.clock.wall();
    const store::Retention retention = retention_of(settings_);
    const auto done = co_await seams_.store.expire(now, retention);
    if (!done) {
        LOG(warning, "store.expiry_failed", {{"error", done.error().message}});
        co_return;
    }
    std::set<NodeToken> alive;
    for (const auto& node : nodes_) {
        alive.insert(node.token);
    }
    auto changes = model::expired(*seams_.ledger.intent(), lifetimes_of(settings_), alive, now);
    if (changes.empty()) {
        co_return;
    }
    ledger::Commit commit;
    commit.id = "expiry:" + node_.token.text() + ":" + std::to_string(rounds_);
    commit.epoch = seams_.ledger.view().epoch;
    commit.changes = std::move(changes);
    // What fails is found again next time.
    [[maybe_unused]] const auto outcome = co_await seams_.ledger.commit(std::move(commit));
}

}  // namespace orc::app
