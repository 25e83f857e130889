#include "store/writer.h"

#include <algorithm>
#include <utility>

#include "runtime/log.h"

namespace orc::store {
namespace {

constexpr std::size_t notes_max = 10'000;

}  // namespace

Writer::Writer(
    OpenBackend open_backend,
    std::string name,
    const runtime::Clock& clock,
    Meter& meter,
    const DatabaseStoreOptions& options
)
    : engine_(std::move(open_backend), std::move(name), options.rules),
      pace_(options.pace),
      clock_(clock),
      meter_(meter),
      thread_([this] { loop(); }) {}

Writer::~Writer() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
}

void Writer::commit(StoredCommit commit, Instant now, Done<void> done) {
    const std::lock_guard lock(mutex_);
    commits_.push_back(std::move(commit));
    commits_done_.push_back(std::move(done));
    commits_since_.push_back(now);
    is_commit_waiting_ = true;
    note_age(now);
    wake_.notify_one();
}

void Writer::call(Instant now, std::function<void(Engine&)> work) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(work));
    note_age(now);
    wake_.notify_one();
}

void Writer::keep(bool keep) {
    const std::lock_guard lock(mutex_);
    is_keeping_ = keep;
    if (!keep) {
        pending_.clear();
        notes_.clear();
        known_.clear();
    }
}

void Writer::observe(Observation observation) {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || !is_keeping_) {
        return;
    }
    const Instant now = observation.moment.instant;
    if (!has_pending()) {
        pending_since_ = now;
    }
    // That a server exists must survive a sudden death, or it would have to be discovered again: a new one goes out
    // at once. What was last seen of it may wait.
    const bool is_news = observation.server != nullptr ? known_.insert(observation.endpoint).second
                                                       : known_.erase(observation.endpoint) > 0;
    Endpoint endpoint = observation.endpoint;
    pending_.insert_or_assign(std::move(endpoint), std::move(observation));
    is_flush_due_ = is_flush_due_ || ((is_news || pending_.size() >= batch_max()) && !is_failing_);
    note_age(now);
    // Also for the first one, so that the thread begins to count its second of silence.
    if (is_flush_due_ || pending_.size() == 1) {
        wake_.notify_one();
    }
}

void Writer::note(Instant now, Note note) {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || !is_keeping_) {
        return;
    }
    if (pending_.empty() && notes_.empty()) {
        pending_since_ = now;
        wake_.notify_one();
    }
    if (notes_.size() >= notes_max) {
        notes_.pop_front();
    }
    notes_.push_back(std::move(note));
    note_age(now);
}

void Writer::drain() {
    while (flush([] { return false; }) > 0) {
    }
}

void Writer::finish() {
    drain();
    const std::lock_guard lock(mutex_);
    if (!pending_.empty()) {
        LOG(warning, "store.observations_lost", {{"servers", pending_.size()}});
    }
    is_closed_ = true;
    pending_.clear();
    notes_.clear();
    engine_.close();
}

void Writer::loop() {
    std::unique_lock lock(mutex_);
    while (wait_for_work(lock)) {
        if (!commits_.empty()) {
            run_commits(lock);
            continue;
        }
        if (!calls_.empty()) {
            run_call(lock);
        }
        if (is_flush_due_ && commits_.empty()) {
            run_flush(lock);
        }
    }
    lock.unlock();
    finish();
}

// While the thread is kept busy by others it sees no second of silence: the callers tell it the time.
void Writer::note_age(Instant now) {
    if (has_pending() && now - pending_since_ >= batch_age()) {
        pending_since_ = now;
        is_flush_due_ = true;
    }
}

std::size_t Writer::batch_max() const { return std::max<std::size_t>(pace_->most, 1); }
Micros Writer::batch_age() const { return Micros(std::max<std::int64_t>(pace_->longest_wait_us, 1000)); }

void Writer::run_call(std::unique_lock<std::mutex>& lock) {
    const auto work = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    work(engine_);
    engine_.tidy();
    lock.lock();
}

void Writer::run_flush(std::unique_lock<std::mutex>& lock) {
    is_flush_due_ = false;
    lock.unlock();
    const std::size_t written = flush([this] { return is_commit_waiting_.load(); });
    engine_.tidy();
    lock.lock();
    // Small rests wait for company; after an error everything waits.
    is_flush_due_ = is_flush_due_ || (written > 0 && pending_.size() >= batch_max()) || is_commit_waiting_;
}

// False: stop, nothing is left that somebody waits for.
bool Writer::wait_for_work(std::unique_lock<std::mutex>& lock) {
    const auto has_work = [this] { return !commits_.empty() || !calls_.empty() || is_flush_due_ || stopping_; };
    while (!has_work()) {
        if (!has_pending()) {
            wake_.wait(lock);
        } else if (wake_.wait_for(lock, batch_age()) == std::cv_status::timeout) {
            is_flush_due_ = true;
        }
    }
    return !(stopping_ && commits_.empty() && calls_.empty());
}

void Writer::run_commits(std::unique_lock<std::mutex>& lock) {
    const auto commits = std::exchange(commits_, {});
    const auto done = std::exchange(commits_done_, {});
    const auto since = std::exchange(commits_since_, {});
    is_commit_waiting_ = false;
    lock.unlock();
    const Instant began = clock_.now();
    const auto results = engine_.apply(commits);
    const Micros took = clock_.now() - began;
    for (std::size_t i = 0; i < results.size(); ++i) {
        meter_.write_ended(clock_.wall(), began - since[i], took, results[i] ? nullptr : &results[i].error());
        done[i](results[i]);
    }
    engine_.tidy();
    lock.lock();
}

// Writes one batch, keeps what was not written, returns how many were.
std::size_t Writer::flush(const std::function<bool()>& is_interrupted) {
    flush_notes();
    const std::vector<Observation> batch = take_batch();
    if (batch.empty()) {
        return 0;
    }
    const Instant began = clock_.now();
    const auto written = engine_.write_observed(batch, is_interrupted);
    measure(batch, began, written);
    note_state(written);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = written.value_or(0); is_keeping_ && i < batch.size(); ++i) {
        pending_.try_emplace(batch[i].endpoint, batch[i]);  // a newer one wins
    }
    return written.value_or(0);
}

void Writer::measure(const std::vector<Observation>& batch, Instant began, const Result<std::size_t>& written) {
    Instant first = began;
    for (const auto& observation : batch) {
        first = std::min(first, observation.moment.instant);
    }
    const Micros took = clock_.now() - began;
    const WallTime at = clock_.wall();
    meter_.write_ended(at, began - first, took, written ? nullptr : &written.error());
    if (written) {
        meter_.batch_ended(at, *written, began - first, took);
    }
}

void Writer::flush_notes() {
    std::unique_lock lock(mutex_);
    auto notes = std::exchange(notes_, {});
    lock.unlock();
    if (notes.empty()) {
        return;
    }
    std::vector<Write> writes;
    for (const auto& note : notes) {
        std::ranges::move(writes_of(note), std::back_inserter(writes));
    }
    const auto written = engine_.write_relaxed(writes);
    note_state(written.map([] { return std::size_t{0}; }));
    if (!written) {
        lock.lock();
        if (!is_keeping_) {
            return;
        }
        notes_.insert(notes_.begin(), std::make_move_iterator(notes.begin()), std::make_move_iterator(notes.end()));
        while (notes_.size() > notes_max) {
            notes_.pop_front();
        }
    }
}

std::vector<Observation> Writer::take_batch() {
    const std::lock_guard lock(mutex_);
    std::vector<Observation> out;
    out.reserve(std::min(batch_max(), pending_.size()));
    while (out.size() < batch_max() && !pending_.empty()) {
        out.push_back(std::move(pending_.extract(pending_.begin()).mapped()));
    }
    return out;
}

void Writer::note_state(const Result<std::size_t>& written) {
    const bool was_failing = is_failing_.exchange(!written);
    if (!written && !was_failing) {
        LOG(error, "store.observations_held_back", {{"error", written.error().message}});
    } else if (written && was_failing) {
        LOG(info, "store.observations_resumed", {{"servers", *written}});
    }
}

}  // namespace orc::store
