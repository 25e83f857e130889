#include "store/sqlite_engine.h"

#include <sqlite3.h>

#include "runtime/log.h"
#include "store/schema.h"

namespace orc::store {
namespace {

constexpr int tidy_after_pages = 1000;  // about 4 MB

Result<void> run_all(Database& database, const std::vector<Write>& writes) {
    for (const auto& write : writes) {
        TRY(database.run(write.sql, write.values));
    }
    return {};
}

// A commit whose fsync failed may come back after a crash or be gone: only a retry with the same id tells.
Error commit_error(Error error) {
    if (error.number == SQLITE_IOERR_FSYNC || error.number == SQLITE_IOERR_DIR_FSYNC) {
        error.code = ErrorCode::timed_out;
    }
    return error;
}

}  // namespace

Result<Database*> SqliteEngine::database() {
    if (!database_) {
        return fail(ErrorCode::unreachable, "database " + path_ + " is not open");
    }
    return &*database_;
}

Result<model::Intent> SqliteEngine::open(WallTime now) {
    database_.reset();
    TRY(auto database, Database::open(path_, busy_timeout_));
    TRY(migrate(database, now));
    database_ = std::move(database);
    TRY(auto reader, reader());
    auto intent = read_intent(reader);
    if (!intent) {
        database_.reset();
    }
    return intent;
}

Result<void> SqliteEngine::apply_one(Database& database, const StoredCommit& commit) {
    TRY(const auto fresh,
        database.run(
            "insert into orchestrator_commit (commit_id, applied_at) values (?, ?) on conflict do nothing",
            {commit.id, db_timestamp(commit.now)}
        ));
    if (fresh == 0) {
        return {};  // a retry of what was done
    }
    for (const auto& change : commit.changes) {
        TRY(run_all(database, writes_of(change, commit.now)));
    }
    return {};
}

std::vector<Result<void>> SqliteEngine::apply(std::span<const StoredCommit> commits) {
    const auto all_failed = [&](const Error& error) {
        return std::vector<Result<void>>(commits.size(), tl::unexpected(with_context("commit", error)));
    };
    auto opened = database();
    if (!opened) {
        return all_failed(opened.error());
    }
    Database& database = **opened;
    if (auto durable = database.set_durability(Durability::full); !durable) {
        return all_failed(durable.error());
    }
    auto transaction = Transaction::begin(database);
    if (!transaction) {
        return all_failed(transaction.error());
    }
    std::vector<Result<void>> results;
    for (const auto& commit : commits) {
        auto result = database.run("savepoint one").map([](std::int64_t) {});
        if (result) {
            result = apply_one(database, commit);
        }
        if (!database.in_transaction()) {
            // Errors of the disk end the whole transaction.
            return all_failed(result ? Error{ErrorCode::invalid, "transaction was lost"} : result.error());
        }
        if (!result) {
            database.run("rollback to one");
            result = tl::unexpected(with_context("commit " + commit.id, result.error()));
        }
        database.run("release one");
        results.push_back(std::move(result));
    }
    if (auto done = transaction->commit(); !done) {
        return all_failed(commit_error(done.error()));
    }
    return results;
}

Result<std::size_t> SqliteEngine::write_observed(
    std::span<const Observation> observations, const std::function<bool()>& is_interrupted
) {
    TRY(auto* database, database());
    TRY(database->set_durability(Durability::relaxed));
    TRY(auto transaction, Transaction::begin(*database));
    std::size_t written = 0;
    for (const auto& observation : observations) {
        if (is_interrupted()) {
            break;
        }
        const Write write =
            observation.server ? write_of(*observation.server, observation.moment) : forget_of(observation.endpoint);
        TRY(database->run(write.sql, write.values));
        ++written;
    }
    TRY(transaction.commit());
    return written;
}

Result<void> SqliteEngine::write_relaxed(const std::vector<Write>& writes) {
    TRY(auto* database, database());
    TRY(database->set_durability(Durability::relaxed));
    TRY(auto transaction, Transaction::begin(*database));
    TRY(run_all(*database, writes));
    return transaction.commit();
}

Result<Reader> SqliteEngine::reader() {
    TRY(auto* database, database());
    return Reader([database](std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) {
        return database->query(sql, values, each);
    });
}

void SqliteEngine::tidy() {
    if (database_ && database_->wal_pages() >= tidy_after_pages) {
        auto done = database_->checkpoint();
        if (!done) {
            LOG(warning, "store.checkpoint_failed", {{"error", done.error().message}});
        }
    }
}

}  // namespace orc::store
