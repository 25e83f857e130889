#include "store/mysql_backend.h"

#include <array>
#include <unordered_map>

#include "mysql/session/errors.h"
#include "runtime/log.h"
#include "store/mysql_line.h"
#include "store/mysql_words.h"

namespace orc::store {
namespace {

// Room for several statements, below the smallest max_allowed_packet in use.
constexpr std::size_t text_max = 256U << 10U;

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

/// The server names the value and the column, but not what the column takes.
Error explained(Error error) {
    if (error.number == mysql::number::wrong_text) {
        error.message += "; classic columns hold ASCII, or characters of at most three bytes (no emoji)";
    }
    return error;
}

class MysqlBackend final : public Backend {
public:
    explicit MysqlBackend(std::shared_ptr<const LiveMysqlOptions> live) : line_(std::move(live)) {}
    Result<void> connect() { return line_.connect(); }

    using Backend::run;
    Dialect dialect() const override { return Dialect::mysql; }

    Result<std::int64_t> run(std::string_view sql, const Row& values) override {
        return change(with_values(words_of(sql), values));
    }

    Result<std::int64_t> run_once(const std::string& sql, const Row& values) override {
        return change(with_values(mysql_words(sql), values));
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
        line_.set_in_transaction(begun.has_value());
        return begun;
    }

    Result<void> commit() override {
        if (!line_.in_transaction()) {
            return fail(ErrorCode::unreachable, line_.name() + ": the transaction was lost");
        }
        // Until it has ended no other connection will do, however old this one is and wherever the next one leads.
        auto done = ask("commit");
        line_.set_in_transaction(false);
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
        if (line_.in_transaction()) {
            line_.set_in_transaction(false);
            if (!ask("rollback")) {
                line_.drop();
            }
        }
    }

    bool in_transaction() const override { return line_.in_transaction(); }

    Result<void> hold_migration_lock(bool hold) override {
        if (!hold) {
            return execute("select release_lock('orchestrator migration')");
        }
        TRY(const auto answer, ask("select get_lock('orchestrator migration', 20)"));
        const auto& rows = answer.sets.at(0).rows;
        if (rows.empty() || rows[0].empty() || rows[0][0] != "1") {
            return fail(ErrorCode::timed_out, line_.name() + ": another process is migrating it for too long");
        }
        // Columns that are filled with the time of an update only where we say so; not every account may ask for it.
        [[maybe_unused]] const auto ignored = ask("set session explicit_defaults_for_timestamp = 1");
        return {};
    }

    std::string_view columns_query() const override {
        return "select table_name, column_name from information_schema.columns where table_schema = database()";
    }

    void tidy() override {}

    std::string leads_to() const override { return line_.leads_to(); }

private:
    const std::string& words_of(std::string_view sql) {
        const auto found = words_.find(sql.data());
        return found != words_.end() ? found->second : words_.emplace(sql.data(), mysql_words(sql)).first->second;
    }

    // One round trip. The answer is whole, or this is its error.
    Result<mysql::Answer> ask(std::string text) {
        TRY(auto answer, line_.ask(std::move(text)));
        if (answer.error) {
            return tl::unexpected(*answer.error);
        }
        return answer;
    }

    Result<std::int64_t> change(std::string text) {
        TRY(const auto answer, ask(std::move(text)));
        return answer.sets.empty() ? 0 : static_cast<std::int64_t>(answer.sets.back().affected);
    }

    Result<std::size_t> run_some(const std::vector<Write>& writes, std::size_t first);
    Result<void> run_leniently(const Write& write);

    MysqlLine line_;
    std::unordered_map<const char*, std::string> words_;  // by address: texts are literals
};

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
    TRY(const auto answer, line_.ask(std::move(text)));
    if (!answer.error) {
        return end;
    }
    const std::size_t failed = first + answer.sets.size();
    if (failed >= end || !line_.in_transaction()) {
        return tl::unexpected(*answer.error);
    }
    const bool is_wrong_time = answer.error->number == mysql::number::wrong_time;
    const bool may_be_cut = is_for_people(writes[failed].sql);
    if (!is_wrong_time && !(does_not_fit(*answer.error) && may_be_cut)) {
        return tl::unexpected(explained(*answer.error));
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
