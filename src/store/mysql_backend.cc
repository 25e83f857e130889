#include "store/mysql_backend.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <tuple>
#include <unordered_map>

#include "mysql/dialer.h"
#include "mysql/errors.h"
#include "runtime/log.h"
#include "store/mysql_words.h"

namespace orc::store {
namespace {

// Room for several statements, below the smallest max_allowed_packet in use.
constexpr std::size_t text_max = 256U << 10U;
constexpr Micros pause_after_failure = Millis(500);

// Our own modes: literals are escaped with backslashes, values that do not fit are errors or cut as we say.
constexpr std::string_view strict_mode = "set session sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'";
constexpr std::string_view lenient_mode = "set session sql_mode = 'NO_ENGINE_SUBSTITUTION'";
constexpr std::string_view set_up =
    "set session time_zone = '+00:00', innodb_lock_wait_timeout = 3, group_concat_max_len = 1048576; ";

// What is kept for people is cut rather than refused: a long error must not stop a recovery.
bool is_for_people(std::string_view sql) {
    static constexpr std::array tables = {
        std::string_view("into topology_recovery"),
        std::string_view("into topology_failure_detection"),
        std::string_view("into audit"),
        std::string_view("into database_instance_topology_history"),
        std::string_view("into blocked_topology_recovery")
    };
    for (const auto table : tables) {
        if (sql.find(table) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

bool does_not_fit(const Error& error) {
    return error.number == mysql::number::too_long || error.number == mysql::number::wrong_text ||
           error.number == mysql::number::out_of_range;
}

bool is_read_only(const Error& error) {
    return error.number == mysql::number::read_only_server || error.number == mysql::number::read_only_transaction ||
           error.number == mysql::number::read_only_engine;
}

class MysqlBackend final : public Backend {
public:
    explicit MysqlBackend(std::shared_ptr<const LiveMysqlOptions> live)
        : live_(std::move(live)),
          resolver_(mysql::make_resolver(clock_, io_.get_executor(), {})),
          dialer_(mysql::make_dialer(clock_, io_.get_executor(), *resolver_)) {
        std::tie(options_, generation_) = live_->get();
    }
    ~MysqlBackend() override { drop(); }

    using Backend::run;
    Dialect dialect() const override { return Dialect::mysql; }

    Result<std::int64_t> run(std::string_view sql, const Row& values) override {
        TRY(const auto answer, ask(with_values(words_of(sql), values)));
        return answer.sets.empty() ? 0 : static_cast<std::int64_t>(answer.sets.back().affected);
    }

    Result<void> run_all(const std::vector<Write>& writes) override {
        for (std::size_t done = 0; done < writes.size();) {
            TRY(done, run_some(writes, done));
        }
        return {};
    }

    Result<void> query(std::string_view sql, const Row& values, const std::function<void(const Row&)>& each) override {
        TRY(const auto answer, ask(with_values(words_of(sql), values)));
        Row row;
        for (const auto& set : answer.sets) {
            for (const auto& cells : set.rows) {
                row.clear();
                for (const auto& cell : cells) {
                    row.push_back(cell ? Value(*cell) : Value(std::monostate{}));
                }
                each(row);
            }
        }
        return {};
    }

    Result<void> execute(const std::string& sql) override {
        return ask(sql).map([](const auto&) {});
    }

    Result<void> begin(Durability durability) override {
        const bool is_full = durability == Durability::full;
        const std::string mode(is_full ? strict_mode : lenient_mode);
        auto begun = ask(mode + "; start transaction").map([](const auto&) {});
        in_transaction_ = begun.has_value();
        return begun;
    }

    Result<void> commit() override {
        in_transaction_ = false;
        auto done = ask("commit");
        if (done) {
            return {};
        }
        Error error = std::move(done).error();
        // Without an answer it may have been committed. A server that speaks has not done it.
        if (error.number == 0) {
            error.code = ErrorCode::timed_out;
        }
        return tl::unexpected(std::move(error));
    }

    void roll_back() override {
        if (in_transaction_) {
            in_transaction_ = false;
            if (!ask("rollback")) {
                drop();
            }
        }
    }

    bool in_transaction() const override { return in_transaction_; }

    Result<void> hold_migration_lock(bool hold) override {
        if (!hold) {
            return execute("select release_lock('orchestrator migration')");
        }
        TRY(const auto answer, ask("select get_lock('orchestrator migration', 20)"));
        const auto& rows = answer.sets.at(0).rows;
        if (rows.empty() || rows[0].empty() || rows[0][0] != "1") {
            return fail(ErrorCode::timed_out, name() + ": another process is migrating it for too long");
        }
        // Columns that are filled with the time of an update only where we say so; not every account may ask for it.
        [[maybe_unused]] const auto ignored = ask("set session explicit_defaults_for_timestamp = 1");
        return {};
    }

    std::string_view columns_query() const override {
        return "select table_name, column_name from information_schema.columns where table_schema = database()";
    }

    void tidy() override {}

    Result<void> connect();

private:
    std::string name() const { return "database " + options_.name(); }

    const std::string& words_of(std::string_view sql) {
        const auto found = words_.find(sql.data());
        return found != words_.end() ? found->second : words_.emplace(sql.data(), mysql_words(sql)).first->second;
    }

    void drop() {
        if (session_) {
            session_->close();
            session_.reset();
        }
        in_transaction_ = false;
        io_.poll();
    }

    template <typename T>
    Result<T> wait(Task<T> task) {
        std::optional<Result<T>> out;
        asio::co_spawn(io_, std::move(task), [&](std::exception_ptr, Result<T> result) { out = std::move(result); });
        io_.restart();
        while (!out) {
            io_.run_one();
        }
        return std::move(*out);
    }

    // One round trip. The answer is whole, or this is its error.
    Result<mysql::Answer> ask(std::string text) {
        TRY(auto answer, ask_for_part(std::move(text)));
        if (answer.error) {
            return tl::unexpected(*answer.error);
        }
        return answer;
    }

    // The same, with the answers to the statements before the one that failed.
    Result<mysql::Answer> ask_for_part(std::string text);
    Result<std::size_t> run_some(const std::vector<Write>& writes, std::size_t first);
    Result<void> run_leniently(const Write& write);
    Result<void> log_in();
    Result<void> make_session(std::string schema);
    Result<void> create_schema();
    void note(Error& error);
    void adopt_options();
    bool is_too_old() const { return options_.lifetime > Micros{0} && clock_.now() - since_ > options_.lifetime; }

    std::shared_ptr<const LiveMysqlOptions> live_;
    MysqlBackendOptions options_;  // as they were when the session was made
    std::uint64_t generation_ = 0;
    asio::io_context io_{1};
    runtime::SystemClock clock_;
    std::unique_ptr<mysql::Resolver> resolver_;
    std::unique_ptr<mysql::Dialer> dialer_;
    std::unique_ptr<mysql::Session> session_;
    std::unordered_map<const char*, std::string> words_;  // by address: texts are literals
    Instant since_;
    Instant failed_at_;
    std::optional<Error> failure_;  // of the last attempt to connect
    bool in_transaction_ = false;
};

Result<void> MysqlBackend::make_session(std::string schema) {
    mysql::Access access = options_.access;
    access.schema = std::move(schema);
    session_ = dialer_->make(options_.server, std::move(access));
    auto opened = wait(session_->open(clock_.deadline_in(options_.connect_timeout)));
    if (!opened) {
        drop();
    }
    return opened;
}

// Like the original: a first connection without a schema makes it.
Result<void> MysqlBackend::create_schema() {
    TRY(make_session(""));
    std::string quoted;
    for (const char c : options_.access.schema) {
        quoted += c == '`' ? std::string("``") : std::string(1, c);
    }
    std::string sql = "create database if not exists `" + quoted + "`";
    const auto made = wait(session_->query(std::move(sql), clock_.deadline_in(options_.read_timeout)));
    drop();
    if (!made) {
        return tl::unexpected(made.error());
    }
    if (made->error) {
        return tl::unexpected(with_context("create schema " + options_.access.schema, *made->error));
    }
    return {};
}

Result<void> MysqlBackend::log_in() {
    auto made = make_session(options_.access.schema);
    if (!made && made.error().number == mysql::number::unknown_database) {
        TRY(create_schema());
        made = make_session(options_.access.schema);
    }
    TRY(std::move(made));
    std::string text = std::string(set_up) + std::string(strict_mode) + "; select @@global.read_only";
    TRY(const auto answer, wait(session_->query(std::move(text), clock_.deadline_in(options_.read_timeout))));
    if (answer.error) {
        drop();
        return tl::unexpected(*answer.error);
    }
    const auto& rows = answer.sets.back().rows;
    const bool is_read_only = !rows.empty() && !rows[0].empty() && rows[0][0] != "0";
    if (is_read_only && options_.reject_read_only) {
        drop();
        return fail(ErrorCode::denied, "the server is read-only");
    }
    since_ = clock_.now();
    return {};
}

Result<void> MysqlBackend::connect() {
    if (failure_ && clock_.now() - failed_at_ < pause_after_failure) {
        return tl::unexpected(*failure_);
    }
    const bool was_failing = failure_.has_value();
    auto done = log_in();
    if (!done) {
        failure_ = with_context(name(), std::move(done).error());
        failed_at_ = clock_.now();
        if (!was_failing) {
            LOG(error, "store.backend_lost", {{"error", failure_->message}});
        }
        return tl::unexpected(*failure_);
    }
    failure_.reset();
    if (was_failing) {
        LOG(info, "store.backend_found", {{"backend", options_.name()}});
    }
    return {};
}

void MysqlBackend::adopt_options() {
    auto [fresh, generation] = live_->get();
    if (generation != generation_) {
        options_ = std::move(fresh);
        generation_ = generation;
        failure_.reset();
        drop();
    }
}

Result<mysql::Answer> MysqlBackend::ask_for_part(std::string text) {
    if (!in_transaction_) {
        adopt_options();
    }
    if (session_ && !in_transaction_ && (is_too_old() || !session_->is_open())) {
        drop();
    }
    if (!session_) {
        TRY(connect());
    }
    auto answer = wait(session_->query(std::move(text), clock_.deadline_in(options_.read_timeout)));
    if (!answer) {
        drop();
        Error error = with_context(name(), std::move(answer).error());
        // Whatever was asked of it outside of a commit is undone by the server.
        error.code = error.code == ErrorCode::timed_out ? ErrorCode::unreachable : error.code;
        LOG(warning, "store.backend_connection_lost", {{"error", error.message}});
        return tl::unexpected(std::move(error));
    }
    if (answer->error) {
        note(*answer->error);
        answer->error = with_context(name(), std::move(*answer->error));
    }
    return answer;
}

void MysqlBackend::note(Error& error) {
    if (error.number == mysql::number::duplicate || error.number == mysql::number::duplicate_index_name) {
        error.code = ErrorCode::conflict;
    }
    if (error.number == mysql::number::deadlock) {
        in_transaction_ = false;  // the server has rolled it back
    }
    if (is_read_only(error) && options_.reject_read_only) {
        drop();
    }
}

Result<void> MysqlBackend::run_leniently(const Write& write) {
    std::string text(lenient_mode);
    text += "; " + with_values(words_of(write.sql), write.values) + "; " + std::string(strict_mode);
    auto done = ask(std::move(text));
    if (!done) {
        [[maybe_unused]] const auto strict_again = ask(std::string(strict_mode));
        return tl::unexpected(std::move(done).error());
    }
    return {};
}

// Runs writes from `first` on, as many as make one text; returns where to go on.
Result<std::size_t> MysqlBackend::run_some(const std::vector<Write>& writes, std::size_t first) {
    std::string text;
    std::size_t end = first;
    while (end < writes.size() && text.size() < text_max) {
        text += (end == first ? "" : ";\n") + with_values(words_of(writes[end].sql), writes[end].values);
        ++end;
    }
    TRY(const auto answer, ask_for_part(std::move(text)));
    if (!answer.error) {
        return end;
    }
    const std::size_t failed = first + answer.sets.size();
    if (failed >= end || !in_transaction_) {
        return tl::unexpected(*answer.error);
    }
    const bool is_wrong_time = answer.error->number == mysql::number::wrong_time;
    const bool may_be_cut = is_for_people(writes[failed].sql);
    if (!is_wrong_time && !(does_not_fit(*answer.error) && may_be_cut)) {
        return tl::unexpected(*answer.error);
    }
    const Write fitting{writes[failed].sql, with_possible_times(writes[failed].values)};
    if (may_be_cut) {
        LOG(warning, "store.value_cut", {{"error", answer.error->message}});
        TRY(run_leniently(fitting));
    } else {
        TRY(run(fitting.sql, fitting.values));
    }
    return failed + 1;
}

}  // namespace

std::string MysqlBackendOptions::name() const { return server.text() + "/" + access.schema; }

void LiveMysqlOptions::put(MysqlBackendOptions options) {
    const std::scoped_lock lock(mutex_);
    options_ = std::move(options);
    ++generation_;
}

std::pair<MysqlBackendOptions, std::uint64_t> LiveMysqlOptions::get() const {
    const std::scoped_lock lock(mutex_);
    return {options_, generation_};
}

OpenBackend open_mysql(MysqlBackendOptions options) {
    return open_mysql(std::make_shared<const LiveMysqlOptions>(std::move(options)));
}

OpenBackend open_mysql(std::shared_ptr<const LiveMysqlOptions> options) {
    return [options = std::move(options)]() -> Result<std::unique_ptr<Backend>> {
        auto backend = std::make_unique<MysqlBackend>(options);
        TRY(backend->connect());
        return std::unique_ptr<Backend>(std::move(backend));
    };
}

}  // namespace orc::store
