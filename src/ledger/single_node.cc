#include "ledger/single_node.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "runtime/log.h"

namespace orc::ledger {
namespace {

constexpr std::size_t remembered_ids = 1024;

// Our own row among the leases: the epoch is its term. Not a possible name of a cluster.
const ClusterName& leadership_key() {
    static const ClusterName key("(leadership)");
    return key;
}

CommitOutcome outcome_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::timed_out:
        case ErrorCode::cancelled:
            return CommitOutcome::unknown;
        case ErrorCode::invalid:
            return CommitOutcome::too_large;
        case ErrorCode::not_leader:
            return CommitOutcome::fenced;
        case ErrorCode::unreachable:
        case ErrorCode::denied:
        case ErrorCode::conflict:
        case ErrorCode::not_found:
        case ErrorCode::refused:
        case ErrorCode::corrupt:
            return CommitOutcome::no_quorum;
    }
    return CommitOutcome::unknown;
}

Epoch take_epoch(model::Intent& intent) {
    const auto found = intent.leases.find(leadership_key());
    if (found == intent.leases.end()) {
        return 0;
    }
    const Epoch epoch = found->second.term;
    intent.leases.erase(found);
    return epoch;
}

}  // namespace

SingleNode::SingleNode(
    store::Store& store, runtime::Clock& clock, NodeToken token, std::string node_name, Executor executor
)
    : store_(store),
      clock_(clock),
      executor_(executor),
      token_(std::move(token)),
      node_name_(std::move(node_name)),
      intent_(std::make_shared<model::Intent>()),
      folded_(executor),
      tasks_(executor) {}

Task<void> SingleNode::start() {
    CO_TRY(co_await reload());
    const auto led = co_await lead();
    if (!led) {
        LOG(error, "ledger.leadership_not_taken", {{"error", led.error().message}});
        tasks_.spawn(lead_in_the_end());
    }
    co_return Result<void>{};
}

Co<void> SingleNode::lead_in_the_end() {
    while (epoch_ == 0 && !tasks_.is_stopping()) {
        co_await clock_.sleep_for(Seconds(1));
        if (epoch_ == 0 && !tasks_.is_stopping()) {
            // A failure was told once; the disk is asked again and again.
            [[maybe_unused]] const auto led = co_await lead();
        }
    }
}

model::PutLease SingleNode::leadership_record(Epoch epoch) const {
    model::PutLease out;
    out.record.cluster = leadership_key();
    out.record.term = epoch;
    out.record.purpose = "leadership of " + node_name_;
    out.record.holder = token_;
    out.record.expires = clock_.wall();
    return out;
}

store::Fence SingleNode::fence_of(Epoch epoch) const {
    store::Fence out;
    out.lease = leadership_key();
    out.term = epoch;
    out.holder = token_;
    return out;
}

// Until it takes over anew: what it knows may be old by now.
void SingleNode::note_fenced(Epoch epoch, const Result<void>& written) {
    if (!written && written.error().code == ErrorCode::not_leader && epoch_ == epoch) {
        epoch_ = 0;
        mark_.clear();
        LOG(error, "ledger.leadership_lost", {{"epoch", epoch}, {"error", written.error().message}});
        if (on_lost_) {
            on_lost_();
        }
    }
}

Task<Epoch> SingleNode::begin_epoch() {
    const Epoch epoch = last_epoch_ + 1;
    std::string id = "epoch:" + std::to_string(epoch) + ":" + token_.text();
    std::vector<model::Change> changes;
    changes.emplace_back(leadership_record(epoch));
    CO_TRY(co_await store_.apply(std::move(id), std::move(changes)));
    last_epoch_ = epoch;
    co_return epoch;
}

Task<void> SingleNode::lead() {
    CO_TRY(const Epoch epoch, co_await begin_epoch());
    epoch_ = epoch;
    LOG(info, "ledger.leadership_taken", {{"epoch", epoch}});
    co_return Result<void>{};
}

void SingleNode::learn(model::Intent intent) {
    last_epoch_ = std::max(last_epoch_, take_epoch(intent));
    intent_ = std::make_shared<model::Intent>(std::move(intent));
    unsettled_.clear();
    for (const auto& listener : listeners_) {
        listener({});
    }
}

Task<void> SingleNode::reread() {
    std::string mark = mark_;
    CO_TRY(store::IntentSince since, co_await store_.intent_since(std::move(mark)));
    if (since.intent && writing_since_.empty()) {
        mark_ = since.mark;
        learn(*std::move(since.intent));
    }
    co_return Result<void>{};
}

Task<void> SingleNode::follow(std::string leader) {
    if (epoch_ != 0) {
        LOG(error, "ledger.leadership_lost", {{"epoch", epoch_}, {"leader", leader}});
        epoch_ = 0;
        mark_.clear();
    }
    leader_ = std::move(leader);
    if (!writing_since_.empty()) {
        co_return Result<void>{};  // until it is known what became of them, memory would be a guess
    }
    co_return co_await reread();
}

Task<void> SingleNode::take_over() {
    if (!writing_since_.empty()) {
        co_return fail(ErrorCode::conflict, "writes of an earlier epoch are still on their way");
    }
    CO_TRY(co_await reread());
    CO_TRY(const Epoch epoch, co_await begin_epoch());
    // From here on the former leader is fenced. What it could still commit until then is there to be read now.
    mark_.clear();
    CO_TRY(co_await reread());
    leader_.clear();
    epoch_ = epoch;
    took_over_ = clock_.now();
    LOG(info, "ledger.leadership_taken", {{"epoch", epoch}});
    co_return Result<void>{};
}

LeadershipView SingleNode::view() const {
    const Instant now = clock_.now();
    const bool is_stalled = !writing_since_.empty() && now - writing_since_.begin()->second >= Micros(patience);
    const bool is_over = lead_until_ && now >= *lead_until_;
    LeadershipView out;
    out.is_leader = epoch_ != 0 && !is_stalled && !is_over && !tasks_.is_stopping();
    out.may_be_replaced = took_over_ && (epoch_ == 0 || is_over);
    out.since = took_over_;
    out.epoch = epoch_;
    out.leader = out.is_leader ? node_name_ : leader_;
    return out;
}

Co<void> SingleNode::stop() { return tasks_.stop(); }

Co<void> SingleNode::ring(runtime::Clock& clock, Instant at, AttemptPtr attempt) {
    co_await clock.sleep_until(at);
    attempt->changed.notify_all();
}

Co<Result<void>> SingleNode::wait(AttemptPtr attempt, Instant limit) {
    attempt->alarm.spawn(ring(clock_, limit, attempt));
    while (!attempt->has_ended && clock_.now() < limit) {
        co_await attempt->changed.wait();
    }
    co_await attempt->alarm.stop();
    co_return attempt->result;
}

Co<void> SingleNode::prove(Epoch epoch, AttemptPtr attempt) {
    std::string id = "confirm:" + std::to_string(epoch) + ":" + token_.text() + ":" + std::to_string(++confirms_);
    std::vector<model::Change> changes;
    changes.emplace_back(leadership_record(epoch));
    store::Fence fence = fence_of(epoch);
    attempt->result = co_await store_.apply_fenced(std::move(fence), std::move(id), std::move(changes));
    note_fenced(epoch, attempt->result);
    attempt->has_ended = true;
    attempt->changed.notify_all();
}

Task<void> SingleNode::confirm(Epoch epoch, Deadline deadline) {
    if (epoch == 0 || epoch != epoch_) {
        co_return fail(
            ErrorCode::not_leader, "epoch " + std::to_string(epoch) + " is over, now it is " + std::to_string(epoch_)
        );
    }
    const auto attempt = std::make_shared<Attempt>(executor_);
    if (!tasks_.spawn(prove(epoch, attempt))) {
        co_return fail(ErrorCode::not_leader, "this node is stopping");
    }
    CO_TRY(co_await wait(attempt, deadline.at));
    if (deadline.has_passed(clock_.now())) {
        co_return fail(ErrorCode::timed_out, "leadership was confirmed too late");
    }
    co_return Result<void>{};
}

void SingleNode::on_change(std::function<void(const std::vector<model::Change>&)> listener) {
    listeners_.push_back(std::move(listener));
}

void SingleNode::fold(const std::vector<model::Change>& changes) {
    // Readers keep what they were given. Without readers there is nothing to copy for; the fence orders our writing
    // after the last reader's reading.
    if (intent_.use_count() == 1) {
        std::atomic_thread_fence(std::memory_order_acquire);
    } else {
        intent_ = std::make_shared<model::Intent>(*intent_);
    }
    for (const auto& change : changes) {
        intent_->apply(change);
    }
}

void SingleNode::remember(const std::string& id) {
    if (folded_ids_.insert(id).second) {
        folded_order_.push_back(id);
    }
    if (folded_order_.size() > remembered_ids) {
        folded_ids_.erase(folded_order_.front());
        folded_order_.pop_front();
    }
}

Task<void> SingleNode::reload() {
    CO_TRY(model::Intent intent, co_await store_.open());
    last_epoch_ = std::max(last_epoch_, take_epoch(intent));
    intent_ = std::make_shared<model::Intent>(std::move(intent));
    co_return Result<void>{};
}

// Takes a commit that is on disk into memory; to be called in its turn.
Task<void> SingleNode::settle(const Commit& commit) {
    if (folded_ids_.contains(commit.id)) {
        co_return Result<void>{};
    }
    if (unsettled_.contains(commit.id)) {
        // Only the disk knows whether it came before or after those that were committed since.
        CO_TRY(co_await reload());
        unsettled_.erase(commit.id);
    } else {
        fold(commit.changes);
    }
    remember(commit.id);
    for (const auto& listener : listeners_) {
        listener(commit.changes);
    }
    co_return Result<void>{};
}

// What was given to the disk will be there, so memory must follow even when everything is being stopped.
Co<void> SingleNode::write(Commit commit, std::uint64_t ticket, AttemptPtr attempt) {
    co_await asio::this_coro::throw_if_cancelled(false);
    std::string id = commit.id;
    std::vector<model::Change> changes = commit.changes;
    store::Fence fence = fence_of(commit.epoch);
    Result<void> done = co_await store_.apply_fenced(std::move(fence), std::move(id), std::move(changes));
    note_fenced(commit.epoch, done);
    while (next_fold_ != ticket) {
        co_await folded_.wait();
    }
    if (done) {
        done = co_await settle(commit);
        if (!done) {
            done = fail(ErrorCode::timed_out, done.error().message);
        }
    }
    if (!done && outcome_of(done.error()) == CommitOutcome::unknown) {
        unsettled_.insert(commit.id);
    }
    writing_since_.erase(ticket);
    ++next_fold_;
    folded_.notify_all();
    attempt->result = std::move(done);
    attempt->has_ended = true;
    attempt->changed.notify_all();
}

Co<CommitOutcome> SingleNode::commit(Commit commit) {
    if (commit.epoch == 0 || commit.epoch != epoch_ || tasks_.is_stopping()) {
        co_return CommitOutcome::fenced;
    }
    const std::string id = commit.id;
    const std::uint64_t ticket = next_ticket_++;
    const Instant now = clock_.now();
    writing_since_.emplace(ticket, now);
    const auto attempt = std::make_shared<Attempt>(executor_);
    tasks_.spawn(write(std::move(commit), ticket, attempt));
    const Result<void> done = co_await wait(attempt, now + Micros(patience));
    if (!done) {
        why_ = done.error().message;
        LOG(error, "ledger.commit_failed", {{"id", id}, {"error", why_}});
        co_return outcome_of(done.error());
    }
    co_return CommitOutcome::committed;
}

}  // namespace orc::ledger
