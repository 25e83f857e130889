// What a server had logged before each of its binary logs began: one of the first events of a file says so.
#include "base/text.h"
#include "mysql/probe.h"

namespace orc::mysql {
namespace {

constexpr std::size_t files_at_a_time = 50;

Task<std::vector<std::string>> names_of_logs(std::shared_ptr<Session> session, Deadline deadline) {
    CO_TRY(const auto answer, co_await session->query(std::string(Dialect::binary_logs()), deadline));
    if (answer.error || answer.sets.empty()) {
        co_return answer.error ? tl::unexpected<Error>(*answer.error)
                               : fail(ErrorCode::invalid, "it does not list its binary logs");
    }
    std::vector<std::string> out;
    for (const auto& row : answer.sets.front().rows) {
        if (!row.empty() && row.front()) {
            out.push_back(*row.front());
        }
    }
    co_return out;
}

Result<BinaryLog> log_of(const std::string& file, const ResultSet& events) {
    const auto type = events.column("Event_type");
    const auto info = events.column("Info");
    for (const auto& row : events.rows) {
        if (type >= row.size() || info >= row.size()) {
            continue;
        }
        BinaryLog out;
        out.file = file;
        const std::string text = replace_all(row[info].value_or(""), "\n", "");
        if (row[type] == "Previous_gtids") {
            TRY(out.before, gtid::GtidSet::parse(text));
            return out;
        }
        if (row[type] == "Gtid_list") {  // MariaDB: in brackets
            const bool is_bracketed = text.size() >= 2 && text.front() == '[' && text.back() == ']';
            const std::string list = is_bracketed ? text.substr(1, text.size() - 2) : text;
            TRY(out.before_on_mariadb, gtid::MariadbBinlogState::parse(list));
            return out;
        }
    }
    return fail(ErrorCode::refused, file + " does not say what was executed before it: GTID is not in use there");
}

Task<std::vector<BinaryLog>> read_logs_on(std::shared_ptr<Session> session, Deadline deadline) {
    CO_TRY(const auto files, co_await names_of_logs(session, deadline));
    std::vector<BinaryLog> out;
    while (out.size() < files.size()) {
        const std::size_t first = out.size();
        const std::size_t count = std::min(files_at_a_time, files.size() - first);
        std::vector<std::string> texts;
        for (std::size_t i = first; i < first + count; ++i) {
            texts.push_back(Dialect::first_events(files[i]));
        }
        CO_TRY(const auto answer, co_await session->query(join(texts, ";"), deadline));
        if (answer.error) {
            co_return tl::unexpected<Error>(*answer.error);
        }
        if (answer.sets.size() < count) {
            co_return fail(ErrorCode::invalid, "it answers only part of the question");
        }
        for (std::size_t i = 0; i < count; ++i) {
            CO_TRY(auto log, log_of(files[first + i], answer.sets[i]));
            out.push_back(std::move(log));
        }
    }
    co_return out;
}

}  // namespace

Task<std::vector<BinaryLog>> read_binary_logs(std::shared_ptr<ServerLink> link, Deadline deadline) {
    CO_TRY(auto work, co_await ServerLink::begin_work(link, deadline));
    auto logs = co_await read_logs_on(work.session, deadline);
    if (logs) {
        link->end_work(std::move(work));
    }
    co_return logs.map_error([&](Error e) { return with_context(link->server().text(), std::move(e)); });
}

}  // namespace orc::mysql
