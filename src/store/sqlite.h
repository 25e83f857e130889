// The only place that sees SQLite's C API: a connection with its prepared statements. Used from one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "store/value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orc::store {

/// Whether a commit waits for the disk.
enum class Durability {
    full,     ///< synchronous=FULL: a commit that was reported is there after a power cut
    relaxed,  ///< synchronous=NORMAL: the file stays sound, the last commits may be missing
};

class Database {
public:
    /// Opens or creates `path` in WAL mode (":memory:" is a database of its own). A file that cannot be written opens
    /// for reading only. Waits `busy_timeout` for others that hold the file. Errors: unreachable (no such directory,
    /// I/O), denied, corrupt (not a database).
    static Result<Database> open(const std::string& path, Millis busy_timeout = Seconds(2));
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// Runs one statement that gives no rows; returns how many it changed. `sql` must live for ever (a literal).
    Result<std::int64_t> run(std::string_view sql, const Row& values = {});
    /// Calls `each` for every row of a query. `sql` must live for ever.
    Result<void> query(std::string_view sql, const Row& values, const std::function<void(const Row&)>& each);
    /// Runs statements given as text, not kept. Stops at the first error that `tolerate` does not accept.
    Result<void> run_script(
        std::string_view script, const std::function<bool(std::string_view statement, const Error&)>& tolerate = {}
    );
    /// Takes effect for the next transaction; must not be called inside one.
    Result<void> set_durability(Durability durability);
    bool is_read_only() const;
    bool in_transaction() const;
    /// Ends a transaction that may be open.
    void roll_back();
    /// Pages in the write-ahead log after the last commit.
    int wal_pages() const;
    /// Moves what it can from the log into the file.
    Result<void> checkpoint();
    const std::string& path() const { return path_; }

private:
    struct Closer {
        void operator()(sqlite3* handle) const;
        void operator()(sqlite3_stmt* statement) const;
    };
    using Statement = std::unique_ptr<sqlite3_stmt, Closer>;

    explicit Database(std::string path);
    Result<sqlite3_stmt*> prepared(std::string_view sql);
    Result<void> bind(sqlite3_stmt* statement, const Row& values);
    Error error(int code) const;

    std::string path_;
    std::unique_ptr<int> wal_pages_;  // its address is given to SQLite
    std::unique_ptr<sqlite3, Closer> handle_;
    std::unordered_map<const char*, Statement> statements_;  // by address: texts are literals
    Durability durability_ = Durability::full;
};

/// A transaction that rolls back unless committed.
class Transaction {
public:
    static Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Result<void> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

}  // namespace orc::store
