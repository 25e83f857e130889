// The thread that writes, and its three queues, most urgent first: commits, other calls, observations.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/answer.h"
#include "store/database_store.h"
#include "store/engine.h"

namespace orc::store {

/// Owns the engine. Every public function but those that say otherwise may be called from any thread and returns at
/// once.
class Writer {
public:
    Writer(
        OpenBackend open_backend,
        std::string name,
        const runtime::Clock& clock,
        Meter& meter,
        const DatabaseStoreOptions& options
    );
    /// Does what somebody waits for, writes what is pending, and ends the thread.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void commit(StoredCommit commit, Instant now, Done<void> done);
    void call(Instant now, std::function<void(Engine&)> work);
    /// See Store::keep_observations.
    void keep(bool keep);
    void observe(Observation observation);
    void note(Instant now, Note note);

    /// To be called on the thread: everything that can be written is.
    void drain();
    /// The same, and the database is closed.
    void finish();

private:
    void loop();
    void note_age(Instant now);
    std::size_t batch_max() const;
    Micros batch_age() const;
    bool has_pending() const { return !pending_.empty() || !notes_.empty(); }
    void run_call(std::unique_lock<std::mutex>& lock);
    void run_flush(std::unique_lock<std::mutex>& lock);
    bool wait_for_work(std::unique_lock<std::mutex>& lock);
    void run_commits(std::unique_lock<std::mutex>& lock);
    std::size_t flush(const std::function<bool()>& is_interrupted);
    void measure(const std::vector<Observation>& batch, Instant began, const Result<std::size_t>& written);
    void flush_notes();
    std::vector<Observation> take_batch();
    void note_state(const Result<std::size_t>& written);

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

}  // namespace orc::store
