#include "store/mysql_line.h"

#include <tuple>

#include "mysql/session/errors.h"
#include "runtime/log.h"

namespace orc::store {
namespace {

constexpr Micros pause_after_failure = Millis(500);
constexpr std::string_view set_up =
    "set session time_zone = '+00:00', innodb_lock_wait_timeout = 3, group_concat_max_len = 1048576; ";

bool is_read_only(const Error& error) {
    return error.number == mysql::number::read_only_server || error.number == mysql::number::read_only_transaction ||
           error.number == mysql::number::read_only_engine;
}

}  // namespace

MysqlLine::MysqlLine(std::shared_ptr<const LiveMysqlOptions> live)
    : live_(std::move(live)),
      resolver_(mysql::make_resolver(clock_, io_.get_executor(), {})),
      dialer_(mysql::make_dialer(clock_, io_.get_executor(), *resolver_)) {
    std::tie(options_, generation_) = live_->get();
}

void MysqlLine::drop() {
    if (session_) {
        session_->close();
        session_.reset();
    }
    in_transaction_ = false;
    io_.poll();
}

Result<void> MysqlLine::make_session(std::string schema) {
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
Result<void> MysqlLine::create_schema() {
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

Result<void> MysqlLine::log_in() {
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

Result<void> MysqlLine::connect() {
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

void MysqlLine::adopt_options() {
    auto [fresh, generation] = live_->get();
    if (generation != generation_) {
        options_ = std::move(fresh);
        generation_ = generation;
        failure_.reset();
        drop();
    }
}

Result<mysql::Answer> MysqlLine::ask(std::string text) {
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

void MysqlLine::note(Error& error) {
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

}  // namespace orc::store
