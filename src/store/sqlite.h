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
#include "store/backend.h"
#include "store/value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orc::store {

class Database final : public Backend {
public:
    /// Opens or creates `path` in WAL mode (":memory:" is a database of its own). A file that cannot be written opens
    /// for reading only. Waits `busy_timeout` for others that hold the file. Errors: unreachable (no such directory,
    /// I/O), denied, corrupt (not a database).
    static Result<Database> open(const std::string& path, Millis busy_timeout = Seconds(2));
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database() override;

    using Backend::run;
    Dialect dialect() const override { return Dialect::sqlite; }
    Result<std::int64_t> run(std::string_view sql, const Row& values) override;
    Result<std::int64_t> run_once(const std::string& sql, const Row& values) override;
    Result<void> run_all(const std::vector<Write>& writes) override;
    Result<void> query(std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) override;
    Result<void> execute(const std::string& sql) override { return run_script(sql); }
    Result<void> begin(Durability durability) override;
    Result<void> commit() override;
    void roll_back() override;
    bool in_transaction() const override;
    Result<void> hold_migration_lock(bool) override { return {}; }  // its transactions hold schemas too
    std::string_view columns_query() const override;
    /// Moves the log into the file when it has grown.
    void tidy() override;
    /// The permissions of a file may have been put right since it was opened.
    bool should_be_reopened() const override { return is_read_only(); }

    /// Runs statements given as text, not kept. Stops at the first error that `tolerate` does not accept.
    Result<void> run_script(
        std::string_view script, const std::function<bool(std::string_view statement, const Error&)>& tolerate = {}
    );
    /// Takes effect for the next transaction; must not be called inside one.
    Result<void> set_durability(Durability durability);
    bool is_read_only() const;
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
    Result<std::int64_t> run_to_end(sqlite3_stmt* statement);
    Error error(int code) const;

    std::string path_;
    std::unique_ptr<int> wal_pages_;  // its address is given to SQLite
    std::unique_ptr<sqlite3, Closer> handle_;
    std::unordered_map<const char*, Statement> statements_;  // by address: texts are literals
    Durability durability_ = Durability::full;
    Millis busy_timeout_{0};
    bool is_held_ = false;  // by somebody else, when a transaction was begun last
};

/// For Engine.
OpenBackend open_sqlite(std::string path, Millis busy_timeout = Seconds(2));

}  // namespace orc::store
