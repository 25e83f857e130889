#include "store/database_store.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "runtime/log.h"
#include "store/answer.h"
#include "store/engine.h"
#include "store/sqlite.h"
#include "store/sqlite_store.h"

namespace orc::store {
namespace {

constexpr std::size_t notes_max = 10'000;

// The thread and its three queues, most urgent first: commits, other calls, observations.
class Writer {
public:
    Writer(
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

    ~Writer() {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_one();
    }

    void commit(StoredCommit commit, Instant now, Done<void> done) {
        const std::lock_guard lock(mutex_);
        commits_.push_back(std::move(commit));
        commits_done_.push_back(std::move(done));
        commits_since_.push_back(now);
        is_commit_waiting_ = true;
        note_age(now);
        wake_.notify_one();
    }

    void call(Instant now, std::function<void(Engine&)> work) {
        const std::lock_guard lock(mutex_);
        calls_.push_back(std::move(work));
        note_age(now);
        wake_.notify_one();
    }

    void keep(bool keep) {
        const std::lock_guard lock(mutex_);
        is_keeping_ = keep;
        if (!keep) {
            pending_.clear();
            notes_.clear();
            known_.clear();
        }
    }

    void observe(Observation observation) {
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

    void note(Instant now, Note note) {
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

    // To be called on the thread: everything that can be written is, and the file is closed.
    void finish() {
        while (flush([] { return false; }) > 0) {
        }
        const std::lock_guard lock(mutex_);
        if (!pending_.empty()) {
            LOG(warning, "store.observations_lost", {{"servers", pending_.size()}});
        }
        is_closed_ = true;
        pending_.clear();
        notes_.clear();
        engine_.close();
    }

private:
    void loop() {
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
    void note_age(Instant now) {
        if (has_pending() && now - pending_since_ >= batch_age()) {
            pending_since_ = now;
            is_flush_due_ = true;
        }
    }

    std::size_t batch_max() const { return std::max<std::size_t>(pace_->most, 1); }
    Micros batch_age() const { return Micros(std::max<std::int64_t>(pace_->longest_wait_us, 1000)); }
    bool has_pending() const { return !pending_.empty() || !notes_.empty(); }

    void run_call(std::unique_lock<std::mutex>& lock) {
        const auto work = std::move(calls_.front());
        calls_.pop_front();
        lock.unlock();
        work(engine_);
        engine_.tidy();
        lock.lock();
    }

    void run_flush(std::unique_lock<std::mutex>& lock) {
        is_flush_due_ = false;
        lock.unlock();
        const std::size_t written = flush([this] { return is_commit_waiting_.load(); });
        engine_.tidy();
        lock.lock();
        // Small rests wait for company; after an error everything waits.
        is_flush_due_ = is_flush_due_ || (written > 0 && pending_.size() >= batch_max()) || is_commit_waiting_;
    }

    // False: stop, nothing is left that somebody waits for.
    bool wait_for_work(std::unique_lock<std::mutex>& lock) {
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

    void run_commits(std::unique_lock<std::mutex>& lock) {
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
    std::size_t flush(const std::function<bool()>& is_interrupted) {
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

    void measure(const std::vector<Observation>& batch, Instant began, const Result<std::size_t>& written) {
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

    void flush_notes() {
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

    std::vector<Observation> take_batch() {
        const std::lock_guard lock(mutex_);
        std::vector<Observation> out;
        out.reserve(std::min(batch_max(), pending_.size()));
        while (out.size() < batch_max() && !pending_.empty()) {
            out.push_back(std::move(pending_.extract(pending_.begin()).mapped()));
        }
        return out;
    }

    void note_state(const Result<std::size_t>& written) {
        const bool was_failing = is_failing_.exchange(!written);
        if (!written && !was_failing) {
            LOG(error, "store.observations_held_back", {{"error", written.error().message}});
        } else if (written && was_failing) {
            LOG(info, "store.observations_resumed", {{"servers", *written}});
        }
    }

    Engine engine_;
    const std::shared_ptr<const WritePace> pace_;
    const runtime::Clock& clock_;
    Meter& meter_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<StoredCommit> commits_;
    std::vector<Done<void>> commits_done_;
    std::vector<Instant> commits_since_;
    std::deque<std::function<void(Engine&)>> calls_;
    std::unordered_map<Endpoint, Observation> pending_;
    std::deque<Note> notes_;
    std::unordered_set<Endpoint> known_;  // observed since the start
    Instant pending_since_;
    bool is_flush_due_ = false;
    bool is_closed_ = false;
    bool is_keeping_ = true;
    bool stopping_ = false;
    std::atomic<bool> is_commit_waiting_ = false;
    std::atomic<bool> is_failing_ = false;
    std::jthread thread_;  // last: uses everything above
};

class DatabaseStore final : public Store {
public:
    DatabaseStore(
        OpenBackend open_backend, std::string name, const runtime::Clock& clock, const DatabaseStoreOptions& options
    )
        : name_(name), clock_(clock), writer_(std::move(open_backend), std::move(name), clock, *meter_, options) {}

    Task<model::Intent> open() override {
        const WallTime now = clock_.wall();
        return ask<model::Intent>([now](Engine& engine) { return engine.open(now); });
    }

    Task<IntentSince> intent_since(std::string mark) override {
        return ask<IntentSince>([mark](Engine& engine) { return engine.intent_since(mark); });
    }

    Task<std::vector<KnownServer>> known_servers() override {
        return read<std::vector<KnownServer>>(read_known_servers);
    }

    Task<void> apply(std::string commit_id, std::vector<model::Change> changes) override {
        return commit(std::nullopt, std::move(commit_id), std::move(changes));
    }
    Task<void> apply_fenced(Fence fence, std::string commit_id, std::vector<model::Change> changes) override {
        return commit(std::move(fence), std::move(commit_id), std::move(changes));
    }
    Task<ActiveNode> claim_activity(NodeRecord self, Seconds patience) override {
        return ask<ActiveNode>([self, patience](Engine& engine) { return engine.claim_activity(self, patience); });
    }
    Task<void> release_activity(NodeToken self) override {
        return ask<void>([self](Engine& engine) {
            return engine.write_relaxed({Write{"delete from active_node where anchor = 1 and token = ?", {self.text()}}}
            );
        });
    }

    void write_observed(model::ServerPtr server) override {
        Endpoint endpoint = server->endpoint;
        writer_.observe(Observation{std::move(endpoint), std::move(server), moment()});
    }

    void forget_observed(Endpoint endpoint) override {
        writer_.observe(Observation{std::move(endpoint), nullptr, moment()});
    }

    Task<std::vector<model::RecoveryRecord>> recoveries(RecoveryQuery query) override {
        return read<std::vector<model::RecoveryRecord>>([query](const Reader& r) { return read_recoveries(r, query); });
    }
    Task<std::vector<model::RecoveryStep>> recovery_steps(RecoveryUid uid) override {
        return read<std::vector<model::RecoveryStep>>([uid](const Reader& r) { return read_steps(r, uid); });
    }
    void note(Note note) override { writer_.note(clock_.now(), std::move(note)); }
    void keep_observations(bool keep) override { writer_.keep(keep); }

    Task<std::vector<model::Detection>> detections(DetectionQuery query) override {
        return read<std::vector<model::Detection>>([query](const Reader& r) { return read_detections(r, query); });
    }
    Task<std::vector<AnalysisChange>> analysis_changes() override {
        return read<std::vector<AnalysisChange>>(read_analysis_changes);
    }
    Task<std::vector<WallTime>> snapshot_times() override { return read<std::vector<WallTime>>(read_snapshot_times); }
    Task<std::vector<model::SnapshotPlace>> snapshot(WallTime at) override {
        return read<std::vector<model::SnapshotPlace>>([at](const Reader& r) { return read_snapshot(r, at); });
    }
    Task<std::vector<ResolvedName>> resolved_names() override {
        return read<std::vector<ResolvedName>>(read_resolved_names);
    }
    Task<std::vector<TlsRequirement>> tls_requirements() override {
        return read<std::vector<TlsRequirement>>(read_tls_requirements);
    }
    Task<std::vector<ClusterDomain>> cluster_domains() override {
        return read<std::vector<ClusterDomain>>(read_cluster_domains);
    }
    Task<void> forget_resolved_names() override {
        return ask<void>([](Engine& engine) {
            return engine.write_relaxed({Write{"delete from hostname_resolve", {}}});
        });
    }
    Task<std::vector<model::AuditEntry>> audit(std::optional<Endpoint> endpoint, Page page) override {
        return read<std::vector<model::AuditEntry>>([endpoint, page](const Reader& r) {
            return read_audit(r, endpoint, page);
        });
    }

    Task<std::vector<NodeRecord>> register_node(NodeRecord self, Seconds fresh) override {
        using Nodes = std::vector<NodeRecord>;
        return ask<Nodes>([self, fresh](Engine& engine) -> Result<Nodes> {
            TRY(engine.write_relaxed(writes_of(self)));
            TRY(const auto reader, engine.reader());
            return read_nodes(reader, self.last_seen - fresh);
        });
    }

    Task<void> expire(WallTime now, Retention retention) override {
        return ask<void>([now, retention](Engine& engine) { return engine.write_relaxed(expiries(now, retention)); });
    }

    std::string describe() const override { return name_; }

    Co<void> close() override {
        co_await ask<void>([this](Engine&) -> Result<void> {
            writer_.finish();
            return {};
        });
    }

private:
    Task<void> commit(std::optional<Fence> fence, std::string commit_id, std::vector<model::Change> changes) {
        auto commit = std::make_shared<StoredCommit>();
        commit->id = std::move(commit_id);
        commit->changes = std::move(changes);
        if (!keeps_audit_) {
            std::erase_if(commit->changes, [](const model::Change& change) {
                return std::holds_alternative<model::AppendAudit>(change);
            });
        }
        commit->now = clock_.wall();
        commit->fence = std::move(fence);
        return await_answer<void>([this, commit](Done<void> done) {
            if (commit->id.empty()) {
                done(fail(ErrorCode::invalid, "a commit needs an id"));
            } else {
                writer_.commit(std::move(*commit), clock_.now(), std::move(done));
            }
        });
    }

    Moment moment() const { return Moment{clock_.now(), clock_.wall()}; }

    template <typename T>
    Task<T> ask(std::function<Result<T>(Engine&)> question) {
        return await_answer<T>([this, question = std::move(question)](Done<T> done) {
            writer_.call(clock_.now(), [question, done = std::move(done)](Engine& engine) { done(question(engine)); });
        });
    }

    template <typename T>
    Task<T> read(std::function<Result<T>(const Reader&)> question) {
        return ask<T>([question = std::move(question)](Engine& engine) -> Result<T> {
            TRY(const auto reader, engine.reader());
            return question(reader);
        });
    }

    const std::string name_;
    const runtime::Clock& clock_;
    Writer writer_;
};

}  // namespace

std::unique_ptr<Store> make_database_store(
    OpenBackend open_backend, std::string name, const runtime::Clock& clock, DatabaseStoreOptions options
) {
    return std::make_unique<DatabaseStore>(std::move(open_backend), std::move(name), clock, options);
}

std::unique_ptr<Store> make_sqlite_store(std::string path, const runtime::Clock& clock, DatabaseStoreOptions options) {
    OpenBackend open_backend = open_sqlite(path);
    return make_database_store(std::move(open_backend), std::move(path), clock, std::move(options));
}

}  // namespace orc::store
