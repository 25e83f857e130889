// Reads on a connection and a thread of their own, so that nobody who looks waits for somebody who writes: neither for
// a commit on a slow disk nor for the log being moved into the file.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "store/backend.h"
#include "store/rows.h"

namespace orc::store {

/// Any thread. Questions are answered in order, each exactly once.
class SideReader {
public:
    /// `name` is for messages.
    SideReader(OpenBackend open_backend, std::string name);
    /// Answers what was asked, and ends the thread.
    ~SideReader();
    SideReader(const SideReader&) = delete;
    SideReader& operator=(const SideReader&) = delete;

    /// The database is there: from now on questions can be answered. Until then, and after close(), they get an error.
    void open();
    /// Calls `done` when the connection is closed.
    void close(std::function<void()> done);
    /// Called on the thread with the connection, or with the error of opening it.
    void ask(std::function<void(const Result<Reader>&)> question);

private:
    void enqueue(std::function<void()> work);
    void loop();
    Result<Reader> reader();

    const OpenBackend open_backend_;
    const std::string name_;
    std::unique_ptr<Backend> backend_;  // of the thread, like the next
    bool is_open_ = false;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> work_;
    bool stopping_ = false;
    std::jthread thread_;  // last: uses everything above
};

}  // namespace orc::store
