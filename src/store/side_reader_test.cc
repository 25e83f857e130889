// Who looks waits for nobody who writes; and how observations are paced.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <semaphore>

#include "store/database_store.h"
#include "store/sqlite.h"
#include "store/testing.h"

namespace orc::store {
namespace {

using namespace model;
using testing::run;

using testing::noon;

/// What happens to the disk: whether a commit, or the moving of the log, goes through.
struct Disk {
    std::binary_semaphore is_reached{0};
    std::binary_semaphore may_go_on{0};
    std::atomic<bool> stands_still = false;

    void pass() {
        if (stands_still) {
            is_reached.release();
            may_go_on.acquire();
        }
    }
};

/// SQLite on a disk that can be made to stand still.
class SlowBackend final : public Backend {
public:
    SlowBackend(std::unique_ptr<Backend> inner, std::shared_ptr<Disk> disk)
        : inner_(std::move(inner)), disk_(std::move(disk)) {}
    Dialect dialect() const override { return inner_->dialect(); }
    Result<std::int64_t> run(std::string_view sql, const Row& values) override { return inner_->run(sql, values); }
    Result<std::int64_t> run_once(const std::string& sql, const Row& values) override {
        return inner_->run_once(sql, values);
    }
    Result<void> run_all(const std::vector<Write>& writes) override { return inner_->run_all(writes); }
    Result<void> query(std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) override {
        return inner_->query(sql, values, each);
    }
    Result<void> execute(const std::string& sql) override { return inner_->execute(sql); }
    Result<void> begin(Durability durability) override { return inner_->begin(durability); }
    Result<void> commit() override {
        disk_->pass();
        return inner_->commit();
    }
    void roll_back() override { inner_->roll_back(); }
    bool in_transaction() const override { return inner_->in_transaction(); }
    Result<void> hold_migration_lock(bool hold) override { return inner_->hold_migration_lock(hold); }
    std::string_view columns_query() const override { return inner_->columns_query(); }
    void tidy() override {
        disk_->pass();
        inner_->tidy();
    }

private:
    std::unique_ptr<Backend> inner_;
    std::shared_ptr<Disk> disk_;
};

OpenBackend open_slow(const std::string& path, std::shared_ptr<Disk> disk) {
    return [open = open_sqlite(path), disk = std::move(disk)]() -> Result<std::unique_ptr<Backend>> {
        TRY(auto inner, open());
        return std::make_unique<SlowBackend>(std::move(inner), disk);
    };
}

std::vector<Change> audit(const std::string& message) {
    AuditEntry entry;
    entry.at = noon;
    entry.type = "test";
    entry.message = message;
    std::vector<Change> out;
    out.emplace_back(AppendAudit{std::move(entry)});
    return out;
}

/// The answer, or timed_out where it waits for the disk.
template <typename T>
Result<T> answer_within(asio::io_context& io, Task<T> question) {
    auto answer = std::make_shared<Result<T>>(fail(ErrorCode::timed_out, "it waits"));
    const auto has_come = std::make_shared<bool>(false);
    asio::co_spawn(io, std::move(question), [=](const std::exception_ptr&, Result<T> given) {
        *answer = std::move(given);
        *has_come = true;
    });
    io.restart();
    for (int tries = 0; tries < 100 && !*has_come; ++tries) {
        io.run_one_for(std::chrono::milliseconds(100));
    }
    return *answer;
}

TEST(SideReader, a_page_is_read_while_a_commit_waits_for_the_disk) {
    const testing::TemporaryDirectory directory;
    runtime::SystemClock clock;
    asio::io_context io;
    const auto disk = std::make_shared<Disk>();
    const auto store = make_database_store(open_slow(directory.file("x.db"), disk), "x", clock);
    ASSERT_TRUE(run(io, store->open()));
    ASSERT_TRUE(run(io, store->apply("first", audit("first"))));

    disk->stands_still = true;
    std::optional<Result<void>> committed;
    asio::co_spawn(io, store->apply("second", audit("second")), [&](const std::exception_ptr&, Result<void> done) {
        committed = std::move(done);
    });
    io.restart();
    io.poll();
    disk->is_reached.acquire();  // the writer stands still
    const auto entries = answer_within(io, store->audit(std::nullopt, Page{}));
    EXPECT_EQ(entries ? entries->size() : 0U, 1U);
    EXPECT_TRUE(answer_within(io, store->recoveries({})));
    EXPECT_TRUE(answer_within(io, store->detections({})));
    EXPECT_FALSE(committed);

    disk->stands_still = false;
    disk->may_go_on.release();
    io.restart();
    while (!committed) {
        io.run_one();
    }
    EXPECT_TRUE(*committed);
    EXPECT_EQ(run(io, store->audit(std::nullopt, Page{}))->size(), 2U) << "what was committed is read at once";
    run(io, store->close());
}

TEST(SideReader, says_that_the_database_is_not_open_before_and_after) {
    const testing::TemporaryDirectory directory;
    runtime::SystemClock clock;
    asio::io_context io;
    const auto store = make_database_store(open_sqlite(directory.file("x.db")), "the shop", clock);
    const auto early = run(io, store->recoveries({}));
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().message, "database the shop is not open");
    ASSERT_TRUE(run(io, store->open()));
    EXPECT_TRUE(run(io, store->recoveries({})));
    run(io, store->close());
    EXPECT_FALSE(run(io, store->recoveries({})));
}

ServerPtr seen(int number) {
    auto out = std::make_shared<Server>();
    out->endpoint = {"db" + std::to_string(number), 3306};
    out->facts = std::make_shared<Facts>();
    out->check.seen = Instant(Seconds(1));
    out->check.seen_wall = noon;
    return out;
}

/// How many servers each batch had.
class Pacing : public ::testing::Test {
protected:
    void open(std::size_t most, Micros longest) {
        pace_->most = most;
        pace_->longest_wait_us = longest.count();
        DatabaseStoreOptions options;
        options.pace = pace_;
        store_ = make_database_store(open_sqlite(directory_.file("x.db")), "x", clock_, options);
        ASSERT_TRUE(run(io_, store_->open()));
        for (int i = 0; i < 4; ++i) {
            store_->write_observed(seen(i));  // news go out at once
        }
        settle();
        before_ = batches().size();
    }
    ~Pacing() override { run(io_, store_->close()); }
    /// The writer has looked at everything that it was given, and flushed what was due.
    void settle() {
        for (int i = 0; i < 2; ++i) {
            EXPECT_TRUE(run(io_, store_->intent_since("")));
        }
    }
    std::vector<BatchSample> batches() const { return store_->meter().batches_since(WallTime{}); }
    std::size_t fresh_batches() const { return batches().size() - before_; }

    const testing::TemporaryDirectory directory_;
    runtime::SystemClock clock_;
    asio::io_context io_;
    std::shared_ptr<WritePace> pace_ = std::make_shared<WritePace>();
    std::unique_ptr<Store> store_;
    std::size_t before_ = 0;
};

TEST_F(Pacing, as_many_observations_as_the_buffer_holds_are_written_together) {
    ASSERT_NO_FATAL_FAILURE(open(3, std::chrono::hours(1)));
    store_->write_observed(seen(0));
    store_->write_observed(seen(1));
    settle();
    EXPECT_EQ(fresh_batches(), 0U) << "they wait for company";
    store_->write_observed(seen(2));
    settle();
    ASSERT_EQ(fresh_batches(), 1U);
    EXPECT_EQ(batches().back().servers, 3U);
    pace_->most = 1;  // a reload
    store_->write_observed(seen(3));
    settle();
    ASSERT_EQ(fresh_batches(), 2U);
    EXPECT_EQ(batches().back().servers, 1U);
}

TEST_F(Pacing, the_first_of_a_batch_waits_no_longer_than_the_interval) {
    ASSERT_NO_FATAL_FAILURE(open(1000, Millis(1)));
    store_->write_observed(seen(0));
    for (int tries = 0; tries < 100'000 && fresh_batches() == 0; ++tries) {
        settle();
    }
    EXPECT_EQ(fresh_batches(), 1U);
}

}  // namespace
}  // namespace orc::store
