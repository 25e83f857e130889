#include "store/side_reader.h"

#include <utility>

namespace orc::store {

SideReader::SideReader(OpenBackend open_backend, std::string name)
    : open_backend_(std::move(open_backend)), name_(std::move(name)), thread_([this] { loop(); }) {}

SideReader::~SideReader() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
}

void SideReader::enqueue(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    wake_.notify_one();
}

void SideReader::open() {
    enqueue([this] { is_open_ = true; });
}

void SideReader::close(std::function<void()> done) {
    enqueue([this, done = std::move(done)] {
        is_open_ = false;
        backend_.reset();
        done();
    });
}

void SideReader::ask(std::function<void(const Result<Reader>&)> question) {
    enqueue([this, question = std::move(question)] {
        question(reader());
        if (backend_ && backend_->should_be_reopened()) {
            backend_.reset();  // a connection that can only read may be what keeps the file from being written
        }
    });
}

Result<Reader> SideReader::reader() {
    if (!is_open_) {
        return fail(ErrorCode::unreachable, "database " + name_ + " is not open");
    }
    if (!backend_) {
        TRY(backend_, open_backend_());
    }
    Backend* const backend = backend_.get();
    return Reader([backend](std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) {
        return backend->query(sql, values, each);
    });
}

void SideReader::loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !work_.empty(); });
        if (work_.empty()) {
            return;
        }
        const auto work = std::move(work_.front());
        work_.pop_front();
        lock.unlock();
        work();
        lock.lock();
    }
}

}  // namespace orc::store
