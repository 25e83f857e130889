// One connection to our own database, whichever it is. What differs between databases is behind this; statements are
// written once (in SQLite's spelling, which mysql_words.h turns into MySQL's). Blocking, used from one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/schema_text.h"
#include "store/value.h"

namespace orc::store {

/// Whether a commit waits for the disk.
enum class Durability {
    full,     ///< a commit that was reported is there after a power cut; values that do not fit are errors
    relaxed,  ///< the database stays sound, the last commits may be missing; values that do not fit are cut
};

class Backend {
public:
    Backend() = default;
    Backend(Backend&&) = default;
    Backend& operator=(Backend&&) = default;
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    virtual ~Backend() = default;

    virtual Dialect dialect() const = 0;
    /// Runs one statement that gives no rows; returns how many it changed. `sql` must live for ever (a literal).
    virtual Result<std::int64_t> run(std::string_view sql, const Row& values) = 0;
    Result<std::int64_t> run(std::string_view sql) { return run(sql, {}); }
    /// The same for a statement that is not kept.
    virtual Result<std::int64_t> run_once(const std::string& sql, const Row& values) = 0;
    /// Runs them in order, stopping at the first error.
    virtual Result<void> run_all(const std::vector<Write>& writes) = 0;
    /// Calls `each` for every row of a query. `sql` must live for ever.
    virtual Result<void> query(
        std::string_view sql, const Row& values, const std::function<void(const Row&)>& each
    ) = 0;
    /// Runs one statement that is not kept.
    virtual Result<void> execute(const std::string& sql) = 0;
    virtual Result<void> begin(Durability durability) = 0;
    /// Errors: timed_out when it is not known whether the transaction was committed.
    virtual Result<void> commit() = 0;
    /// Ends a transaction that may be open.
    virtual void roll_back() = 0;
    virtual bool in_transaction() const = 0;
    /// Keeps others from migrating at the same time, for as long as the connection lives or until false.
    virtual Result<void> hold_migration_lock(bool hold) = 0;
    /// Columns of all tables, as rows of (table, column).
    virtual std::string_view columns_query() const = 0;
    /// Whether it can only be read, and a connection opened anew might do better.
    virtual bool should_be_reopened() const { return false; }
    /// The database that the next statement goes to, where that may become another one; "" it cannot.
    virtual std::string leads_to() const { return {}; }
    /// Housekeeping when nobody waits.
    virtual void tidy() = 0;
};

/// A transaction that rolls back unless committed.
class Transaction {
public:
    static Result<Transaction> begin(Backend& backend, Durability durability = Durability::full) {
        TRY(backend.begin(durability));
        return Transaction(backend);
    }
    Transaction(Transaction&& other) noexcept : backend_(std::exchange(other.backend_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction() {
        if (backend_ != nullptr) {
            backend_->roll_back();
        }
    }
    Result<void> commit() {
        Backend& backend = *std::exchange(backend_, nullptr);
        auto done = backend.commit();
        if (!done) {
            backend.roll_back();
        }
        return done;
    }

private:
    explicit Transaction(Backend& backend) : backend_(&backend) {}
    Backend* backend_;
};

/// Opens a connection anew.
using OpenBackend = std::function<Result<std::unique_ptr<Backend>>()>;

}  // namespace orc::store
