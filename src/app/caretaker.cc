#include "app/caretaker.h"

#include <algorithm>
#include <set>

#include "app/service.h"
#include "model/expiry.h"
#include "recovery/workshop.h"
#include "runtime/log.h"

namespace orc::app {
namespace {

constexpr Seconds beat_every{1};
constexpr int beats_between_tidying = 60;
constexpr Millis claim_pause{10};
constexpr Seconds clocks_may_differ{2};
constexpr Seconds alive_within{2};
constexpr Seconds answers_within{3};
/// How long a visitor waits for others to leave: longer than it takes until one that died is noticed.
constexpr Seconds visitors_take{10};
constexpr Millis visitor_pause{50};
constexpr Seconds blocked_for{3600};  // blocked recoveries are taken away by whoever put them; this is for the rest

// Nobody takes up what another node began before that one has stopped for certain.
static_assert(recovery::patience_with_others >= Micros(leads_without_saying_so) + Seconds(1));

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
    CaretakerSeams seams,
    const config::Settings& settings,
    recovery::Node node,
    std::string command,
    bool is_shared,
    Part part
)
    : seams_(seams),
      settings_(settings),
      node_(std::move(node)),
      command_(std::move(command)),
      is_shared_(is_shared),
      part_(part),
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
    return out;
}

Error Caretaker::used_by_another() const {
    return Error{
        ErrorCode::conflict,
        "database " + seams_.store.describe() + " is used by the orchestrator on " + active_->host +
            ", which was active " + std::to_string(active_->age.count()) + " s ago"
    };
}

Task<void> Caretaker::start() {
    if (command_ == "redeploy-internal-db") {
        CO_TRY(co_await seams_.store.redeploy());  // without its tables it could not be opened
    }
    if (!is_shared_) {
        co_return co_await seams_.ledger.start();
    }
    CO_TRY(co_await seams_.store.open());
    is_starting_ = true;
    auto done = co_await claim(activity_patience);
    if (done && part_ == Part::visitor) {
        done = co_await wait_for_turn();
    }
    is_starting_ = false;
    co_return done;
}

/// A service is asked to do what is wanted; another visitor leaves soon, or is dead.
Task<void> Caretaker::wait_for_turn() {
    const Instant limit = seams_.clock.now() + visitors_take;
    while (!is_mine()) {
        CO_TRY(co_await register_self());
        if (is_active_a_service()) {
            break;
        }
        if (seams_.clock.now() > limit) {
            co_return tl::unexpected(used_by_another());
        }
        co_await seams_.clock.sleep_for(visitor_pause);
        CO_TRY(co_await claim(activity_patience));
    }
    co_return Result<void>{};
}

bool Caretaker::is_active_a_service() const {
    return std::ranges::any_of(nodes_, [&](const store::NodeRecord& node) {
        return active_ && node.token == active_->token && node.command.empty();
    });
}

/// A visitor that acts goes on to do so.
bool Caretaker::may_claim() const {
    return !is_shared_ || part_ == Part::contender || (part_ == Part::visitor && (is_starting_ || is_mine()));
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
        if (rounds_ % beats_between_tidying == 0 && seams_.ledger.view().is_leader && !is_tidying_) {
            is_tidying_ = tasks_.spawn(tidy());  // it may take minutes, and others must hear of us meanwhile
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
    if (const auto registered = co_await register_self(); !registered) {
        error_ = registered.error().message;
        co_return;
    }
    error_.clear();
    well_at_ = began;
}

Task<void> Caretaker::register_self() {
    store::NodeRecord record = self();
    CO_TRY(nodes_, co_await seams_.store.register_node(std::move(record), alive_within));
    co_return Result<void>{};
}

Task<void> Caretaker::claim(Seconds patience) {
    while (is_claiming_) {
        co_await seams_.clock.sleep_for(claim_pause);
    }
    is_claiming_ = true;
    const Instant asked = seams_.clock.now();
    const WallTime asked_wall = seams_.clock.wall();
    auto active = co_await ask_who_is_active(patience);
    Result<void> done = active.map([](const auto&) {});
    if (active) {
        if (*active) {
            compare_clocks(**active, asked_wall);
        }
        done = co_await take_part(*std::move(active), asked);
    }
    is_claiming_ = false;
    co_return done;
}

// The ends of downtimes and blocks are written by one node's clock and judged by another's.
void Caretaker::compare_clocks(const store::ActiveNode& active, WallTime asked) {
    if (!is_shared_) {
        return;
    }
    // The database tells whole seconds, and its answer took a while: what is certain counts.
    const WallTime there = active.last_seen + active.age;
    const auto ahead = std::chrono::duration_cast<Seconds>(asked - (there + Seconds(1)));
    const auto behind = std::chrono::duration_cast<Seconds>(there - seams_.clock.wall());
    const Seconds apart = std::max(ahead, behind);
    const bool was_apart = !clock_warning_.empty();
    clock_warning_.clear();
    if (apart > clocks_may_differ) {
        clock_warning_ = "the clock of " + node_.host + " is at least " + std::to_string(apart.count()) + " s " +
                         (ahead > behind ? "ahead of" : "behind") + " that of database " + seams_.store.describe();
    }
    if (!was_apart && !clock_warning_.empty()) {
        LOG(error, "service.clock_differs", {{"why", clock_warning_}});
    } else if (was_apart && clock_warning_.empty()) {
        LOG(info, "service.clock_agrees", {{"host", node_.host}});
    }
}

/// nullopt: nobody is, and this node will not be.
Task<std::optional<store::ActiveNode>> Caretaker::ask_who_is_active(Seconds patience) {
    if (may_claim()) {
        store::NodeRecord record = self();
        co_return co_await seams_.store.claim_activity(std::move(record), patience);
    }
    CO_TRY(auto active, co_await seams_.store.active_node());
    if (active && active->age >= activity_patience) {
        active.reset();
    }
    co_return std::move(active);
}

Task<void> Caretaker::take_part(std::optional<store::ActiveNode> active, Instant asked) {
    // Being active began anew: in between somebody else may have been, or this is another database.
    const bool is_anew = active_ && active && is_mine() && active->first_seen != active_->first_seen;
    active_ = std::move(active);
    if (is_shared_ && is_mine() && is_anew && seams_.ledger.view().epoch != 0) {
        CO_TRY(co_await seams_.ledger.follow(node_.host));
    }
    if (!is_mine()) {
        co_return co_await stand_by();
    }
    if (is_shared_ && seams_.ledger.view().epoch == 0) {
        CO_TRY(co_await take_over());
    }
    seams_.ledger.lead_until(asked + leads_without_saying_so);
    co_return Result<void>{};
}

Task<void> Caretaker::take_over() {
    CO_TRY(co_await seams_.ledger.take_over());
    seams_.store.keep_observations(true);
    LOG(info, "service.active", {{"host", node_.host}, {"stood_by", stands_by_}});
    stands_by_ = false;
    co_await seams_.discovery.lead();
    co_return Result<void>{};
}

Task<void> Caretaker::stand_by() {
    std::string leader = active_ ? active_->host : "";
    if (!stands_by_) {
        stands_by_ = true;
        seams_.store.keep_observations(false);
        seams_.discovery.follow();
        LOG(info, "service.standing_by", {{"active", leader}, {"token", active_ ? active_->token.text() : ""}});
    }
    co_return co_await seams_.ledger.follow(std::move(leader));
}

api::Pulse Caretaker::pulse() const {
    api::Pulse out;
    out.nodes = nodes_;
    out.active = active_;
    out.error = error_;
    out.warning = clock_warning_;
    const auto silent = std::chrono::duration_cast<Seconds>(seams_.clock.now() - well_at_);
    if (out.error.empty() && silent >= answers_within) {
        out.error =
            "database " + seams_.store.describe() + " has not answered for " + std::to_string(silent.count()) + " s";
    }
    return out;
}

Co<void> Caretaker::catch_up() {
    if (!stands_by_) {
        co_return;
    }
    std::string leader = active_ ? active_->host : "";
    // What cannot be read now is read with the next beat.
    [[maybe_unused]] const auto followed = co_await seams_.ledger.follow(std::move(leader));
    co_await seams_.discovery.look();
}

Task<void> Caretaker::grab() {
    if (is_shared_ && !may_claim()) {
        co_return fail(ErrorCode::refused, node_.host + " only shows what others do (-discovery=false)");
    }
    co_return co_await claim(Seconds(0));
}

Task<void> Caretaker::reelect() {
    if (!is_shared_ || !is_mine()) {
        co_return Result<void>{};
    }
    seams_.ledger.lead_until(seams_.clock.now());  // not beside whoever is faster
    co_return co_await seams_.store.release_activity(node_.token);
}

Co<void> Caretaker::tidy() {
    co_await take_snapshot_if_due();
    co_await end_what_is_over();
    co_await expire();
    is_tidying_ = false;
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

Co<void> Caretaker::end_what_is_over() {
    std::set<NodeToken> alive;
    for (const auto& node : nodes_) {
        alive.insert(node.token);
    }
    const WallTime now = seams_.clock.wall();
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

Co<void> Caretaker::expire() {
    const WallTime now = seams_.clock.wall();
    const store::Retention retention = retention_of(settings_);
    const auto done = co_await seams_.store.expire(now, retention);
    if (!done) {
        LOG(warning, "store.expiry_failed", {{"error", done.error().message}});
    }
}

}  // namespace orc::app
