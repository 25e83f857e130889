#include "store/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/ensure.h"
#include "runtime/log.h"

namespace orc::store {
namespace {

constexpr int tidy_after_pages = 1000;  // about 4 MB
constexpr Millis patience_while_held{50};

ErrorCode code_of(int code) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_CONSTRAINT:
            return ErrorCode::conflict;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return ErrorCode::denied;
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_NOMEM:
            return ErrorCode::unreachable;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::corrupt;
        case SQLITE_INTERRUPT:
            return ErrorCode::cancelled;
        default:
            return ErrorCode::invalid;
    }
}

int remember_wal_pages(void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

Value value_at(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_NULL:
            return std::monostate{};
        case SQLITE_INTEGER:
            return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
        default: {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
            return text == nullptr ? std::string() : std::string(text, size);
        }
    }
}

// Somebody who may only read the file makes the files beside it in the same mode, and they would keep him from writing
// once he may.
void mend_files_beside(const std::string& path) {
    struct stat main{};
    if (::stat(path.c_str(), &main) != 0 || ::access(path.c_str(), W_OK) != 0) {
        return;
    }
    for (const char* suffix : {"-wal", "-shm"}) {
        const std::string beside = path + suffix;
        struct stat found{};
        const bool is_ours = ::stat(beside.c_str(), &found) == 0 && found.st_uid == ::geteuid();
        if (is_ours && (found.st_mode & S_IWUSR) == 0 && ::chmod(beside.c_str(), main.st_mode & 0777) != 0) {
            LOG(warning, "store.file_not_mended", {{"file", beside}});
        }
    }
}

// Leaves a statement ready for its next use, whatever happened.
struct Reset {
    sqlite3_stmt* statement;
    ~Reset() {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
};

}  // namespace

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void Database::Closer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Database::Database(std::string path) : path_(std::move(path)), wal_pages_(std::make_unique<int>(0)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Error Database::error(int code) const {
    std::string message = "database " + path_ + ": " + sqlite3_errstr(code & 0xff);
    const char* detail = handle_ ? sqlite3_errmsg(handle_.get()) : nullptr;
    if (detail != nullptr && std::string_view(detail) != sqlite3_errstr(code & 0xff)) {
        message += std::string(": ") + detail;
    }
    return Error{code_of(code), std::move(message), code};
}

Result<Database> Database::open(const std::string& path, Millis busy_timeout) {
    Database database(path);
    mend_files_beside(path);
    sqlite3* handle = nullptr;
    // One thread owns the connection, so SQLite's own mutexes would only cost.
    const int code = sqlite3_open_v2(
        path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr
    );
    database.handle_.reset(handle);
    if (code != SQLITE_OK) {
        return tl::unexpected(database.error(handle == nullptr ? code : sqlite3_extended_errcode(handle)));
    }
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
    database.busy_timeout_ = busy_timeout;
    // Checkpoints are ours to time, so that no commit pays for one.
    if (!database.is_read_only()) {
        TRY(database.run_script("pragma journal_mode=wal; pragma synchronous=full; pragma wal_autocheckpoint=0"));
    }
    sqlite3_wal_hook(handle, remember_wal_pages, database.wal_pages_.get());
    return database;
}

Result<sqlite3_stmt*> Database::prepared(std::string_view sql) {
    const auto found = statements_.find(sql.data());
    if (found != statements_.end()) {
        return found->second.get();
    }
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(
        handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr
    );
    if (code != SQLITE_OK) {
        return tl::unexpected(error(code));
    }
    statements_.emplace(sql.data(), Statement(statement));
    return statement;
}

Result<void> Database::bind(sqlite3_stmt* statement, const Row& values) {
    ENSURE(
        sqlite3_bind_parameter_count(statement) == static_cast<int>(values.size()), "a statement gets all its values"
    );
    for (std::size_t i = 0; i < values.size(); ++i) {
        const int at = static_cast<int>(i) + 1;
        int code = SQLITE_OK;
        if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
            code = sqlite3_bind_int64(statement, at, *number);
        } else if (const auto* text = std::get_if<std::string>(&values[i])) {
            // The row outlives the step, so SQLite need not copy.
            code = sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
        }
        if (code != SQLITE_OK) {
            return tl::unexpected(error(code));
        }
    }
    return {};
}

Result<std::int64_t> Database::run_to_end(sqlite3_stmt* statement) {
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW) {
        code = sqlite3_step(statement);
    }
    if (code != SQLITE_DONE) {
        return tl::unexpected(error(code));
    }
    return static_cast<std::int64_t>(sqlite3_changes64(handle_.get()));
}

Result<std::int64_t> Database::run(std::string_view sql, const Row& values) {
    TRY(auto* statement, prepared(sql));
    const Reset reset{statement};
    TRY(bind(statement, values));
    return run_to_end(statement);
}

Result<std::int64_t> Database::run_once(const std::string& sql, const Row& values) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
    const Statement statement(raw);
    if (code != SQLITE_OK) {
        return tl::unexpected(error(code));
    }
    TRY(bind(raw, values));
    return run_to_end(raw);
}

Result<void> Database::query(std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) {
    TRY(auto* statement, prepared(sql));
    const Reset reset{statement};
    TRY(bind(statement, values));
    Row row(static_cast<std::size_t>(sqlite3_column_count(statement)));
    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = value_at(statement, static_cast<int>(i));
        }
        each(row);
    }
    if (code != SQLITE_DONE) {
        return tl::unexpected(error(code));
    }
    return {};
}

Result<void> Database::run_script(
    std::string_view script, const std::function<bool(std::string_view, const Error&)>& tolerate
) {
    const char* at = script.data();
    const char* const end = script.data() + script.size();
    while (at < end) {
        sqlite3_stmt* raw = nullptr;
        const char* next = nullptr;
        int code = sqlite3_prepare_v2(handle_.get(), at, static_cast<int>(end - at), &raw, &next);
        const Statement statement(raw);
        if (code == SQLITE_OK && raw != nullptr) {
            do {
                code = sqlite3_step(raw);
            } while (code == SQLITE_ROW);
            code = code == SQLITE_DONE ? SQLITE_OK : code;
        }
        if (code != SQLITE_OK) {
            auto problem = error(code);
            const std::string_view text(at, static_cast<std::size_t>((next == nullptr ? end : next) - at));
            if (!tolerate || !tolerate(text, problem)) {
                return tl::unexpected(std::move(problem));
            }
        }
        at = next == nullptr || next == at ? end : next;
    }
    return {};
}

Result<void> Database::set_durability(Durability durability) {
    if (durability == durability_) {
        return {};
    }
    TRY(run(durability == Durability::full ? "pragma synchronous=full" : "pragma synchronous=normal"));
    durability_ = durability;
    return {};
}

bool Database::is_read_only() const { return sqlite3_db_readonly(handle_.get(), "main") == 1; }
bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

void Database::roll_back() {
    // SQLite itself rolls back on some errors; asking again would be an error of its own.
    if (in_transaction()) {
        sqlite3_exec(handle_.get(), "rollback", nullptr, nullptr, nullptr);
    }
}

int Database::wal_pages() const { return *wal_pages_; }

Result<void> Database::checkpoint() {
    *wal_pages_ = 0;
    const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
        return tl::unexpected(error(code));
    }
    return {};
}

void Database::tidy() {
    if (wal_pages() >= tidy_after_pages) {
        auto done = checkpoint();
        if (!done) {
            LOG(warning, "store.checkpoint_failed", {{"error", done.error().message}});
        }
    }
}

Result<void> Database::begin(Durability durability) {
    TRY(set_durability(durability));
    auto begun = run("begin immediate").map([](std::int64_t) {});
    // Whoever waited in vain once need not wait as long again: others stand in line behind it.
    const bool is_held = !begun && (begun.error().number & 0xff) == SQLITE_BUSY;
    if (is_held != is_held_) {
        is_held_ = is_held;
        const Millis patience = is_held ? std::min(busy_timeout_, patience_while_held) : busy_timeout_;
        sqlite3_busy_timeout(handle_.get(), static_cast<int>(patience.count()));
    }
    return begun;
}

Result<void> Database::commit() {
    auto done = run("commit");
    if (done) {
        return {};
    }
    Error error = std::move(done).error();
    // A commit whose fsync failed may come back after a crash or be gone: only a retry with the same id tells.
    if (error.number == SQLITE_IOERR_FSYNC || error.number == SQLITE_IOERR_DIR_FSYNC) {
        error.code = ErrorCode::timed_out;
    }
    return tl::unexpected(std::move(error));
}

Result<void> Database::run_all(const std::vector<Write>& writes) {
    for (const auto& write : writes) {
        TRY(run(write.sql, write.values));
    }
    return {};
}

std::string_view Database::columns_query() const {
    return "select t.name, c.name from sqlite_schema t, pragma_table_info(t.name) c where t.type = 'table'";
}

OpenBackend open_sqlite(std::string path, Millis busy_timeout) {
    return [path = std::move(path), busy_timeout]() -> Result<std::unique_ptr<Backend>> {
        TRY(auto database, Database::open(path, busy_timeout));
        return std::make_unique<Database>(std::move(database));
    };
}

}  // namespace orc::store
