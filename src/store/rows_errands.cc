// What nodes that stand by have the active one do.
#include "store/rows.h"
#include "store/rows_columns.h"

namespace orc::store {

Write write_of(const Errand& errand) {
    return Write{
        "insert into orchestrator_errand (errand_id, asked_at, method, target, asked_by, headers, answer)"
        " values (?, current_timestamp, ?, ?, ?, '', '')",
        {errand.id, errand.method, errand.target, errand.user}
    };
}

Write taking_of(const std::string& id, const NodeToken& self) {
    return Write{
        "update orchestrator_errand set taken_by = ? where errand_id = ? and taken_by = ''", {self.text(), id}
    };
}

Write write_of(const std::string& id, const ErrandAnswer& answer) {
    return Write{
        "update orchestrator_errand set status = ?, headers = ?, answer = ? where errand_id = ?",
        {static_cast<std::int64_t>(answer.status), answer.headers, answer.body, id}
    };
}

Write dropping_of(const std::string& id) {
    return Write{"delete from orchestrator_errand where errand_id = ? and (taken_by = '' or status <> 0)", {id}};
}

Result<std::vector<WaitingErrand>> read_waiting_errands(const Reader& reader) {
    const auto errand_of = [](Columns from) {
        WaitingErrand out;
        out.errand.id = from.text();
        out.errand.method = from.text();
        out.errand.target = from.text();
        out.errand.user = from.text();
        const WallTime asked = from.time();
        out.age = std::chrono::duration_cast<Seconds>(from.time() - asked);
        return out;
    };
    return read_all<WaitingErrand>(
        reader,
        "select errand_id, method, target, asked_by, asked_at, current_timestamp from orchestrator_errand"
        " where taken_by = '' order by asked_at, errand_id",
        {},
        errand_of
    );
}

Result<ErrandState> read_errand(const Reader& reader, const std::string& id) {
    ErrandState out;
    TRY(reader(
        "select taken_by, status, headers, answer from orchestrator_errand where errand_id = ?",
        {id},
        [&](const Row& row) {
            Columns from(row);
            out.is_known = true;
            out.taken_by = NodeToken(from.text());
            ErrandAnswer answer;
            answer.status = static_cast<unsigned>(from.number());
            answer.headers = from.text();
            answer.body = from.text();
            if (answer.status != 0) {
                out.answer = std::move(answer);
            }
        }
    ));
    return out;
}

}  // namespace orc::store
